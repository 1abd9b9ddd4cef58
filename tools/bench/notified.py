"""From the answer to a request until all providers who match are shown it, in a marketplace with
1 000 and in one with 100 000 providers; beside, until a view shows a trip. One after the other.

Both marketplaces need the topics for themselves, so the large one follows the small one. Trips are
published in turns with the requests of both.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from contracts.dispatch.request_v1 import AssignmentTerms, Participant
from infra.commands import Done
from infra.database import open_pool
from infra.host import Running, opened
from infra.topics import create_topics
from services.dispatch.aggregates import REQUEST
from services.dispatch.request import CreateRequest
from services.dispatch.service import service
from services.missions.service import service as missions
from tools.bench import visibility
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.matching import FEW, MANY, MATCHING, asked, filled
from tools.bench.paying import A_SECOND, once_so, p99
from tools.bench.processes import RELAIS, child
from tools.bench.subject import FULL, Size, Subject

AREA = "notified"
SHOWN = "select count(*) = %s from dispatch.offers where request_id = %s"
TERMS = AssignmentTerms(broadcast=True, required_proposals=3, send_after_days=7, again_after_days=2)


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    many = max(2 * FEW, MANY * size.filled // FULL.filled)
    few = await among(ground, size, step, "few", FEW)
    return few | await among(ground, size, step, "many", many)


async def among(
    ground: Ground, size: Size, step: Callable[[], None], name: str, providers: int
) -> Samples:
    """The times with so many providers."""
    await ground.broker.wipe()
    for one in (missions, service):
        await create_topics(ground.broker.bootstrap, one.contracts, 1)
    area = f"{AREA}_{name}"
    settings, environment = ground.settings(area), ground.environment(area)
    turn = max(2, round(A_SECOND * size.seconds))
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        await filled(running, providers)
        trips = await stack.enter_async_context(opened(missions, settings))
        for worker in ("dispatch", "missions", "views.partner"):
            await stack.enter_async_context(child(*RELAIS, "work", worker, environment=environment))
        shown = await open_pool(settings.database("views.partner"), 2, "reader")
        stack.push_async_callback(shown.close)
        publish = visibility._command(trips.commands, shown)
        # The first ones wait for the workers to take their places.
        await notified(running)
        await publish(0)

        async def requested() -> Mapping[str, float]:
            return {f"notified {name}": p99([await notified(running) for _ in range(turn)])}

        async def published() -> Mapping[str, float]:
            found = [await publish(0) for _ in range(turn)]
            return {f"shown {name}": p99([one for one in found if one is not None])}

        return await interleave(size.rounds, [requested, published], step)


async def notified(running: Running) -> float:
    """Somebody asks for a service; answers the seconds until each provider who matches sees it."""
    request_id = f"W{uuid4().hex[:12]}"
    done = await running.commands.handle(
        REQUEST, request_id, create(request_id), visibility.context()
    )
    assert isinstance(done, Done)
    answered = perf_counter()
    await once_so(running.pool, SHOWN, MATCHING, request_id)
    return perf_counter() - answered


def create(request_id: str) -> CreateRequest:
    """A request near the first city."""
    wanted = asked(0)
    return CreateRequest(
        request_id=request_id,
        organisation_id=wanted.organisation_id,
        service_code=wanted.service_code,
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        language="fr",
        address="12 rue des Tanneurs",
        place=wanted.place,
        locality="Paris",
        postal_code="75001",
        commune_code=wanted.commune_code,
        details=None,
        wanted_from=wanted.wanted_from,
        wanted_until=wanted.wanted_until,
        terms=TERMS,
        time_zone="Europe/Paris",
        currency="EUR",
        customer_link="https://portal.example.org/dispatch/page/W",
        manager_id="sophie",
        by=Participant.CUSTOMER,
        at=datetime.now(UTC),
    )


SUBJECT = Subject(
    figures=(
        Figure(
            "from a request to all notified providers, among 100 000 providers, p99",
            "ms",
            "among 1 000 providers",
            at_most(1.5),
            "notified many",
            "notified few",
        ),
        Figure(
            "from a request to all notified providers, among 100 000 providers, p99",
            "ms",
            "from a command's answer to visible in the view, one after the other, p99",
            at_most(10),
            "notified many",
            "shown many",
        ),
    ),
    measure=measure,
)

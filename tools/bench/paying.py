"""From a webhook of the card provider until the payment is in the list of the dealership, beside
from the answer to a command until a view shows it; one after the other.

The provider is a double that remembers: whoever pays has opened its form from the page of the case.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import quantiles
from time import perf_counter
from typing import Any

import httpx

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.dealerships.dealership_v1 import Licence
from infra import payment_links
from infra.database import Pool, open_pool
from infra.host import Running, opened
from infra.lookups import dealerships, organisations
from infra.testing.cards import KEY, PUBLISHABLE, SECRET, CardServer, card_server
from infra.tokens import issue
from infra.topics import create_topics
from services.missions.service import service as missions
from services.payments.adapters.charge_ids import charge_id_of
from services.payments.lookups import interventions_case
from services.payments.lookups.interventions_case import Case, Payable
from services.payments.service import service
from tools.bench import reminding, visibility
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.matching import write
from tools.bench.processes import RELAIS, child
from tools.bench.requests import TOKEN_SECONDS
from tools.bench.subject import Size, Subject

AREA = "paying"
GROUP, HOUSE = reminding.ORGANISATION, reminding.DEALERSHIP
A_SECOND = 25
"""Payments in a turn, by the seconds of a side's share."""
LOOK_SECONDS = 0.001
PAID = "select status = 'paid' from payments.charges where charge_id = %s"
KEYS = {"restricted_key": KEY, "publishable_key": PUBLISHABLE, "webhook_secret": SECRET}
COMPANY = {
    "legal_name": "Lumen Lille SAS",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
    "registered_office": "1 quai Perrache",
    "postal_code": "69002",
    "city": "Lyon",
    "country": "FR",
}


@dataclass(frozen=True, slots=True)
class Till:
    """The API at which customers pay, the provider, and the rows of the dealership's list."""

    client: httpx.AsyncClient
    cards: CardServer
    masters: Mapping[str, bytes]
    shown: Pool
    numbers: Any = field(default_factory=count)

    async def once(self) -> tuple[float, float]:
        """Somebody pays for the next case; answers the seconds from the webhook until the list
        shows it, and those from the answer to it."""
        asked = case(next(self.numbers))
        until = datetime.now(UTC) + timedelta(hours=1)
        page = payment_links.address(self.masters, asked.case_id, until)
        fields = {"key": asked.case_id, "shown": ""}
        answer = await self.client.post(f"{page}/online", data=fields)
        assert answer.status_code == 303, answer.text
        told = perf_counter()
        assert await self.cards.pay(answer.headers["Location"].rpartition("/")[2])
        answered = perf_counter()
        await once_so(self.shown, PAID, charge_id_of(asked.organisation_id, asked.case_id))
        shown = perf_counter()
        return shown - told, shown - answered


async def once_so(pool: Pool, query: str, *values: object) -> None:
    """Wait until the query says yes."""
    while True:
        async with pool.connection() as connection:
            row = await (await connection.execute(query.encode(), values)).fetchone()
        if row == (True,):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    for one in (missions, service):
        await create_topics(ground.broker.bootstrap, one.contracts, 1)
    settings = ground.settings(AREA)
    turn = max(2, round(A_SECOND * size.seconds))
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        await seed(running, (size.rounds + 1) * turn + 1)
        trips = await stack.enter_async_context(opened(missions, settings))
        cards = await stack.enter_async_context(card_server())
        environment = ground.environment(AREA) | {"RELAIS_CARD_PROVIDER": cards.url}
        for name in ("payments", "missions", "views.partner"):
            await stack.enter_async_context(child(*RELAIS, "work", name, environment=environment))
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "payments", environment=environment)
        )
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", timeout=60)
        await stack.enter_async_context(client)
        cards.hook = f"http://127.0.0.1:{api.port}/payments/card-accounts/{HOUSE}/events"
        await _connect(client, ground)
        shown = await open_pool(settings.database("views.partner"), 2, "reader")
        stack.push_async_callback(shown.close)
        publish = visibility._command(trips.commands, shown)
        till = Till(client, cards, settings.masters, running.pool)
        # The first ones wait for the workers to take their places.
        await till.once()
        await publish(0)

        async def paid() -> Mapping[str, float]:
            found = [await till.once() for _ in range(turn)]
            return {
                "told p99": p99([told for told, _ in found]),
                "answered p99": p99([answered for _, answered in found]),
            }

        async def published() -> Mapping[str, float]:
            found = [await publish(0) for _ in range(turn)]
            return {"shown p99": p99([one for one in found if one is not None])}

        return await interleave(size.rounds, [paid, published], step)


def p99(seconds: Sequence[float]) -> float:
    """Milliseconds."""
    return quantiles(seconds, n=100, method="inclusive")[98] * 1_000


# --- What is there when it begins -----------------------------------------------------------------


async def seed(running: Running, cases: int) -> None:
    """A dealership that may take cards, and cases that were answered."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    group = organisations.Organisation(GROUP, OrganisationKind.DEALER_GROUP.name.lower())
    house = replace(
        reminding.dealership("Europe/Paris"), licences=(Licence.ONLINE_PAYMENT.name.lower(),)
    )
    async with running.pool.connection() as connection:
        await write(connection, active.schema, organisations.lookup, [group])
        await write(connection, active.schema, dealerships.lookup, [house])
        known = [case(number) for number in range(cases)]
        await write(connection, active.schema, interventions_case.lookup, known)


def case(number: int) -> Case:
    pads = Payable(
        work_id="pads",
        label="Plaquettes avant",
        excluding_minor=9_167,
        vat_minor=1_833,
        including_minor=11_000,
        vat_basis_points=2_000,
    )
    return Case(
        case_id=f"J{number}",
        organisation_id=GROUP,
        dealership_id=HOUSE,
        brand=reminding.BRAND,
        module="MECHANICAL",
        currency="EUR",
        time_zone="Europe/Paris",
        language="fr",
        last_name="Moreau",
        version=2,
        works=(pads,),
    )


async def _connect(client: httpx.AsyncClient, ground: Ground) -> None:
    """The dealership gives its company and its keys."""
    token = issue(ground.signing, "gina", GROUP, ["group_manager"], lifetime=TOKEN_SECONDS)
    for part, body in (("company", COMPANY), ("keys", KEYS)):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": part}
        path = f"/payments/card-accounts/{HOUSE}/{part}"
        answer = await client.put(path, json=body, headers=headers)
        assert answer.is_success, answer.text


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"from the provider's webhook{which} to the payment in the list, p99",
            "ms",
            "from a command's answer to visible in the view, one after the other, p99",
            at_most(1),
            f"{name} p99",
            "shown p99",
        )
        for name, which in (("told", ""), ("answered", ", once it is answered,"))
    ),
    measure=measure,
)

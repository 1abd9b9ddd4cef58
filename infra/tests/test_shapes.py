"""Two releases of one view, with tables of different shapes, side by side over one database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter

from contracts.missions import trip_v1
from infra.consumers.views import Generation, Generations, View
from infra.host import Running, Service, opened
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table
from infra.serving import site
from infra.testing.following import follow
from infra.testing.serving import KEY, settings_of
from infra.tests.consuming import Reads, published
from infra.tokens import issue

LOGISTICS = Annotated[RequestContext, requires("logistics")]


@dataclass(frozen=True, slots=True)
class Before:
    """A trip as the older release shows it."""

    trip_id: str
    organisation_id: str


@dataclass(frozen=True, slots=True)
class After(Before):
    """With one column more."""

    city: str


def before(row: Before | None, event: Reads) -> Before:
    return row or Before(event.trip_id, "hiflow")


def after(row: After | None, event: Reads) -> After:
    return row or After(event.trip_id, "hiflow", "Paris")


def key(event: Reads) -> tuple[str]:
    return (event.trip_id,)


class Shown(Answer):
    """The columns of a trip."""

    columns: list[str]


def release(row: type[Any], project: Any) -> Service:
    """The service as one release has it."""
    view: View[Any, Any] = View(
        "trips", trip_v1.contract, row, ("trip_id",), key, project, reads=Reads
    )
    table = Table(view, "trips")
    by_id = table.order("id", "trip_id")

    def routes(_: Running) -> APIRouter:
        router = Router("Trips")

        @router.get("/trips")
        async def trips(context: LOGISTICS, page: Paging) -> Answered[Listed[Shown]]:
            """All trips."""
            mine = table.of(context.principal.organisation_id)
            return await page.show(mine, by_id, lambda row: Shown(columns=columns_of(row)))

        return router

    return Service("views.shown", routes, views=(view,))


def columns_of(row: Any) -> list[str]:
    return [*asdict(row)]


OLD, NEW = release(Before, before), release(After, after)


@dataclass
class Process:
    """A process of a release: its API, and what it feeds."""

    running: Running
    client: httpx.AsyncClient

    @property
    def generations(self) -> Generations:
        assert self.running.generations is not None
        return self.running.generations

    async def get(self, path: str) -> httpx.Response:
        token = issue(KEY, "lea", "hiflow", ["logistics"])
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    async def shown(self) -> tuple[int, list[str]]:
        items = (await self.get("/shown/trips")).json()["items"]
        return len(items), items[0]["columns"] if items else []

    async def ready(self) -> tuple[int, str]:
        answer = await self.get("/health/ready")
        return answer.status_code, answer.json()["checks"]["views.shown tables"]

    async def filled(self) -> Generation:
        """A new generation, filled but not read yet."""
        return await self.generations.filled(await self.generations.create(), {})


async def process(stack: AsyncExitStack, service: Service, database: str) -> Process:
    settings = settings_of(service, database)
    running = await stack.enter_async_context(opened(service, settings))
    transport = httpx.ASGITransport(site([running], settings))
    client = httpx.AsyncClient(transport=transport, base_url="http://relais")
    return Process(running, await stack.enter_async_context(client))


@pytest_asyncio.fixture
async def processes(database: str) -> AsyncIterator[Sequence[Process]]:
    """The older release, which has shown a trip, and then the newer one."""
    async with AsyncExitStack() as stack:
        old = await process(stack, OLD, database)
        await follow(old.running, published("t-1"))
        yield old, await process(stack, NEW, database)


async def test_the_first_release_of_all_is_ready_at_once(processes: Sequence[Process]) -> None:
    old, _ = processes
    assert await old.ready() == (200, "ok")
    assert await old.shown() == (1, ["trip_id", "organisation_id"])


async def test_a_new_shape_is_not_ready_and_says_so_until_it_is_swapped_in(
    processes: Sequence[Process],
) -> None:
    old, new = processes
    status, reason = await new.ready()
    assert (status, "views rebuild" in reason) == (503, True)
    answer = await new.get("/shown/trips")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    made = await new.generations.create()
    assert (await new.ready())[0] == (await new.get("/shown/trips")).status_code == 503
    await new.generations.filled(made, {})
    await new.generations.activate(made)
    assert await new.ready() == (200, "ok")
    assert await new.shown() == (0, [])
    assert await old.ready() == (200, "ok")
    assert await old.shown() == (1, ["trip_id", "organisation_id"])


async def test_each_release_feeds_and_reads_its_own(processes: Sequence[Process]) -> None:
    old, new = processes
    await new.generations.activate(await new.filled())
    await follow(new.running, published("t-1"), published("t-2"))
    assert await new.shown() == (2, ["trip_id", "organisation_id", "city"])
    assert await old.shown() == (1, ["trip_id", "organisation_id"])
    assert [g.number for g in await old.generations.fed()] == [1]
    assert [g.number for g in await new.generations.fed()] == [2]
    streams = ["missions.trip/t-2"]
    assert await old.generations.seen(streams) == {streams[0]: 0}
    assert await new.generations.seen(streams) == {streams[0]: 2}


async def test_a_swap_and_a_swap_back_leave_the_other_release_alone(
    processes: Sequence[Process],
) -> None:
    old, new = processes
    first, second = await new.filled(), await new.filled()
    await new.generations.activate(first)
    await follow(new.running, published("t-1"))
    counts = []
    for generation in (second, first):
        await new.generations.activate(generation)
        counts.append((await new.shown())[0])
        assert (await old.shown())[0] == 1
    assert counts == [0, 1]


async def test_the_older_release_starts_again_and_reads_its_own(
    processes: Sequence[Process], database: str
) -> None:
    _, new = processes
    await new.generations.activate(await new.filled())
    async with AsyncExitStack() as stack:
        again = await process(stack, OLD, database)
        assert await again.ready() == (200, "ok")
        assert (await again.shown())[0] == 1
    assert await new.ready() == (200, "ok")


async def test_what_another_release_reads_is_neither_swapped_nor_dropped_by_mistake(
    processes: Sequence[Process],
) -> None:
    old, new = processes
    read = await old.generations.active()
    assert read is not None
    with pytest.raises(ValueError, match="another release"):
        await new.generations.activate(read)
    with pytest.raises(ValueError, match="active"):
        await new.generations.drop(read)
    await new.generations.activate(await new.filled())
    await new.generations.drop(read, of_another_release=True)
    assert (await old.ready())[0] == 503
    assert await new.ready() == (200, "ok")


async def test_a_release_never_drops_what_its_own_queries_read(
    processes: Sequence[Process],
) -> None:
    old, _ = processes
    read = await old.generations.active()
    assert read is not None
    with pytest.raises(ValueError, match="active"):
        await old.generations.drop(read, of_another_release=True)


async def test_tables_of_a_release_that_kept_no_shapes_are_taken_over(
    processes: Sequence[Process], database: str
) -> None:
    old, _ = processes
    async with old.running.pool.connection() as connection:
        await connection.execute(f"drop schema {old.generations.shape} cascade".encode())
    async with AsyncExitStack() as stack:
        again = await process(stack, OLD, database)
        assert await again.shown() == (1, ["trip_id", "organisation_id"])


async def test_a_table_that_is_missing_for_another_reason_is_our_fault(
    processes: Sequence[Process],
) -> None:
    old, _ = processes
    async with old.running.pool.connection() as connection:
        await connection.execute("drop schema shown_1 cascade")
    assert (await old.get("/shown/trips")).status_code == 500


def test_a_column_more_is_another_shape() -> None:
    assert OLD.shape != NEW.shape
    assert OLD.shape == release(Before, before).shape

"""Measures a mixed day: drivers and logistics look and decide, while relay and views follow."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count, islice
from random import Random
from typing import Any

from contracts.common_v1 import Point
from contracts.missions.trip_v1 import contract
from infra.consumers.views import Generations, View
from infra.database import Pool, open_pool
from infra.host import Running, opened
from infra.personal import Codec
from infra.tokens import SigningKey, issue
from services import registry
from services.missions.aggregates import DRIVER
from services.missions.driver import ChangeHome, Home, RegisterDriver
from services.missions.service import service
from services.views.partner import quotes, trips
from tools.bench import bare_mixed, events
from tools.bench.figures import Figure, Samples, Side, at_least, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.processes import answered, child
from tools.bench.requests import TOKEN_SECONDS, bare_environment, quote, request
from tools.bench.subject import Size, Subject
from tools.bench.visibility import context

TOGETHER, BARE = "tools.bench.together", "tools.bench.bare_mixed"
READERS = ("partner", "backoffice")
FOLLOW_SECONDS = 60
LOOK_SECONDS = 0.05
PAGE = "limit=20"

Kind = Callable[["Story"], str]
"""Makes the next request of its kind."""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    sent, seeded = size.commands // 2, size.commands // 10
    settings = ground.settings("mixed")
    async with AsyncExitStack() as stack:
        missions = await stack.enter_async_context(opened(service, settings))
        await _seed(missions, seeded)
        environment = ground.environment("mixed")
        workers = child("-m", TOGETHER, "work", environment=environment)
        await stack.enter_async_context(workers)
        ours = await stack.enter_async_context(
            child("-m", TOGETHER, "serve", environment=environment)
        )
        shown = {
            name: await open_pool(settings.database(f"views.{name}"), 2, name) for name in READERS
        }
        for pool in shown.values():
            stack.push_async_callback(pool.close)
        await _followed(missions.pool, shown)
        await bare_tables(shown["partner"], "partner", (trips.view, quotes.view))
        environment = bare_environment(settings.database("views.partner"))
        bare = await stack.enter_async_context(child("-m", BARE, environment=environment))
        requests = Story(ground.signing, seeded).requests()

        def side(name: str, port: int) -> Side:
            async def once() -> Mapping[str, float]:
                found = await answered(port, list(islice(requests, sent)))
                # What is left to relay and to show must not take time from the other's turn.
                await _followed(missions.pool, shown)
                return {f"{name} rate": found.per_second, f"{name} p99": found.p99 * 1_000}

            return once

        sides = [side("ours", ours.port), side("bare", bare.port)]
        return await interleave(size.rounds, sides, step)


# --- Before it begins -----------------------------------------------------------------------------


async def _seed(missions: Running, seeded: int) -> None:
    """Drivers with a home, and trips with a few quotes each."""
    handle, at = missions.commands.handle, datetime.now(UTC)

    async def admit(driver: str) -> None:
        home = Home(
            street="Rue de Rivoli",
            postal_code="75001",
            city="Paris",
            location=Point(latitude=48.86, longitude=2.34),
        )
        register = RegisterDriver(
            driver_id=driver,
            organisation_id=events.ORGANISATION,
            name="Dominique",
            phone="+33612345678",
            at=at,
        )
        move = ChangeHome(driver_id=driver, organisation_id=events.ORGANISATION, home=home, at=at)
        await handle(DRIVER, driver, register, context())
        await handle(DRIVER, driver, move, context())

    await asyncio.gather(*(admit(f"driver-{n}") for n in range(events.DRIVERS)))
    codec = Codec(contract, missions.keyring)
    await events.record(missions.pool, await events.rows(codec, "M", seeded))


async def _followed(
    store: Pool,
    shown: Mapping[str, Pool],
    service: str = "missions",
    aggregates: Sequence[str] = ("trip", "driver"),
) -> None:
    """Wait until the views show everything about these, of which each view shows something."""
    streams = f"^({'|'.join(aggregates)})-"
    async with store.connection() as connection:
        cursor = await connection.execute(
            "select regexp_replace(stream, %(streams)s, %(shown)s), max(version)"
            " from es.event where stream ~ %(streams)s group by 1",
            {"streams": streams, "shown": f"{service}.\\1/"},
        )
        recorded: dict[str, int] = dict(await cursor.fetchall())
    async with asyncio.timeout(FOLLOW_SECONDS):
        for name, pool in shown.items():
            tables = registry.service(f"views.{name}").tables
            generations = Generations(name, tables, pool)
            while await generations.seen(list(recorded)) != recorded:
                await asyncio.sleep(LOOK_SECONDS)


async def bare_tables(shown: Pool, views: str, copied: Sequence[View[Any, Any]]) -> None:
    """The rows of these views in plain tables, with the same keys and indexes."""
    async with shown.connection() as connection:
        await connection.execute(f"create schema {bare_mixed.SCHEMA}".encode())
        for view in copied:
            table, columns = f"{bare_mixed.SCHEMA}.{view.name}", ", ".join(view.columns)
            await connection.execute(f"create table {table} ({view.definition()})".encode())
            for index in view.all_indexes:
                await connection.execute(f"create index on {table} {index}".encode())
            rows = f"insert into {table} ({columns}) select {columns} from {views}.{view.name}"
            await connection.execute(rows.encode())


# --- Who asks for what ----------------------------------------------------------------------------


class Story:
    """Requests as they come in, always the same ones; both sides answer parts of one story."""

    def __init__(self, key: SigningKey, seeded: int) -> None:
        self._random = Random(4)
        self._seeded = seeded
        self._numbers = count()
        self._new = self._unquoted()
        org = events.ORGANISATION
        self._logistics = issue(key, "logistics-1", org, ["logistics"], lifetime=TOKEN_SECONDS)
        self._drivers = [
            issue(key, f"driver-{n}", org, ["driver"], lifetime=TOKEN_SECONDS)
            for n in range(events.DRIVERS)
        ]

    def requests(self) -> Iterator[str]:
        """Without end, in the shares of `MIX`."""
        while True:
            yield from (make(self) for make in self._random.sample(MIX, len(MIX)))

    def all_trips(self) -> str:
        return self._look(f"/partner/trips?{PAGE}")

    def near_home(self) -> str:
        return self._look(f"/partner/trips/near-home?{PAGE}")

    def one_trip(self) -> str:
        return self._look(f"/partner/trips/{self._trip()}")

    def my_quotes(self) -> str:
        return self._look(f"/partner/quotes?{PAGE}")

    def to_process(self) -> str:
        return request("GET", f"/backoffice/quotes/to-process?{PAGE}", self._logistics)

    def quotes_on(self) -> str:
        return request("GET", f"/backoffice/trips/{self._trip()}/quotes", self._logistics)

    def publish(self) -> str:
        body = trip_body(f"N{next(self._numbers)}")
        return request("POST", "/missions/trips", self._logistics, body)

    def submit(self) -> str:
        number, driver = next(self._new)
        return self._offer("POST", number, driver, 12_500 + driver)

    def modify(self) -> str:
        number, nth = self._random.randrange(self._seeded), self._random.randrange(events.QUOTES)
        driver = (number * events.QUOTES + nth) % events.DRIVERS
        # Another price each time: the same one again would be no news.
        return self._offer("PUT", number, driver, 20_000 + next(self._numbers))

    def _unquoted(self) -> Iterator[tuple[int, int]]:
        """Trips and drivers who have not quoted on them yet."""
        for nth in range(events.QUOTES, events.DRIVERS):
            for number in range(self._seeded):
                yield number, (number * events.QUOTES + nth) % events.DRIVERS

    def _look(self, path: str) -> str:
        return self._driven("GET", path, self._random.randrange(events.DRIVERS))

    def _offer(self, method: str, number: int, driver: int, amount_minor: int) -> str:
        body = quote(driver, comment=False) | {
            "price": {"amount_minor": amount_minor, "currency": "EUR"}
        }
        return self._driven(method, f"/missions/trips/M{number}/quote", driver, body)

    def _driven(
        self, method: str, path: str, driver: int, body: Mapping[str, Any] | None = None
    ) -> str:
        named = {bare_mixed.DRIVER: f"driver-{driver}"}
        return request(method, path, self._drivers[driver], body, named)

    def _trip(self) -> str:
        return f"M{self._random.randrange(self._seeded)}"


def trip_body(trip_id: str) -> dict[str, Any]:
    """A trip to publish, of the kind that was seeded."""
    offer = events.published(trip_id, datetime.now(UTC))
    return {
        "reference": trip_id,
        "client_brand": offer.client_brand,
        "tags": list(offer.tags),
        "departure": _stop(offer.departure),
        "arrival": _stop(offer.arrival),
        "from_slot": {"date": offer.from_slot.date.isoformat()},
        "until_slot": {"date": offer.until_slot.date.isoformat()},
        "vehicle": {"make": offer.vehicle.make, "model": offer.vehicle.model},
        "delivery_type": offer.delivery_type,
        "distance_km": offer.distance_km,
        "duration_minutes": offer.duration_minutes,
    }


def _stop(stop: Any) -> dict[str, Any]:
    point = {"latitude": stop.point.latitude, "longitude": stop.point.longitude}
    return {"city": stop.city, "postal_code": stop.postal_code, "point": point}


MIX: tuple[Kind, ...] = (
    *(Story.all_trips, Story.all_trips, Story.all_trips),
    *(Story.near_home, Story.near_home),
    *(Story.one_trip, Story.one_trip, Story.one_trip, Story.one_trip),
    *(Story.my_quotes, Story.my_quotes),
    Story.to_process,
    *(Story.quotes_on, Story.quotes_on),
    Story.publish,
    *(Story.submit, Story.submit, Story.submit),
    *(Story.modify, Story.modify),
)
"""Fourteen reads and six commands of twenty requests."""

SUBJECT = Subject(
    figures=(
        Figure(
            "mixed load, 70 % reads and 30 % commands, relay and views beside it",
            "requests/s",
            "a bare FastAPI app, one statement a request",
            at_least(0.5),
            "ours rate",
            "bare rate",
        ),
        Figure(
            "mixed load, p99",
            "ms",
            "a bare FastAPI app, one statement a request",
            at_most(4),
            "ours p99",
            "bare p99",
        ),
    ),
    measure=measure,
)

"""Lists and searches of a driver, in an organisation with 1 000 and in one with 100 000 open trips.

`turn.py` runs it beside an older tree as well, so it uses only what both builds have.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
from psycopg import AsyncConnection

from contracts.common_v1 import Point
from contracts.missions import driver_v1, trip_v1
from infra.host import opened
from infra.personal import Codec
from infra.topics import create_topics
from services.missions.service import service as missions
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most
from tools.bench.ground import Ground
from tools.bench.processes import RELAIS, child
from tools.bench.requests import TOKEN_SECONDS
from tools.bench.subject import FULL, Size, Subject
from tools.demo.people import CLIENT_PROCESSES, SERVICES, City, cities

# Where it was before.
_TOKENS = "infra.tokens" if find_spec("infra.tokens") else "infra.http.auth"
issue: Any = import_module(_TOKENS).issue
FEW, MANY = 1_000, 100_000
AREA = "lists"
ORGANISATIONS = ("few", "many")
PAGE = 5_000
ASKED = 40
"""How often each question is asked in a round."""
SHOWN_SECONDS = 280
LOOK_SECONDS = 0.2
QUESTIONS: Mapping[str, str] = {
    "all trips": "/partner/trips?limit=20",
    "near home": "/partner/trips/near-home?limit=20",
    "a search": "/partner/trips?limit=20&q=toulouse",
    "a search without a hit": "/partner/trips?limit=20&q=nowhere",
    "trips behind a qualification": "/partner/trips/more?limit=20",
    "qualifications": "/partner/qualifications",
}
SCANS = "select coalesce(sum(seq_scan), 0)::bigint from pg_stat_all_tables where relname = any(%s)"


class Scanned(Exception):
    """A question had a whole table read."""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    many = max(2 * FEW, MANY * size.filled // FULL.filled)
    async with asked(ground, {"few": FEW, "many": many}) as ask:
        # Of a table that is hardly larger than a page, reading all is the best that one can do.
        return await ask.rounds(size.rounds, step, by_index=many == MANY)


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody of each organisation who asks these questions, over a kept connection."""

    client: httpx.AsyncClient
    database: str
    tokens: Mapping[str, str]
    questions: Mapping[str, str] = field(default_factory=lambda: QUESTIONS)
    """The path of each, which may name its organisation `{org}`."""
    tables: tuple[str, ...] = ("trips",)
    """Those that no question may read from end to end."""

    async def rounds(self, count: int, step: Callable[[], None], *, by_index: bool) -> Samples:
        """The times of each question in each organisation, round by round.

        Raises `Scanned` when indexes are to be used and a table was read from end to end.
        """
        samples: Samples = {}
        await self.all_once()
        before = await self.scans()
        for _ in range(count):
            for name in self.questions:
                for organisation in self.tokens:
                    found = await self.p95(name, organisation)
                    samples.setdefault(f"{name} {organisation}", []).append(found)
            step()
        if by_index and (scanned := await self.scans() - before):
            tables = ", ".join(self.tables)
            raise Scanned(f"{tables} were read from end to end {scanned} times")
        return samples

    async def p95(self, name: str, organisation: str) -> float:
        """Milliseconds that 95 of 100 answers took at most."""
        taken = [await self._once(name, organisation) for _ in range(ASKED)]
        return quantiles(taken, n=20, method="inclusive")[18]

    async def all_once(self) -> None:
        """Each question once, which does not count."""
        for name in self.questions:
            for organisation in self.tokens:
                await self._once(name, organisation)

    async def _once(self, name: str, organisation: str) -> float:
        headers = {"Authorization": f"Bearer {self.tokens[organisation]}"}
        path = self.questions[name].format(org=organisation)
        started = perf_counter()
        answer = await self.client.get(path, headers=headers)
        seconds = perf_counter() - started
        answer.raise_for_status()
        return seconds * 1_000

    async def scans(self) -> int:
        """How often one of the tables was read from end to end so far."""
        # A process tells its counts once a second.
        await asyncio.sleep(2)
        async with await AsyncConnection.connect(self.database, autocommit=True) as connection:
            row = await (await connection.execute(SCANS, [list(self.tables)])).fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def asked(ground: Ground, open_trips: Mapping[str, int]) -> AsyncIterator[Asking]:
    """An API over tables with so many open trips of each organisation."""
    settings, environment = ground.settings(AREA), ground.environment(AREA)
    database = settings.database("views.partner")
    async with AsyncExitStack() as stack:
        await create_topics(ground.broker.bootstrap, missions.contracts, 1)
        await _record(ground, open_trips)
        async with (
            child(*RELAIS, "work", "missions", environment=environment),
            child(*RELAIS, "work", "views.partner", environment=environment),
        ):
            await _shown(database, sum(open_trips.values()), len(open_trips))
        async with await AsyncConnection.connect(database, autocommit=True) as connection:
            await connection.execute("vacuum analyze")
        api = await stack.enter_async_context(
            child(*RELAIS, "serve", "views.partner", environment=environment)
        )
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", timeout=60)
        await stack.enter_async_context(client)
        tokens = {
            name: issue(ground.signing, name, name, ["driver"], lifetime=TOKEN_SECONDS)
            for name in open_trips
        }
        yield Asking(client, database, tokens)


async def _shown(database: str, trips: int, drivers: int) -> None:
    async with asyncio.timeout(SHOWN_SECONDS):
        async with await AsyncConnection.connect(database, autocommit=True) as connection:
            query = (
                "select (select count(*) from partner.trips),"
                " (select count(*) from partner.drivers where latitude is not null)"
            )
            while await (await connection.execute(query)).fetchone() != (trips, drivers):
                await asyncio.sleep(LOOK_SECONDS)


async def _record(ground: Ground, open_trips: Mapping[str, int]) -> None:
    """A driver of each organisation, who has the organisation's name, and its trips."""
    at = datetime.now(UTC)
    async with opened(missions, ground.settings(AREA)) as running:
        drivers: Codec[Any] = Codec(driver_v1.contract, running.keyring)
        trips: Codec[Any] = Codec(trip_v1.contract, running.keyring)
        for name, count in open_trips.items():
            driver = [(f"driver-{name}", fact) for fact in _at_home(name, at)]
            await events.record(running.pool, await new_streams(drivers, driver, at))
            for first in range(0, count, PAGE):
                told = list(_open_trips(name, range(first, min(first + PAGE, count)), at))
                await events.record(running.pool, await new_streams(trips, told, at))


async def new_streams(
    codec: Codec[Any], told: Sequence[tuple[str, Any]], at: datetime
) -> list[events.Row]:
    """New streams with these events, each with its stream."""
    encoded = await codec.encode([(uuid4(), fact) for _, fact in told])
    versions: Counter[str] = Counter()
    rows: list[events.Row] = []
    for (stream, _), one in zip(told, encoded, strict=True):
        versions[stream] += 1
        row = (stream, versions[stream], one.event_id, one.type, one.data, events.META, at)
        rows.append(row)
    return rows


def _at_home(name: str, at: datetime) -> Iterator[driver_v1.DriverEvent]:
    """A driver in the largest city."""
    home = cities()[0]
    yield driver_v1.DriverRegistered(
        driver_id=name,
        organisation_id=name,
        name="Dominique",
        phone="+33465710000",
        registered_at=at,
    )
    yield driver_v1.HomeChanged(
        driver_id=name,
        street="1 place de la Mairie",
        postal_code=home.postal_code,
        city=home.city,
        location=Point(latitude=home.latitude, longitude=home.longitude),
        changed_at=at,
    )


def _open_trips(
    organisation: str, numbers: range, at: datetime
) -> Iterator[tuple[str, trip_v1.TripPublished]]:
    """Offers between cities, each at a place of its own; two of five ask for a qualification."""
    places, brands = cities(), (*CLIENT_PROCESSES, "Atlas", "Hexagone", "Novaroute")
    for number in numbers:
        draw = Random(f"{organisation} {number}")
        start, end = draw.sample(places, 2)
        brand = draw.choice(brands)
        trip_id = f"{organisation}-{number}"
        yield (
            f"trip-{trip_id}",
            replace(
                events.published(trip_id, at),
                organisation_id=organisation,
                client_brand=brand,
                departure=_stop(start, draw),
                arrival=_stop(end, draw),
                client_process=CLIENT_PROCESSES.get(brand),
                additional_services=tuple(draw.sample(SERVICES, draw.choice((0, 0, 0, 1)))),
                published_at=at - timedelta(seconds=number),
            ),
        )


def _stop(city: City, draw: Random) -> trip_v1.Stop:
    """A place in or around a city."""
    point = Point(
        latitude=city.latitude + draw.uniform(-0.2, 0.2),
        longitude=city.longitude + draw.uniform(-0.2, 0.2),
    )
    return trip_v1.Stop(city=city.city, postal_code=city.postal_code, point=point)


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"{name} of 100 000 open trips, p95",
            "ms",
            "of 1 000 open trips",
            at_most(1.5),
            f"{name} many",
            f"{name} few",
        )
        for name in QUESTIONS
    ),
    measure=measure,
)

"""Matching of one request, in a marketplace with 1 000 and in one with 100 000 providers.

Both have as many providers near the place, and as many of them match; all others work elsewhere.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any

from psycopg import sql
from pydantic_core import to_json

from contracts.common_v1 import Point, Zone
from contracts.marketplace.marketplace_v1 import ServiceUnit
from contracts.providers import (
    Listed,
    Marketplace,
    Offered,
    Relation,
    RelationStanding,
    ServiceStanding,
    relation_id,
)
from infra.consumers.views import View
from infra.database import Connection
from infra.host import Running, opened
from services.dispatch.adapters import matching
from services.dispatch.adapters.cells import cover
from services.dispatch.lookups import (
    marketplace_marketplace,
    marketplace_provider,
    marketplace_relation,
)
from services.dispatch.lookups.marketplace_marketplace import Kept
from services.dispatch.lookups.marketplace_provider import Provider
from services.dispatch.lookups.marketplace_relation import Known
from services.dispatch.request.broadcasting import Broadcast
from services.dispatch.service import service
from tools.bench.figures import Figure, Samples, at_most
from tools.bench.ground import Ground
from tools.bench.subject import FULL, Size, Subject
from tools.demo.people import City, cities

FEW, MANY = 1_000, 100_000
NEAR, MATCHING = 200, 40
"""Providers whose zone has the place, and those of them whose service is accepted."""
PAGE = 2_000
ASKED = 200
"""Requests that are matched in a round."""
MARKETPLACE, SERVICE = "agora", "windows"
FAR_DEGREES = 2.0
HALF_DEGREES = 0.25
ZONES_OF_A_CITY = 8


@dataclass(frozen=True, slots=True)
class Side:
    """A marketplace in a database of its own."""

    name: str
    running: Running

    async def p99(self, commands: list[Broadcast]) -> float:
        """Milliseconds that 99 of 100 requests took at most, from the query to the last provider
        judged. Raises AssertionError when other than the matching ones are found."""
        taken = []
        async with self.running.pool.connection() as connection:
            for command in commands:
                started = perf_counter()
                [found] = await matching.matches(connection, [command])
                taken.append((perf_counter() - started) * 1_000)
                assert found is not None
                assert len(found.matches) == MATCHING
        return quantiles(taken, n=100, method="inclusive")[98]


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    many = max(2 * FEW, MANY * size.filled // FULL.filled)
    samples: Samples = {}
    async with AsyncExitStack() as stack:
        sides = []
        for name, count in (("few", FEW), ("many", many)):
            settings = ground.settings(f"matching_{name}")
            running = await stack.enter_async_context(opened(service, settings))
            await filled(running, count)
            sides.append(Side(name, running))
        commands = [asked(number) for number in range(ASKED)]
        for number in range(-1, size.rounds):
            for side in sides if number % 2 else reversed(sides):
                found = await side.p99(commands)
                if number >= 0:
                    samples.setdefault(f"matching {side.name}", []).append(found)
            step()
    return samples


def asked(number: int) -> Broadcast:
    """A request in or near the first city."""
    home, draw = cities()[0], Random(number)
    at = datetime.now(UTC)
    return Broadcast(
        request_id=f"W{number}",
        organisation_id=MARKETPLACE,
        service_code=SERVICE,
        place=Point(
            latitude=home.latitude + draw.uniform(-0.01, 0.01),
            longitude=home.longitude + draw.uniform(-0.01, 0.01),
        ),
        commune_code="0",
        wanted_from=at + timedelta(days=10),
        wanted_until=at + timedelta(days=14),
        created_at=at,
        at=at,
    )


async def filled(running: Running, count: int) -> None:
    """The lookups with so many providers, as the topics would have left them."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    async with running.pool.connection() as connection:
        await connection.set_autocommit(True)
        kept = Kept(MARKETPLACE, "sophie", (marketplace(),))
        await write(connection, active.schema, marketplace_marketplace.lookup, [kept])
        numbers = range(count)
        drawn = zones()
        for first in range(0, count, PAGE):
            page = numbers[first : first + PAGE]
            providers = [provider(number, drawn) for number in page]
            await write(connection, active.schema, marketplace_provider.lookup, providers)
            relations = [relation(number) for number in page]
            await write(connection, active.schema, marketplace_relation.lookup, relations)
        await connection.execute("vacuum analyze")


async def write(
    connection: Connection, schema: str, view: View[Any, Any], rows: Sequence[Any]
) -> None:
    query = sql.SQL(
        "insert into {name} select * from json_populate_recordset(null::{name}, %s::text::json)"
    ).format(name=sql.Identifier(schema, view.name))
    await connection.execute(query, (to_json(rows).decode(),))


def marketplace() -> Marketplace:
    return Marketplace(
        marketplace_id=MARKETPLACE,
        marketplace_name="Agora",
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        broadcast=True,
        services=(Listed(service_code=SERVICE, names=(), unit=ServiceUnit.JOB),),
    )


def zones() -> list[tuple[Zone, tuple[str, ...]]]:
    """The zone of the providers near the first city, then those around cities far from it."""
    home, draw = cities()[0], Random(1)
    found = [zone_around(home, Random(0))]
    for city in cities():
        if abs(city.latitude - home.latitude) + abs(city.longitude - home.longitude) > FAR_DEGREES:
            found.extend(zone_around(city, draw) for _ in range(ZONES_OF_A_CITY))
    return found


def zone_around(city: City, draw: Random) -> tuple[Zone, tuple[str, ...]]:
    """A zone of about fifty kilometres with its cells."""
    half = HALF_DEGREES * draw.uniform(0.5, 1.5)
    west, east = city.longitude - half, city.longitude + half
    south, north = city.latitude - half, city.latitude + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    zone = Zone(geojson=json.dumps({"type": "Polygon", "coordinates": [ring]}), communes=())
    return zone, cover(zone)


def provider(number: int, drawn: list[tuple[Zone, tuple[str, ...]]]) -> Provider:
    zone, cells = drawn[0] if number < NEAR else drawn[1 + number % (len(drawn) - 1)]
    return Provider(f"p{number}", zone=(zone,), cells=cells)


def relation(number: int) -> Known:
    """One of a provider; the service of those who are near and not to match waits."""
    accepted = number < MATCHING or number >= NEAR
    standing = ServiceStanding.ACCEPTED if accepted else ServiceStanding.PENDING
    known = Relation(
        relation_id=relation_id(MARKETPLACE, f"p{number}"),
        marketplace_id=MARKETPLACE,
        provider_id=f"p{number}",
        provider_name=f"Provider {number}",
        marketplace_name="Agora",
        invitation_id=f"i{number}",
        standing=RelationStanding.ACCEPTED,
        told_id=f"m{number}",
        services=(Offered(service_code=SERVICE, standing=standing),),
    )
    return Known(known.relation_id, MARKETPLACE, known.provider_id, known.provider_name, (known,))


SUBJECT = Subject(
    figures=(
        Figure(
            "a request matched among 100 000 providers, p99",
            "ms",
            "among 1 000 providers",
            at_most(1.5),
            "matching many",
            "matching few",
        ),
    ),
    measure=measure,
)

"""Compares what Python, PostgreSQL and the pinned package `tzdata` take for local time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from importlib.resources import files
from zoneinfo import ZoneInfo

from contracts.accounts import organisation_v1
from contracts.accounts.organisation_v1 import OrganisationRegistered, ProfileChanged
from infra.database import Pool
from infra.store.protocol import ServiceStore, each_event

USUAL = "Europe/Paris"
Offsets = Sequence[timedelta | None]
"""The lead of local time over UTC at each of some instants; None for an unknown zone."""


def release() -> str:
    """The version of the package that is installed."""
    return version("tzdata")


def instants(now: datetime) -> list[datetime]:
    """Now and the same time of every week of the year to come: no change of the clocks hides."""
    return [now.astimezone(UTC) + timedelta(weeks=number) for number in range(53)]


async def in_use(accounts: ServiceStore) -> list[str]:
    """The zones that organisations have or had, and the usual one."""
    contract = organisation_v1.contract
    types = [contract.by_class(cls).type for cls in (OrganisationRegistered, ProfileChanged)]
    found = await _said(accounts, types)
    events = [contract.by_type(type).decode(data, lambda *_: None) for type, data in found]
    return sorted({USUAL, *(event.profile.time_zone for event in events)})


async def _said(accounts: ServiceStore, types: list[str]) -> Iterable[tuple[str, bytes]]:
    """Type and value of the events of these types."""
    if not accounts.joins_transactions:
        events = [one async for one in each_event(accounts) if one.type in types]
        return {(one.type, one.data) for one in events if one.data}
    async with accounts.pool.connection() as connection:
        cursor = await connection.execute(
            "select distinct type, data from es.event where type = any(%s) and data <> ''", (types,)
        )
        return await cursor.fetchall()


def of_python(zone: str, at: Iterable[datetime]) -> Offsets:
    """As every process computes them."""
    return [one.astimezone(ZoneInfo(zone)).utcoffset() for one in at]


def of_package(zone: str, at: Iterable[datetime]) -> Offsets:
    """As the package has them, whatever Python takes."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as file:
        packaged = ZoneInfo.from_file(file)
    return [one.astimezone(packaged).utcoffset() for one in at]


async def of_postgres(
    pool: Pool, zones: Sequence[str], at: Sequence[datetime]
) -> Mapping[str, Offsets]:
    """As the server of a database has them."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select zone, array_agg(case when zone in (select name from pg_timezone_names)"
            " then (one at time zone zone) - (one at time zone 'UTC') end order by one)"
            " from unnest(%s::text[]) zone, unnest(%s::timestamptz[]) one group by zone",
            (list(zones), list(at)),
        )
        return dict(await cursor.fetchall())


def differing(wanted: Mapping[str, Offsets], found: Mapping[str, Offsets]) -> list[str]:
    """The zones whose offsets are not those that are wanted."""
    return [zone for zone, offsets in wanted.items() if list(found[zone]) != list(offsets)]

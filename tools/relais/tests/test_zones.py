"""The doctor compares three clocks for the zones that organisations use."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest_asyncio

from contracts.accounts import organisation_v1
from contracts.runtime import EventType
from infra.database import Pool, open_pool
from infra.store import Append, NewEvent
from infra.store.postgres import PostgresStore
from tests.contract import kit
from tools.compiler import samples
from tools.relais import zones
from tools.relais.tests.conftest import Platform

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
USED = ["Africa/Casablanca", "America/Montreal", "Europe/Paris"]
AT = zones.instants(NOW)
PACKAGED = {zone: zones.of_package(zone, AT) for zone in USED}
ELSEWHERE = """
import sys, zoneinfo
from tools.relais.tests.test_zones import AT, PACKAGED, USED, zones
zoneinfo.reset_tzpath([sys.argv[1]])
zoneinfo.ZoneInfo.clear_cache()
print(*zones.differing(PACKAGED, {zone: zones.of_python(zone, AT) for zone in USED}))
"""


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    found = await open_pool(database, 2, "zones")
    yield found
    await found.close()


def newest(kind: EventType[organisation_v1.OrganisationEvent]) -> bytes:
    return samples.stored(kit.folder(kind), kind)[-1].read_bytes()


async def test_the_zones_of_organisations_are_found(pool: Pool) -> None:
    store = PostgresStore(pool)
    await store.migrate()
    kinds = organisation_v1.contract.types
    events = [NewEvent(samples.event_id(k, 1), k.type, newest(k), {}, NOW) for k in kinds]
    await store.append(Append("organisation-1", 0, events))
    [zone] = {event.profile.time_zone for event in told(kinds)}
    assert await zones.in_use(store) == sorted({zone, zones.USUAL})


def told(
    kinds: tuple[EventType[organisation_v1.OrganisationEvent], ...],
) -> list[organisation_v1.OrganisationRegistered | organisation_v1.ProfileChanged]:
    events = [kind.decode(newest(kind), lambda *_: None) for kind in kinds]
    wanted = organisation_v1.OrganisationRegistered | organisation_v1.ProfileChanged
    return [event for event in events if isinstance(event, wanted)]


async def test_where_nobody_registered_the_usual_zone_is_compared(pool: Pool) -> None:
    store = PostgresStore(pool)
    await store.migrate()
    assert await zones.in_use(store) == [zones.USUAL]


def test_every_change_of_the_clocks_in_a_year_is_seen() -> None:
    assert len(set(PACKAGED["Europe/Paris"])) == len(set(PACKAGED["Africa/Casablanca"])) == 2


async def test_python_and_the_server_of_the_tests_agree_with_the_package(pool: Pool) -> None:
    python = {zone: zones.of_python(zone, AT) for zone in USED}
    assert zones.differing(PACKAGED, python) == []
    assert zones.differing(PACKAGED, await zones.of_postgres(pool, USED, AT)) == []


async def test_a_zone_that_the_server_does_not_know_differs(pool: Pool) -> None:
    there = await zones.of_postgres(pool, ["Mars/Base"], AT[:2])
    assert there == {"Mars/Base": [None, None]}
    assert zones.differing({"Mars/Base": [timedelta(0)] * 2}, there) == ["Mars/Base"]


def test_an_hour_too_much_in_one_week_differs() -> None:
    late = [*PACKAGED["Europe/Paris"][:-1], timedelta(hours=3)]
    assert zones.differing(PACKAGED, {**PACKAGED, "Europe/Paris": late}) == ["Europe/Paris"]


def test_other_zones_of_the_system_would_be_found(tmp_path: Path) -> None:
    place = tmp_path / "Africa" / "Casablanca"
    place.parent.mkdir()
    place.write_bytes(files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["Africa/Casablanca"]


def test_the_doctor_says_what_it_compared(platform: Platform) -> None:
    # Whatever else it finds.
    found = json.loads(platform.say("doctor", "--json").stdout)
    [looked] = [one for one in found["looked_at"] if one["where"] == "time zones"]
    assert looked["tzdata"] == zones.release()

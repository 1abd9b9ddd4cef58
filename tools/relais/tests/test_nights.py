"""A night as pages of the runbook have it, on a running platform."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tools.demo.people import cities, trips
from tools.relais.tests.conftest import ORGANISATION, Platform

_FULL = """
create function public.full_disk() returns trigger language plpgsql as $$ begin
  raise exception 'could not extend file: No space left on device' using errcode = 'disk_full';
end $$;
create trigger full_disk before insert on es.stored_event execute function public.full_disk();
"""
_ROOM = "drop trigger full_disk on es.stored_event; drop function public.full_disk();"


@contextmanager
def full_disk(platform: Platform) -> Iterator[None]:
    """Within the block PostgreSQL finds no room for events of missions."""
    platform.sql("missions", _FULL)
    try:
        yield
    finally:
        platform.sql("missions", _ROOM)


def offered() -> Mapping[str, Any]:
    soon = datetime.now(UTC).date() + timedelta(days=3)
    [body] = trips(1, cities(), soon)
    return {**body, "client_brand": "Atlas", "client_process": None}


def test_a_full_disk_refuses_commands_and_loses_none(platform: Platform) -> None:
    words = ("token", "--role", "logistics", "--subject", "lea", "--org", ORGANISATION)
    bearer = {"Authorization": f"Bearer {platform.facts(*words)['token']}"}
    known, command = platform.trip(), {**bearer, "Idempotency-Key": uuid4().hex}
    address, body = f"{platform.url}/missions/trips", offered()
    with full_disk(platform):
        refused = httpx.post(address, json=body, headers=command, timeout=30)
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
        assert httpx.get(f"{address}/{known}", headers=bearer, timeout=30).status_code == 200
        platform.until(lambda: "its disk is full" in platform.log.read_text())
    answers = [httpx.post(address, json=body, headers=command, timeout=30) for _ in range(2)]
    assert [one.is_success for one in answers] == [True, True]
    made = {one.json()["id"] for one in answers}
    kept = platform.sql("missions", "select stream from es.event where version = 1")
    assert {f"trip-{trip}" for trip in made} <= {stream for (stream,) in kept}
    assert len(made) == 1

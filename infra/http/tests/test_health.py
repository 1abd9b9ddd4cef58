"""Alive is who goes round; ready is who can serve."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from infra.database import Pool, open_pool
from infra.http.health import Health, unsaturated, writable
from infra.http.tests.stage import api, client
from infra.supervisor import Progress


async def ask(health: Health, path: str) -> httpx.Response:
    async with client(api(health=health), Authorization="") as caller:
        return await caller.get(path)


def loop(idle_for: float = 0.0, halted: str | None = None) -> Progress:
    return Progress(monotonic() - idle_for, halted)


class TestLive:
    async def test_a_loop_that_goes_round_is_alive(self) -> None:
        health = Health()
        health.watch("relay", loop())
        answer = await ask(health, "/health/live")
        assert (answer.status_code, answer.json()["checks"]) == (200, {"relay": "ok"})

    async def test_a_loop_that_stands_still_too_long_is_not(self) -> None:
        health = Health()
        health.watch("relay", loop(idle_for=60))
        health.watch("timers", loop(idle_for=60), allowed=3600)
        answer = await ask(health, "/health/live")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        assert answer.json()["checks"]["relay"].startswith("no progress for 60.")
        assert answer.json()["checks"]["timers"] == "ok"

    async def test_a_restart_does_not_help_a_loop_that_waits_for_a_person(self) -> None:
        health = Health()
        health.watch("relay", loop(idle_for=60, halted="phantom events"))
        assert (await ask(health, "/health/live")).status_code == 200

    async def test_a_failing_dependency_is_no_reason_to_restart(self) -> None:
        health = Health(checks={"database": failing})
        assert (await ask(health, "/health/live")).status_code == 200


async def failing() -> str | None:
    raise OSError("unreachable")


async def hanging() -> str | None:
    await asyncio.Event().wait()
    return None


class TestReady:
    async def test_a_halted_consumer_is_not_ready(self) -> None:
        health = Health()
        health.watch("views", loop(halted="100 streams are parked"))
        answer = await ask(health, "/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"views": "100 streams are parked"}

    async def test_a_check_that_breaks_or_hangs_says_so(self) -> None:
        health = Health(checks={"disk": failing, "network": hanging}, within=0.01)
        answer = await ask(health, "/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {
            "disk": "OSError: unreachable",
            "network": "no answer within 0.01 s",
        }


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool of one connection more than it needs."""
    opened = await open_pool(database, 2, "test")
    yield opened
    await opened.close()


class TestDatabase:
    async def test_one_that_takes_writes_is_ready(self, pool: Pool) -> None:
        health = Health(checks={"database": writable(pool), "pool": unsaturated(pool, 0)})
        answer = await ask(health, "/health/ready")
        assert answer.json()["checks"] == {"database": "ok", "pool": "ok"}

    async def test_one_that_is_read_only_is_not(self, pool: Pool) -> None:
        async with pool.connection() as one, pool.connection() as other:
            for connection in (one, other):
                await connection.execute("set default_transaction_read_only = on")
        assert await writable(pool)() == "the database is read-only"

    async def test_one_whose_connections_are_all_taken_is_not(self, pool: Pool) -> None:
        async with pool.connection(), pool.connection():
            waiting = asyncio.create_task(take(pool))
            await asyncio.sleep(0)
            assert await unsaturated(pool, 0)() == "1 requests wait for a connection"
            assert await unsaturated(pool, 1)() is None
            assert (await writable(pool)() or "").startswith("PoolTimeout")
        await waiting


async def take(pool: Pool) -> None:
    async with pool.connection():
        pass


async def test_the_measures_are_in_the_form_prometheus_reads() -> None:
    answer = await ask(Health(), "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"relais_append_duration_seconds", "relais_http_duration_seconds"} <= names


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_probes_need_no_token_and_are_not_kept(path: str) -> None:
    answer = await ask(Health(), path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")

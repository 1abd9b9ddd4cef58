"""Is this process alive, and may it be sent requests?

Alive means progress: a loop that went round lately, also with nothing to do. Whether the database
answers or a consumer lags says nothing about that; a restart mends neither.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import Error
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from infra import telemetry
from infra.database import Pool
from infra.store.protocol import ServiceStore, StoreAway
from infra.supervisor import Progress

log = logging.getLogger("relais.http")

CHECK_SECONDS = 2.0
LEAVING = "was told to stop, and asks for no more requests"
NO_STORE = {"Cache-Control": "no-store"}

Check = Callable[[], Awaitable[str | None]]
"""Why the process should get no requests now; None when it may."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A loop that must go round at least every `allowed` seconds."""

    progress: Progress
    allowed: float = 30.0

    def stalled(self) -> str | None:
        """Why a restart would help. A halted loop waits for a person, so it does not count."""
        age = self.progress.age()
        if self.progress.halted is not None or age <= self.allowed:
            return None
        return f"no progress for {age:.1f} s, {self.allowed:.1f} s are allowed"


@dataclass(slots=True)
class Health:
    """The parts of a process that its probes look at; each is added as it starts."""

    probes: dict[str, Probe] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    within: float = CHECK_SECONDS
    """How long a check may take."""
    leaving: bool = False
    """Told to stop: it answers what still comes, and asks for no more."""

    def watch(self, name: str, progress: Progress, allowed: float = 30.0) -> None:
        """Alive only while this loop goes round; ready only while it is not halted."""

        async def going() -> str | None:
            return progress.halted

        self.probes[name] = Probe(progress, allowed)
        self.checks[name] = going

    def routes(self, *, inside: bool = True) -> Sequence[BaseRoute]:
        """`/health/live` and `/health/ready`; inside also `/metrics`, and the reasons."""

        async def live(_: Request) -> Response:
            return _answer(self._stalled(), told=inside)

        async def ready(_: Request) -> Response:
            return _answer(await self._failing(), told=inside)

        probes = (
            Route("/health/live", live, include_in_schema=False),
            Route("/health/ready", ready, include_in_schema=False),
        )
        metrics = Route("/metrics", _metrics, include_in_schema=False)
        return (*probes, metrics) if inside else probes

    def _stalled(self) -> Mapping[str, str | None]:
        return {name: probe.stalled() for name, probe in self.probes.items()}

    async def _failing(self) -> Mapping[str, str | None]:
        found = await asyncio.gather(
            *(_asked(check, self.within) for check in self.checks.values())
        )
        reasons = dict(zip(self.checks, found, strict=True))
        return reasons | {"process": LEAVING} if self.leaving else reasons


async def _metrics(_: Request) -> Response:
    body, media_type = telemetry.exposition()
    # Set as a header: as `media_type` it would get a second charset.
    return Response(body, headers={"Content-Type": media_type, **NO_STORE})


async def _asked(check: Check, within: float) -> str | None:
    try:
        async with asyncio.timeout(within):
            return await check()
    except TimeoutError:
        return f"no answer within {within:g} s"
    except Exception as error:
        log.warning("a readiness check failed", exc_info=True)
        return f"{type(error).__name__}: {error}"


def _answer(reasons: Mapping[str, str | None], *, told: bool) -> Response:
    failing = any(reason is not None for reason in reasons.values())
    body: dict[str, Any] = {"status": "failing" if failing else "ok"}
    if told:
        body["checks"] = {name: reason or "ok" for name, reason in reasons.items()}
    return JSONResponse(body, 503 if failing else 200, NO_STORE)


def writable(pool: Pool) -> Check:
    """The database answers, and it is not a standby."""

    async def check() -> str | None:
        try:
            async with pool.connection(timeout=CHECK_SECONDS / 2) as connection:
                cursor = await connection.execute("show transaction_read_only")
                row = await cursor.fetchone()
        except Error as error:
            return f"{type(error).__name__}: {error}"
        return None if row == ("off",) else "the database is read-only"

    return check


def answering(store: ServiceStore) -> Check:
    """The store answers, where it is not in the database."""

    async def check() -> str | None:
        try:
            await store.identity()
        except StoreAway as error:
            return f"{type(error).__name__}: {error}"
        return None

    return check


def unsaturated(pool: Pool, most_waiting: int) -> Check:
    """Not too many requests wait for a connection."""

    async def check() -> str | None:
        waiting = waiters(pool)
        return f"{waiting} requests wait for a connection" if waiting > most_waiting else None

    return check


def waiters(pool: Pool) -> int:
    """How many requests wait for a connection of the pool right now."""
    return pool.get_stats().get("requests_waiting", 0)

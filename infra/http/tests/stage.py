"""A small API with everything the kit puts around it, and clients that call it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from time import time
from typing import Annotated, Any, ClassVar

import httpx
from fastapi import APIRouter
from starlette.types import ASGIApp

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import Channel, TripExpired
from contracts.missions.trip_v1 import contract as trips
from infra.commands import Aggregate, Loaded
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.app import Api, create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Day, Id, Instant, Line, MoneyBody, Named, Whole
from infra.http.pages import Paging
from infra.http.positions import Positions, Tokens
from infra.http.request_context import (
    AppState,
    Handler,
    PublicRequest,
    RequestContext,
    public,
    requires,
)
from infra.reading import Asked, Order
from infra.tokens import Role, SigningKey, issue, jwks
from infra.wording import Wording

KEY = SigningKey.generate()
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
TOKENS = Tokens(bytes(32))
NO_POOL = object()
"""Stands for the database of lists that read none."""
ONE = Loaded(None, 1, "missions.trip/T1")

# --- A bell that can be rung so many times ------------------------------------------------------


@dataclass(frozen=True)
class Ring:
    """Ring a bell; its number is the only thing about it."""

    trip_id: str
    at: datetime
    most: int = 100


@dataclass(frozen=True)
class RungEnough:
    most: int


def decide(command: Ring, rung: int) -> list[TripExpired] | RungEnough:
    if rung >= command.most:
        return RungEnough(command.most)
    return [TripExpired(trip_id=command.trip_id, expired_at=command.at)]


@dataclass(frozen=True)
class TooQuiet:
    """A bell that nobody hears."""

    field: ClassVar[str] = "note"
    price: Money
    first_on: date
    until: datetime
    tones: tuple[Channel, ...] = ()
    reason: str | None = None


SAYS = Wording("infra.http.tests", RungEnough | TooQuiet)


# The contract is a real one; the events of a real service would be just as good.
BELL: Aggregate[Ring, int, Any, RungEnough] = Aggregate(trips, decide, lambda n, _: n + 1, 0)


class Unlucky:
    """Carries out nothing: raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def handle(self, *_: Any, **__: Any) -> Any:
        raise self._error

    load = history = stands = handle


# --- Its API ------------------------------------------------------------------------------------

Driver = Annotated[RequestContext, requires("driver")]
Anyone = Annotated[RequestContext, requires("driver", "logistics")]


@dataclass(frozen=True)
class Number:
    """A row of a list that is calculated."""

    number: int


BY_NUMBER: "Order[Number]" = Order("numbers", ("number",), (int,))


class RingBody(Body):
    note: Line = "ding"
    count: Whole = 1
    price: MoneyBody | None = None
    after: Instant | None = None
    channel: Annotated[Channel, Named()] = Channel.APP


class Rung(Answer):
    """How often a bell was rung."""

    rung: int


class BellHistory(History, of=trips, shows={TripExpired: ("trip_id", "expired_at")}):
    """Every ring of a bell."""


class Me(Answer):
    """Somebody who asks."""

    subject: str
    organisation_id: str
    roles: list[str]


class Today(Answer):
    """The day it is."""

    today: Day


def router() -> APIRouter:
    """The routes, anew for each app."""
    routes = Router("Bells")

    @routes.post("/bells/{bell_id}/rings")
    async def ring(bell_id: Id, body: RingBody, context: Driver) -> Answered[Rung]:
        """Ring a bell. It counts how often that happened."""
        command = Ring(bell_id, context.occurred_at, most=body.count)
        return await context.handle(BELL, bell_id, command, lambda n: Rung(rung=n))

    @routes.put("/bells/{bell_id}", status_code=201)
    async def make(bell_id: Id, context: Driver) -> Answered[Recorded]:
        """Make a bell by ringing it."""
        command = Ring(bell_id, context.occurred_at)
        return await context.handle(BELL, bell_id, command, created=f"/bells/{bell_id}")

    @routes.get("/bells/{bell_id}")
    async def show(bell_id: Id, context: Anyone, as_of: Instant | None = None) -> Answered[Rung]:
        """How often a bell was rung, now or at a time."""
        found = await context.load(BELL, bell_id, as_of)
        return context.show(Rung(rung=found.state), found)

    @routes.get("/bells/{bell_id}/history")
    async def history(bell_id: Id, context: Anyone, part: HistoryPart) -> Answered[BellHistory]:
        """Every ring of a bell, oldest first."""
        return await context.history(BELL, bell_id, BellHistory, part)

    @routes.get("/numbers")
    async def numbers(context: Anyone, page: Paging, upto: Whole = 7) -> Answered[Listed[int]]:
        """The first numbers."""

        async def read(_: Any, after: Any, limit: int) -> list[Number]:
            [last] = after or (0,)
            return [Number(n) for n in range(last + 1, upto + 1)][:limit]

        return await page.show(Asked(read), BY_NUMBER, lambda row: row.number)

    @routes.get("/me")
    async def me(context: Anyone) -> Answered[Me]:
        """The caller."""
        who = context.principal
        shown = Me(
            subject=who.subject, organisation_id=who.organisation_id, roles=sorted(who.roles)
        )
        return context.show(shown, ONE)

    @routes.get("/today")
    async def today(context: Annotated[PublicRequest, public()]) -> Answered[Today]:
        """The day it is."""
        return Answered(Today(today=context.at.date()))

    return routes


def api(
    *,
    commands: Handler | None = None,
    positions: Positions | None = None,
    clock: Callable[[], float] = time,
    now: Callable[[], datetime] = lambda: NOON,
    routes: APIRouter | None = None,
    extra: APIRouter | None = None,
    pool: Any = NO_POOL,
    **options: Any,
) -> Api:
    """The app, over whatever the test gives it."""
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais", clock)
    app_state = AppState(
        verifier,
        wording=SAYS,
        commands=commands,
        positions=positions,
        tokens=TOKENS,
        now=now,
        pool=pool,
    )
    return create_app(
        "bells", [routes or router(), *([extra] if extra else [])], app_state, **options
    )


def token(subject: str = "d1", *roles: Role, key: SigningKey = KEY, **claims: Any) -> str:
    """A token of a driver of o1, unless the test says otherwise."""
    return issue(key, subject, claims.pop("org", "o1"), roles or ("driver",), **claims)


def signed(subject: str = "d1", *roles: Role) -> dict[str, str]:
    """The headers of somebody who is known."""
    return {"Authorization": f"Bearer {token(subject, *roles)}"}


@asynccontextmanager
async def client(app: ASGIApp, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who calls the app, a driver when no header says otherwise."""
    transport = httpx.ASGITransport(app)
    default = {**signed(), "Idempotency-Key": "key-1", **headers}
    async with httpx.AsyncClient(transport=transport, base_url="http://bells") as made:
        made.headers.update({name: value for name, value in default.items() if value})
        yield made

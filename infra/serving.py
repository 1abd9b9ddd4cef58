"""Serves the APIs of opened services, with the probes and measures of their workers."""

import asyncio
import logging
import socket
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial

import uvicorn
from psycopg import AsyncConnection
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infra import telemetry
from infra.consumers.transports import FaustApp, Lag
from infra.consumers.views import Generations
from infra.host import Running, ViewsWorker
from infra.http.app import Api, create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.browsers import shared_with
from infra.http.clients import Proxies
from infra.http.connections import Config, Gate
from infra.http.docs import docs_routes, document_route, overview_route
from infra.http.headers import SafeHeaders, parting
from infra.http.health import Health, answering, unsaturated, waiters, writable
from infra.http.live import Live
from infra.http.live import router as live_router
from infra.http.middleware import Room
from infra.http.openapi import Json
from infra.http.positions import Positions, Tokens
from infra.http.problems import HANDLERS
from infra.http.rates import Most, Rates
from infra.http.reference import router as reference_router
from infra.http.request_context import AppState
from infra.http.schemas import schema_routes
from infra.http.shortening import Shortened
from infra.http.together import together
from infra.http.versions import OpaqueVersions
from infra.lookups import Lookups
from infra.relay import Relay
from infra.settings import Settings
from infra.supervisor import Progress
from infra.words import of_api

log = logging.getLogger("relais.serving")

MOST_WAITING = 100
MOVES_SECONDS = 1.0
"""Between two looks at how far tables are, when nobody nudges."""
SAMPLE_SECONDS = 10.0
DRAIN_SECONDS = 10
BACKLOG = 2_048
Page = Callable[[Request], Awaitable[Response]]
_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " frame-ancestors 'none'"
}


class Server(uvicorn.Server):
    """uvicorn inside our loop; the host decides what signals mean."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def api(running: Running, verifier: Verifier, health: Health, rates: Rates | None = None) -> Api:
    """The API of one service, over what it has opened. Its `rates` are those of the process."""
    service, settings, generations = running.service, running.settings, running.generations
    master = next(iter(settings.masters.values()))
    app_state = AppState(
        verifier=verifier,
        wording=service.wording,
        commands=running.commands if service.aggregates else None,
        pool=running.pool,
        positions=_positions(running, generations) if generations is not None else None,
        lookups=Lookups(running.pool, service.shape),
        guard=service.guard,
        tokens=Tokens(master),
        versions=OpaqueVersions(master),
        rates=rates,
        unfilled=generations.unfilled if generations is not None else None,
    )
    live = _live(running)
    routers = [service.routes(running), reference_router(of_api(service.name))]
    app = create_app(
        f"relais {service.name}",
        [*routers, *([live_router(live)] if live is not None else [])],
        app_state,
        description=service.about,
        prefix=service.prefix,
        health=health,
        inside=settings.inside_port is None,
        room=Room(
            most=settings.max_in_flight,
            most_of_client=settings.max_of_client,
            body_seconds=settings.body_seconds,
            waiting=lambda: waiters(running.pool),
            most_waiting=MOST_WAITING,
            proxies=Proxies(settings.proxies),
        ),
    )
    app.state.live = live
    return app


def _live(running: Running) -> Live | None:
    """Those who listen to the views of a service; None when it has none."""
    if (generations := running.generations) is None or not running.service.views:
        return None
    return Live(
        partial(_moves, running, generations),
        running.service.name,
        most=running.settings.max_listeners,
        most_of_person=running.settings.max_listeners_of_person,
        most_of_organisation=running.settings.max_listeners_of_organisation,
    )


async def _moves(running: Running, generations: Generations) -> AsyncGenerator[None]:
    """Yields at first, and when the tables of this release have moved on.

    A nudge that is lost, or comes while there is no connection, costs a second. Those of this
    process come twice, so it is looked whether there was anything.
    """
    url = running.settings.database(running.service.name)
    async with (
        await AsyncConnection.connect(url, autocommit=True) as ear,
        running.seen.subscribe(ear) as waiter,
    ):
        reached = None
        while True:
            if (now := await generations.reached()) != reached:
                reached = now
                yield
            await waiter.wait(MOVES_SECONDS)


def _positions(running: Running, generations: Generations) -> Positions:
    follows = [f"{c.service}.{c.name}" for c in running.service.sources]
    return Positions(generations.seen, running.seen, follows, running.settings.position_wait)


class Site(Starlette):
    """All APIs of a process, each under its prefix, and its probes.

    `inside` has what is for us alone, where that has a port of its own.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        keys: PublishedKeys,
        health: Health,
        inside: Starlette | None,
        live: Sequence[Live] = (),
    ) -> None:
        super().__init__(routes=routes, exception_handlers=HANDLERS)
        self._live = live
        self.state.keys = keys
        self.health = health
        self.inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, parting(send) if self.health.leaving else send)

    async def leave(self, told: asyncio.Event, seconds: float) -> None:
        """Ask for no more requests, and answer those that come for so long, or until told again."""
        self.health.leaving = True
        told.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), seconds)

    def hang_up(self) -> None:
        """End the streams of all who listen; they come back, to another process."""
        for one in self._live:
            one.end()


@dataclass(frozen=True)
class Front:
    """A page for people at `/` instead of a plain list, and the routes that it needs.

    For development: no process of production has one.
    """

    page: Page
    routes: Sequence[BaseRoute]


def site(services: Sequence[Running], settings: Settings, front: Front | None = None) -> Site:
    """The site of these services, and the probes of everything in it."""
    health = Health()
    keys = PublishedKeys(settings.jwks, url=settings.jwks_url)
    verifier = Verifier(keys, settings.issuer, settings.audience)
    for running in services:
        name = running.service.name
        health.checks[f"{name} database"] = writable(running.pool)
        if running.service.aggregates and not running.store.joins_transactions:
            health.checks[f"{name} store"] = answering(running.store)
        health.checks[f"{name} pool"] = unsaturated(running.pool, MOST_WAITING)
        if running.generations is not None:
            health.checks[f"{name} tables"] = running.generations.unfilled
        for worker, loop in running.workers.items():
            health.watch(f"{name} {worker}", loop.progress)
    rates = Rates(Most(settings.max_requests_of_person, settings.max_requests_of_organisation))
    apis = {one.service.prefix: api(one, verifier, health, rates) for one in services}
    live = [app.state.live for app in apis.values() if app.state.live is not None]
    mounts = [Mount(prefix, app) for prefix, app in apis.items()]
    ours: list[BaseRoute] = [
        Route("/", _front_page(apis, front)),
        *_documents_of_all(apis),
        *health.routes(),
        *schema_routes(),
    ]
    if front is not None:
        ours += front.routes
    if settings.inside_port is None:
        return Site([*ours, *mounts], keys, health, None, live)
    documents = [
        Mount(prefix, routes=docs_routes(app.title, app.openapi)) for prefix, app in apis.items()
    ]
    inside = Starlette(
        routes=[*ours, *documents],
        exception_handlers=HANDLERS,
        middleware=[Middleware(Shortened)],
    )
    return Site([*health.routes(inside=False), *mounts], keys, health, inside, live)


def _documents_of_all(apis: Mapping[str, Api]) -> Sequence[BaseRoute]:
    def each() -> Mapping[str, Json]:
        return {prefix: app.openapi() for prefix, app in apis.items()}

    @cache
    def whole() -> Json:
        return together(each())

    return [document_route(whole, Middleware(Shortened)), overview_route(each)]


def _front_page(apis: Mapping[str, Api], front: Front | None) -> Page:
    async def front_page(request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"apis": {p: f"{p}/openapi.json" for p in apis}})
        if front is not None:
            return await front.page(request)
        items = "".join(
            f'<li><a href="{prefix}/docs">{app.title}</a>'
            f' &middot; <a href="{prefix}/openapi.json">OpenAPI</a></li>'
            for prefix, app in apis.items()
        )
        page = (
            "<!doctype html><meta charset=utf-8><title>Relais</title>"
            "<body style='font: 16px/1.5 system-ui; max-width: 40rem; margin: 3rem auto'>"
            f"<h1>Relais</h1><ul>{items}</ul>"
            "<p><a href='/health/ready'>health</a> &middot; <a href='/metrics'>metrics</a></p>"
        )
        return HTMLResponse(page, headers=_PAGE)

    return front_page


@asynccontextmanager
async def serving(app: ASGIApp, settings: Settings) -> AsyncIterator[str]:
    """Answer requests within the block; yields the address. At its end, requests drain.

    What is inside a site is served at its own port. Raises OSError when an address is taken.
    """
    async with AsyncExitStack() as stack:
        if isinstance(app, Site) and app.inside is not None and settings.inside_port is not None:
            await stack.enter_async_context(_serving(app.inside, settings, settings.inside_port))
        outside = shared_with(app, settings.origins)
        url = await stack.enter_async_context(_serving(outside, settings, settings.port))
        if isinstance(app, Site):
            stack.callback(app.hang_up)
        yield url


@asynccontextmanager
async def _serving(app: ASGIApp, settings: Settings, port: int) -> AsyncIterator[str]:
    gate = Gate(
        head_seconds=settings.head_seconds,
        stalled_seconds=settings.body_seconds,
        most_of_client=settings.max_connections_of_client,
        proxies=Proxies(settings.proxies),
    )
    config = Config(
        SafeHeaders(app, tls=settings.portal.startswith("https://")),
        gate,
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        # Ours: uvicorn's would believe whoever asks from this machine.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    listening = socket.create_server((settings.host, port), backlog=BACKLOG)
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        host, taken = listening.getsockname()[:2]
        yield f"http://{host}:{taken}"
    finally:
        server.should_exit = True
        await task
        listening.close()


@asynccontextmanager
async def measured(services: Sequence[Running]) -> AsyncIterator[None]:
    """Show the lags, waiters, halts and parked streams of these services at `/metrics`."""
    async with AsyncExitStack() as stack:
        for running in services:
            for end in _watches(running):
                stack.callback(end)
            parked = _Parked(running)
            stack.callback(telemetry.PARKED_STREAMS.watch(parked.reading))
            task = asyncio.create_task(parked.sample())
            stack.push_async_callback(_cancel, task)
        yield


def _watches(running: Running) -> Iterator[Callable[[], None]]:
    name = running.service.name
    yield telemetry.POOL_WAITERS.watch(lambda: waiters(running.pool), service=name)
    for worker, loop in running.workers.items():
        yield _watch_halt(f"{name} {worker}", loop.progress)
        if isinstance(loop, Relay):
            yield from _watch_relay(name, loop)
        if isinstance(loop, FaustApp):
            for line in loop.lines:
                yield _watch_halt(line.consumer.name, line.progress)
        if isinstance(loop, FaustApp | ViewsWorker):
            yield from _watch_lags(partial(_lags, loop))


def _lags(worker: FaustApp | ViewsWorker) -> Mapping[str, Lag]:
    if isinstance(worker, FaustApp):
        return {line.consumer.name: line.lag for line in worker.lines}
    return {loop.consumer.name: loop.lag for loop in worker.loops.values()}


def _watch_halt(name: str, progress: Progress) -> Callable[[], None]:
    return telemetry.HALTED.watch(lambda: 0.0 if progress.halted is None else 1.0, loop=name)


def _watch_lags(lags: Callable[[], Mapping[str, Lag]]) -> Iterator[Callable[[], None]]:
    yield telemetry.CONSUMER_LAG.watch(
        lambda: [(lag.seconds, {"consumer": name}) for name, lag in lags().items()]
    )
    yield telemetry.CONSUMER_LAG_EVENTS.watch(
        lambda: [(float(lag.records), {"consumer": name}) for name, lag in lags().items()]
    )


def _watch_relay(name: str, relay: Relay) -> Iterator[Callable[[], None]]:
    yield telemetry.RELAY_LAG.watch(lambda: relay.lag.seconds, service=name)
    # Who holds them back is asked with `relais relay status`: a label must not have SQL in it.
    yield telemetry.RELAY_HOLDBACK.watch(lambda: relay.lag.holdback_seconds, service=name)


class _Parked:
    """How many streams each consumer has parked, looked up now and then."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._counts: list[tuple[float, Mapping[str, str]]] = []

    def reading(self) -> list[tuple[float, Mapping[str, str]]]:
        return self._counts

    async def sample(self) -> None:
        while True:
            try:
                async with self._running.pool.connection() as connection:
                    cursor = await connection.execute(
                        "select consumer, count(distinct stream) from consumer.parked group by 1"
                    )
                    rows = await cursor.fetchall()
                self._counts = [(float(n), {"consumer": consumer}) for consumer, n in rows]
            except Exception:
                # The database's own probe tells; the measure keeps its last value.
                log.info("parked streams not counted", exc_info=True)
            await asyncio.sleep(SAMPLE_SECONDS)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

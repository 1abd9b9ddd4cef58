"""`relais up`, `serve`, `work` and `demo`: what runs until it is told to stop."""

import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from infra import telemetry
from infra.endpoints import without_password
from infra.host import Running
from infra.serving import measured, serving, site
from infra.settings import Settings
from infra.stack.ports import is_free
from services import registry
from tools.demo import depot as day_in_depot
from tools.demo.chronicle import Chronicle, keep
from tools.demo.story import play
from tools.demo.summary import show_addresses, summarise
from tools.demo.teller import Unexpected
from tools.relais import servers
from tools.relais.answers import USAGE, Trouble, refusal_of
from tools.relais.bootstrap import Founder, found
from tools.relais.connections import environment
from tools.relais.home import nearest
from tools.relais.platform import open_services, platform, telemetry_of, until_told_to_stop

console = Console(soft_wrap=True)


def _run(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """The exit code of what runs; what keeps it from running is one line on stderr."""
    try:
        return int(uvloop.run(work()))
    except Exception as error:
        if (refusal := refusal_of(error)) is None:
            raise
        message, code = refusal
        print(f"relais: {message}", file=sys.stderr)
        return code


def up() -> int:
    """The whole platform, until Ctrl-C or SIGTERM."""
    return _run(lambda: _up(environment()))


async def _up(settings: Settings) -> int:
    told = until_told_to_stop()
    async with platform(settings) as running:
        console.print(
            f"Relais runs at [bold]{running.url}[/bold], which is a page (stop it with Ctrl-C)"
        )
        for service in running.services:
            console.print(f"  {service.service.name}: {running.url}{service.service.prefix}/docs")
        server = without_password(running.settings.postgres)
        console.print(f"  PostgreSQL {server}\n  Kafka {running.settings.kafka}")
        for line in first_steps(running.settings, running.url):
            console.print(f"  {line}", markup=False)
        await running.until(told)
        console.print("stopping: the batches at hand are finished first")
    return 0


def first_steps(settings: Settings, url: str) -> Iterator[str]:
    """Where somebody who is new goes on."""
    home = settings.home.resolve()
    if not settings.smtp.get_secret_value():
        yield f"mail that people get: {url}/messaging/inbox"
    yield "an organisation with somebody who can sign in: `relais found --help`"
    yield f"a token for a request: `relais token --help`; elsewhere with RELAIS_HOME={home}"


def servers_alone() -> int:
    """PostgreSQL and the broker of this home, until Ctrl-C or SIGTERM."""
    return _run(lambda: _servers_alone(nearest(environment(), Path.cwd())))


async def _servers_alone(settings: Settings) -> int:
    told = until_told_to_stop()
    settings.home.mkdir(parents=True, exist_ok=True)
    async with servers.alone(settings) as (found, kept):
        console.print(f"PostgreSQL {without_password(found.postgres)}\nKafka {found.kafka}")
        console.print("no service runs; stop them with Ctrl-C")
        await servers.until(told, kept)
    return 0


def serve(name: str) -> int:
    """The API of one service."""
    return _run(lambda: _one(name, environment(), with_workers=False))


def work(name: str) -> int:
    """The workers of one service, with their probes."""
    return _run(lambda: _one(name, environment(), with_workers=True))


async def _one(name: str, settings: Settings, *, with_workers: bool) -> int:
    service = registry.service(name)
    _refuse_unset(settings)
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.running(telemetry_of(settings, name)))
        running = await open_services(stack, [service], settings, with_workers=with_workers)
        await stack.enter_async_context(measured(running))
        app = site(running, settings)
        url = await stack.enter_async_context(serving(app, settings))
        console.print(f"{name} {'works' if with_workers else 'serves'} at {url}")
        await told.wait()
        if not with_workers:
            await app.leave(told, settings.leave_seconds)
    return 0


def migrate(name: str | None) -> int:
    """The databases, brought to what this release needs."""
    return _run(lambda: _migrate(name, environment()))


async def _migrate(name: str | None, settings: Settings) -> int:
    services = registry.services() if name is None else (registry.service(name),)
    _refuse_unset(settings)
    for service in services:
        # One after the other: together they would ask for as many connections as all processes.
        async with AsyncExitStack() as stack:
            await open_services(stack, [service], settings, with_workers=False)
        console.print(f"{service.name}: ready for this release")
    return 0


def _refuse_unset(settings: Settings) -> None:
    # `up` finds these by itself on a laptop; here nothing may be guessed.
    secret = settings.master_keys.get_secret_value()
    published = settings.jwks or settings.jwks_url
    given = {"POSTGRES": settings.postgres, "KAFKA": settings.kafka, "JWKS": published}
    for name, value in {**given, "MASTER_KEYS": secret}.items():
        if not value:
            raise Trouble(f"RELAIS_{name} is not set", USAGE)


def demo(depot: bool) -> int:
    """The platform, and the story on it; stays up in a terminal until Ctrl-C."""
    return _run(lambda: _demo(environment(log_level="ERROR"), depot))


async def found_operator(services: Sequence[Running]) -> None:
    """The organisation that lets depots in, for the story of a depot."""
    [accounts] = [one for one in services if one.service.name == "accounts"]
    lea = Founder(day_in_depot.LEA, "lea.demo@example.org", "Léa Garnier")
    kind = OrganisationKind.MARKETPLACE_OPERATOR
    profile = Profile(
        name="Relais", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
    )
    await found(accounts, day_in_depot.OPERATOR, kind, profile, lea)


async def _demo(settings: Settings, depot: bool) -> int:
    port = settings.port if is_free(settings.port) else 0
    settings = settings.model_copy(update={"port": port})
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        with console.status("starting PostgreSQL, the broker and the services"):
            running = await stack.enter_async_context(platform(settings))
        try:
            chronicle = Chronicle()
            if depot:
                await found_operator(running.services)
                await day_in_depot.play(running.url, running.token, console, chronicle=chronicle)
            else:
                await play(running.url, running.token, console, chronicle=chronicle)
        except Unexpected as error:
            console.print(f"[red]The story broke off:[/red] {error}")
            return 1
        keep(running.settings.home, await chronicle.steps(running.services))
        await summarise(running.services, console)
        if not sys.stdout.isatty():
            console.print("\n`make up` serves all of it, and shows the story at its address.")
        else:
            show_addresses(running.services, running.url, console)
            console.print("\nIt stays up: look around, then Ctrl-C.")
            await running.until(told)
    return 0

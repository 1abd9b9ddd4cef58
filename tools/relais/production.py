"""`relais serve`, `work` and `migrate`: the processes of production, each of one service.

Nothing is imported here that only a laptop needs: pods wait for it whenever they start.
"""

from contextlib import AsyncExitStack

from rich.console import Console

from infra import telemetry
from infra.heap import settle
from infra.serving import measured, serving, site
from infra.settings import Settings
from services import registry
from tools.relais.answers import USAGE, Trouble
from tools.relais.connections import environment
from tools.relais.hosting import open_services, run, telemetry_of, until_told_to_stop

console = Console(soft_wrap=True)


def serve(name: str) -> int:
    """The API of one service."""
    return run(lambda: _one(name, environment(), with_workers=False))


def work(name: str) -> int:
    """The workers of one service, with their probes."""
    return run(lambda: _one(name, environment(), with_workers=True))


async def _one(name: str, settings: Settings, *, with_workers: bool) -> int:
    service = registry.service(name)
    _refuse_unset(settings)
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.running(telemetry_of(settings, name)))
        running = await open_services(stack, [service], settings, with_workers=with_workers)
        await stack.enter_async_context(measured(running))
        app = site(running, settings)
        settle()
        url = await stack.enter_async_context(serving(app, settings))
        console.print(f"{name} {'works' if with_workers else 'serves'} at {url}")
        await told.wait()
        if not with_workers:
            await app.leave(told, settings.leave_seconds)
    return 0


def migrate(name: str | None) -> int:
    """The databases, brought to what this release needs."""
    return run(lambda: _migrate(name, environment()))


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

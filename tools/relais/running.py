"""`relais up`, `serve`, `work` and `demo`: what runs until it is told to stop."""

import sys
from contextlib import AsyncExitStack

import uvloop
from rich.console import Console

from infra import telemetry
from infra.serving import measured, serving, site
from infra.settings import Settings
from infra.stack.ports import is_free
from services import registry
from tools.demo.story import Unexpected, play
from tools.demo.summary import summarise
from tools.relais.platform import open_services, platform, telemetry_of, until_told_to_stop

console = Console()


def up() -> int:
    """The whole platform, until Ctrl-C or SIGTERM."""
    return uvloop.run(_up(Settings()))


async def _up(settings: Settings) -> int:
    told = until_told_to_stop()
    async with platform(settings) as running:
        console.print(f"Relais runs at [bold]{running.url}[/bold] (stop it with Ctrl-C)")
        for service in running.services:
            console.print(f"  {service.service.name}: {running.url}{service.service.prefix}/docs")
        console.print(f"  PostgreSQL {running.settings.postgres}\n  Kafka {running.settings.kafka}")
        await told.wait()
        console.print("stopping: the batches at hand are finished first")
    return 0


def serve(name: str) -> int:
    """The API of one service."""
    return uvloop.run(_one(name, Settings(), with_workers=False))


def work(name: str) -> int:
    """The workers of one service, with their probes."""
    return uvloop.run(_one(name, Settings(), with_workers=True))


async def _one(name: str, settings: Settings, *, with_workers: bool) -> int:
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.running(telemetry_of(settings, name)))
        running = await open_services(
            stack, [registry.service(name)], settings, with_workers=with_workers
        )
        await stack.enter_async_context(measured(running))
        app = site(running, settings)
        url = await stack.enter_async_context(serving(app, settings))
        console.print(f"{name} {'works' if with_workers else 'serves'} at {url}")
        await told.wait()
    return 0


def demo() -> int:
    """The platform, and the story on it; stays up in a terminal until Ctrl-C."""
    settings = Settings(log_level="ERROR")
    port = settings.port if is_free(settings.port) else 0
    return uvloop.run(_demo(settings.model_copy(update={"port": port})))


async def _demo(settings: Settings) -> int:
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        with console.status("starting PostgreSQL, the broker and the services"):
            running = await stack.enter_async_context(platform(settings))
        try:
            await play(running.url, running.token, console)
        except Unexpected as error:
            console.print(f"[red]The story broke off:[/red] {error}")
            return 1
        await summarise(running.services, running.url, console)
        if sys.stdout.isatty():
            console.print("\nIt stays up: look around, then Ctrl-C.")
            await told.wait()
    return 0

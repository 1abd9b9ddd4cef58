"""The servers of a laptop: for everything, for one command, or for somebody who repairs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from infra.settings import Settings
from tools.relais import answers, connections
from tools.relais.answers import Answer
from tools.relais.home import refuse_second, write_addresses

Kept = Sequence["asyncio.Task[None]"]


async def started(
    stack: AsyncExitStack, home: Path, settings: Settings
) -> tuple[Settings, list["asyncio.Task[None]"]]:
    """Start the servers that the settings do not name, and keep them running until the stack ends.

    Answers the settings with their addresses, and the tasks that start them again: one of these
    ends, with `ServerFailed`, when a server cannot be started any more.
    """
    # Imported here: most commands find their servers running, and clients of a broker load slowly.
    from infra.stack.choice import broker_of
    from infra.stack.keeping import Server, keep_running
    from infra.stack.postgres import PostgresServer

    found: dict[str, str] = {}
    own: dict[str, Server] = {}
    if not settings.postgres:
        own["PostgreSQL"] = postgres = PostgresServer(home / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        found["postgres"] = postgres.url()
    if not settings.kafka:
        own["the broker"] = broker = broker_of(settings.broker, home / f"broker-{settings.broker}")
        await broker.start()
        stack.push_async_callback(broker.stop)
        found["kafka"] = broker.bootstrap
    kept = [asyncio.create_task(keep_running(name, server)) for name, server in own.items()]
    stack.push_async_callback(_leave, kept)
    return settings.model_copy(update=found), kept


async def _leave(kept: Kept) -> None:
    for task in kept:
        task.cancel()
    await asyncio.gather(*kept, return_exceptions=True)


async def until(told: asyncio.Event, kept: Kept) -> None:
    """Wait until told to stop. Raises `ServerFailed` when a server cannot be started again."""
    waiting = asyncio.create_task(told.wait())
    try:
        await asyncio.wait([waiting, *kept], return_when=asyncio.FIRST_COMPLETED)
        for task in kept:
            if task.done():
                task.result()
    finally:
        waiting.cancel()


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[tuple[Settings, Kept]]:
    """The servers of a home without any service; other commands find them within the block.

    Raises `AlreadyRunning` and `ServerFailed`.
    """
    home = settings.home.resolve()
    refuse_second(home)
    async with AsyncExitStack() as stack:
        settings, kept = await started(stack, home, settings)
        stack.callback(write_addresses(home, settings, "").unlink, missing_ok=True)
        yield settings, kept


@asynccontextmanager
async def at_hand() -> AsyncIterator[None]:
    """The servers of this home are started for the block where they have data and nobody runs
    them, so that a command works while `relais up` cannot. Elsewhere nothing happens."""
    settings = connections.settings()
    named = settings.postgres or settings.databases
    if named or not (settings.home / "postgres" / "PG_VERSION").exists():
        yield
        return
    async with alone(settings):
        yield


def answer(work: Coroutine[Any, Any, Answer], *, as_json: bool) -> None:
    """Run a command that needs servers, and no service, and leave with its exit code."""
    answers.answer(_answering(work), as_json=as_json)


async def _answering(work: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        async with at_hand():
            return await work
    finally:
        work.close()


def answer_lines(
    work: AsyncIterator[Mapping[str, Any]], line: Callable[[Mapping[str, Any]], str], as_json: bool
) -> None:
    """Print each thing that such a command tells, as it comes."""
    answers.answer_lines(_telling(work), line, as_json)


async def _telling(work: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
    async with at_hand():
        async for found in work:
            yield found

"""The needs of every process that runs until it is told to stop: services, telemetry, signals."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from infra import telemetry
from infra.host import Running, Service, open_keys, opened, working
from infra.installation import belonging, objects_belong
from infra.objects import objects_of
from infra.settings import Settings
from infra.topics import create_topics
from tools.relais.answers import refusal_of


def run(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """The exit code of what runs; what keeps it from running is one line on stderr."""
    try:
        return int(uvloop.run(work()))
    except Exception as error:
        if (refusal := refusal_of(error)) is None:
            raise
        message, code = refusal
        print(f"relais: {message}", file=sys.stderr)
        return code


async def open_services(
    stack: AsyncExitStack,
    services: Sequence[Service],
    settings: Settings,
    *,
    with_workers: bool = True,
) -> list[Running]:
    """Open services on the stack, with their topics, and start their workers.

    Raises `NotTogether` when one of their databases, or the store of objects, is not a part of this
    installation.
    """
    keys = await stack.enter_async_context(open_keys(settings, settings.pool_size))
    found = [
        await stack.enter_async_context(opened(service, settings, keys)) for service in services
    ]
    for running in found:
        await stack.enter_async_context(
            belonging(running.service.name, running.keyring.pool, running.pool)
        )
        if "objects" in running.service.reaches:
            objects, keys = objects_of(settings), running.keyring.pool
            await objects_belong(running.service.name, objects, keys, running.pool)
    if not with_workers:
        return found
    contracts = {c.topic: c for s in services for c in (*s.contracts, *s.sources)}
    copies = settings.topic_replication, settings.topic_in_sync
    await create_topics(settings.cluster, list(contracts.values()), *copies)
    for running in found:
        await stack.enter_async_context(working(running))
    return found


def telemetry_of(settings: Settings, name: str) -> telemetry.TelemetrySettings:
    """How a process of this name reports; libraries only speak up when something is wrong."""
    # What aiosmtpd logs below this level has the addresses of mails in it.
    for library in ("aiokafka", "faust", "httpx", "mail.log", "mode", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # At every start it warns that the first rebalance has no state of a sensor; we have no sensors.
    logging.getLogger("faust.app.base").setLevel(logging.ERROR)
    # On a busy machine its timers are late. /metrics has the lag, and a loop that stands still.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)
    return telemetry.TelemetrySettings(
        name,
        otlp_endpoint=settings.otlp_endpoint or None,
        signals=settings.otlp_signals,
        log_level=settings.log_level,
    )


def until_told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; must be called within the running loop."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told

"""One worker of one service as a process of its own, to be killed.

With the URL of another database as its lock, a relay always thinks that it leads. Each process is
forked from one that has imported what they need: it is at work at once.
"""

import asyncio
import logging
import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from infra import host
from infra.host import Worker
from infra.relay import Relay
from infra.settings import Settings
from infra.supervisor import supervise
from services.missions.service import service as missions
from services.views.partner.service import service as partner

log = logging.getLogger("relais.worker")

SERVICES = {service.name: service for service in (missions, partner)}
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def begun(
    service: str, name: str, settings: Mapping[str, Any], lock: str, logs: Path
) -> BaseProcess:
    """A process that works until it is killed, or until this one is gone."""
    process = FORKS.Process(target=main, args=(service, name, settings, lock, logs), daemon=True)
    process.start()
    return process


def main(service: str, name: str, settings: Mapping[str, Any], lock: str, logs: Path) -> None:
    """The program of such a process, which appends all that it says to the file."""
    with logs.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    asyncio.run(kept_at_work(service, name, Settings(**settings), lock))


async def work(service: str, name: str, settings: Settings, lock: str) -> None:
    """Run until killed."""
    async with host.opened(SERVICES[service], settings) as running:
        worker: Worker = host.workers(running)[name]
        if lock:
            worker = Relay(
                service,
                running.store,
                running.service.contracts,
                bootstrap=settings.kafka,
                conninfo=lock,
                signal=running.appended,
            )
        await supervise(name, worker.run, worker.progress)


async def kept_at_work(service: str, name: str, settings: Settings, lock: str) -> None:
    """Start it again when its servers are away at the start, as an orchestrator does."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)
    while True:
        try:
            await work(service, name, settings, lock)
        except Exception:
            log.exception("%s starts again", name)
            await asyncio.sleep(0.2)

"""One worker of one service as a process of its own, to be killed: service, worker, settings, lock.

With the URL of another database as its lock, a relay always thinks that it leads.
"""

import asyncio
import json
import logging
import sys

from infra import host
from infra.host import Worker
from infra.relay import Relay
from infra.settings import Settings
from infra.supervisor import supervise
from services.missions.service import service as missions
from services.views.partner.service import service as partner

log = logging.getLogger("relais.worker")

SERVICES = {service.name: service for service in (missions, partner)}


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
    while True:
        try:
            await work(service, name, settings, lock)
        except Exception:
            log.exception("%s starts again", name)
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    given = Settings(**json.loads(sys.argv[3]))
    asyncio.run(kept_at_work(sys.argv[1], sys.argv[2], given, sys.argv[4]))

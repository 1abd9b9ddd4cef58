"""One worker of one service as a process of its own, to be killed: service, worker, settings, lock.

With the URL of another database as its lock, a relay always thinks that it leads.
"""

import asyncio
import json
import sys

from infra import host
from infra.host import Worker
from infra.relay import Relay
from infra.settings import Settings
from infra.supervisor import supervise
from services.missions.service import service as missions
from services.views.partner.service import service as partner

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
                nudge=running.appended,
            )
        await supervise(name, worker.run, worker.progress)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], Settings(**json.loads(sys.argv[3])), sys.argv[4]))

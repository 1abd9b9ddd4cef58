"""python -m tools.bench.child serve|work NAME: a process of ours, as a deployment runs it.

Says `ready` on standard output once it is, and ends with its standard input.
"""

import asyncio
import sys
from contextlib import AsyncExitStack

import uvloop

from infra.host import Service, opened, working
from infra.serving import measured, serving, site
from infra.settings import Settings
from infra.telemetry import TelemetrySettings
from infra.telemetry import running as reporting


async def main(role: str, service: Service) -> None:
    """Run one role of a service until the parent lets go."""
    settings = Settings()
    async with AsyncExitStack() as stack:
        stack.enter_context(reporting(TelemetrySettings(service.name, log_level="ERROR")))
        running = await stack.enter_async_context(opened(service, settings))
        if role == "serve":
            await stack.enter_async_context(serving(site([running], settings), settings))
        else:
            await stack.enter_async_context(working(running))
        await stack.enter_async_context(measured([running]))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def declared(name: str) -> Service:
    """The service of that name; only its modules are imported."""
    if name == "missions":
        from services.missions.service import service  # noqa: PLC0415
    else:
        from services.views.partner.service import service  # noqa: PLC0415
    return service


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], declared(sys.argv[2])))

"""python -m tools.bench.together serve|work [SERVICE ...]: several services in one process.

As `relais up` runs all services, with the APIs and the workers apart, as in production. Without
names they are those of the mixed load. Says its address on standard output once it is open, and
runs until SIGTERM.
"""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

import uvloop

from infra import telemetry
from infra.heap import settle
from infra.serving import measured, serving, site
from infra.settings import Settings
from services import registry
from tools.relais.hosting import open_services, telemetry_of, until_told_to_stop

SERVICES = ("missions", "views.partner", "views.backoffice")


async def main(names: Sequence[str], *, with_workers: bool) -> None:
    """Serve, with the workers or without."""
    settings, told = Settings(), until_told_to_stop()
    services = [registry.service(name) for name in names]
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.running(telemetry_of(settings, "bench")))
        running = await open_services(stack, services, settings, with_workers=with_workers)
        await stack.enter_async_context(measured(running))
        app = site(running, settings)
        settle()
        url = await stack.enter_async_context(serving(app, settings))
        print(f"it runs at {url}", flush=True)
        await told.wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[2:] or SERVICES, with_workers=sys.argv[1] == "work"))

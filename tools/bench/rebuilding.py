"""python rebuilding.py: rebuilds the partner's views of what a store has, in a process of its own.

Prints the seconds that it took, and the MiB that the process held at most, as JSON. `turn.py` runs
it with an older tree in front of it as well, so it uses only what both builds have.
"""

import json
from pathlib import Path
from time import perf_counter

import uvloop

from infra.consumers.rebuild import rebuild
from infra.host import opened
from infra.settings import Settings
from services.missions.service import service as recorder
from services.views.partner.service import service


async def main() -> None:
    """Rebuild once, by the settings of the environment."""
    settings = Settings()
    async with opened(recorder, settings) as missions, opened(service, settings) as running:
        started = perf_counter()
        await rebuild(running, {recorder.name: missions.store})
        seconds = perf_counter() - started
    print(json.dumps({"seconds": seconds, "MiB": held_at_most()}), flush=True)


def held_at_most() -> float:
    """MiB that were resident at most; unlike `ru_maxrss` it knows nothing of who started us."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("no VmHWM in /proc/self/status")


if __name__ == "__main__":
    uvloop.run(main())

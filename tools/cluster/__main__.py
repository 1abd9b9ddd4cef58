"""python -m tools.cluster: both overlays on a cluster that is made for it and goes away.

Builds Kubernetes, KEDA and kwok from Go modules the first time, which takes a quarter of an hour on
two cores, then says what it saw. Containers do not run on it. A machine without Go says so.
"""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable

from tools.cluster.programs import built
from tools.cluster.rehearsal import Failed, rehearse
from tools.cluster.running import Refused
from tools.outside import ROOT, Absent

ENDED, INTERRUPTED = 128 + signal.SIGTERM, 128 + signal.SIGINT


def rehearsed() -> Iterable[str]:
    """The lines of a rehearsal of this tree."""
    yield "looking for the programs of a cluster, or building them: the first time up to an hour"
    yield from rehearse(ROOT, built())


def main(rehearsal: Callable[[], Iterable[str]] = rehearsed) -> int:
    """0: all went well, or a program is absent, which is said."""
    try:
        for line in rehearsal():
            print(line, flush=True)
    except Absent as absent:
        print(f"{absent}; nothing was applied to a cluster")
    except (Failed, Refused, TimeoutError) as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    ArgumentParser(prog="python -m tools.cluster", description=__doc__).parse_args()
    # Told to end, it takes the same way out as when it is done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    sys.exit(main())

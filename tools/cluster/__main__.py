"""python -m tools.cluster: both overlays on a cluster that is made for it and goes away.

Builds Kubernetes, KEDA and kwok from Go modules the first time, which takes a quarter of an hour on
two cores, then says what it saw. Containers do not run on it. A machine without Go says so.
"""

import sys
from collections.abc import Callable, Iterable

from tools.cluster.programs import built
from tools.cluster.rehearsal import Failed, rehearse
from tools.cluster.running import Refused
from tools.outside import ROOT, Absent


def rehearsed() -> Iterable[str]:
    """The lines of a rehearsal of this tree."""
    return rehearse(ROOT, built())


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
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""python -m tools.checks [gate ...]: all gates, or the named ones; 1 when any found something."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tools.checks import programs
from tools.checks.gates import GATES
from tools.checks.programs import PROGRAMS
from tools.checks.source import Tree

ROOT = Path(__file__).resolve().parents[2]

Verdict = tuple[bool, str]
"""Whether a gate is content, and what it says in any case."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each gate found, with path, line and rule."""
    parser = argparse.ArgumentParser(prog="python -m tools.checks", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="gate", choices=[[], *GATES, *PROGRAMS])
    wanted = parser.parse_args(arguments).gates or [*GATES, *PROGRAMS]
    failed = [name for name, passed in judged(wanted).items() if not passed]
    if failed:
        print(f"\n{len(failed)} of {len(wanted)} gates found something: {', '.join(failed)}")
    return 1 if failed else 0


def judged(wanted: Sequence[str]) -> Mapping[str, bool]:
    """Whether each gate passed. Programs run beside each other, as many as there are cores;
    results are printed in the order of the names."""
    room = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        # The type checker, the last of them, takes as long as all others.
        begun = {
            name: room.submit(programs.run, name, ROOT)
            for name in reversed([*PROGRAMS])
            if name in wanted
        }
        tree = Tree.read(ROOT)
        return {name: shown(name, verdict(name, tree, begun)) for name in wanted}
    finally:
        room.shutdown(cancel_futures=True)


def verdict(name: str, tree: Tree, begun: Mapping[str, Future[Verdict]]) -> Verdict:
    """Run a gate over the tree, or wait for its program."""
    if name in begun:
        return begun[name].result()
    said = "\n".join(str(finding) for finding in sorted(GATES[name](tree)))
    return not said, said


def shown(name: str, found: Verdict) -> bool:
    """Print the verdict of a gate; answers whether it passed."""
    passed, said = found
    print(
        f"{'ok     ' if passed else 'FAILED '} {name}", *filter(None, [said]), sep="\n", flush=True
    )
    return passed


if __name__ == "__main__":
    sys.exit(main())

"""python -m tools.checks [gate ...]: all gates, or the named ones; 1 when any found something."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.checks import programs
from tools.checks.gates import GATES
from tools.checks.programs import PROGRAMS
from tools.checks.source import Tree

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each gate found, with path, line and rule."""
    parser = argparse.ArgumentParser(prog="python -m tools.checks", description=__doc__)
    parser.add_argument("gates", nargs="*", metavar="gate", choices=[[], *GATES, *PROGRAMS])
    wanted = parser.parse_args(arguments).gates or [*GATES, *PROGRAMS]
    tree = Tree.read(ROOT)
    failed = [name for name in wanted if not passes(name, tree)]
    if failed:
        print(f"\n{len(failed)} of {len(wanted)} gates found something: {', '.join(failed)}")
    return 1 if failed else 0


def passes(name: str, tree: Tree) -> bool:
    """Run one gate and print its result."""
    if name in GATES:
        said = "\n".join(str(finding) for finding in sorted(GATES[name](tree)))
        passed = not said
    else:
        passed, said = programs.run(name, ROOT)
    print(
        f"{'ok     ' if passed else 'FAILED '} {name}", *filter(None, [said]), sep="\n", flush=True
    )
    return passed


if __name__ == "__main__":
    sys.exit(main())

"""python -m tools.checks.selection [service ...] [--since revision]: what `make test` runs.

No service imports another, so a change of one concerns its own tests, those of the contracts and
those of all services together. A change of anything else concerns everything: nothing is printed.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from tools.checks.source import service_of

ROOT = Path(__file__).resolve().parents[2]
TOGETHER = ("tests/contract", "tests/e2e")
_TEXTS = frozenset({".md", ".svg"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the folders of tests to run; nothing when these are all."""
    parser = argparse.ArgumentParser(prog="python -m tools.checks.selection", description=__doc__)
    parser.add_argument("services", nargs="*", metavar="service", help="like missions")
    parser.add_argument("--since", metavar="revision", help="the services changed since then")
    options = parser.parse_args(arguments)
    chosen = [named(name) for name in options.services]
    if options.since is not None:
        of_change = touched(changed(options.since))
        if of_change is None:
            return 0
        chosen += of_change
    print(*folders(chosen))
    return 0


def named(name: str) -> PurePosixPath:
    """The folder of a service. Raises SystemExit when there is none of that name."""
    folder = PurePosixPath("services", *name.split("."))
    if not (ROOT / folder / "service.py").is_file():
        raise SystemExit(f"{name} is no service")
    return folder


def changed(revision: str) -> list[PurePosixPath]:
    """The files that differ from a revision, new ones included."""
    found: list[str] = []
    for command in (
        ["diff", "--name-only", revision],
        ["ls-files", "--others", "--exclude-standard"],
    ):
        done = subprocess.run(
            ["git", *command], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found += done.stdout.splitlines()
    return [PurePosixPath(path) for path in found]


def touched(paths: Iterable[PurePosixPath]) -> list[PurePosixPath] | None:
    """The services that these files belong to; None when one belongs to all."""
    services: set[PurePosixPath] = set()
    for path in paths:
        service = service_of(path)
        if service is not None:
            services.add(service)
        elif path.suffix not in _TEXTS:
            return None
    return sorted(services)


def folders(services: Iterable[PurePosixPath]) -> list[str]:
    """The folders to test for these services; nothing for none, which stands for everything."""
    own = sorted(str(service) for service in services)
    return [*own, *TOGETHER] if own else []


if __name__ == "__main__":
    sys.exit(main())

"""python -m tools.checks.requirements [--json]: which requirement is shown by which tests."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence

from infra.testing.requirements import CATALOGUE, ROOT, Evidence, catalogue, fingerprint, load


def main(arguments: Sequence[str] | None = None) -> int:
    """One line a requirement in catalogue order; runs the tests when the last run is outdated."""
    parser = argparse.ArgumentParser(prog="python -m tools.checks.requirements")
    parser.add_argument("--json", action="store_true", help="the same as an object: id -> tests")
    as_json = parser.parse_args(arguments).json
    evidence = current()
    if evidence is None:
        print("the tests did not run to their end, so nothing can be said", file=sys.stderr)
        return 1
    found = shown(evidence, catalogue(CATALOGUE.read_text()))
    print(json.dumps(found, indent=1) if as_json else "\n".join(lines(found)))
    return 0


def current() -> Evidence | None:
    """Evidence of these very sources; runs the whole suite when there is none yet."""
    now = fingerprint(ROOT)
    if (kept := load()) is None or kept.fingerprint != now:
        print("running the tests first", file=sys.stderr)
        subprocess.run(["make", "test"], cwd=ROOT, stdout=sys.stderr, check=False)
        kept = load()
    return kept if kept and kept.fingerprint == now else None


def shown(evidence: Evidence, ids: Sequence[str]) -> dict[str, list[str]]:
    """For each requirement the tests that ran, passed and claim it."""
    return {id: list(evidence.shown_by(id)) for id in ids}


def lines(found: dict[str, list[str]]) -> list[str]:
    return [
        f"{id} shown {', '.join(tests)}" if tests else f"{id} not shown"
        for id, tests in found.items()
    ]


if __name__ == "__main__":
    sys.exit(main())

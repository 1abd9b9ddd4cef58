"""Writes what follows from the contracts, or says what is stale."""

import argparse
import sys
from pathlib import Path

from tools.compiler import outputs, samples
from tools.compiler.schema import ContractError

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """0: written, or nothing to do. 1: stale files, or contracts that cannot be compiled."""
    parser = argparse.ArgumentParser(prog="python -m tools.compiler", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale files")
    parser.add_argument("--sample", action="store_true", help="also store missing samples")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        return _compile(options.root, check=options.check, sample=options.sample)
    except ContractError as error:
        print(error, file=sys.stderr)
        return 1


def _compile(root: Path, *, check: bool, sample: bool) -> int:
    """All that follows is worked out before the first file is written. Raises ContractError."""
    files = outputs.outputs(root)
    if check:
        stale = outputs.stale(root, files)
        for path in stale:
            print(f"stale: {path}")
        return 1 if stale else 0
    if sample:
        files |= samples.missing(root, files)
    for path in outputs.write(root, files):
        print(f"wrote {path}" if path in files else f"removed {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

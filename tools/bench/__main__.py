"""python -m tools.bench [--quick] [--only NAME ...] [--output FILE]."""

import argparse
from pathlib import Path

from tools.bench.main import OUTPUT, run
from tools.bench.subjects import SUBJECTS

parser = argparse.ArgumentParser(prog="python -m tools.bench", description=run.__doc__)
parser.add_argument(
    "--quick", action="store_true", help="see that it works; the figures mean little"
)
parser.add_argument("--only", action="append", choices=list(SUBJECTS), help="measure only this")
parser.add_argument("--output", type=Path, default=OUTPUT, help="where the figures go as JSON")
arguments = parser.parse_args()
run(quick=arguments.quick, only=arguments.only or (), output=arguments.output)

"""python -m tools.bench [--quick] [--only NAME ...] [--output FILE] [--against C] [--store S]
[--minutes M]."""

import argparse
from pathlib import Path

from tools.bench.main import OUTPUT, run

parser = argparse.ArgumentParser(prog="python -m tools.bench", description=run.__doc__)
parser.add_argument(
    "--quick", action="store_true", help="see that it works; the figures mean little"
)
parser.add_argument("--only", action="append", help="measure only this")
parser.add_argument("--output", type=Path, default=OUTPUT, help="where the figures go as JSON")
parser.add_argument("--against", metavar="COMMIT", help="measure both builds in turns instead")
parser.add_argument("--store", help="measure this one: esdb, or the URL of an EventStoreDB")
parser.add_argument(
    "--minutes", type=float, help="how long each side has the loads whose goals name ten"
)
arguments = parser.parse_args()
run(
    quick=arguments.quick,
    only=arguments.only or (),
    output=arguments.output,
    against=arguments.against,
    store=arguments.store,
    minutes=arguments.minutes,
)

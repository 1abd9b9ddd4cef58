"""python -m tools.front check|write: the files that the app is served from, and their source."""

import argparse
import sys
from collections.abc import Sequence

from tools.front.building import check, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Check that the committed files are what the source makes, or make them."""
    parser = argparse.ArgumentParser(prog="python -m tools.front", description=__doc__)
    parser.add_argument("what", choices=["check", "write"])
    return check() if parser.parse_args(arguments).what == "check" else write()


if __name__ == "__main__":
    sys.exit(main())

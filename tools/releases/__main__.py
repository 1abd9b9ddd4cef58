"""python -m tools.releases COMMIT: an earlier release and this one, at work together.

Builds the commit beside this tree, and has one take over from the other and back while commands
come all the time. Says what it saw.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from infra.settings import Settings
from infra.stack.process import ServerFailed
from tools.bench.against import ROOT, built
from tools.releases.story import AREA, Failed, Release, stage, told


def main(arguments: Sequence[str] | None = None) -> int:
    """0: they got on."""
    parser = argparse.ArgumentParser(prog="python -m tools.releases", description=__doc__)
    parser.add_argument("commit", help="the earlier release")
    parser.add_argument("--logs", type=Path, help="where processes log, to be kept")
    options = parser.parse_args(arguments)
    with (
        TemporaryDirectory(prefix="relais-releases-") as place,
        built(options.commit, Console(stderr=True)) as tree,
        stage(Settings().broker) as ground,
    ):
        folder = options.logs or Path(place)
        folder.mkdir(exist_ok=True)
        # Files of people are there, which both releases have in common.
        environment = ground.environment(AREA) | {"RELAIS_HOME": str(Path(place) / "home")}
        old, new = (
            Release(name, where, folder, environment)
            for name, where in (("the earlier one", tree), ("this one", ROOT))
        )
        try:
            for line in told(ground, old, new):
                print(line, flush=True)
        except (Failed, ServerFailed, TimeoutError) as error:
            print(error)
            return 1
        finally:
            for release in (old, new):
                release.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

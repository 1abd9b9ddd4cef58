"""python -m tools.releases COMMIT: an earlier release and this one, at work together.

Builds the commit beside this tree, and has one take over from the other and back while commands
come all the time. Says what it saw.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory

from rich.console import Console

from infra.settings import Settings
from infra.stack.process import ServerFailed
from tools.bench.against import ROOT, built, commit_of
from tools.bench.ground import Ground
from tools.releases.story import AREA, SERVICES, Failed, Release, stage, told

ENDED, INTERRUPTED = 128 + signal.SIGTERM, 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """0: they got on. 2: there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="python -m tools.releases", description=__doc__)
    parser.add_argument("commit", help="the earlier release")
    parser.add_argument("--logs", type=Path, help="where processes log, to be kept")
    options = parser.parse_args(arguments)
    try:
        commit_of(options.commit)
        if options.logs is not None:
            options.logs.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        for line in _together(options.commit, options.logs):
            print(line, flush=True)
    except (Failed, ServerFailed, TimeoutError) as error:
        print(error)
        return 1
    except (OSError, CalledProcessError) as error:
        print(f"{options.commit} could not be built: {error}")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _together(commit: str, logs: Path | None) -> Iterator[str]:
    with (
        TemporaryDirectory(prefix="relais-releases-") as place,
        stage(Settings().broker) as ground,
        built(commit, Console(stderr=True)) as tree,
    ):
        # Files of people are there, which both releases have in common.
        environment = settings(ground, str(Path(place) / "home"))
        old, new = (
            Release(name, where, logs or Path(place), environment)
            for name, where in (("the earlier one", tree), ("this one", ROOT))
        )
        try:
            yield from told(ground, old, new)
        finally:
            for release in (old, new):
                release.stop()


def settings(ground: Ground, home: str) -> Mapping[str, str]:
    """Settings that both releases read: they name no service that one of them may not have."""
    known = ground.settings(AREA).databases
    databases = {name: known[name] for name in ("accounts", "keys", *SERVICES)}
    return ground.environment(AREA) | {
        "RELAIS_DATABASES": json.dumps(databases),
        "RELAIS_HOME": home,
    }


if __name__ == "__main__":
    # Told to end, it takes the same way out as when it is done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    sys.exit(main())

"""python -m tools.manifests [task]: the generated files of deploy/k8s and infra/compose.

Without a task they are written anew. `check`: they are as committed, and none is left over.
`conform`: every overlay can be built, and Kubernetes and the operators would take what comes out.
`secure`: checkov has no remarks on them.
`compose`: Compose can read infra/compose.
`alerts`: the alert rules fire when their tests say, and not before.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from services import registry
from tools.manifests import compose
from tools.manifests.alerts import faults
from tools.manifests.conform import STRIMZI, Judged, judged
from tools.manifests.files import FOLDERS, HEAD, files
from tools.manifests.secure import remarks
from tools.outside import ROOT, Absent

Made = Mapping[Path, str]


def write(root: Path, wanted: Made) -> int:
    """Write what differs, and drop the files of services that are gone."""
    for path in stale(root, wanted):
        if path not in wanted:
            (root / path).unlink()
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(wanted[path])
    return 0


def check(root: Path, wanted: Made) -> int:
    """Name what is stale, left over, or edited by hand."""
    found = stale(root, wanted)
    for path in found:
        print(f"{path} is stale: python -m tools.manifests")
    return 1 if found else 0


def conform(root: Path, judge: Callable[[Path], Iterable[Judged]] = judged) -> int:
    """Say what cannot be built or would be refused, and what nobody looked at."""
    try:
        found = list(judge(root))
    except Absent as absent:
        print(f"{absent}; the overlays were not built, and compared with no schema")
        return 0
    for one in found:
        print(f"{one.overlay}: {one.said}")
    print(f"compared with no schema: {', '.join(STRIMZI)}")
    return 0 if all(one.valid for one in found) else 1


def secure(root: Path, look: Callable[[Path], Sequence[str]] = remarks) -> int:
    """Say what checkov remarks on the overlays."""
    try:
        found = look(root)
    except Absent as absent:
        print(f"{absent}; nobody remarked on the overlays")
        return 0
    for remark in found:
        print(remark)
    return 1 if found else 0


def alerts() -> int:
    """Say which alert rule is malformed, or fires when it should not."""
    try:
        found = faults()
    except Absent as absent:
        print(f"{absent}; the alert rules were not played")
        return 0
    print(found, end="")
    return 1 if found else 0


def composed(root: Path) -> int:
    """Say what keeps Compose from reading the files."""
    try:
        understood, said = compose.read(root / compose.FOLDER)
    except Absent as absent:
        print(f"{absent}; {compose.FOLDER} was not read")
        return 0
    if not understood:
        print(said, end="")
    return 0 if understood else 1


def main(
    arguments: Sequence[str] | None = None,
    root: Path = ROOT,
    made: Callable[[], Made] = lambda: files(registry.services()),
) -> int:
    """0: nothing to complain about, or a program is absent, which is said."""
    parser = argparse.ArgumentParser(prog="python -m tools.manifests", description=__doc__)
    parser.add_argument(
        "task",
        nargs="?",
        default="write",
        choices=["write", "check", "conform", "compose", "alerts", "secure"],
    )
    match parser.parse_args(arguments).task:
        case "conform":
            return conform(root)
        case "compose":
            return composed(root)
        case "alerts":
            return alerts()
        case "secure":
            return secure(root)
        case "check":
            return check(root, made())
        case _:
            return write(root, made())


def stale(root: Path, wanted: Made) -> list[Path]:
    """The files that are not as wanted, with those that were made once and are wanted no more."""
    differ = [path for path, text in wanted.items() if _read(root / path) != text]
    made_once = [
        path.relative_to(root)
        for folder in FOLDERS
        for path in (root / folder).rglob("*.yaml")
        if path.read_text().startswith(HEAD)
    ]
    return sorted({*differ, *(path for path in made_once if path not in wanted)})


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())

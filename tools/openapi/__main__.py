"""python -m tools.openapi [task]: the documents of the APIs in contracts/http.

Without a task they are written anew. `check`: they are as committed, keep to the rules of the
house, and all their values have words for people. `lint`: what redocly and spectral say.
`breaking`: whether a client of the last released documents, in contracts/released/http, would
break. `release`: these are the released ones.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra import catalogues
from infra.words import USED
from tools.openapi import rules, words
from tools.openapi.documents import FOLDER, documents, path, text
from tools.outside import ROOT, Absent, Go, Npm

RELEASED = Path("contracts/released/http")
OASDIFF = Go("github.com/oasdiff/oasdiff@v1.37.0")
REDOCLY = Npm("@redocly/cli@2.77.0", "redocly")
SPECTRAL = Npm("@stoplight/spectral-cli@6.16.3", "spectral")
HERE = Path(__file__).parent


Documents = Mapping[str, Mapping[str, Any]]
"""The document of each API, by the name of its service."""


def write(root: Path, made: Documents) -> int:
    """Write every document anew, and drop those of services that are gone."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, document in made.items():
        (root / path(name)).write_text(text(name, document))
    for file in committed(root):
        if file.stem not in made:
            file.unlink()
    (root / words.FOLDER).mkdir(parents=True, exist_ok=True)
    (root / words.FOLDER / USED).write_text(words.text(words.used(made)))
    return 0


def check(root: Path, made: Documents) -> int:
    """Say what is stale and what breaks a rule."""
    stale = [
        name for name, document in made.items() if _read(root / path(name)) != text(name, document)
    ]
    stale += [file.stem for file in committed(root) if file.stem not in made]
    for name in stale:
        print(f"{path(name)} is stale: python -m tools.openapi")
    faults = [f"{name}: {fault}" for name, one in made.items() for fault in rules.faults(one)]
    used, texts = words.used(made), root / words.FOLDER / catalogues.FILE
    if _read(root / words.FOLDER / USED) != words.text(used):
        faults.append(f"{words.FOLDER / USED} is stale: python -m tools.openapi")
    content = catalogues.read(_read(texts) or "{}")
    faults += [
        f"{words.FOLDER / catalogues.FILE}: {fault}" for fault in words.faults(used, content)
    ]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if stale or faults else 0


def lint(root: Path) -> int:
    """Lint the committed documents with Redocly and Spectral; 1 when either finds something."""
    files = [str(file) for file in committed(root)]
    redocly = ["lint", f"--config={HERE / 'redocly.yaml'}", "--format=summary"]
    said = [
        _run(REDOCLY, *redocly, *files),
        _run(SPECTRAL, "lint", "--quiet", f"--ruleset={HERE / 'spectral.yaml'}", *files),
    ]
    return max(said)


def breaking(root: Path) -> int:
    """Compare each document with the one that clients were promised.

    A history may tell of one more kind of fact, as a topic may: clients pass over what they do not
    know.
    """
    judged = ["--fail-on=ERR", f"--severity-levels={HERE / 'oasdiff.txt'}"]
    worst = 0
    for before in sorted((root / RELEASED).glob("*.yaml")):
        now = root / path(before.stem)
        if not now.exists():
            print(f"{before.stem}: its API is gone")
            worst = 1
            continue
        worst = max(worst, _run(OASDIFF, "breaking", *judged, str(before), str(now)))
    return worst


def release(root: Path) -> int:
    """Promise clients what is committed now."""
    shutil.rmtree(root / RELEASED, ignore_errors=True)
    (root / RELEASED).mkdir(parents=True)
    for file in committed(root):
        shutil.copy(file, root / RELEASED / file.name)
    return 0


OF_THE_CODE: Mapping[str, Callable[[Path, Documents], int]] = {"write": write, "check": check}
OF_THE_COMMITTED: Mapping[str, Callable[[Path], int]] = {
    "lint": lint,
    "breaking": breaking,
    "release": release,
}


def main(
    arguments: Sequence[str] | None = None,
    root: Path = ROOT,
    made: Callable[[], Documents] = documents,
) -> int:
    """0: nothing to complain about, or a program is absent, which is said."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    tasks = [*OF_THE_CODE, *OF_THE_COMMITTED]
    parser.add_argument("task", nargs="?", default="write", choices=tasks)
    task = parser.parse_args(arguments).task
    if task in OF_THE_CODE:
        return OF_THE_CODE[task](root, made())
    try:
        return OF_THE_COMMITTED[task](root)
    except Absent as absent:
        print(absent)
        return 0


def committed(root: Path) -> list[Path]:
    """The documents that stand in the repository."""
    return sorted((root / FOLDER).glob("*.yaml"))


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _run(program: Npm | Go, *arguments: str) -> int:
    done = subprocess.run(
        [program.installed(), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout + done.stderr)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())

"""Builds the app from its source. Its files are committed, so that Python alone serves them."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

from tools.outside import ROOT, Absent, NpmSource

APP = ROOT / "tools" / "front" / "app"
BUILT = ROOT / "tools" / "front" / "built"
SEAL = "seal.txt"
"""The file with the digest of the source and of what was built from it."""
_NOT_SOURCE = ("node_modules", "contracts", "dist")
_SCRIPTS = ("types", "check", "build")

Files = Mapping[str, bytes]
"""Contents by path."""


class NotBuilt(RuntimeError):
    """The source has mistakes, which the text tells."""


def built() -> Files:
    """The files that the source makes with the APIs of today.

    Raises `Absent` without npm, and `NotBuilt`.
    """
    modules = NpmSource(APP).installed()
    with TemporaryDirectory() as place:
        # The source names the documents of the APIs by where they are in the repository.
        app = Path(place) / APP.relative_to(ROOT)
        copytree(APP, app, ignore=ignore_patterns(*_NOT_SOURCE))
        (Path(place) / "contracts").symlink_to(ROOT / "contracts")
        (app / "node_modules").symlink_to(modules)
        for script in _SCRIPTS:
            command = ["npm", "run", "--silent", script]
            done = subprocess.run(command, cwd=app, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotBuilt(f"npm run {script}:\n{done.stdout}{done.stderr}")
        return contents(app / "dist")


def contents(folder: Path) -> Files:
    """The files of a folder, but for what `npm install` and the scripts make in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if not set(_NOT_SOURCE) & set(path.relative_to(folder).parts)
    }


def seal(source: Files, made: Files) -> str:
    """The digest of a source and of what was built from it."""
    digest = sha256()
    for files in (source, made):
        for path, content in sorted(files.items()):
            digest.update(f"{path} {sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def findings(app: Path, kept: Path, build: Callable[[], Files] = built) -> Iterator[str]:
    """Complaints about files that are not as the source makes them.

    The seal tells of changes by hand, without npm as well.

    Raises `Absent` and `NotBuilt` after what the seal tells.
    """
    found = dict(contents(kept))
    sealed = found.pop(SEAL, b"").decode().strip()
    if sealed != seal(contents(app), found):
        yield f"{app.name} or {kept.name} was changed since it was built"
    made = build()
    for path in sorted(made.keys() | found.keys()):
        if made.get(path) != found.get(path):
            yield f"{kept.name}/{path} is not what the source makes"


def check() -> int:
    """Whether the committed files are what the source makes; says so, as an exit code."""
    complaints = []
    try:
        for complaint in findings(APP, BUILT):
            complaints.append(complaint)
            print(complaint)
    except Absent as absent:
        print(f"{absent}; the app was not built anew")
    except NotBuilt as reason:
        print(reason)
        return 1
    if complaints:
        print("Say: python -m tools.front write")
    return 1 if complaints else 0


def write() -> int:
    """Build the app and keep its files, as an exit code."""
    try:
        made = built()
    except (Absent, NotBuilt) as reason:
        print(reason)
        return 1
    BUILT.mkdir(exist_ok=True)
    for former in BUILT.iterdir():
        former.unlink()
    for path, content in made.items():
        (BUILT / path).write_bytes(content)
    (BUILT / SEAL).write_text(f"{seal(contents(APP), made)}\n")
    return 0

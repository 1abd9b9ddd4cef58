"""python -m tools.compiler.buf lint|breaking: what buf says about the contracts.

`breaking` compares with the newest tag `contracts-*` that the current commit contains or, as long
as there is none, with the current commit. buf itself comes from npm, once, into `.tools/`; after
that nothing needs a network, since the contracts depend on no module.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "@bufbuild/buf@1.75.0"
ABSENT = "node is absent: buf lint and buf breaking not run"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """0: nothing to complain about, or node is absent, which is said. Otherwise what buf says."""
    match sys.argv[1:] if arguments is None else arguments:
        case ["lint" | "breaking" as task]:
            pass
        case _:
            print("usage: python -m tools.compiler.buf lint|breaking", file=sys.stderr)
            return 2
    if shutil.which("node") is None or shutil.which("npm") is None:
        print(ABSENT)
        return 0
    buf = installed(ROOT / ".tools" / "buf")
    return lint(buf, root) if task == "lint" else breaking(buf, root)


def installed(folder: Path) -> Path:
    """The buf command, installed when this version is not there yet."""
    version = folder / PACKAGE.rpartition("@")[2]
    buf = version / "node_modules" / ".bin" / "buf"
    if not buf.exists():
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        # Without a way out it would wait for minutes, twice a check.
        options += ["--fetch-retries=1", "--fetch-timeout=60000"]
        command = ["npm", "install", "--silent", *options, f"--prefix={version}", PACKAGE]
        version.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True)
    return buf


def lint(buf: Path, root: Path) -> int:
    return _run(buf, "lint", str(root / "contracts"))


def breaking(buf: Path, root: Path) -> int:
    """Compares with what the last release promised, taken from git and not from the folder."""
    try:
        revision = baseline(root)
        released = _git(root, "archive", "--format=tar", revision, "contracts")
    except (FileNotFoundError, subprocess.CalledProcessError):
        print("git knows no earlier contracts: buf breaking not run")
        return 0
    print(f"comparing the contracts with {revision}", flush=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        tarfile.open(fileobj=io.BytesIO(released)) as archive,
    ):
        archive.extractall(scratch, filter="data")
        before = Path(scratch) / "contracts"
        return _run(buf, "breaking", str(root / "contracts"), "--against", str(before))


def baseline(root: Path) -> str:
    """The newest released contracts, or the current commit before the first release."""
    newest_first = ["--merged", "HEAD", "--sort=-version:refname", "--list", "contracts-*"]
    tags = _git(root, "tag", *newest_first).decode().split()
    return tags[0] if tags else "HEAD"


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout


def _run(buf: Path, *arguments: str) -> int:
    # A cache of its own: nothing is left in the home of whoever runs this.
    environment = {**os.environ, "BUF_CACHE_DIR": str(buf.parents[3] / "cache")}
    return subprocess.run([str(buf), *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""python -m tools.compiler.buf lint|breaking|release: the contracts as buf judges them.

`breaking` compares with the contracts that were released last, `contracts/released/events.binpb`;
`release` writes that file, notes what is new in `history.json` beside it, and is the last step of a
release. buf itself comes from npm, once, into `.tools/`; after that nothing needs a network, since
the contracts depend on no module.
"""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools.compiler import changes, schema
from tools.compiler.changes import RELEASED

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "@bufbuild/buf@1.75.0"
ABSENT = "node is absent: buf lint and buf breaking not run"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """0: nothing to complain about, or node is absent, which is said. Otherwise what buf says."""
    match sys.argv[1:] if arguments is None else arguments:
        case ["release"]:
            return release(root)
        case ["lint" | "breaking" as task]:
            pass
        case _:
            print("usage: python -m tools.compiler.buf lint|breaking|release", file=sys.stderr)
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
    """Compares with what the last release promised: readers and records of it are still there."""
    return _run(buf, "breaking", str(root / "contracts"), "--against", str(root / RELEASED))


def release(root: Path) -> int:
    """Keeps the contracts as they are: from now on they are what others rely on."""
    descriptors = schema.compile_protos(root / "contracts")
    before, after = changes.released(root, descriptors), schema.read(descriptors)
    (root / RELEASED).parent.mkdir(exist_ok=True)
    changes.write_release(root, datetime.now(UTC).date(), list(changes.between(before, after)))
    (root / RELEASED).write_bytes(schema.without_comments(descriptors))
    print(f"wrote {RELEASED}")
    return 0


def _run(buf: Path, *arguments: str) -> int:
    # A cache of its own: nothing is left in the home of whoever runs this.
    environment = {**os.environ, "BUF_CACHE_DIR": str(buf.parents[3] / "cache")}
    return subprocess.run([str(buf), *arguments], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

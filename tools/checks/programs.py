"""The gates that are programs of their own: formatter, linter, type checker, contract compiler."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

PROGRAMS: Mapping[str, Sequence[str]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "--quiet", "--output-format=concise", "."),
    "contracts": ("tools.compiler", "--check"),
    "buf-lint": ("tools.compiler.buf", "lint"),
    "buf-breaking": ("tools.compiler.buf", "breaking"),
    "types": ("mypy", "--no-error-summary"),
}


def run(name: str, root: Path) -> str | None:
    """What the program complains of, nothing when it is content."""
    module, *arguments = PROGRAMS[name]
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return (done.stdout + done.stderr).strip() or f"{module} ended with {done.returncode}"


def exists(name: str) -> bool:
    """Whether the program of the gate is there. (Parts of the compiler are still being written.)"""
    try:
        return find_spec(PROGRAMS[name][0]) is not None
    except ModuleNotFoundError:
        return False

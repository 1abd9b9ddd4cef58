"""The gates that are programs of their own: formatter, linter, type checker, contract compiler."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAMS: Mapping[str, Sequence[str]] = {
    "format": ("ruff", "format", "--check", "--quiet", "--output-format=concise", "."),
    "lint": ("ruff", "check", "--quiet", "--output-format=concise", "."),
    "contracts": ("tools.compiler", "--check"),
    "catalogue": ("tools.catalogue", "--check"),
    "manifests": ("tools.manifests", "check"),
    "manifests-conform": ("tools.manifests", "conform"),
    "compose": ("tools.manifests", "compose"),
    "alerts": ("tools.manifests", "alerts"),
    "image-lint": ("tools.image", "lint"),
    "asyncapi": ("tools.compiler.validate",),
    "buf-lint": ("tools.compiler.buf", "lint"),
    "buf-breaking": ("tools.compiler.buf", "breaking"),
    "http": ("tools.openapi", "check"),
    "http-lint": ("tools.openapi", "lint"),
    "http-breaking": ("tools.openapi", "breaking"),
    "app": ("tools.front", "check"),
    "types": ("mypy", "--no-error-summary"),
}


def run(name: str, root: Path) -> tuple[bool, str]:
    """Whether the program is content, and what it says in any case."""
    module, *arguments = PROGRAMS[name]
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()

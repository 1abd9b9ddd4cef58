"""The lock files say what is installed, byte for byte, and nothing about where it comes from."""

import re
from collections.abc import Iterator

from tools.checks.source import Finding, Tree

_PINNED = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^ ]+ \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def locks(tree: Tree) -> Iterator[Finding]:
    """Each line is a pinned package or one of its hashes: no address, no option, no range."""
    for path, text in tree.files.items():
        if path.suffix != ".lock":
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if not (_PINNED.match(line) or _HASH.match(line)):
                message = f"neither `name==version \\` nor a hash: {line.strip()}"
                yield Finding(path, number, "locks", message)

"""Local times are computed by Python, from the pinned zones, and never in SQL."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.source import Finding, Tree

MAY = PurePosixPath("tools/relais/zones.py")
"""It compares the zones of a server with the pinned ones."""
_LOCAL = re.compile(
    r"\bat\s+time\s+zone\b|\b(current_date|current_time|localtime|localtimestamp)\b(?!\s*\()"
    r"|\b(date_trunc|to_char|timezone|make_timestamptz)\s*\(\s*(?!timedelta)['\"%a-z]"
    r"|\bset\s+(local\s+|session\s+)?time\s*zone\b|\w+_at::(date|time|timestamp)\b",
    re.IGNORECASE,
)


def clocks(tree: Tree) -> Iterator[Finding]:
    """Every server of PostgreSQL has zones of its own, as old as the server or its system."""
    message = "a local time is computed in Python: the zones of PostgreSQL are not the pinned ones"
    for path, text in tree.files.items():
        if path.suffix not in {".py", ".sql"} or path == MAY or "checks" in path.parts:
            continue
        for found in _LOCAL.finditer(text):
            yield Finding(path, text.count("\n", 0, found.start()) + 1, "clocks", message)

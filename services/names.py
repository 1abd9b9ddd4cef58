"""The names of all services, found by their folders, without importing any of them."""

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = tuple(
    sorted(
        ".".join(path.parent.relative_to(FOLDER).parts)
        for pattern in ("*/service.py", "views/*/service.py")
        for path in FOLDER.glob(pattern)
    )
)
"""Like `missions` and `views.partner`: a folder with a `service.py` is a service."""


class UnknownService(KeyError):
    """There is no service of that name."""


def known(name: str) -> str:
    """The name, when there is a service of that name. Raises `UnknownService`."""
    if name not in NAMES:
        raise UnknownService(f"{name}: one of {', '.join(NAMES)}")
    return name

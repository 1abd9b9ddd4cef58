"""Every service there is, found by its folder: one with a `service.py` is a service."""

from importlib import import_module
from pathlib import Path

from infra.host import Service

FOLDER = Path(__file__).parent
NAMES = tuple(
    sorted(
        ".".join(path.parent.relative_to(FOLDER).parts)
        for pattern in ("*/service.py", "views/*/service.py")
        for path in FOLDER.glob(pattern)
    )
)
"""Like `missions` and `views.partner`."""


class UnknownService(KeyError):
    """There is no service of that name."""


def service(name: str) -> Service:
    """The declaration of a service, imported when asked for. Raises `UnknownService`."""
    if name not in NAMES:
        raise UnknownService(f"{name}: one of {', '.join(NAMES)}")
    found = import_module(f"services.{name}.service").service
    assert isinstance(found, Service)
    return found


def services() -> tuple[Service, ...]:
    """All of them."""
    return tuple(map(service, NAMES))

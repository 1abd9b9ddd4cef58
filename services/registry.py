"""The declarations of services, imported when asked for."""

from importlib import import_module

from infra.host import Service
from services.names import NAMES, known


def service(name: str) -> Service:
    """The declaration of a service. Raises `UnknownService`."""
    found = import_module(f"services.{known(name)}.service").service
    assert isinstance(found, Service)
    return found


def services() -> tuple[Service, ...]:
    """All of them."""
    return tuple(map(service, NAMES))

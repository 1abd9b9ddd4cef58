"""The readers of events, as the services declare them."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.consumers.subscriptions import Subscription
from infra.consumers.views import subscriptions
from infra.host import Service


@dataclass(frozen=True, slots=True)
class Reader:
    """A view, a lookup, a reaction or another worker, and the events it reads of one topic."""

    service: str
    name: str
    kind: str
    package: str
    types: frozenset[str]
    purpose: str

    @property
    def full_name(self) -> str:
        """Like `views.partner.trips`."""
        return f"{self.service}.{self.name}"


def readers(services: Iterable[Service]) -> list[Reader]:
    """Every reader, in the order of the services and their declarations."""
    return [reader for service in services for reader in _readers_of(service)]


def _readers_of(service: Service) -> Iterator[Reader]:
    for kind, tables in (("view", service.views), ("lookup", service.lookups)):
        for table in tables:
            [read] = subscriptions([table])
            purpose = _purpose(inspect.getmodule(table.project))
            yield _reader(service, table.name, kind, read, purpose)
    for reaction in service.reactions:
        purpose = _purpose(inspect.getmodule(reaction.react))
        yield _reader(service, reaction.name, "reaction", reaction.subscription, purpose)
    for follower in service.followers:
        purpose = _purpose(inspect.getmodule(type(follower.handler)))
        yield _reader(service, follower.name, "worker", follower.subscription, purpose)


def _reader(service: Service, name: str, kind: str, read: Subscription, purpose: str) -> Reader:
    return Reader(service.name, name, kind, read.contract.package, read.types, purpose)


def _purpose(module: object) -> str:
    """The first sentence of the docstring of a module."""
    return (inspect.getdoc(module) or "").partition("\n")[0]

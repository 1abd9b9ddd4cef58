"""What a channel is to the sender: something that takes a parcel, or says why not."""

from dataclasses import dataclass
from typing import Protocol

from infra.post.letters import Letter


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter on its way. The provider is to know a repetition by its `key`."""

    key: str
    to: tuple[str, ...]
    name: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider answers for it from now on. `delivered`: it is where it belongs already."""

    reference: str
    delivered: bool = False


class NotNow(Exception):
    """Nothing is known to be wrong with the parcel; it may be tried again."""


class NeverThere(Exception):
    """The provider will not take it, for good."""


class Transport(Protocol):
    """A channel to the outside."""

    gives_receipts: bool
    """Whether the provider tells later what became of a parcel."""

    async def send(self, parcel: Parcel) -> Accepted:
        """Hand the parcel over. Raises `NotNow` or `NeverThere`."""
        ...

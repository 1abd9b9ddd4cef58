"""Messages on their way to the outside, and the channels that take them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """The words for a person: in a mail the subject with text or page, elsewhere the short form."""

    language: str
    subject: str
    text: str
    html: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """A message on its way. The provider is to know a repetition by its `key`."""

    key: str
    to: tuple[str, ...]
    name: str
    content: RenderedMessage


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider answers for it from now on. `delivered`: it is where it belongs already."""

    reference: str
    delivered: bool = False


class NotNow(Exception):
    """Nothing is known to be wrong with the message; it may be tried again."""


class NeverThere(Exception):
    """The provider will not take it, for good."""


class Unsendable(NeverThere):
    """The message itself cannot be handed over, whoever it is for."""


class Transport(Protocol):
    """A channel to the outside."""

    gives_receipts: bool
    """Whether the provider tells later what became of a message."""

    async def send(self, message: OutboundMessage) -> Accepted:
        """Hand the message over. Raises `NotNow`, `NeverThere` or `Unsendable`."""
        ...

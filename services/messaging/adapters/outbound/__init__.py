"""Messages on their way to the outside, and the channels that take them."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """The words for a person: in a mail the subject with text or page, elsewhere the short form."""

    language: str
    subject: str
    text: str
    html: str
    short: str
    unsubscribe: str = ""
    """The address at which one click ends mails like it (RFC 8058); "" where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """A message on its way. The provider is to know a repetition by its `key`."""

    key: str
    to: tuple[str, ...]
    name: str
    content: RenderedMessage


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider answers for it from now on. `delivered`: it is where it belongs already.

    `gone` are addresses that it knows no more.
    """

    reference: str
    delivered: bool = False
    gone: tuple[str, ...] = ()


class Why(StrEnum):
    """The thing that a failed attempt says something about."""

    SERVER = "server"
    """The provider is away, or takes nothing from anybody now."""
    SETUP = "setup"
    """The provider refuses us: our name, our password, our sender. Somebody has to mend it."""
    POLICY = "policy"
    """The provider does not like this message or its origin, and may do so later."""
    BUSY = "busy"
    """The recipient's side asks to wait."""
    RECIPIENT = "recipient"
    """There is no such recipient, for good."""
    MESSAGE = "message"
    """The message cannot be handed over as it is, whoever it is for."""
    UNKNOWN = "unknown"
    """An error that we did not foresee."""


OURS = frozenset({Why.SERVER, Why.SETUP})
"""Reasons that hold for every message of the channel."""


class Failure(Exception):
    """An attempt failed. `said` is the code of the answer, or the kind of the error; the text of
    the exception is all that was said, and may name people."""

    def __init__(self, why: Why, text: str, said: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.said = said


class NotNow(Failure):
    """Nothing is known to be wrong with the message; it may be tried again."""


class NeverThere(Failure):
    """Another attempt would end as this one; `gone` are addresses that there are no more."""

    def __init__(self, why: Why, text: str, said: str = "", gone: tuple[str, ...] = ()) -> None:
        super().__init__(why, text, said)
        self.gone = gone


class Unsendable(NeverThere):
    """The message itself cannot be handed over, whoever it is for."""

    def __init__(self, text: str) -> None:
        super().__init__(Why.MESSAGE, text)


class Transport(Protocol):
    """A channel to the outside."""

    gives_receipts: bool
    """Whether the provider tells later what became of a message."""

    def following(self) -> AbstractAsyncContextManager[object]:
        """Within the block one message follows the other, so that connections may be kept."""
        ...

    async def send(self, message: OutboundMessage) -> Accepted:
        """Hand the message over. Raises `NotNow`, `NeverThere` or `Unsendable`."""
        ...

"""The thread of a request: all that was written, who has it, and how long it waited for support."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from contracts.support.request_v1 import (
    Due,
    MessageWritten,
    Priority,
    RequestAnswered,
    RequestOpened,
    Target,
)

Message = MessageWritten | RequestAnswered


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which the request waited for support; None while it goes on."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The targets whose clocks run, and what was told of them since they were set."""

    dues: Mapping[Target, Due] = field(default_factory=dict)
    supervisor_id: str = ""
    warned: frozenset[Target] = frozenset()


@dataclass(frozen=True, slots=True)
class Thread:
    """All that was written, and who of support has it; `read` is how many messages its requester
    has read."""

    opened: RequestOpened
    messages: tuple[Message, ...] = ()
    assignee_id: str | None = None
    priority: Priority = Priority.NORMAL
    waits: tuple[Wait, ...] = ()
    clocks: Clocks = field(default_factory=Clocks)
    missed: frozenset[Target] = frozenset()
    read: int = 0

    @property
    def requested_files(self) -> tuple[str, ...]:
        """The files of the requester."""
        later = (one.file_ids for one in self.messages if isinstance(one, MessageWritten))
        return tuple(dict.fromkeys(sum(later, self.opened.file_ids)))

    @property
    def is_answered(self) -> bool:
        """Whether support ever wrote."""
        return any(isinstance(one, RequestAnswered) for one in self.messages)

    def waiting(self, since: datetime) -> "Thread":
        """It waits for support from then on, if it did not before."""
        if self.waits and self.waits[-1].until is None:
            return self
        return replace(self, waits=(*self.waits, Wait(since)))

    def waiting_no_more(self, until: datetime) -> "Thread":
        """It does not wait for support from then on: its clocks stand."""
        thread = replace(self, clocks=Clocks())
        if not self.waits or self.waits[-1].until is not None:
            return thread
        return replace(thread, waits=(*self.waits[:-1], Wait(self.waits[-1].since, until)))

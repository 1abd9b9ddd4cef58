"""The thing that each thread is about, for ending threads when it is over, and for live screens."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.conversations.thread_v1 import (
    MessageWritten,
    ThreadClosed,
    ThreadErased,
    ThreadOpened,
    contract,
)
from infra.consumers.views import OutOfOrder, View

Reads = ThreadOpened | MessageWritten | ThreadClosed | ThreadErased


@dataclass(frozen=True, slots=True)
class ThreadAbout:
    """A thread; one that is erased has no row. `kind` is empty where it is about nothing."""

    thread_id: str
    organisation_id: str
    kind: str
    matter_id: str
    messages: int = 0
    closed: bool = False


def key(event: Reads) -> tuple[str]:
    return (event.thread_id,)


def project(row: ThreadAbout | None, event: Reads) -> ThreadAbout | None:
    if isinstance(event, ThreadOpened):
        matter = event.matter
        return ThreadAbout(
            event.thread_id,
            event.organisation_id,
            matter.kind.name.lower() if matter else "",
            matter.matter_id if matter else "",
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case MessageWritten():
            return replace(row, messages=event.ordinal)
        case ThreadClosed():
            return replace(row, closed=True)
        case ThreadErased():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="threads",
    contract=contract,
    reads=Reads,
    row=ThreadAbout,
    primary_key=("thread_id",),
    key=key,
    project=project,
    indexes=("(kind, matter_id)",),
)

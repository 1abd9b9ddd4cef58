"""The page of a thread, as one customer is shown it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.http.customer_pages.houses import House
from services.conversations import thread
from services.conversations.http.customer_page.doors import Door

LinkTo = Callable[[str], str]
"""The address of a file for who looks at a page that is made now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message; the side writes, not one of its people."""

    own: bool
    author: str
    at: str
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`shown` is how many messages there are."""

    house: House
    partner: str
    messages: tuple[Message, ...]
    shown: int
    closed: bool


def show(door: Door, link_to: LinkTo) -> Page:
    """The page of a thread; one that nobody has opened is empty."""
    messages = tuple(written(door, link_to))
    return Page(
        house=door.house,
        partner=door.partner,
        messages=messages,
        shown=len(messages),
        closed=door.over or isinstance(door.state, thread.Closed),
    )


def written(door: Door, link_to: LinkTo) -> Iterator[Message]:
    if not isinstance(door.state, thread.Open | thread.Closed):
        return
    for one in door.state.thread.messages:
        own = one.author_id is None
        yield Message(
            own=own,
            author=door.words("you") if own else door.authors[one.side],
            at=door.words.time(one.written_at),
            text=one.message,
            files=tuple(map(link_to, one.file_ids)),
        )

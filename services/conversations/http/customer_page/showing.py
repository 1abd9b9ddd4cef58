"""The page of a thread, as one customer is shown it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from services.conversations import thread

LinkTo = Callable[[str], str]
"""The address of a file for who looks at a page that is made now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message; the dealership writes, not one of its people."""

    own: bool
    author: str
    at: str
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`shown` is how many messages there are."""

    house: House
    messages: tuple[Message, ...]
    shown: int
    closed: bool


def show(state: thread.State, house: House, words: Words, link_to: LinkTo) -> Page:
    """The page of a thread; one that nobody has opened is empty."""
    messages = tuple(written(state, house, words, link_to))
    return Page(
        house=house,
        messages=messages,
        shown=len(messages),
        closed=isinstance(state, thread.Closed),
    )


def written(state: thread.State, house: House, words: Words, link_to: LinkTo) -> Iterator[Message]:
    if not isinstance(state, thread.Open | thread.Closed):
        return
    for one in state.thread.messages:
        own = one.author_id is None
        yield Message(
            own=own,
            author=words("you") if own else house.name,
            at=words.time(one.written_at),
            text=one.message,
            files=tuple(map(link_to, one.file_ids)),
        )

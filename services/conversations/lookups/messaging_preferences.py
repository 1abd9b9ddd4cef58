"""Those who want to be told things by a browser of theirs (FLB-125)."""

from dataclasses import dataclass
from typing import assert_never

from contracts.messaging.preferences_v1 import (
    BrowserSubscribed,
    BrowserUnsubscribed,
    SubjectForgotten,
    contract,
)
from infra.consumers.views import View

Reads = BrowserSubscribed | BrowserUnsubscribed | SubjectForgotten


@dataclass(frozen=True, slots=True)
class Subscribed:
    user_id: str
    browser_ids: tuple[str, ...]


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(row: Subscribed | None, event: Reads) -> Subscribed | None:
    """Nobody without a browser is here."""
    known = row.browser_ids if row else ()
    match event:
        case BrowserSubscribed(browser_id=id):
            return Subscribed(event.user_id, (*(one for one in known if one != id), id))
        case BrowserUnsubscribed(browser_id=id):
            left = tuple(one for one in known if one != id)
            return Subscribed(event.user_id, left) if left else None
        case SubjectForgotten():
            return None
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="subscribed",
    contract=contract,
    reads=Reads,
    row=Subscribed,
    primary_key=("user_id",),
    key=key,
    project=project,
)

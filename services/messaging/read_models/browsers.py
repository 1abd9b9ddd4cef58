"""The people who are told things in a browser: nobody reads there what is for somebody else."""

from dataclasses import dataclass
from typing import assert_never

from contracts.messaging.preferences_v1 import BrowserSubscribed, BrowserUnsubscribed, contract
from infra.consumers.views import View
from infra.database import Pool
from infra.reading import Table

Reads = BrowserSubscribed | BrowserUnsubscribed


@dataclass(frozen=True, slots=True)
class BrowserOf:
    user_id: str
    browser_id: str


def key(event: Reads) -> tuple[str, str]:
    return event.user_id, event.browser_id


def project(_: BrowserOf | None, event: Reads) -> BrowserOf | None:
    match event:
        case BrowserSubscribed():
            return BrowserOf(event.user_id, event.browser_id)
        case BrowserUnsubscribed():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="browsers",
    contract=contract,
    reads=Reads,
    row=BrowserOf,
    primary_key=("user_id", "browser_id"),
    key=key,
    project=project,
    indexes=("(browser_id)",),
)
_browsers = Table(view, "browsers")
BY_USER = _browsers.order("browsers", "user_id")


async def others(pool: Pool, browser_id: str, user_id: str) -> list[str]:
    """Those beside somebody who are told things in a browser, whichever organisation is theirs."""
    rows = _browsers.of_every_organisation(browser_id=browser_id)
    found = await rows.where("user_id <> %(me)s", me=user_id).many(pool, BY_USER)
    return [one.user_id for one in found]

"""How far people have read the notices of the administration (EXX-30): one row a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.messaging.preferences_v1 import NoticesRead, SubjectForgotten, contract
from infra.consumers.views import View
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = NoticesRead | SubjectForgotten


@dataclass(frozen=True, slots=True)
class ReadUntil:
    """Somebody has read the notices that were sent until then."""

    user_id: str
    organisation_id: str
    until: datetime


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(_: ReadUntil | None, event: Reads) -> ReadUntil | None:
    match event:
        case NoticesRead():
            return ReadUntil(event.user_id, event.organisation_id, event.until)
        case SubjectForgotten():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="notices_read",
    contract=contract,
    reads=Reads,
    row=ReadUntil,
    primary_key=("user_id",),
    key=key,
    project=project,
)
_read = Table(view, "notices_read")


async def by_caller(context: RequestContext) -> datetime | None:
    """Until when the caller has read the notices; None before they have read any."""
    who = context.principal
    row = await _read.of(who.organisation_id, user_id=who.subject).one(context.pool)
    return row.until if row else None

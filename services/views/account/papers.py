"""Which papers did I show, which hold, and until when? One row a partner and kind."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.papers.paper_v1 import (
    PaperAccepted,
    PaperAdded,
    PaperExpired,
    PaperKind,
    PaperRefused,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Day, Instant, Named
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = PaperAdded | PaperAccepted | PaperRefused | PaperExpired


class PaperStatus(StrEnum):
    """The standing of the version shown last."""

    TO_CHECK = "to_check"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The version shown last, and the one that holds: it does so while a newer one waits."""

    paper_id: str
    user_id: str
    organisation_id: str
    kind: str
    status: str
    file_id: str
    issued_on: date
    expires_on: date | None
    added_at: datetime
    refusal_reason: str | None = None
    decided_at: datetime | None = None
    held_file_id: str | None = None
    held_until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether an accepted version holds on a day, its last day included."""
        return self.held_file_id is not None and (self.held_until is None or on <= self.held_until)


def key(event: Reads) -> tuple[str]:
    return (event.paper_id,)


def project(row: Paper | None, event: Reads) -> Paper:
    if isinstance(event, PaperAdded):
        return _added(row, event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case PaperAccepted():
            return replace(
                row,
                status="accepted",
                refusal_reason=None,
                decided_at=event.accepted_at,
                held_file_id=event.file_id,
                held_until=event.expires_on,
            )
        case PaperRefused():
            return replace(
                row,
                status="refused",
                refusal_reason=event.reason,
                decided_at=event.refused_at,
            )
        case PaperExpired():
            status = "expired" if row.status == "accepted" else row.status
            return replace(row, status=status, held_file_id=None, held_until=None)
        case unhandled:
            assert_never(unhandled)


def _added(row: Paper | None, event: PaperAdded) -> Paper:
    return Paper(
        paper_id=event.paper_id,
        user_id=event.user_id,
        organisation_id=event.organisation_id,
        kind=event.kind.name.lower(),
        status="to_check",
        file_id=event.file_id,
        issued_on=event.issued_on,
        expires_on=event.expires_on,
        added_at=event.added_at,
        held_file_id=row.held_file_id if row else None,
        held_until=row.held_until if row else None,
    )


view = View(
    name="papers",
    contract=contract,
    reads=Reads,
    row=Paper,
    primary_key=("paper_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, user_id)",),
    subject="user_id",
    personal=("refusal_reason",),
)

# --- The question -----------------------------------------------------------

papers = Table(view, "papers")
BY_KIND = papers.order("kind", "kind", "paper_id")


class PaperShown(Answer):
    """A paper as it was shown last, and the version of it that holds."""

    paper_id: str
    kind: Annotated[PaperKind, Named()]
    status: PaperStatus
    file_id: str
    issued_on: Day
    expires_on: Day | None
    refusal_reason: str | None
    added_at: Instant
    decided_at: Instant | None
    holds: bool
    """Whether an accepted version holds today; it does so while a newer one waits."""
    held_file_id: str | None
    held_until: Day | None
    """The last day on which it holds; null when it has no end, or none holds."""
    days_left: int | None


class MyPapers(Answer):
    """All of one's papers, by kind."""

    items: list[PaperShown]


def paper_shown(row: Paper, today: date) -> PaperShown:
    return PaperShown(
        paper_id=row.paper_id,
        kind=PaperKind[row.kind.upper()],
        status=PaperStatus(row.status),
        file_id=row.file_id,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        refusal_reason=row.refusal_reason,
        added_at=row.added_at,
        decided_at=row.decided_at,
        holds=row.holds(today),
        held_file_id=row.held_file_id,
        held_until=row.held_until,
        days_left=(row.held_until - today).days if row.held_until else None,
    )


router = Router("Papers")
DriverContext = Annotated[RequestContext, requires("driver")]


@router.get("/papers")
async def my_papers(context: DriverContext) -> Answered[MyPapers]:
    """One's papers, which of them hold, and until when."""
    mine = papers.of(context.principal.organisation_id, user_id=context.principal.subject)
    rows = await mine.many(context.pool, BY_KIND)
    return Answered(MyPapers(items=[paper_shown(row, context.today) for row in rows]))

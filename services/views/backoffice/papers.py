"""The papers that partners showed, and which of them hold: one row a partner and kind."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self, assert_never

from contracts.papers.paper_v1 import (
    PaperAccepted,
    PaperAdded,
    PaperExpired,
    PaperKind,
    PaperRefused,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer
from infra.http.models import Instant, Named
from infra.reading import Table

Reads = PaperAdded | PaperAccepted | PaperRefused | PaperExpired


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
    decided_by: str | None = None
    held_file_id: str | None = None
    held_until: date | None = None


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
                decided_by=event.accepted_by,
                held_file_id=event.file_id,
                held_until=event.expires_on,
            )
        case PaperRefused():
            return replace(
                row,
                status="refused",
                refusal_reason=event.reason,
                decided_at=event.refused_at,
                decided_by=event.refused_by,
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
    indexes=(
        "(organisation_id, user_id)",
        "(organisation_id, added_at, paper_id) where status = 'to_check'",
    ),
    subject="user_id",
    personal=("refusal_reason",),
)
papers = Table(view, "papers")
BY_KIND = papers.order("by-kind", "user_id", "kind")

# --- Answers ----------------------------------------------------------------


class PaperStatus(StrEnum):
    """The standing of the version shown last."""

    TO_CHECK = "to_check"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


class PaperShown(Answer):
    """A paper as it was shown last, and whether one of its kind holds today."""

    paper_id: str
    user_id: str
    kind: Annotated[PaperKind, Named()]
    status: PaperStatus
    file_id: str
    issued_on: date
    expires_on: date | None
    added_at: Instant
    refusal_reason: str | None
    decided_by: str | None
    decided_at: Instant | None
    holds: bool
    held_until: date | None
    """The last day on which the accepted version holds."""

    @classmethod
    def on(cls, today: date, row: Paper) -> Self:
        """The paper, as it is on this day."""
        ends = row.held_until
        return cls(
            paper_id=row.paper_id,
            user_id=row.user_id,
            kind=PaperKind[row.kind.upper()],
            status=PaperStatus(row.status),
            file_id=row.file_id,
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            added_at=row.added_at,
            refusal_reason=row.refusal_reason,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            holds=row.held_file_id is not None and (ends is None or today <= ends),
            held_until=ends,
        )

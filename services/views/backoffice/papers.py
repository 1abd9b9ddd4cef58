"""Which papers did a partner show, and which hold? One row a partner and kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from psycopg import sql

from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperEvent,
    PaperExpired,
    PaperRefused,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.store.postgres import Pool


@dataclass(frozen=True, slots=True)
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


def key(event: PaperEvent) -> tuple[str]:
    return (event.paper_id,)


def project(row: Paper | None, event: PaperEvent) -> Paper:
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
        case ExpiryNoticeGiven():
            return row
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

# --- Queries ----------------------------------------------------------------

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def papers_of(pool: Pool, organisation_id: str, user_ids: Sequence[str]) -> list[Paper]:
    """The papers of these users, by kind."""
    query = sql.SQL(
        "select {columns} from backoffice.papers"
        " where organisation_id = %s and user_id = any(%s) order by user_id, kind"
    ).format(columns=_COLUMNS)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, list(user_ids)))
        return await cursor.fetchall()


async def to_check(
    pool: Pool, organisation_id: str, after: tuple[datetime, str] | None, limit: int
) -> list[Paper]:
    """Papers that nobody has accepted or refused yet, oldest first."""
    query = sql.SQL(
        "select {columns} from backoffice.papers"
        " where organisation_id = %s and status = 'to_check'"
        " and (%s::timestamptz is null or (added_at, paper_id) > (%s, %s))"
        " order by added_at, paper_id limit %s"
    ).format(columns=_COLUMNS)
    time, id = after or (None, "")
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(query, (organisation_id, time, time, id, limit))
        return await cursor.fetchall()

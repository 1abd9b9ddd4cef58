"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperExpired,
    PaperKind,
    PaperRefused,
)
from services.papers.paper import AcceptPaper, AddPaper, RefusePaper, Seen

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
TODAY = date(2030, 5, 1)
LAST = date(2030, 10, 31)
"""Paris leaves summer time three days before."""
DAY = timedelta(days=1)
INSURANCE = PaperKind.LIABILITY_INSURANCE
ID = "ada:liability_insurance"
REASON = "The second page is missing."


def add(
    file: str = "f-1",
    issued_on: date = TODAY,
    expires_on: date | None = LAST,
    kind: PaperKind = INSURANCE,
    organisation: str = "hiflow",
    at: datetime = NOON,
) -> AddPaper:
    return AddPaper(
        user_id="ada",
        organisation_id=organisation,
        kind=kind,
        file_id=file,
        issued_on=issued_on,
        expires_on=expires_on,
        by="ada",
        today=TODAY,
        at=at,
    )


def added(
    file: str = "f-1",
    issued_on: date = TODAY,
    expires_on: date | None = LAST,
    kind: PaperKind = INSURANCE,
) -> PaperAdded:
    return PaperAdded(
        paper_id=f"ada:{kind.name.lower()}",
        user_id="ada",
        organisation_id="hiflow",
        kind=kind,
        file_id=file,
        issued_on=issued_on,
        expires_on=expires_on,
        added_by="ada",
        added_at=NOON,
        of_organisation=None,
    )


def accept(
    file: str = "f-1",
    organisation: str = "hiflow",
    today: date = TODAY,
    at: datetime = NOON,
    seen: Seen | None = None,
) -> AcceptPaper:
    return AcceptPaper(
        organisation_id=organisation,
        seen=seen or Seen(file_id=file, issued_on=TODAY, expires_on=LAST),
        time_zone="Europe/Paris",
        by="lea",
        today=today,
        at=at,
    )


def accepted(
    file: str = "f-1", expires_on: date | None = LAST, at: datetime = NOON
) -> PaperAccepted:
    return PaperAccepted(
        paper_id=ID,
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        file_id=file,
        expires_on=expires_on,
        time_zone="Europe/Paris",
        accepted_by="lea",
        accepted_at=at,
    )


def refuse(
    file: str = "f-1", reason: str = REASON, organisation: str = "hiflow", at: datetime = NOON
) -> RefusePaper:
    seen = Seen(file_id=file, issued_on=TODAY, expires_on=LAST)
    return RefusePaper(organisation_id=organisation, seen=seen, reason=reason, by="lea", at=at)


def refused(file: str = "f-1", reason: str = REASON) -> PaperRefused:
    return PaperRefused(
        paper_id=ID,
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        file_id=file,
        reason=reason,
        refused_by="lea",
        refused_at=NOON,
    )


def noticed(days: int, at: datetime = NOON) -> ExpiryNoticeGiven:
    return ExpiryNoticeGiven(
        paper_id=ID,
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        expires_on=LAST,
        days=days,
        noticed_at=at,
    )


def expired(at: datetime = NOON) -> PaperExpired:
    return PaperExpired(
        paper_id=ID,
        user_id="ada",
        organisation_id="hiflow",
        kind=INSURANCE,
        expires_on=LAST,
        expired_at=at,
    )

"""The numbers of each case that was ever made, also once it is deleted: they name nobody.

A work report is not among them: it speaks of works that a case has proposed before.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.dealers import Mode
from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CaseIdentified,
    CaseRead,
    CaseSent,
    LineAccepted,
    MediaKind,
    MediaPlaced,
    MediaTakenOut,
    Module,
    RevisionBegun,
    SendingFailed,
    VersionFixed,
    contract,
)
from infra.consumers.views import View
from services.views.dealer.cases import SALES, CaseStatus

Reads = (
    CaseCreated
    | CaseIdentified
    | MediaPlaced
    | MediaTakenOut
    | VersionFixed
    | CaseSent
    | SendingFailed
    | CaseRead
    | RevisionBegun
    | LineAccepted
    | CaseAnswered
    | CaseClosed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """Amounts exclude VAT, are after discounts, and are those of works that are advised or urgent
    (G-56); they are None until there is a version, or an answer.

    Days are those where the dealership is; those after `created_on` are of the first time.
    `accepted_works` are those of the last version.
    """

    case_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    mode: str
    currency: str
    author_id: str
    time_zone: str
    created_on: date
    sent_on: date | None = None
    read_on: date | None = None
    answered_on: date | None = None
    closed_on: date | None = None
    status: str = CaseStatus.PENDING_SEND
    photo_ids: tuple[str, ...] = ()
    video_ids: tuple[str, ...] = ()
    proposed_minor: int | None = None
    accepted_minor: int | None = None
    accepted_works: int = 0


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: CaseFigures | None, event: Reads) -> CaseFigures | None:
    if isinstance(event, CaseCreated):
        return created(event)
    # Of a work report there is no row.
    return row and after(row, event)


def created(event: CaseCreated) -> CaseFigures | None:
    if event.module is Module.WORK_REPORT:
        return None
    return CaseFigures(
        case_id=event.case_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        brand=event.brand,
        mode=Mode.SALES if event.module in SALES else Mode.AFTER_SALES,
        currency=event.currency,
        author_id=event.author_id,
        time_zone=event.time_zone,
        created_on=day(event.created_at, event.time_zone),
    )


def day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def after(row: CaseFigures, event: Reads) -> CaseFigures:
    match event:
        case CaseCreated():
            return row
        case CaseIdentified():
            return replace(row, brand=event.brand)
        case MediaPlaced():
            return placed(row, event)
        case MediaTakenOut():
            return without(row, event.media_id)
        case VersionFixed():
            proposed = event.proposed.excluding_vat.amount_minor
            return replace(row, proposed_minor=proposed, accepted_works=0)
        case CaseSent():
            sent = replace(row, sent_on=row.sent_on or day(event.sent_at, row.time_zone))
            return at_status(sent, CaseStatus.SENT)
        case SendingFailed() | RevisionBegun():
            return at_status(row, CaseStatus.PENDING_SEND)
        case CaseRead():
            return read(row, event)
        case LineAccepted():
            return replace(row, accepted_works=row.accepted_works + 1)
        case CaseAnswered():
            accepted = event.accepted.excluding_vat.amount_minor
            first = row.answered_on or day(event.answered_at, row.time_zone)
            answered = replace(row, answered_on=first, accepted_minor=accepted)
            return at_status(answered, CaseStatus.ANSWERED)
        case CaseClosed():
            closed = replace(row, closed_on=row.closed_on or day(event.closed_at, row.time_zone))
            return at_status(closed, CaseStatus.CLOSED)
        case unhandled:
            assert_never(unhandled)


def read(row: CaseFigures, event: CaseRead) -> CaseFigures:
    """An answered case that is read once more stays answered."""
    seen = replace(row, read_on=row.read_on or day(event.read_at, row.time_zone))
    early = {CaseStatus.PENDING_SEND, CaseStatus.SENT}
    return at_status(seen, CaseStatus.READ) if row.status in early else seen


def placed(row: CaseFigures, event: MediaPlaced) -> CaseFigures:
    left = without(row, event.media_id)
    match event.kind:
        case MediaKind.PHOTO:
            return replace(left, photo_ids=(*left.photo_ids, event.media_id))
        case MediaKind.VIDEO:
            return replace(left, video_ids=(*left.video_ids, event.media_id))
        case _:
            return left


def without(row: CaseFigures, media_id: str) -> CaseFigures:
    return replace(
        row,
        photo_ids=tuple(one for one in row.photo_ids if one != media_id),
        video_ids=tuple(one for one in row.video_ids if one != media_id),
    )


def at_status(row: CaseFigures, status: CaseStatus) -> CaseFigures:
    """The case at that status; one that is closed stays so."""
    return row if row.status == CaseStatus.CLOSED else replace(row, status=status)


view = View(
    name="case_figures",
    contract=contract,
    reads=Reads,
    row=CaseFigures,
    primary_key=("case_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, dealership_id, created_on)",),
)

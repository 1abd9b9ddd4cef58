"""One kind of paper of one partner: shown, accepted or refused, expiring, expired (HIF-42)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

from contracts.decisions import Changed, changed
from contracts.papers.paper_v1 import (
    ExpiryNoticeGiven,
    PaperAccepted,
    PaperAdded,
    PaperEvent,
    PaperExpired,
    PaperKind,
    PaperRefused,
)
from contracts.timers import CancelTimer, SetTimer
from services.papers import terms

NOTICE_DAYS = (30, 7, 1)
NOTICE_TIME = time(8)
EXPIRY = "expiry"
NOTICE = "notice-"
ENDLESS = frozenset({PaperKind.CONTRACT})
"""Papers that need no last day."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPaper:
    user_id: str
    organisation_id: str
    kind: PaperKind
    file_id: str
    issued_on: date
    expires_on: date | None
    by: str
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowForOrganisation:
    """Somebody shows a paper of the organisation, which counts at once: whoever relies on it looks
    for themselves. Where it has no last day, its age tells how long it is good."""

    organisation_id: str
    kind: PaperKind
    file_id: str
    issued_on: date
    expires_on: date | None
    time_zone: str
    by: str
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The version of a paper that was looked at: a newer one may have come meanwhile."""

    file_id: str
    issued_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPaper:
    organisation_id: str
    seen: Seen
    time_zone: str
    by: str
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusePaper:
    organisation_id: str
    seen: Seen
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """Comes from the timer."""

    days: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpirePaper:
    """Comes from the timer."""

    at: datetime


Showing = AddPaper | ShowForOrganisation
Command = Showing | AcceptPaper | RefusePaper | GiveNotice | ExpirePaper

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPaper:
    pass


@dataclass(frozen=True, slots=True)
class EndMissing:
    kind: PaperKind


@dataclass(frozen=True, slots=True)
class PaperIsAccepted:
    file_id: str


@dataclass(frozen=True, slots=True)
class PaperIsRefused:
    file_id: str


Rejection = (
    NoSuchPaper
    | EndMissing
    | PaperIsAccepted
    | PaperIsRefused
    | Changed
    | terms.BadDay
    | terms.BadText
)

# --- State ------------------------------------------------------------------

Status = Literal["missing", "waiting", "accepted", "refused", "expired"]


@dataclass(frozen=True, slots=True)
class Paper:
    """The newest version shown and what became of it, and the one that was accepted last."""

    added: PaperAdded | None = None
    refused: PaperRefused | None = None
    accepted: PaperAccepted | None = None
    noticed: int | None = None
    """The last notice of the accepted one, in days before its end."""
    expired: PaperExpired | None = None

    @property
    def organisation_id(self) -> str | None:
        return self.added.organisation_id if self.added else None

    @property
    def status(self) -> Status:
        """The standing of the newest version; the one accepted before may still hold."""
        if self.added is None:
            return "missing"
        if self.refused is not None:
            return "refused"
        if self.waiting:
            return "waiting"
        return "expired" if self.expired else "accepted"

    @property
    def waiting(self) -> bool:
        """Whether staff still has to look at the newest version."""
        if self.added is None or self.refused is not None:
            return False
        return waits(self, self.added)

    @property
    def holds(self) -> bool:
        """Whether an accepted version has not expired."""
        return self.accepted is not None and self.expired is None


initial = Paper()


def evolve(paper: Paper, event: PaperEvent) -> Paper:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case PaperAdded():
            return replace(paper, added=event, refused=None)
        case PaperAccepted():
            return replace(paper, accepted=event, noticed=None, expired=None)
        case PaperRefused():
            return replace(paper, refused=event)
        case ExpiryNoticeGiven():
            return replace(paper, noticed=event.days)
        case PaperExpired():
            return replace(paper, expired=event)
        case unhandled:
            assert_never(unhandled)


def paper_id(user_id: str, kind: PaperKind) -> str:
    """Names the stream of this kind of paper of this partner."""
    return f"{user_id}:{kind.name.lower()}"


# --- Decisions --------------------------------------------------------------

Decision = list[PaperEvent] | Rejection


def decide(command: Command, paper: Paper) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case AddPaper():
            return add(command, paper)
        case ShowForOrganisation():
            return show(command, paper)
        case AcceptPaper():
            return accept(command, paper)
        case RefusePaper():
            return refuse(command, paper)
        case GiveNotice():
            return give_notice(command, paper)
        case ExpirePaper():
            return expire(command, paper)
        case unhandled:
            assert_never(unhandled)


def add(command: AddPaper, paper: Paper) -> Decision:
    if paper.organisation_id not in (None, command.organisation_id):
        return NoSuchPaper()
    if command.expires_on is None and command.kind not in ENDLESS:
        return EndMissing(command.kind)
    if bad := terms.bad_issue("issued_on", command.issued_on, command.today):
        return bad
    if bad := terms.bad_end("expires_on", command.expires_on, command.today):
        return bad
    added = PaperAdded(
        paper_id=paper_id(command.user_id, command.kind),
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        kind=command.kind,
        file_id=command.file_id,
        issued_on=command.issued_on,
        expires_on=command.expires_on,
        added_by=command.by,
        added_at=command.at,
        of_organisation=None,
    )
    known = paper.added and replace(paper.added, added_by=command.by, added_at=command.at)
    return [] if added == known else [added]


def show(command: ShowForOrganisation, paper: Paper) -> Decision:
    if bad := terms.bad_issue("issued_on", command.issued_on, command.today):
        return bad
    if bad := terms.bad_end("expires_on", command.expires_on, command.today):
        return bad
    added = PaperAdded(
        paper_id=paper_id(command.organisation_id, command.kind),
        user_id=command.by,
        organisation_id=command.organisation_id,
        kind=command.kind,
        file_id=command.file_id,
        issued_on=command.issued_on,
        expires_on=command.expires_on,
        added_by=command.by,
        added_at=command.at,
        of_organisation=True,
    )
    known = paper.added and replace(
        paper.added, user_id=command.by, added_by=command.by, added_at=command.at
    )
    if added == known:
        return []
    accepted = PaperAccepted(
        paper_id=added.paper_id,
        user_id=command.by,
        organisation_id=command.organisation_id,
        kind=command.kind,
        file_id=command.file_id,
        expires_on=command.expires_on,
        time_zone=command.time_zone,
        accepted_by=command.by,
        accepted_at=command.at,
    )
    return [added, accepted]


def accept(command: AcceptPaper, paper: Paper) -> Decision:
    added = newest(command, paper)
    if not isinstance(added, PaperAdded):
        return added
    if paper.refused is not None:
        return PaperIsRefused(added.file_id)
    if not waits(paper, added):
        return []
    if bad := terms.bad_end("expires_on", added.expires_on, command.today):
        return bad
    return [
        PaperAccepted(
            paper_id=added.paper_id,
            user_id=added.user_id,
            organisation_id=added.organisation_id,
            kind=added.kind,
            file_id=added.file_id,
            expires_on=added.expires_on,
            time_zone=command.time_zone,
            accepted_by=command.by,
            accepted_at=command.at,
        )
    ]


def refuse(command: RefusePaper, paper: Paper) -> Decision:
    added = newest(command, paper)
    if not isinstance(added, PaperAdded):
        return added
    if bad := terms.bad_text("reason", command.reason):
        return bad
    if not waits(paper, added):
        return PaperIsAccepted(added.file_id)
    refused = PaperRefused(
        paper_id=added.paper_id,
        user_id=added.user_id,
        organisation_id=added.organisation_id,
        kind=added.kind,
        file_id=added.file_id,
        reason=command.reason,
        refused_by=command.by,
        refused_at=command.at,
    )
    known = paper.refused and replace(paper.refused, refused_by=command.by, refused_at=command.at)
    return [] if refused == known else [refused]


def newest(command: AcceptPaper | RefusePaper, paper: Paper) -> PaperAdded | NoSuchPaper | Changed:
    """The version that was looked at, if it is the newest one of the organisation."""
    added, seen = paper.added, command.seen
    if added is None or added.organisation_id != command.organisation_id:
        return NoSuchPaper()
    stale = changed(
        {
            "file_id": seen.file_id,
            "issued_on": seen.issued_on,
            "expires_on": seen.expires_on,
        },
        {
            "file_id": added.file_id,
            "issued_on": added.issued_on,
            "expires_on": added.expires_on,
        },
    )
    return stale or added


def waits(paper: Paper, added: PaperAdded) -> bool:
    """Whether this version was not accepted as it is: a file may come again with other days."""
    known = paper.accepted
    return known is None or (known.file_id, known.expires_on) != (added.file_id, added.expires_on)


def give_notice(command: GiveNotice, paper: Paper) -> Decision:
    accepted = paper.accepted
    if accepted is None or accepted.expires_on is None or not paper.holds:
        return []
    if command.at < notice_at(accepted.expires_on, accepted.time_zone, command.days):
        return []
    if paper.noticed is not None and paper.noticed <= command.days:
        return []
    return [
        ExpiryNoticeGiven(
            paper_id=accepted.paper_id,
            user_id=accepted.user_id,
            organisation_id=accepted.organisation_id,
            kind=accepted.kind,
            expires_on=accepted.expires_on,
            days=command.days,
            noticed_at=command.at,
        )
    ]


def expire(command: ExpirePaper, paper: Paper) -> Decision:
    accepted = paper.accepted
    if accepted is None or accepted.expires_on is None or not paper.holds:
        return []
    if command.at < end(accepted.expires_on, accepted.time_zone):
        return []
    return [
        PaperExpired(
            paper_id=accepted.paper_id,
            user_id=accepted.user_id,
            organisation_id=accepted.organisation_id,
            kind=accepted.kind,
            expires_on=accepted.expires_on,
            expired_at=command.at,
        )
    ]


# --- Timers -----------------------------------------------------------------


def end(expires_on: date, time_zone: str) -> datetime:
    """The instant after the last day."""
    return instant(expires_on + timedelta(days=1), time(), time_zone)


def notice_at(expires_on: date, time_zone: str, days: int) -> datetime:
    """The morning of the day that many days before the last one."""
    return instant(expires_on - timedelta(days=days), NOTICE_TIME, time_zone)


def instant(day: date, at: time, time_zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(time_zone)).astimezone(UTC)


def notice_name(days: int) -> str:
    return f"{NOTICE}{days}"


def timers(event: PaperEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """Notices that are still to come, and the end; those of the version before are gone."""
    match event:
        case PaperAccepted():
            return deadlines(event)
        case PaperAdded() | PaperRefused() | ExpiryNoticeGiven() | PaperExpired():
            return ()
        case unhandled:
            assert_never(unhandled)


def deadlines(accepted: PaperAccepted) -> tuple[SetTimer | CancelTimer, ...]:
    last, zone, now = accepted.expires_on, accepted.time_zone, accepted.accepted_at
    if last is None:
        return tuple(CancelTimer(name) for name in (EXPIRY, *map(notice_name, NOTICE_DAYS)))
    notices = (notice(last, zone, days, now) for days in NOTICE_DAYS)
    return (SetTimer(EXPIRY, end(last, zone)), *notices)


def notice(last: date, time_zone: str, days: int, now: datetime) -> SetTimer | CancelTimer:
    """A notice whose time was past already tells nobody anything."""
    due = notice_at(last, time_zone, days)
    return SetTimer(notice_name(days), due) if now < due else CancelTimer(notice_name(days))


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == EXPIRY:
        return ExpirePaper(due)
    for days in NOTICE_DAYS:
        if name == notice_name(days):
            return GiveNotice(days, due)
    raise LookupError(name)

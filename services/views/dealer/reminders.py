"""The reminders of dealerships: one row a reminder that nobody deleted (FLB-148)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.reminders.reminder_v1 import (
    CallAsked,
    ContactHandled,
    ContactRequested,
    DueWork,
    ReminderAnswered,
    ReminderClosed,
    ReminderCreated,
    ReminderHeld,
    ReminderMessage,
    ReminderRead,
    ReminderReleased,
    ReminderSent,
    ReminderStopped,
    SendingFailed,
    SendingPlanned,
    WorkAccepted,
    WorkEnded,
    WorkRefused,
    WorksChanged,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.reading import Table
from services.views.dealer.cases import ContactStatus

Matter = WorksChanged | WorkAccepted | WorkRefused | WorkEnded
"""These are about its works."""
Course = (
    SendingPlanned
    | ReminderHeld
    | ReminderReleased
    | ReminderSent
    | SendingFailed
    | ReminderRead
    | ReminderAnswered
    | ContactRequested
    | ContactHandled
    | CallAsked
    | ReminderStopped
)
"""These tell what became of it."""
Reads = ReminderCreated | Matter | Course | ReminderClosed

STANDING = ("pending_send", "sent", "read", "answered", "stopped")
"""How far a reminder is; the place of each is its `standing`."""
PENDING, SENT, READ, ANSWERED, STOPPED = range(len(STANDING))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOfReminder:
    """`accepted` is None while nothing was decided, `end` while it is still to be done;
    `reminded` says that the reminder had gone out when it ended."""

    work_id: str
    label: str
    level: str
    price_minor: int | None
    due_on: date | None
    due_mileage_km: int | None
    case_id: str | None
    accepted: bool | None = None
    end: str | None = None
    by_case_id: str | None = None
    reminded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reminder as its facts left it. It names nobody but by `customer_id`.

    `over_at` is when the day on which it goes out is over, where the dealership is. `next_kind` and
    `next_at` are the message that is to come, if there is one; `follow_up_at` when somebody is
    written to again who neither reads nor answers. Amounts are minor units of the currency.
    """

    reminder_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    cause: str
    case_id: str | None
    customer_id: str
    currency: str
    time_zone: str
    status: str
    standing: int
    works: tuple[WorkOfReminder, ...]
    open_works: int
    send_on: date
    send_at: datetime
    over_at: datetime
    held: bool = False
    failure: str | None = None
    kinds: tuple[str, ...] = ()
    """Those of the messages that went out."""
    follow_up_at: datetime | None = None
    next_kind: str | None
    next_at: datetime | None
    contact: str = ContactStatus.NONE
    call_asked: bool = False
    first_sent_on: date | None = None
    was_read: bool = False
    choice: str | None = None
    accepted_minor: int | None = None
    stop_reason: str | None = None
    created_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.reminder_id,)


def project(row: Reminder | None, event: Reads) -> Reminder | None:
    if isinstance(event, ReminderCreated):
        return created(event)
    if isinstance(event, ReminderClosed):
        return None
    if row is None:
        raise OutOfOrder(event)
    if isinstance(event, Matter):
        return with_works(row, event)
    return with_next(with_course(row, event))


def created(event: ReminderCreated) -> Reminder:
    return Reminder(
        reminder_id=event.reminder_id,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        brand=event.brand,
        cause=event.cause.name.lower(),
        case_id=event.case_id,
        customer_id=event.customer_id,
        currency=event.currency,
        time_zone=event.time_zone,
        status=STANDING[PENDING],
        standing=PENDING,
        works=tuple(map(work, event.works)),
        open_works=len(event.works),
        send_on=event.send_on,
        send_at=event.send_at,
        over_at=over(event.send_on, event.time_zone),
        next_kind=ReminderMessage.REMINDER.name.lower(),
        next_at=event.send_at,
        created_at=event.created_at,
    )


def over(day: date, zone: str) -> datetime:
    """The end of a day, by the clock of a place."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


# --- Works ------------------------------------------------------------------


def work(one: DueWork) -> WorkOfReminder:
    return WorkOfReminder(
        work_id=one.work_id,
        label=one.label,
        level=one.level.name.lower(),
        price_minor=one.price.amount_minor if one.price else None,
        due_on=one.due_on,
        due_mileage_km=one.due_mileage_km,
        case_id=one.case_id,
    )


def with_works(row: Reminder, event: Matter) -> Reminder:
    match event:
        case WorksChanged():
            known = {one.work_id: one for one in row.works}
            works = tuple(kept(work(one), known.get(one.work_id)) for one in event.works)
        case WorkAccepted() | WorkRefused():
            accepted = isinstance(event, WorkAccepted)
            works = tuple(
                replace(one, accepted=accepted) if one.work_id == event.work.work_id else one
                for one in row.works
            )
        case WorkEnded():
            works = tuple(
                ended(row, one, event) if one.work_id == event.work_id else one for one in row.works
            )
        case unhandled:
            assert_never(unhandled)
    return replace(row, works=works, open_works=sum(one.end is None for one in works))


def kept(one: WorkOfReminder, before: WorkOfReminder | None) -> WorkOfReminder:
    """A work that is described anew keeps what became of it."""
    if before is None:
        return one
    return replace(
        one,
        accepted=before.accepted,
        end=before.end,
        by_case_id=before.by_case_id,
        reminded=before.reminded,
    )


def ended(row: Reminder, one: WorkOfReminder, event: WorkEnded) -> WorkOfReminder:
    """The work with its end. Of one that was taken up and then carried out, the reminder counts
    where it had gone out before the first."""
    return replace(
        one,
        end=event.end.name.lower(),
        by_case_id=event.by_case_id,
        reminded=one.reminded or (one.end is None and row.first_sent_on is not None),
    )


# --- Course -----------------------------------------------------------------


def with_course(row: Reminder, event: Course) -> Reminder:
    match event:
        case SendingPlanned(kind=ReminderMessage.REMINDER):
            days = replace(row, send_on=event.send_on, send_at=event.send_at, failure=None)
            return replace(days, over_at=over(event.send_on, row.time_zone))
        case SendingPlanned():
            return replace(row, follow_up_at=event.send_at)
        case ReminderHeld():
            return replace(row, held=True)
        case ReminderReleased():
            return replace(row, held=False)
        case ReminderSent():
            return sent(row, event)
        case SendingFailed():
            failed = replace(row, failure=event.reason.name.lower(), follow_up_at=None)
            return at(failed, PENDING)
        case ReminderRead():
            return replace(at(row, READ), was_read=True)
        case ReminderAnswered():
            choice, accepted = event.choice.name.lower(), event.accepted.amount_minor
            return replace(at(row, ANSWERED), choice=choice, accepted_minor=accepted)
        case ContactRequested():
            return replace(row, contact=ContactStatus.REQUESTED)
        case ContactHandled():
            return replace(row, contact=ContactStatus.HANDLED)
        case CallAsked():
            return replace(row, call_asked=True)
        case ReminderStopped():
            return replace(at(row, STOPPED), stop_reason=event.reason.name.lower())
        case unhandled:
            assert_never(unhandled)


def at(row: Reminder, standing: int) -> Reminder:
    return replace(row, standing=standing, status=STANDING[standing])


def sent(row: Reminder, event: ReminderSent) -> Reminder:
    """The day of a sending is its send date (FLB-155). What was read stays read."""
    gone = replace(
        row,
        send_on=event.sent_on,
        over_at=over(event.sent_on, row.time_zone),
        failure=None,
        kinds=tuple(dict.fromkeys((*row.kinds, event.kind.name.lower()))),
        follow_up_at=event.follow_up_at,
        first_sent_on=row.first_sent_on or event.sent_on,
    )
    return gone if row.standing == READ else at(gone, SENT)


def with_next(row: Reminder) -> Reminder:
    """The row with the message that is to come: none where a sending failed, somebody calls, or
    each kind of message went out (R6)."""
    kind: ReminderMessage | None = None
    when = row.send_at
    if row.standing == PENDING and row.failure is None:
        kind = ReminderMessage.REMINDER
    elif row.follow_up_at is not None and not row.call_asked and row.contact == ContactStatus.NONE:
        when = row.follow_up_at
        if row.standing == SENT:
            kind = ReminderMessage.OTHER_CHANNEL
        elif row.standing == READ:
            kind = ReminderMessage.FOLLOW_UP
    if kind is None or kind.name.lower() in row.kinds:
        return replace(row, next_kind=None, next_at=None)
    return replace(row, next_kind=kind.name.lower(), next_at=when)


view = View(
    name="reminders",
    contract=contract,
    reads=Reads,
    row=Reminder,
    primary_key=("reminder_id",),
    key=key,
    project=project,
    indexes=(
        "(organisation_id, send_on, reminder_id)",
        "(organisation_id, next_at, reminder_id) where next_at is not null",
        "(organisation_id, first_sent_on) where first_sent_on is not null",
    ),
)
reminders = Table(view, "reminders")
BY_ID = reminders.order("reminders-by-id", "reminder_id")
NEXT = reminders.order("next-message", "next_at", "reminder_id")
"""Only of those that have a next message."""

"""A reminder is made, and what it holds is changed until the customer has read it (FLB-154,
FLB-156)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.reminders.reminder_v1 import (
    Attachment,
    AttachmentsChanged,
    DueWork,
    MessageComposed,
    PlanningReason,
    ReminderCause,
    ReminderCreated,
    ReminderEvent,
    ReminderMessage,
    SendingPlanned,
    WorksChanged,
)
from services.reminders.reminder.matter import Matter

MOST_WORKS = 100
MOST_ATTACHMENTS = 20
MOST_MINOR = 100_000_000
"""No work costs more than a million euros."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReminder:
    """By hand. `send_at` is the hour of `send_on` at which reminders go out there; `allowed` says
    the manager of the dealership (FLB-150)."""

    reminder_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    customer_id: str
    reference: str
    case_id: str | None
    currency: str
    time_zone: str
    works: tuple[DueWork, ...]
    send_on: date
    send_at: datetime
    today: date
    allowed: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrangeReminder:
    """Follows from the plan of a case: the reminder has these works, and goes out on that day."""

    reminder_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    cause: ReminderCause
    case_id: str
    customer_id: str
    currency: str
    time_zone: str
    works: tuple[DueWork, ...]
    send_on: date
    send_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsorbWorks:
    """Follows from another reminder that was merged into this one (R4)."""

    reminder_id: str
    organisation_id: str
    works: tuple[DueWork, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWorks:
    organisation_id: str
    works: tuple[DueWork, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeMessage:
    """`customer_id` is the record whose key seals it; `message` None takes it out."""

    organisation_id: str
    customer_id: str
    message: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAttachments:
    organisation_id: str
    attachments: tuple[Attachment, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSending:
    """Another day to send it on, before it was sent (FLB-155)."""

    organisation_id: str
    send_on: date
    send_at: datetime
    today: date
    by: str
    at: datetime


OfContent = ChangeWorks | ComposeMessage | ChangeAttachments

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RemindersAreOff:
    """The dealership does not let reminders be made (FLB-150)."""


@dataclass(frozen=True, slots=True)
class SendDayIsPast:
    field: ClassVar[str] = "send_on"
    send_on: date
    today: date


@dataclass(frozen=True, slots=True)
class NoWorks:
    """A reminder is of one work at least."""

    field: ClassVar[str] = "works"


@dataclass(frozen=True, slots=True)
class TooManyDueWorks:
    field: ClassVar[str] = "works"
    most: int


@dataclass(frozen=True, slots=True)
class WorkNamedTwice:
    field: ClassVar[str] = "works"
    work: str


@dataclass(frozen=True, slots=True)
class WorkPriceNotPossible:
    field: ClassVar[str] = "works"
    amount: Money
    most: Money


@dataclass(frozen=True, slots=True)
class WorkPriceNotInCurrency:
    field: ClassVar[str] = "works"
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class AttachmentsNotPossible:
    """Too many, or one twice."""

    field: ClassVar[str] = "attachments"
    most: int


BadWorks = (
    NoWorks | TooManyDueWorks | WorkNamedTwice | WorkPriceNotPossible | WorkPriceNotInCurrency
)
Rejection = BadWorks | RemindersAreOff | SendDayIsPast | AttachmentsNotPossible

# --- Decisions --------------------------------------------------------------

Decision = list[ReminderEvent] | Rejection


def create(command: CreateReminder) -> Decision:
    if not command.allowed:
        return RemindersAreOff()
    if bad := bad_works(command.works, command.currency):
        return bad
    if command.send_on < command.today:
        return SendDayIsPast(command.send_on, command.today)
    return [created(command)]


def created(command: CreateReminder) -> ReminderCreated:
    return ReminderCreated(
        reminder_id=command.reminder_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        brand=command.brand,
        cause=ReminderCause.BY_HAND,
        case_id=command.case_id,
        reference=command.reference,
        customer_id=command.customer_id,
        currency=command.currency,
        time_zone=command.time_zone,
        works=command.works,
        send_on=command.send_on,
        send_at=command.send_at,
        created_by=command.by,
        created_at=command.at,
    )


def arranged(command: ArrangeReminder) -> ReminderCreated:
    return ReminderCreated(
        reminder_id=command.reminder_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        brand=command.brand,
        cause=command.cause,
        case_id=command.case_id,
        reference=None,
        customer_id=command.customer_id,
        currency=command.currency,
        time_zone=command.time_zone,
        works=command.works,
        send_on=command.send_on,
        send_at=command.send_at,
        created_by=None,
        created_at=command.at,
    )


def arrange(command: ArrangeReminder, matter: Matter, *, pending: bool) -> list[ReminderEvent]:
    """The works as the plan has them now, and the day, where it did not go out and nobody has
    chosen another one."""
    events: list[ReminderEvent] = []
    if command.works != matter.works:
        events.append(works_changed(matter, command.works, None, command.at))
    chosen = matter.planned is not None and matter.planned.reason is PlanningReason.CHOSEN
    if pending and not chosen and command.send_on != matter.send_on:
        reason = PlanningReason.REGROUPED
        days = (command.send_on, command.send_at)
        events.append(planned(matter, *days, reason, None, command.at))
    return events


def absorb(command: AbsorbWorks, matter: Matter) -> list[ReminderEvent]:
    there = {one.work_id for one in matter.works}
    new = tuple(one for one in command.works if one.work_id not in there)
    return [works_changed(matter, (*matter.works, *new), None, command.at)] if new else []


def decide(command: OfContent, matter: Matter) -> Decision:
    """As in every aggregate, until the customer has read it."""
    match command:
        case ChangeWorks():
            return change_works(command, matter)
        case ComposeMessage():
            known = matter.message.message if matter.message else None
            return [composed(command, matter)] if command.message != known else []
        case ChangeAttachments():
            return attach(command, matter)
        case unhandled:
            assert_never(unhandled)


def change_works(command: ChangeWorks, matter: Matter) -> Decision:
    if bad := bad_works(command.works, matter.created.currency):
        return bad
    if command.works == matter.works:
        return []
    return [works_changed(matter, command.works, command.by, command.at)]


def attach(command: ChangeAttachments, matter: Matter) -> Decision:
    files = [one.file_id for one in command.attachments]
    if len(files) > MOST_ATTACHMENTS or len(set(files)) < len(files):
        return AttachmentsNotPossible(MOST_ATTACHMENTS)
    known = matter.attachments.attachments if matter.attachments else ()
    if command.attachments == known:
        return []
    created = matter.created
    return [
        AttachmentsChanged(
            reminder_id=created.reminder_id,
            organisation_id=created.organisation_id,
            dealership_id=created.dealership_id,
            attachments=command.attachments,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]


def plan_sending(command: PlanSending, matter: Matter) -> Decision:
    if command.send_on < command.today:
        return SendDayIsPast(command.send_on, command.today)
    if command.send_on == matter.send_on:
        return []
    reason = PlanningReason.CHOSEN
    return [planned(matter, command.send_on, command.send_at, reason, command.by, command.at)]


def bad_works(works: tuple[DueWork, ...], currency: str) -> BadWorks | None:
    if not works:
        return NoWorks()
    if len(works) > MOST_WORKS:
        return TooManyDueWorks(MOST_WORKS)
    seen: set[str] = set()
    for work in works:
        if work.work_id in seen:
            return WorkNamedTwice(work.label)
        seen.add(work.work_id)
        if work.price is None:
            continue
        if work.price.currency != currency:
            return WorkPriceNotInCurrency(work.price.currency, currency)
        if not 0 <= work.price.amount_minor <= MOST_MINOR:
            return WorkPriceNotPossible(work.price, Money(MOST_MINOR, currency))
    return None


# --- Events -----------------------------------------------------------------


def works_changed(
    matter: Matter, works: tuple[DueWork, ...], by: str | None, at: datetime
) -> WorksChanged:
    created = matter.created
    return WorksChanged(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        works=works,
        changed_by=by,
        changed_at=at,
    )


def planned(
    matter: Matter,
    send_on: date,
    send_at: datetime,
    reason: PlanningReason,
    by: str | None,
    at: datetime,
    kind: ReminderMessage = ReminderMessage.REMINDER,
) -> SendingPlanned:
    created = matter.created
    return SendingPlanned(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        send_on=send_on,
        send_at=send_at,
        reason=reason,
        planned_by=by,
        planned_at=at,
        kind=kind,
    )


def composed(command: ComposeMessage, matter: Matter) -> MessageComposed:
    created = matter.created
    return MessageComposed(
        reminder_id=created.reminder_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        customer_id=command.customer_id,
        message=command.message,
        composed_by=command.by,
        composed_at=command.at,
    )

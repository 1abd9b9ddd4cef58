"""Valid events of reminders with sensible defaults; a test names only what it is about."""

from datetime import date, datetime, timedelta

from contracts.common_v1 import Money
from contracts.reminders.reminder_v1 import (
    CallAsked,
    ContactRequested,
    DueWork,
    PlanningReason,
    ReminderAnswered,
    ReminderCause,
    ReminderChannel,
    ReminderChoice,
    ReminderClosed,
    ReminderCreated,
    ReminderHeld,
    ReminderMessage,
    ReminderRead,
    ReminderReleased,
    ReminderSent,
    ReminderStopped,
    SendingFailed,
    SendingFailure,
    SendingPlanned,
    StopReason,
    WorkAccepted,
    WorkEnd,
    WorkEnded,
    WorkLevel,
    WorkRefused,
    WorksChanged,
)
from services.views.dealer.tests.make import GROUP, LYON, NOON

SEND_ON = date(2030, 5, 11)
SEND_AT = datetime.fromisoformat("2030-05-11T07:00:00+00:00")
"""Nine at Lyon."""
FOLLOW_UP_AT = SEND_AT + timedelta(days=7)


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def due_work(
    id: str = "belt", price: int | None = 64_000, level: WorkLevel = WorkLevel.ADVISED
) -> DueWork:
    return DueWork(
        work_id=id,
        label=id.title(),
        level=level,
        price=None if price is None else eur(price),
        due_on=date(2030, 5, 21),
        due_mileage_km=90_000,
        case_id="d1",
        case_work_id=id,
    )


TWO = (due_work(), due_work("pads", 12_000, WorkLevel.URGENT))


def created(
    id: str = "r1",
    *works: DueWork,
    dealership_id: str = LYON,
    customer_id: str = "c1",
    case_id: str | None = "d1",
    brand: str = "citroen",
    send_on: date = SEND_ON,
    send_at: datetime = SEND_AT,
    org: str = GROUP,
) -> ReminderCreated:
    return ReminderCreated(
        reminder_id=id,
        organisation_id=org,
        dealership_id=dealership_id,
        brand=brand,
        cause=ReminderCause.WORK_REPORT,
        case_id=case_id,
        reference=None,
        customer_id=customer_id,
        currency="EUR",
        time_zone="Europe/Paris",
        works=works or TWO,
        send_on=send_on,
        send_at=send_at,
        created_by=None,
        created_at=NOON,
    )


def works_changed(*works: DueWork, id: str = "r1") -> WorksChanged:
    return WorksChanged(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        works=works,
        changed_by="nadia",
        changed_at=NOON,
    )


def planned(
    day: date,
    at: datetime,
    kind: ReminderMessage = ReminderMessage.REMINDER,
    id: str = "r1",
) -> SendingPlanned:
    return SendingPlanned(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        send_on=day,
        send_at=at,
        reason=PlanningReason.CHOSEN,
        planned_by="nadia",
        planned_at=NOON,
        kind=kind,
    )


def held(id: str = "r1") -> ReminderHeld:
    return ReminderHeld(
        reminder_id=id, organisation_id=GROUP, dealership_id=LYON, held_by="nadia", held_at=NOON
    )


def released(id: str = "r1") -> ReminderReleased:
    return ReminderReleased(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        released_by="nadia",
        released_at=NOON,
    )


def sent(
    id: str = "r1",
    kind: ReminderMessage = ReminderMessage.REMINDER,
    on: date = SEND_ON,
    follow_up_at: datetime = FOLLOW_UP_AT,
) -> ReminderSent:
    return ReminderSent(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        kind=kind,
        channels=(ReminderChannel.EMAIL,),
        sent_on=on,
        follow_up_at=follow_up_at,
        sender_id=None,
        sent_at=SEND_AT,
    )


def undelivered(id: str = "r1") -> SendingFailed:
    return SendingFailed(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        reason=SendingFailure.NOT_DELIVERED,
        sender_id=None,
        failed_at=SEND_AT,
    )


def read(id: str = "r1") -> ReminderRead:
    return ReminderRead(reminder_id=id, organisation_id=GROUP, dealership_id=LYON, read_at=SEND_AT)


def accepted(work: DueWork = TWO[0], id: str = "r1") -> WorkAccepted:
    return WorkAccepted(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        work=work,
        taken_down_by=None,
        accepted_at=SEND_AT,
    )


def refused(work: DueWork = TWO[1], id: str = "r1") -> WorkRefused:
    return WorkRefused(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        work=work,
        taken_down_by=None,
        refused_at=SEND_AT,
    )


def answered(
    amount: int = 64_000, choice: ReminderChoice = ReminderChoice.BOOKED, id: str = "r1"
) -> ReminderAnswered:
    return ReminderAnswered(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        choice=choice,
        accepted=eur(amount),
        accepted_works=1,
        refused_works=1,
        taken_down_by=None,
        answered_at=SEND_AT,
    )


def contact_requested(id: str = "r1") -> ContactRequested:
    return ContactRequested(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        advisor_id=None,
        requested_at=SEND_AT,
    )


def call_asked(id: str = "r1") -> CallAsked:
    return CallAsked(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        advisor_id=None,
        asked_at=SEND_AT,
    )


def ended(work_id: str = "belt", end: WorkEnd = WorkEnd.CARRIED_OUT, id: str = "r1") -> WorkEnded:
    return WorkEnded(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        work_id=work_id,
        end=end,
        by_case_id="d9",
        ended_at=SEND_AT,
        into_reminder_id=None,
        by_work_id="w-1",
    )


def stopped(id: str = "r1") -> ReminderStopped:
    return ReminderStopped(
        reminder_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        reason=StopReason.WORKS_SETTLED,
        into_reminder_id=None,
        stopped_by=None,
        stopped_at=NOON,
        works=(),
    )


def closed(id: str = "r1") -> ReminderClosed:
    return ReminderClosed(
        reminder_id=id, organisation_id=GROUP, dealership_id=LYON, closed_by="nadia", closed_at=NOON
    )

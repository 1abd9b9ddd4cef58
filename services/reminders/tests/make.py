"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce

from contracts.common_v1 import Money
from contracts.reminders import plan_v1
from contracts.reminders.plan_v1 import PlanCause, PlannedWork, Settlement
from contracts.reminders.reminder_v1 import (
    DueWork,
    InvitationOutcome,
    ReminderCause,
    ReminderEvent,
    ReminderMessage,
    StopReason,
    WorkEnd,
    WorkLevel,
)
from infra.testing.spec import Spec
from services.reminders import plan, reminder
from services.reminders.reminder import answering, content, ending, replying, sending

GROUP, LILLE = "lumen", "GLILLE"
CASE, ID = "JAAAABBBBCCCCDDDD", "JAAAABBBBCCCCDDDD-R1"
CLAIRE = "CAAAABBBBCCCCDDDD"
NOON = datetime(2030, 5, 6, 10, 0, tzinfo=UTC)
TODAY = date(2030, 5, 6)
DAY = date(2030, 6, 20)
NINE = datetime(2030, 6, 20, 7, 0, tzinfo=UTC)
"""Of that day, at Lille."""
WEEK = timedelta(days=7)
REMINDER = Spec(reminder.decide, reminder.evolve, reminder.initial)
PLAN = Spec(plan.decide, plan.evolve, plan.initial)
BELT, PADS = f"{CASE}.belt", f"{CASE}.pads"


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


# --- Plans ------------------------------------------------------------------


def planned_work(
    id: str = "belt", due: date = date(2030, 6, 30), price: int | None = 64_000
) -> PlannedWork:
    return PlannedWork(
        work_id=id,
        label=id.title(),
        level=plan_v1.WorkLevel.ADVISED,
        price=None if price is None else eur(price),
        due_on=due,
        due_mileage_km=None,
        estimate=None,
    )


def plan_terms(lead: int = 10, grouping: int = 31, today: date = TODAY) -> plan.Terms:
    return plan.Terms(
        brand="peugeot",
        customer_id=CLAIRE,
        currency="EUR",
        time_zone="Europe/Paris",
        lead_days=lead,
        grouping_days=grouping,
        today=today,
    )


def plan_works(*works: PlannedWork, terms: plan.Terms | None = None) -> plan.PlanWorks:
    return plan.PlanWorks(
        case_id=CASE,
        organisation_id=GROUP,
        dealership_id=LILLE,
        version=1,
        cause=PlanCause.WORK_REPORT,
        terms=terms or plan_terms(),
        works=works,
        at=NOON,
    )


def regroup(
    *works: PlannedWork,
    seen: tuple[tuple[str, ...], ...] = (),
    fixed: frozenset[str] = frozenset(),
    terms: plan.Terms | None = None,
    organisation: str = GROUP,
) -> plan.RegroupWorks:
    return plan.RegroupWorks(
        organisation_id=organisation,
        works=works,
        seen=seen,
        fixed=fixed,
        terms=terms or plan_terms(),
        by="lea",
        at=NOON,
    )


def settle(
    id: str = "belt", settlement: Settlement = Settlement.TAKEN_UP, organisation: str = GROUP
) -> plan.SettleWork:
    return plan.SettleWork(
        case_id=CASE,
        organisation_id=organisation,
        work_id=id,
        settlement=settlement,
        by_case_id="J2",
        by_work_id="w-7",
        at=NOON,
    )


# --- Reminders --------------------------------------------------------------


def due_work(id: str = BELT, price: int | None = 64_000) -> DueWork:
    case_id, _, own = id.partition(".")
    return DueWork(
        work_id=id,
        label=own.title() or id,
        level=WorkLevel.ADVISED,
        price=None if price is None else eur(price),
        due_on=date(2030, 6, 30),
        due_mileage_km=None,
        case_id=case_id,
        case_work_id=own,
    )


TWO = (due_work(), due_work(PADS, 12_000))


def create(
    works: tuple[DueWork, ...] = TWO,
    send_on: date = DAY,
    today: date = TODAY,
    allowed: bool = True,
    reference: str = "OR-48213",
) -> content.CreateReminder:
    return content.CreateReminder(
        reminder_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        customer_id=CLAIRE,
        reference=reference,
        case_id=None,
        currency="EUR",
        time_zone="Europe/Paris",
        works=works,
        send_on=send_on,
        send_at=NINE,
        today=today,
        allowed=allowed,
        by="lea",
        at=NOON,
    )


def arrange(
    works: tuple[DueWork, ...] = TWO, send_on: date = DAY, send_at: datetime = NINE
) -> content.ArrangeReminder:
    return content.ArrangeReminder(
        reminder_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        cause=ReminderCause.WORK_REPORT,
        case_id=CASE,
        customer_id=CLAIRE,
        currency="EUR",
        time_zone="Europe/Paris",
        works=works,
        send_on=send_on,
        send_at=send_at,
        at=NOON,
    )


def change_works(*works: DueWork) -> content.ChangeWorks:
    return content.ChangeWorks(organisation_id=GROUP, works=works, by="lea", at=NOON)


def compose(message: str | None = "See you soon.") -> content.ComposeMessage:
    return content.ComposeMessage(
        organisation_id=GROUP, customer_id=CLAIRE, message=message, by="lea", at=NOON
    )


def plan_sending(day: date, at: datetime, today: date = TODAY) -> content.PlanSending:
    return content.PlanSending(
        organisation_id=GROUP, send_on=day, send_at=at, today=today, by="lea", at=NOON
    )


def terms(
    automatic: bool = True,
    stop: StopReason | None = None,
    email: str | None = "claire@example.org",
    phone: str | None = "+33612345678",
    now: datetime = NINE,
    lawful_at: datetime | None = None,
) -> sending.Terms:
    return sending.Terms(
        automatic=automatic,
        stop=stop,
        customer_id=CLAIRE,
        name="Claire Moreau",
        email=email,
        phone=phone,
        language="fr",
        link="https://example.org/r/1",
        dealership="Lumen Lille",
        today=now.date(),
        now=now,
        lawful_at=lawful_at or now,
        follow_up_at=now + WEEK,
    )


def send_due(
    how: sending.Terms | None = None,
    kind: ReminderMessage = ReminderMessage.REMINDER,
    due: datetime = NINE,
) -> sending.SendDue:
    return sending.SendDue(
        reminder_id=ID,
        brand="peugeot",
        dealership_id=LILLE,
        customer_id=CLAIRE,
        case_id=None,
        kind=kind,
        due_at=due,
        terms=how or terms(),
    )


def send_now(
    how: sending.Terms | None = None,
    works: int = 2,
    proposed: int = 76_000,
    id: str = "first",
    at: datetime = NOON,
) -> sending.SendNow:
    return sending.SendNow(
        organisation_id=GROUP,
        sending_id=id,
        seen=sending.Seen(works=works, proposed=eur(proposed)),
        terms=how or terms(now=at),
        by="lea",
        at=at,
    )


def hold() -> sending.HoldReminder:
    return sending.HoldReminder(organisation_id=GROUP, by="lea", at=NOON)


def release(day: date = DAY, at: datetime = NINE) -> sending.ReleaseReminder:
    return sending.ReleaseReminder(
        organisation_id=GROUP, send_on=day, send_at=at, by="lea", at=NOON
    )


def plan_follow_up(
    day: date, at: datetime, today: date = TODAY, by: str = "lea"
) -> sending.PlanFollowUp:
    return sending.PlanFollowUp(
        organisation_id=GROUP, send_on=day, send_at=at, today=today, by=by, at=NINE
    )


def follow(
    channel: str, outcome: InvitationOutcome, sending_id: str = "first"
) -> sending.FollowInvitation:
    return sending.FollowInvitation(
        reminder_id=ID,
        invitation_id=f"{ID}.{sending_id}-{channel}",
        message_id=f"m-{channel}",
        outcome=outcome,
        at=NOON,
    )


def open_page(at: datetime = NOON) -> answering.OpenPage:
    return answering.OpenPage(at=at)


def book(*accepted: str, bookable: bool = True) -> answering.BookWorks:
    return answering.BookWorks(accepted=accepted, bookable=bookable, at=NOON)


def refuse_all() -> answering.RefuseAll:
    return answering.RefuseAll(at=NOON)


def contact() -> answering.RequestContact:
    return answering.RequestContact(at=NOON)


def decline() -> answering.DeclineReminders:
    return answering.DeclineReminders(wording="No more reminders.", at=NOON)


def reply(
    text: str = "STOP", stops: bool = True, id: str = "in-1", invitation: str = "first-sms"
) -> replying.FollowReply:
    return replying.FollowReply(
        reminder_id=ID,
        invitation_id=f"{ID}.{invitation}",
        reply_id=id,
        stops=stops,
        text=text,
        at=NOON,
    )


def take_down(*accepted: str, seen: int = 2) -> answering.TakeDownChoice:
    return answering.TakeDownChoice(
        organisation_id=GROUP, accepted=accepted, seen=seen, by="lea", at=NOON
    )


def stop(
    reason: StopReason = StopReason.CONSENT_WITHDRAWN, organisation: str = GROUP
) -> ending.StopReminder:
    return ending.StopReminder(reminder_id=ID, organisation_id=organisation, reason=reason, at=NOON)


def end_work(id: str = BELT, end: WorkEnd = WorkEnd.TAKEN_UP) -> ending.EndWork:
    return ending.EndWork(
        reminder_id=ID, work_id=id, end=end, by_case_id="J2", by_work_id="w-7", at=NOON
    )


def merge(into: str = "ZOTHER", seen: int = 2) -> ending.MergeReminder:
    return ending.MergeReminder(
        organisation_id=GROUP, into_reminder_id=into, seen=seen, by="lea", at=NOON
    )


def close() -> ending.CloseReminder:
    return ending.CloseReminder(organisation_id=GROUP, by="lea", at=NOON)


def history(*commands: reminder.Command) -> tuple[ReminderEvent, ...]:
    """The facts that these commands leave; each of them has to be accepted."""
    events: tuple[ReminderEvent, ...] = ()
    for command in commands:
        decided = reminder.decide(command, folded(*events))
        assert isinstance(decided, list), decided
        events += tuple(decided)
    return events


def folded(*events: ReminderEvent) -> reminder.Reminder:
    return reduce(reminder.evolve, events, reminder.initial)


def state(*commands: reminder.Command) -> reminder.Reminder:
    """The reminder after these commands."""
    return folded(*history(*commands))


PENDING = (create(),)
SENT = (*PENDING, send_now())
READ = (*SENT, open_page())
ANSWERED = (*READ, book(BELT))

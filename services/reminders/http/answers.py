"""Reminders and plans as the API shows them."""

from enum import StrEnum
from typing import assert_never

from contracts.reminders import plan_v1, reminder_v1
from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AppointmentMade,
    AttachmentsChanged,
    CallAsked,
    ContactHandled,
    ContactRequested,
    CustomerInvited,
    CustomerReplied,
    DueWork,
    InvitationFollowed,
    MessageComposed,
    PlaceUnused,
    ReminderAnswered,
    ReminderClosed,
    ReminderCreated,
    ReminderHeld,
    ReminderRead,
    ReminderReleased,
    RemindersDeclined,
    ReminderSent,
    ReminderStopped,
    SendingDue,
    SendingFailed,
    SendingPlanned,
    WorkAccepted,
    WorkEnded,
    WorkRefused,
    WorksChanged,
)
from infra.http.answers import Answer, MoneyShown
from infra.http.history import History
from infra.http.models import Day, Instant
from services.reminders import plan, reminder
from services.reminders.http.fields import (
    CauseNamed,
    ChannelNamed,
    ChoiceNamed,
    EndNamed,
    FailureNamed,
    KindNamed,
    LevelNamed,
    MessageNamed,
    OutcomeNamed,
    PlanCauseNamed,
    PlannedLevelNamed,
    SettlementNamed,
    StopNamed,
)
from services.reminders.reminder.matter import Matter, total


class ReminderStatus(StrEnum):
    PENDING_SEND = "pending_send"
    SENT = "sent"
    READ = "read"
    ANSWERED = "answered"
    STOPPED = "stopped"
    """It ended by itself."""


class CallStatus(StrEnum):
    """Whether the customer wants to be called."""

    NONE = "none"
    REQUESTED = "requested"
    HANDLED = "handled"


# --- Reminders --------------------------------------------------------------


class DueWorkShown(Answer):
    work_id: str
    label: str
    level: LevelNamed
    price: MoneyShown | None
    due_on: Day | None
    due_mileage_km: int | None
    case_id: str | None
    """The case that it comes from."""
    accepted: bool | None
    """Null while nothing is decided."""
    end: EndNamed | None
    """How it ended after all: in a later case."""
    by_case_id: str | None


class AttachmentShown(Answer):
    file_id: str
    kind: KindNamed


class ReminderMessageShown(Answer):
    """A message to the customer, and what became of it."""

    invitation_id: str
    kind: MessageNamed
    channel: ChannelNamed
    outcome: OutcomeNamed | None
    invited_at: Instant


class ReminderAnswerShown(Answer):
    choice: ChoiceNamed
    accepted: MoneyShown
    accepted_works: int
    refused_works: int
    taken_down_by: str | None
    answered_at: Instant


class StopShown(Answer):
    reason: StopNamed
    into_reminder_id: str | None
    """The reminder that has its works now, where it was merged."""
    stopped_at: Instant


class AppointmentShown(Answer):
    """The appointment that the customer made with the answer."""

    starts_at: Instant
    ends_at: Instant
    cancelled: bool


class ReminderShown(Answer):
    """A reminder to colleagues."""

    reminder_id: str
    status: ReminderStatus
    dealership_id: str
    brand: str
    cause: CauseNamed
    case_id: str | None
    reference: str | None
    customer_id: str
    """The customer, or the contact of the case, which leads to one."""
    works: tuple[DueWorkShown, ...]
    proposed: MoneyShown
    """Of the works that have a price and are still to be done."""
    open_works: int
    """Those that the customer is still reminded of."""
    send_on: Day
    """The day on which it goes out, or went out last."""
    send_at: Instant
    held: bool
    """It does not go out by itself."""
    failure: FailureNamed | None
    """Why the last sending came to nothing."""
    message: str | None
    attachments: tuple[AttachmentShown, ...]
    messages: tuple[ReminderMessageShown, ...]
    contact: CallStatus
    call_asked: bool
    """Messages came to nothing, so that somebody is to call."""
    declined: bool
    """The customer wants no reminders any more."""
    appointment: AppointmentShown | None
    answer: ReminderAnswerShown | None
    stop: StopShown | None
    created_by: str | None
    created_at: Instant


class ReminderHistory(
    History,
    of=reminder_v1.contract,
    shows={
        ReminderCreated: ("cause", "case_id", "customer_id", "send_on", "send_at", "created_by"),
        WorksChanged: ("changed_by",),
        MessageComposed: ("composed_by",),
        AttachmentsChanged: ("changed_by",),
        SendingPlanned: ("send_on", "send_at", "reason", "planned_by", "kind"),
        ReminderHeld: ("held_by",),
        ReminderReleased: ("released_by",),
        SendingDue: ("kind", "due_at"),
        ReminderSent: ("kind", "sent_on", "sender_id", "follow_up_at"),
        CustomerInvited: ("invitation_id", "kind", "channel"),
        InvitationFollowed: ("invitation_id", "outcome"),
        SendingFailed: ("reason",),
        ReminderRead: ("read_at",),
        WorkAccepted: ("taken_down_by",),
        WorkRefused: ("taken_down_by",),
        ReminderAnswered: ("choice", "accepted_works", "refused_works", "taken_down_by"),
        ContactRequested: ("advisor_id",),
        ContactHandled: ("handled_by",),
        CallAsked: ("advisor_id",),
        RemindersDeclined: ("declined_at",),
        CustomerReplied: ("reply_id", "replied_at"),
        AppointmentMade: ("starts_at", "ends_at"),
        AppointmentCancelled: ("starts_at", "cancelled_by"),
        PlaceUnused: ("workday_id", "starts_at", "taken_at"),
        WorkEnded: ("work_id", "end", "by_case_id"),
        ReminderStopped: ("reason", "into_reminder_id", "stopped_by"),
        ReminderClosed: ("closed_by",),
    },
):
    """Every fact about a reminder, oldest first."""


def shown(state: reminder.Created) -> ReminderShown:
    """The reminder as it is now."""
    held, created = state.matter, state.matter.created
    failed = state.failed if isinstance(state, reminder.Pending) else None
    open_works = held.open_works
    return ReminderShown(
        reminder_id=created.reminder_id,
        status=status_of(state),
        dealership_id=created.dealership_id,
        brand=created.brand,
        cause=created.cause,
        case_id=created.case_id,
        reference=created.reference,
        customer_id=created.customer_id,
        works=tuple(work_shown(one, held) for one in held.works),
        proposed=MoneyShown.of(total(open_works, created.currency)),
        open_works=len(open_works),
        send_on=held.send_on,
        send_at=held.send_at,
        held=held.held,
        failure=failed.reason if failed else None,
        message=held.message.message if held.message else None,
        attachments=tuple(
            AttachmentShown.of(one)
            for one in (held.attachments.attachments if held.attachments else ())
        ),
        messages=tuple(message_shown(one, held) for one in held.invitations.values()),
        contact=contact_of(held),
        call_asked=held.called is not None,
        declined=held.declined is not None,
        appointment=appointment_of(held),
        answer=answer_shown(state),
        stop=StopShown.of(state.stopped) if isinstance(state, reminder.Stopped) else None,
        created_by=created.created_by,
        created_at=created.created_at,
    )


def status_of(state: reminder.Created) -> ReminderStatus:
    """Raises KeyError for one that was deleted: it is shown nowhere."""
    return {
        reminder.Pending: ReminderStatus.PENDING_SEND,
        reminder.Sent: ReminderStatus.SENT,
        reminder.Read: ReminderStatus.READ,
        reminder.Answered: ReminderStatus.ANSWERED,
        reminder.Stopped: ReminderStatus.STOPPED,
    }[type(state)]


def appointment_of(held: Matter) -> AppointmentShown | None:
    known = held.appointment
    if known is None:
        return None
    return AppointmentShown(
        starts_at=known.starts_at,
        ends_at=known.ends_at,
        cancelled=isinstance(known, AppointmentCancelled),
    )


def contact_of(held: Matter) -> CallStatus:
    match held.contact:
        case None:
            return CallStatus.NONE
        case ContactRequested():
            return CallStatus.REQUESTED
        case ContactHandled():
            return CallStatus.HANDLED
        case unhandled:
            assert_never(unhandled)


def work_shown(work: DueWork, held: Matter) -> DueWorkShown:
    decided = {one.work.work_id: isinstance(one, WorkAccepted) for one in held.decided}
    ended = held.ended.get(work.work_id)
    return DueWorkShown(
        work_id=work.work_id,
        label=work.label,
        level=work.level,
        price=MoneyShown.of(work.price) if work.price else None,
        due_on=work.due_on,
        due_mileage_km=work.due_mileage_km,
        case_id=work.case_id,
        accepted=decided.get(work.work_id),
        end=ended.end if ended else None,
        by_case_id=ended.by_case_id if ended else None,
    )


def message_shown(one: CustomerInvited, held: Matter) -> ReminderMessageShown:
    followed = held.outcomes.get(one.invitation_id)
    return ReminderMessageShown(
        invitation_id=one.invitation_id,
        kind=one.kind,
        channel=one.channel,
        outcome=followed.outcome if followed else None,
        invited_at=one.invited_at,
    )


def answer_shown(state: reminder.Created) -> ReminderAnswerShown | None:
    if not isinstance(state, reminder.Answered):
        return None
    return ReminderAnswerShown.of(state.answered)


# --- Plans ------------------------------------------------------------------


class ReadingShown(Answer):
    """The mileage on a day."""

    mileage_km: int
    read_on: Day


class EstimateShown(Answer):
    """The day on which the mileage is reached, if the vehicle goes on as between two readings."""

    first: ReadingShown
    last: ReadingShown
    reached_on: Day


class PlannedWorkShown(Answer):
    work_id: str
    label: str
    level: PlannedLevelNamed
    price: MoneyShown | None
    due_on: Day
    due_mileage_km: int | None
    estimate: EstimateShown | None
    """Null where no mileage is due, or too little is known of the vehicle."""
    settled: SettlementNamed | None
    """It is in a later case."""


class GroupShown(Answer):
    """The works of one reminder."""

    reminder_id: str
    due_on: Day
    """The earliest day of its works."""
    send_on: Day
    works: tuple[PlannedWorkShown, ...]


class PlanShown(Answer):
    """The works of a case that are to be done later, in groups: each is a reminder."""

    case_id: str
    dealership_id: str
    cause: PlanCauseNamed
    lead_days: int
    grouping_days: int
    groups: tuple[GroupShown, ...]


class RegroupingShown(Answer):
    """The groups that a change makes: save it with `groups`, the ids of their works."""

    groups: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[str, ...], ...]
    """Reminders that become one, by their ids."""
    split: tuple[str, ...]
    """Reminders whose works go to several."""
    proposal: tuple[GroupShown, ...]


class PlanHistory(
    History,
    of=plan_v1.contract,
    shows={
        plan_v1.WorksPlanned: ("case_id", "cause", "lead_days", "grouping_days"),
        plan_v1.WorksRegrouped: ("lead_days", "grouping_days", "regrouped_by"),
        plan_v1.WorkSettled: ("work_id", "reminder_id", "settlement", "by_case_id"),
    },
):
    """Every fact about the plan of a case, oldest first."""


def plan_shown(state: plan.Planned) -> PlanShown:
    known = state.planned
    return PlanShown(
        case_id=known.case_id,
        dealership_id=known.dealership_id,
        cause=known.cause,
        lead_days=known.lead_days,
        grouping_days=known.grouping_days,
        groups=tuple(group_shown(one, state) for one in known.groups),
    )


def group_shown(group: plan_v1.WorkGroup, state: plan.Planned) -> GroupShown:
    return GroupShown(
        reminder_id=group.reminder_id,
        due_on=group.due_on,
        send_on=group.send_on,
        works=tuple(planned_shown(one, state) for one in group.works),
    )


def planned_shown(work: plan_v1.PlannedWork, state: plan.Planned) -> PlannedWorkShown:
    return PlannedWorkShown(
        work_id=work.work_id,
        label=work.label,
        level=work.level,
        price=MoneyShown.of(work.price) if work.price else None,
        due_on=work.due_on,
        due_mileage_km=work.due_mileage_km,
        estimate=EstimateShown.of(work.estimate) if work.estimate else None,
        settled=state.settled.get(work.work_id),
    )

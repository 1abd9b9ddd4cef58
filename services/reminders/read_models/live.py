"""Which reminders have no answer and no end yet, and whose are they?"""

from dataclasses import dataclass
from typing import assert_never

from contracts.reminders import reminder_v1
from contracts.reminders.reminder_v1 import (
    ReminderAnswered,
    ReminderClosed,
    ReminderCreated,
    ReminderStopped,
)
from infra.consumers.views import View

Reads = ReminderCreated | ReminderAnswered | ReminderStopped | ReminderClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReminder:
    reminder_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    customer_id: str
    """That of the case, or whom it names."""
    case_id: str | None


def key(event: Reads) -> tuple[str]:
    return (event.reminder_id,)


def project(_: LiveReminder | None, event: Reads) -> LiveReminder | None:
    match event:
        case ReminderCreated():
            return LiveReminder(
                reminder_id=event.reminder_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id,
                brand=event.brand,
                customer_id=event.customer_id,
                case_id=event.case_id,
            )
        case ReminderAnswered() | ReminderStopped() | ReminderClosed():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="live",
    contract=reminder_v1.contract,
    reads=Reads,
    row=LiveReminder,
    primary_key=("reminder_id",),
    key=key,
    project=project,
    indexes=("(customer_id)", "(case_id) where case_id is not null"),
)

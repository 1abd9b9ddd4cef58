"""Fields that several bodies and answers share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.reminders import plan_v1, reminder_v1
from infra.http.models import Body, Day, Line, MoneyBody, Named

Brand = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
WorkId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
"""The id of a work within its reminder."""
Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Count = Annotated[int, Field(ge=0)]
Mileage = Annotated[int, Field(ge=0, le=10_000_000)]

LevelNamed = Annotated[reminder_v1.WorkLevel, Named()]
PlannedLevelNamed = Annotated[plan_v1.WorkLevel, Named()]
KindNamed = Annotated[reminder_v1.AttachmentKind, Named()]
ChannelNamed = Annotated[reminder_v1.ReminderChannel, Named()]
MessageNamed = Annotated[reminder_v1.ReminderMessage, Named()]
OutcomeNamed = Annotated[reminder_v1.InvitationOutcome, Named()]
CauseNamed = Annotated[reminder_v1.ReminderCause, Named()]
PlanCauseNamed = Annotated[plan_v1.PlanCause, Named()]
ChoiceNamed = Annotated[reminder_v1.ReminderChoice, Named()]
StopNamed = Annotated[reminder_v1.StopReason, Named()]
FailureNamed = Annotated[reminder_v1.SendingFailure, Named()]
EndNamed = Annotated[reminder_v1.WorkEnd, Named()]
PlanningNamed = Annotated[reminder_v1.PlanningReason, Named()]
SettlementNamed = Annotated[plan_v1.Settlement, Named()]


class WorkBody(Body):
    """A work that the customer is reminded of."""

    work_id: WorkId
    label: Line
    level: LevelNamed
    price: MoneyBody | None = None
    """Including VAT, after the discount."""
    due_on: Day | None = None
    due_mileage_km: Mileage | None = None


class PlannedWorkBody(Body):
    """A work that is to be done by a day."""

    work_id: WorkId
    label: Line
    level: PlannedLevelNamed
    price: MoneyBody | None = None
    """Including VAT, after the discount."""
    due_on: Day
    due_mileage_km: Mileage | None = None


class AttachmentBody(Body):
    """A file of the caller's that goes with a reminder."""

    file_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~:-]{1,64}$")]
    kind: KindNamed

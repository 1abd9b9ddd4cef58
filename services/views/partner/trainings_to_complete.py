"""For logistics: which trainings wait to be completed?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from contracts.missions.driver_v1 import QualificationKind
from infra.http.answers import Answer, Answered, Listed, Router
from infra.http.models import Coded, Instant, Named
from infra.http.pages import Paging
from infra.reading import Rows, Table
from services.views.partner.quotes_on_trip import LogisticsContext

router = Router("Logistics")


@dataclass(frozen=True, slots=True)
class Trainee:
    """A driver who went to a training and has not completed it."""

    driver_id: str
    name: str
    phone: str
    city: str
    missions_delivered: int
    kind: str
    code: str
    started_at: datetime


trainees = Table(
    Trainee,
    "drivers cross join lateral jsonb_to_recordset(drivers.trainings)"
    " as t(kind text, code text, started_at timestamptz)",
    columns={
        "kind": "t.kind",
        "code": "t.code",
        "started_at": "t.started_at",
        "missions_delivered": "(select count(*) from trips where trips.status = 'delivered'"
        " and trips.driver_id = drivers.driver_id"
        " and trips.organisation_id = drivers.organisation_id)",
    },
)
FIRST_BEGUN = trainees.order("first-begun", "started_at", "driver_id", "kind", "code")


def in_training(organisation_id: str) -> Rows[Trainee]:
    """Trainings that wait to be completed (G-11)."""
    return trainees.of(organisation_id).where("not forgotten")


class TraineeShown(Answer):
    """A driver who went to a training and has not completed it."""

    driver_id: str
    name: str
    phone: str
    city: str
    missions_delivered: int
    kind: Annotated[QualificationKind, Named()]
    code: Annotated[str, Coded("AdditionalService")]
    started_at: Instant


@router.get("/logistics/trainings")
async def trainings_to_complete(
    context: LogisticsContext, page: Paging
) -> Answered[Listed[TraineeShown]]:
    """List trainings that drivers went to and nobody completed yet, the first begun first."""
    rows = in_training(context.principal.organisation_id)
    return await page.show(rows, FIRST_BEGUN, TraineeShown.of)

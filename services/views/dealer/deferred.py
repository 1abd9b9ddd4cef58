"""The works of a vehicle that were put off and are still open, for its next case (R1)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from contracts.interventions.case_v1 import MediaKind, WorkLevel
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from services.views.dealer.access import CasesContext, of_cases
from services.views.dealer.cases import NEWEST, Case, MediaOfCase, WorkOfCase, cases
from services.views.dealer.cases_found import CaseSum, sum_shown

router = Router("Cases")

REPORT = "work_report"
TO_DO = frozenset({"advised", "urgent"})


class DeferredMedia(Answer):
    media_id: str
    file_id: str
    kind: Annotated[MediaKind, Named()]


class DeferredWork(Answer):
    """A work that the customer refused, or that a work report planned, and that nobody took up."""

    case_id: str
    work_id: str
    """With the case it names the line, to take it up."""
    label: str
    level: Annotated[WorkLevel, Named()]
    price: CaseSum | None
    """The last one; null where it had none."""
    put_off_at: Instant
    """When it was refused, or the work report was sent."""
    days: int
    """Whole days since."""
    due_on: Day | None
    due_mileage_km: int | None
    media: tuple[DeferredMedia, ...]


class DeferredWorks(Answer):
    works: tuple[DeferredWork, ...]
    """The most urgent first, of those of one level the one that has waited longest."""


@router.get("/cases/{case_id}/deferred-works")
async def list_deferred_works(case_id: Id, context: CasesContext) -> Answered[DeferredWorks]:
    """List what was put off on the vehicle of a case, by its VIN or else its plate, at the same
    dealership."""
    mine = of_cases(context, cases.of(context.principal.organisation_id))
    row = await mine.only(case_id=case_id).one(context.pool)
    if row is None:
        raise Problem(404, "no-such-case")
    found = mine.only(dealership_id=row.dealership_id).where(
        "vin = %(vin)s or plate_found = %(plate)s", vin=row.vin, plate=row.plate_found
    )
    rows = [one for one in await found.many(context.pool, NEWEST) if is_same_vehicle(row, one)]
    lines = [(one, work, at) for one, work, at in open_lines(rows) if one.case_id != case_id]
    lines.sort(key=lambda line: (-WorkLevel[line[1].level.upper()], line[2]))
    return Answered(DeferredWorks(works=tuple(shown(context, *line) for line in lines)))


def is_same_vehicle(row: Case, other: Case) -> bool:
    """A vehicle keeps its VIN when it gets another plate, and the plate goes to another one."""
    return not (row.vin and other.vin and row.vin != other.vin) and other.anonymised_at is None


def open_lines(rows: Sequence[Case]) -> Iterator[tuple[Case, WorkOfCase, datetime]]:
    """The lines that were put off, each with the time, but for those that came up again in another
    of these cases."""
    again = {
        (work.source_case_id, work.source_work_id)
        for row in rows
        if row.module != REPORT or row.sent_at is not None
        for work in row.works
    }
    for row in rows:
        for work in row.works:
            at = put_off_at(row, work)
            if at is not None and (row.case_id, work.work_id) not in again:
                yield row, work, at


def put_off_at(row: Case, work: WorkOfCase) -> datetime | None:
    """When the work was put off; None for one that was not."""
    if row.module == REPORT and work.accepted is None:
        planned = not work.carried_out and work.level in TO_DO
        return row.sent_at if planned else None
    return row.answered_at if work.accepted is False else None


def shown(context: RequestContext, row: Case, work: WorkOfCase, at: datetime) -> DeferredWork:
    return DeferredWork(
        case_id=row.case_id,
        work_id=work.work_id,
        label=work.label,
        level=WorkLevel[work.level.upper()],
        price=sum_shown([work.sum] if work.sum else [], row.currency),
        put_off_at=at,
        days=(context.at - at).days,
        due_on=work.due_on,
        due_mileage_km=work.due_mileage_km,
        media=tuple(media_shown(one) for one in row.media if one.work_id == work.work_id),
    )


def media_shown(one: MediaOfCase) -> DeferredMedia:
    kind = MediaKind[one.kind.upper()]
    return DeferredMedia(media_id=one.media_id, file_id=one.file_id, kind=kind)

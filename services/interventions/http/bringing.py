"""Lines of other cases over HTTP: into a work report, and into a new proposal."""

from typing import Annotated

from pydantic import Field

from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.http.vehicles import normal_plate
from infra.lookups import customers_of_cases, payments
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.case import bringing
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier
from services.interventions.http.access import WriterContext, may_read, ours, to_write
from services.interventions.http.answers import AmountsShown
from services.interventions.http.fields import LevelNamed, PartId

router = Router("Lines of other cases")

# --- Bodies and answers -----------------------------------------------------


class ImportBody(Body):
    case_ids: Annotated[
        tuple[Id, ...], Field(min_length=1, max_length=bringing.MOST_IMPORTS, strict=False)
    ]
    """Answered cases of the customer and the vehicle of the report."""


class LineBody(Body):
    case_id: Id
    work_id: PartId


class LinesBody(Body):
    lines: Annotated[tuple[LineBody, ...], Field(min_length=1, max_length=100, strict=False)]
    """Works that were put off, of the vehicle of this case."""


class CandidateLine(Answer):
    work_id: str
    label: str
    level: LevelNamed
    amounts: AmountsShown | None
    accepted: bool


class Candidate(Answer):
    """An answered case that may come into the report."""

    case_id: str
    reference: str
    answered_at: Instant
    lines: tuple[CandidateLine, ...]


class Candidates(Answer):
    cases: tuple[Candidate, ...]
    """The one that was linked to the customer last comes first."""


# --- Routes -----------------------------------------------------------------


@router.post("/cases/{case_id}/imports")
async def import_cases(case_id: Id, body: ImportBody, context: WriterContext) -> Answered[Recorded]:
    """Make a work report of answered cases, or put more of them in: what was accepted was carried
    out, what was refused is to be planned. Each case comes in once.

    A report that has no customer or vehicle takes over those of the first case.
    """
    report = (await to_write(context, case_id)).dossier
    sources = [await answered(context, report, one) for one in body.case_ids]
    imported = tuple([await imported_of(context, one) for one in sources])
    import_id = context.new_id("I")

    async def command(now: case.Case) -> case.Command:
        held = ours(context, now).dossier
        return bringing.ImportCases(
            organisation_id=context.principal.organisation_id,
            import_id=import_id,
            customer_id=await customer_of(context, held),
            marks=marks_of(held),
            cases=imported,
            by=context.principal.subject,
            at=context.at,
        )

    return await context.handle(CASE, case_id, command)


@router.get("/cases/{case_id}/importable-cases")
async def list_importable_cases(case_id: Id, context: WriterContext) -> Answered[Candidates]:
    """List the answered cases of the customer of a work report that are about its vehicle and are
    not in it yet."""
    report = (await to_write(context, case_id)).dossier
    if not report.is_report:
        raise context.refuse(NotOfModule(report.created.module))
    there = {one.imported_case_id for one in report.imports}
    customer_id = await customer_of(context, report)
    ids = await customers_of_cases.of_customer(context.lookups, customer_id)
    states = [(await context.load(CASE, one)).state for one in ids if one not in there]
    found = (candidate(context, report, state) for state in states)
    return Answered(Candidates(cases=tuple(one for one in found if one is not None)))


@router.post("/cases/{case_id}/taken-up-works")
async def take_up_works(case_id: Id, body: LinesBody, context: WriterContext) -> Answered[Recorded]:
    """Propose works again that were put off: all of these lines in one step. Nobody is reminded of
    them any more."""
    target = (await to_write(context, case_id)).dossier
    lines = tuple([await open_line(context, target, one) for one in body.lines])

    async def command(now: case.Case) -> case.Command:
        return bringing.TakeUpWorks(
            organisation_id=context.principal.organisation_id,
            marks=marks_of(ours(context, now).dossier),
            lines=lines,
            by=context.principal.subject,
            at=context.at,
        )

    return await context.handle(CASE, case_id, command)


# --- What is looked up ------------------------------------------------------


def marks_of(held: Dossier) -> bringing.Marks:
    """The marks by which the vehicle of a case is known again."""
    vehicle = held.vehicle
    plate = normal_plate(vehicle.plate) if vehicle and vehicle.plate else None
    return bringing.Marks(vin=vehicle.vin if vehicle else None, plate=plate)


async def customer_of(context: RequestContext, held: Dossier) -> str:
    case_id = held.created.case_id
    return await customers_of_cases.root_of(context.lookups, case_id, held.contact_id)


async def beside(context: RequestContext, target: Dossier, field: str, case_id: str) -> case.Case:
    """Another case of the same dealership that the caller works on. Raises the 422 of the field."""
    state = (await context.load(CASE, case_id)).state
    if not is_beside(context, target, state):
        raise unknown_reference(field, "case")
    return state


def is_beside(context: RequestContext, target: Dossier, state: case.Case) -> bool:
    if isinstance(state, case.Uncreated | case.Deleted) or state.dossier.forgotten:
        return False
    other, own = state.dossier.created, target.created
    here = (own.organisation_id, own.dealership_id)
    return (other.organisation_id, other.dealership_id) == here and may_read(context, state.dossier)


def answer_of(state: case.Case) -> case.Answered | None:
    """The answered case, also once it is closed."""
    if isinstance(state, case.Closed):
        state = state.before
    if not isinstance(state, case.Answered) or state.dossier.is_sales:
        return None
    return state


async def answered(context: RequestContext, report: Dossier, case_id: str) -> case.Answered:
    found = answer_of(await beside(context, report, "case_ids", case_id))
    if found is None:
        raise context.refuse(bringing.ImportedCaseNotAnswered(case_id))
    return found


async def imported_of(context: RequestContext, source: case.Answered) -> bringing.Imported:
    held = source.dossier
    payment = await context.lookup(payments.lookup, held.created.case_id)
    return bringing.Imported(
        case_id=held.created.case_id,
        customer_id=await customer_of(context, held),
        customer=held.customer,
        vehicle=held.vehicle,
        marks=marks_of(held),
        lines=bringing.decided(held, payment.kept if payment else ()),
    )


async def open_line(context: RequestContext, target: Dossier, line: LineBody) -> bringing.PutOff:
    state = await beside(context, target, "lines", line.case_id)
    assert not isinstance(state, case.Uncreated)
    held = state.dossier
    if (work := bringing.put_off(held, line.work_id)) is None:
        raise context.refuse(bringing.LineIsNotOpen(line.case_id, line.work_id))
    return bringing.PutOff(
        work_id=bringing.id_of(line.case_id, held.versions[-1].works, line.work_id),
        case_id=line.case_id,
        work=work,
        marks=marks_of(held),
    )


def candidate(context: RequestContext, report: Dossier, state: case.Case) -> Candidate | None:
    """The case, if it is one that the report may take in."""
    found = answer_of(state)
    if found is None or not is_beside(context, report, state):
        return None
    held = found.dossier
    if marks_of(report).mean(marks_of(held)) is False:
        return None
    return Candidate(
        case_id=held.created.case_id,
        reference=held.reference,
        answered_at=found.answered.answered_at,
        lines=tuple(
            CandidateLine(
                work_id=one.work.work_id,
                label=one.work.label,
                level=one.work.level,
                amounts=AmountsShown.of(one.work.amounts) if one.work.amounts else None,
                accepted=one.accepted,
            )
            for one in bringing.decided(held)
        ),
    )

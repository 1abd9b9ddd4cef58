"""One case: who and what it is about, its works, what was decided, and its history (FLB-083)."""

from collections.abc import Collection
from typing import Annotated

from contracts.interventions.case_v1 import (
    InvitationKind,
    InvitationOutcome,
    MeasurementUnit,
    SendingChannel,
    WorkLevel,
)
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Day, Id, Instant, Named
from infra.http.problems import Problem
from infra.lookups.payments import Payment
from services.views.dealer.access import CasesContext, of_cases
from services.views.dealer.cases import Case, CaseStatus, WorkOfCase, cases
from services.views.dealer.cases_found import CaseListed, CaseSum, listed, sum_shown
from services.views.dealer.colleagues import Colleagues, ColleagueShown, colleagues
from services.views.dealer.payments import payments

router = Router("Cases")


class LineOfCase(Answer):
    case_id: str
    work_id: str


class CaseMeasurement(Answer):
    """A value that was read off for a work, in thousandths of its unit."""

    unit: Annotated[MeasurementUnit, Named()]
    thousandths: int
    level: Annotated[WorkLevel, Named()] | None
    """The one that the value led to; null where no checklist said what it means."""
    due_on: Day | None
    advised_below_thousandths: int | None
    urgent_below_thousandths: int | None
    overridden: bool
    """Whoever listed the work said another level, or another day."""


class CaseWork(Answer):
    work_id: str
    label: str
    level: Annotated[WorkLevel, Named()]
    price: CaseSum | None
    """Null where it has none."""
    carried_out: bool
    due_on: Day | None
    due_mileage_km: int | None
    source: LineOfCase | None
    """The line of another case that it was taken from."""
    paid: bool
    """Online: here, or in the case that it was taken from, and then it costs nothing here."""
    accepted: bool | None
    """Null where nothing was decided."""
    measured: CaseMeasurement | None
    risk_acknowledged: bool
    """An urgent work was refused by somebody who knew the risk."""


class CaseDelivery(Answer):
    """A message about the case, and what became of it."""

    invitation_id: str
    recipient_id: str
    version: int
    kind: Annotated[InvitationKind, Named()]
    channel: Annotated[SendingChannel, Named()]
    invited_at: Instant
    outcome: Annotated[InvitationOutcome, Named()] | None
    followed_at: Instant | None


class CaseStep(Answer):
    """Something that happened to the case."""

    what: str
    """The end of the type of the event: `sent` of `relais.interventions.case.v1.sent`."""
    at: Instant
    by: ColleagueShown | None
    """Null where it was nobody of the dealership."""
    recipient_id: str | None
    """Who did it on their page: `customer`, or another recipient."""
    about: str | None
    """The work, the file, the recipient or the other case that it is about; why a customer was not
    asked how the visit was."""


class CasePage(CaseListed):
    """A case with all that the dealership knows of it."""

    status_before: CaseStatus | None
    """In which status it was closed."""
    contact_id: str
    title: str | None
    email: str | None
    phone: str | None
    vin: str | None
    make: str | None
    model: str | None
    mileage_km: int | None
    message: str | None
    reply: str | None
    customer_waits: bool
    version: int
    """The last one that was shown; 0 before the first."""
    list_of_works: tuple[CaseWork, ...]
    media: int
    deliveries: tuple[CaseDelivery, ...]
    history: tuple[CaseStep, ...]
    """The latest first."""


@router.get("/cases/{case_id}")
async def show_case(case_id: Id, context: CasesContext) -> Answered[CasePage]:
    """Show a case with its works, its answer, its messages and its history."""
    mine = of_cases(context, cases.of(context.principal.organisation_id, case_id=case_id))
    row = await mine.one(context.pool)
    if row is None:
        raise Problem(404, "no-such-case")
    people = {row.author_id, row.sender_id, row.assignee_id, *(one.by for one in row.steps)}
    payment = (await payments(context, [case_id])).get(case_id)
    return Answered(page_of(row, await colleagues(context, people), payment))


def page_of(row: Case, who: Colleagues, payment: Payment | None) -> CasePage:
    paid = payment.kept if payment else frozenset[str]()
    return CasePage(
        **dict(listed(row, who, payment)),
        status_before=CaseStatus(row.before) if row.before else None,
        contact_id=row.contact_id,
        title=row.title,
        email=row.email,
        phone=row.phone,
        vin=row.vin,
        make=row.make,
        model=row.model,
        mileage_km=row.mileage_km,
        message=row.message,
        reply=row.reply,
        customer_waits=row.customer_waits,
        version=row.version,
        list_of_works=works(row, paid),
        media=len(row.media),
        deliveries=deliveries(row),
        history=history(row, who),
    )


def works(row: Case, paid: Collection[str]) -> tuple[CaseWork, ...]:
    return tuple(
        CaseWork(
            work_id=one.work_id,
            label=one.label,
            level=WorkLevel[one.level.upper()],
            price=sum_shown([one.sum] if one.sum else [], row.currency),
            carried_out=one.carried_out,
            due_on=one.due_on,
            due_mileage_km=one.due_mileage_km,
            source=source_of(one),
            paid=one.paid or one.work_id in paid,
            accepted=one.accepted,
            measured=measured(one),
            risk_acknowledged=one.risk_acknowledged,
        )
        for one in row.works
    )


def measured(work: WorkOfCase) -> CaseMeasurement | None:
    if not work.measured:
        return None
    [said] = work.measured
    other = (work.level, work.due_on) != (said.level, said.due_on)
    return CaseMeasurement(
        unit=MeasurementUnit[said.unit.upper()],
        thousandths=said.thousandths,
        level=WorkLevel[said.level.upper()] if said.level else None,
        due_on=said.due_on,
        advised_below_thousandths=said.advised_below_thousandths,
        urgent_below_thousandths=said.urgent_below_thousandths,
        overridden=bool(said.level) and other,
    )


def source_of(work: WorkOfCase) -> LineOfCase | None:
    if work.source_case_id is None or work.source_work_id is None:
        return None
    return LineOfCase(case_id=work.source_case_id, work_id=work.source_work_id)


def deliveries(row: Case) -> tuple[CaseDelivery, ...]:
    return tuple(
        CaseDelivery(
            invitation_id=one.invitation_id,
            recipient_id=one.recipient_id,
            version=one.version,
            kind=InvitationKind[one.kind.upper()],
            channel=SendingChannel[one.channel.upper()],
            invited_at=one.invited_at,
            outcome=InvitationOutcome[one.outcome.upper()] if one.outcome else None,
            followed_at=one.followed_at,
        )
        for one in row.deliveries
    )


def history(row: Case, who: Colleagues) -> tuple[CaseStep, ...]:
    """The steps, the later told first, also of two at one time."""
    steps = sorted(row.steps, key=lambda one: one.at)
    return tuple(
        CaseStep(
            what=one.what,
            at=one.at,
            by=who[one.by] if one.by else None,
            recipient_id=one.recipient_id,
            about=one.about,
        )
        for one in reversed(steps)
    )

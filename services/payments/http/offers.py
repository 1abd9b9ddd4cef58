"""The sum of a case, as it stands now."""

from dataclasses import replace

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import Amounts, Line
from infra.http.request_context import PublicRequest
from services.payments.adapters.charge_ids import charge_id_of
from services.payments.aggregates import CHARGE
from services.payments.charge.paying import Offer
from services.payments.charge.situations import Charge, Paid, Settled, Unoffered
from services.payments.lookups.interventions_case import Case, Payable


async def unpaid(context: PublicRequest, case: Case) -> Case:
    """The case without the works that were paid in the case from which they come, or that a company
    owes there by an invoice: nobody pays twice for one work (G-59)."""
    sources = {one.source_case_id for one in case.works if one.source_case_id is not None}
    billed: set[tuple[str | None, str | None]] = set()
    for case_id in sources:
        charge_id = charge_id_of(case.organisation_id, case_id)
        state = (await context.load(CHARGE, charge_id)).state
        billed |= {(case_id, work_id) for work_id in works_of(state)}
    left = (o for o in case.works if (o.source_case_id, o.source_work_id) not in billed)
    return replace(case, works=tuple(left))


def works_of(charge: Charge) -> frozenset[str]:
    """The works that a charge has the money of, or that are owed by an invoice."""
    if isinstance(charge, Unoffered):
        return frozenset()
    lines, debt = charge.bill.offered.lines, charge.bill.debt
    if isinstance(charge, Paid):
        return frozenset(
            one.work_id for one in lines if charge.left(one).including_vat.amount_minor > 0
        )
    owed = debt is not None and debt.stands
    is_billed = owed or isinstance(charge, Settled)
    return frozenset(one.work_id for one in lines) if is_billed else frozenset()


def offer_of(case: Case) -> Offer:
    return Offer(
        case_id=case.case_id,
        case_version=case.version,
        dealership_id=case.dealership_id,
        lines=tuple(line_of(one, case.currency) for one in case.works),
        customer_name=case.customer_name,
        language=case.language,
        time_zone=case.time_zone,
        currency=case.currency,
    )


def line_of(work: Payable, currency: str) -> Line:
    return Line(
        work_id=work.work_id,
        label=work.label,
        amounts=Amounts(
            excluding_vat=Money(work.excluding_minor, currency),
            vat=Money(work.vat_minor, currency),
            including_vat=Money(work.including_minor, currency),
        ),
        vat_basis_points=work.vat_basis_points,
    )

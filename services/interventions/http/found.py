"""Findings from elsewhere on a vehicle, as works of cases and reminders (FLB-099, FLB-157)."""

from typing import Annotated

from contracts.common_v1 import Money
from contracts.dealers import Dealership, all_in_all
from contracts.interventions.case_v1 import Price, PriceMode, Work, WorkLevel
from infra.http.answers import Answer, MoneyShown
from infra.http.request_context import RequestContext, requires
from infra.tokens import Role
from services.interventions.case import pricing, works
from services.interventions.case.dossier import Dossier
from services.interventions.http.fields import LevelNamed

AGENT: Role = "administrative_agent"
AgentContext = Annotated[RequestContext, requires(AGENT)]
"""Reminders are theirs."""
Priced = tuple[Money, PriceMode]


class WorkFound(Answer):
    """A work to do, as a reminder takes it."""

    work_id: str
    """The same each time, so that a work which is taken over twice is one."""
    label: str
    level: LevelNamed
    price: MoneyShown | None
    """Including VAT; null where it has none, or one in another currency than the dealership's."""


def proposed(
    work_id: str, label: str, level: WorkLevel, priced: Priced | None, dossier: Dossier
) -> Work:
    """A work of the case, with the VAT of the case."""
    price = price_of(priced, dossier.created.vat_basis_points) if priced else None
    return Work(
        work_id=work_id,
        label=label,
        level=level,
        price=price,
        amounts=pricing.amounts_of(price) if price else None,
        media_ids=(),
        carried_out=False,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )


def to_do(
    work_id: str, label: str, level: WorkLevel, priced: Priced | None, dealership: Dealership
) -> WorkFound | None:
    """A work for a reminder, with the VAT of the dealership; None where it need not be done."""
    if level not in works.DECIDED:
        return None
    price = None
    if priced is not None and priced[0].currency == dealership.currency:
        reckoned = pricing.amounts_of(price_of(priced, all_in_all(dealership).vat_basis_points))
        price = MoneyShown.of(reckoned.including_vat)
    return WorkFound(work_id=work_id, label=label, level=level, price=price)


def price_of(priced: Priced, vat_basis_points: int) -> Price:
    amount, mode = priced
    return Price(
        amount=amount,
        mode=mode,
        vat_basis_points=vat_basis_points,
        discount=None,
        discount_basis_points=None,
    )

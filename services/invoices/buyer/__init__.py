"""An organisation as the buyer on invoices."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from contracts.common_v1 import Money
from contracts.invoices.buyer_v1 import BuyerDeclared, BuyerEvent

PAYMENT_DAYS = 30
"""When an invoice has to be paid where nothing else was agreed (Code de commerce L441-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareBuyer:
    organisation_id: str
    legal_name: str
    registered_office: str
    postal_code: str
    city: str
    country: str
    company_number: str
    vat_number: str
    legal_form: str | None
    registration: str | None
    share_capital: Money | None
    payment_days: int | None
    endpoint: str | None
    at: datetime


Buyer = BuyerDeclared | None
initial: Buyer = None


def evolve(_: Buyer, event: BuyerEvent) -> Buyer:
    """The last declaration counts."""
    return event


def due_on(buyer: Buyer, issued_on: date) -> date:
    """The day by which an invoice of that day has to be paid."""
    days = buyer.payment_days if buyer else None
    return issued_on + timedelta(days=PAYMENT_DAYS if days is None else days)


def decide(command: DeclareBuyer, buyer: Buyer) -> list[BuyerEvent]:
    """The new details, or nothing when they are known; no rule says no."""
    declared = BuyerDeclared(
        organisation_id=command.organisation_id,
        legal_name=command.legal_name,
        registered_office=command.registered_office,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        company_number=command.company_number,
        vat_number=command.vat_number,
        declared_at=command.at,
        legal_form=command.legal_form,
        registration=command.registration,
        share_capital=command.share_capital,
        payment_days=command.payment_days,
        endpoint=command.endpoint,
    )
    before = buyer and replace(buyer, declared_at=command.at)
    return [] if declared == before else [declared]

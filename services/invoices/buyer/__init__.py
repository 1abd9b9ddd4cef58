"""An organisation as the buyer on invoices."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.invoices.buyer_v1 import BuyerDeclared, BuyerEvent


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
    at: datetime


Buyer = BuyerDeclared | None
initial: Buyer = None


def evolve(_: Buyer, event: BuyerEvent) -> Buyer:
    """The last declaration counts."""
    return event


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
    )
    before = buyer and replace(buyer, declared_at=command.at)
    return [] if declared == before else [declared]

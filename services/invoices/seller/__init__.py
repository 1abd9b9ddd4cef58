"""A driver as the seller on invoices: company identifiers (HIF-43) and the self-billing mandate."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import Money
from contracts.invoices.invoice_v1 import TaxCategory
from contracts.invoices.seller_v1 import (
    CompanyDeclared,
    MandateGiven,
    MandateWithdrawn,
    SellerEvent,
)
from services.invoices.terms import Treatment

RATES = {
    "BE": 2100,
    "CH": 810,
    "DE": 1900,
    "ES": 2100,
    "FR": 2000,
    "GB": 2000,
    "GR": 2400,
    "IT": 2200,
    "LU": 1700,
    "MA": 2000,
    "MC": 2000,
    "NL": 2100,
    "PT": 2300,
}
"""The countries companies may be in, with their standard rate of VAT in basis points."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareCompany:
    driver_id: str
    organisation_id: str
    legal_name: str
    street: str
    postal_code: str
    city: str
    country: str
    company_number: str
    vat_number: str | None
    legal_form: str | None
    registration: str | None
    share_capital: Money | None
    endpoint: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveMandate:
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawMandate:
    driver_id: str
    organisation_id: str
    at: datetime


Command = DeclareCompany | GiveMandate | WithdrawMandate

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchSeller:
    pass


# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nothing is known of the driver yet."""


@dataclass(frozen=True, slots=True)
class Seller:
    organisation_id: str
    version: int = 0
    company: CompanyDeclared | None = None
    mandate: MandateGiven | None = None

    @property
    def self_billed(self) -> bool:
        """The organisation writes the driver's invoices."""
        return self.mandate is not None


State = Stranger | Seller
initial: State = Stranger()


def evolve(state: State, event: SellerEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    before = state if isinstance(state, Seller) else Seller(event.organisation_id)
    seller = replace(before, version=before.version + 1)
    match event:
        case CompanyDeclared():
            return replace(seller, company=event)
        case MandateGiven():
            return replace(seller, mandate=event)
        case MandateWithdrawn():
            return replace(seller, mandate=None)
        case unhandled:
            assert_never(unhandled)


def treatment(company: CompanyDeclared | None, buyer_country: str) -> Treatment | None:
    """How the company's services to a buyer there are taxed; None without a company."""
    if company is None:
        return None
    if not company.charges_vat:
        return Treatment(TaxCategory.EXEMPT, 0)
    if _territory(company.country) != _territory(buyer_country):
        return Treatment(TaxCategory.REVERSE_CHARGE, 0)
    return Treatment(TaxCategory.STANDARD, RATES[company.country])


def _territory(country: str) -> str:
    """The country whose VAT is due there: Monaco has that of France (CGI 256-0)."""
    return "FR" if country == "MC" else country


def of_organisation(state: State, organisation_id: str) -> Seller | None:
    """The seller, if they drive for that organisation."""
    if isinstance(state, Seller) and state.organisation_id == organisation_id:
        return state
    return None


# --- Decisions --------------------------------------------------------------

Decision = list[SellerEvent] | NoSuchSeller


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(state, Seller) and state.organisation_id != command.organisation_id:
        return NoSuchSeller()
    seller = state if isinstance(state, Seller) else Seller(command.organisation_id)
    match command:
        case DeclareCompany():
            return declare_company(command, seller)
        case GiveMandate():
            return give_mandate(command, seller)
        case WithdrawMandate():
            return withdraw_mandate(command, seller)
        case unhandled:
            assert_never(unhandled)


def declare_company(command: DeclareCompany, seller: Seller) -> Decision:
    declared = CompanyDeclared(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        legal_name=command.legal_name,
        street=command.street,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        company_number=command.company_number,
        vat_number=command.vat_number,
        charges_vat=command.vat_number is not None,
        declared_at=command.at,
        legal_form=command.legal_form,
        registration=command.registration,
        share_capital=command.share_capital,
        endpoint=command.endpoint,
    )
    before = seller.company and replace(seller.company, declared_at=command.at)
    return [] if declared == before else [declared]


def give_mandate(command: GiveMandate, seller: Seller) -> Decision:
    if seller.mandate is not None:
        return []
    return [
        MandateGiven(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            given_at=command.at,
        )
    ]


def withdraw_mandate(command: WithdrawMandate, seller: Seller) -> Decision:
    if seller.mandate is None:
        return []
    return [
        MandateWithdrawn(
            driver_id=command.driver_id,
            organisation_id=command.organisation_id,
            withdrawn_at=command.at,
        )
    ]

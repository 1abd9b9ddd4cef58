"""Sellers over HTTP: a driver's company, and the mandate to write their invoices."""

from typing import Annotated

from pydantic import model_validator

from contracts.invoices.seller_v1 import (
    CompanyDeclared,
    MandateGiven,
    MandateWithdrawn,
    contract,
)
from infra import companies
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Id, Instant
from infra.http.printed import PrintedLine
from infra.http.request_context import RequestContext, requires
from services.invoices import seller
from services.invoices.aggregates import SELLER
from services.invoices.http.companies import CompanyOnInvoices, Number
from services.invoices.http.invoices import is_billing
from services.invoices.seller import DeclareCompany, GiveMandate, NoSuchSeller, WithdrawMandate

router = Router("Sellers")

Anyone = Annotated[RequestContext, requires("driver", "billing")]
DriverContext = Annotated[RequestContext, requires("driver")]

# --- Bodies and answers -----------------------------------------------------


class CompanyBody(CompanyOnInvoices):
    """The company that invoices; one without a VAT number is a small business and charges none."""

    street: PrintedLine
    vat_number: Number | None = None

    @model_validator(mode="after")
    def _checked(self) -> "CompanyBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str | None]:
        """The company's number and its VAT number, as they are kept."""
        company = self.company()
        if self.vat_number is None:
            return company, None
        return company, companies.vat_number(self.country, company, self.vat_number)


class CompanyShown(Answer):
    """The company that invoices."""

    driver_id: str
    organisation_id: str
    legal_name: str
    street: str
    postal_code: str
    city: str
    country: str
    company_number: str
    vat_number: str | None
    charges_vat: bool
    declared_at: Instant
    legal_form: str | None
    registration: str | None
    share_capital: MoneyShown | None
    endpoint: str | None


class MandateShown(Answer):
    """The driver lets the organisation write their invoices."""

    driver_id: str
    organisation_id: str
    given_at: Instant


class SellerShown(Answer):
    """The company that invoices, and the mandate to write its invoices."""

    company: CompanyShown | None
    self_billing_mandate: MandateShown | None


class SellerHistory(
    History,
    of=contract,
    shows={
        CompanyDeclared: CompanyShown,
        MandateGiven: MandateShown,
        MandateWithdrawn: ("driver_id", "organisation_id", "withdrawn_at"),
    },
):
    """Every fact about a seller, oldest first."""


def seller_shown(found: seller.Seller) -> SellerShown:
    return SellerShown(
        company=CompanyShown.of(found.company) if found.company else None,
        self_billing_mandate=MandateShown.of(found.mandate) if found.mandate else None,
    )


# --- Routes -----------------------------------------------------------------


@router.get("/sellers/{driver_id}")
async def show_seller(driver_id: Id, context: Anyone) -> Answered[SellerShown]:
    """The company and mandate, never stale; drivers see their own."""
    only_own(context, driver_id)
    loaded = await context.load(SELLER, driver_id)
    return context.show(seller_shown(visible(context, loaded.state)), loaded)


@router.get("/sellers/{driver_id}/history")
async def seller_history(
    driver_id: Id, context: Anyone, part: HistoryPart
) -> Answered[SellerHistory]:
    """Every fact about the company and mandate: who changed what, and when."""
    only_own(context, driver_id)
    visible(context, (await context.load(SELLER, driver_id)).state)
    return await context.history(SELLER, driver_id, SellerHistory, part)


@router.put("/sellers/{driver_id}/company")
async def declare_company(
    driver_id: Id, body: CompanyBody, context: DriverContext
) -> Answered[Recorded]:
    """Say which company invoices, with identifiers that are checked."""
    only_oneself(context, driver_id)
    number, vat_number = body.identifiers()
    command = DeclareCompany(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        legal_name=body.legal_name,
        street=body.street,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        company_number=number,
        vat_number=vat_number,
        legal_form=body.legal_form,
        registration=body.registration,
        share_capital=body.share_capital.money() if body.share_capital else None,
        endpoint=body.endpoint,
        at=context.occurred_at,
    )
    return await context.handle(SELLER, driver_id, command)


@router.put("/sellers/{driver_id}/mandate")
async def give_mandate(driver_id: Id, context: DriverContext) -> Answered[Recorded]:
    """Let the organisation write one's invoices (self-billing)."""
    only_oneself(context, driver_id)
    command = GiveMandate(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        at=context.occurred_at,
    )
    return await context.handle(SELLER, driver_id, command)


@router.delete("/sellers/{driver_id}/mandate")
async def withdraw_mandate(driver_id: Id, context: DriverContext) -> Answered[Recorded]:
    """Write one's own invoices from now on."""
    only_oneself(context, driver_id)
    command = WithdrawMandate(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        at=context.occurred_at,
    )
    return await context.handle(SELLER, driver_id, command)


# --- Whose ------------------------------------------------------------------


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if not is_billing(context) and context.principal.subject != driver_id:
        raise context.refuse(NoSuchSeller())


def only_oneself(context: RequestContext, driver_id: str) -> None:
    """Refuse whoever means somebody else, billing too: drivers speak for themselves."""
    if context.principal.subject != driver_id:
        raise context.refuse(NoSuchSeller())


def visible(context: RequestContext, state: seller.State) -> seller.Seller:
    """The seller, if the caller may see them; else as if there were none."""
    ours = seller.of_organisation(state, context.principal.organisation_id)
    if ours is None:
        raise context.refuse(NoSuchSeller())
    return ours

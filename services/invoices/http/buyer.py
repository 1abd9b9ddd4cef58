"""The caller's organisation as the buyer, over HTTP."""

from typing import Annotated

from pydantic import Field, model_validator

from contracts.invoices.buyer_v1 import BuyerDeclared, contract
from infra import companies
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Instant
from infra.http.printed import PrintedLine
from infra.http.request_context import RequestContext, requires
from services.invoices.aggregates import BUYER
from services.invoices.buyer import DeclareBuyer
from services.invoices.http.companies import CompanyOnInvoices, Number

router = Router("Buyer")

Billing = Annotated[RequestContext, requires("billing")]


class BuyerBody(CompanyOnInvoices):
    """The details of the organisation that stand on every invoice."""

    registered_office: PrintedLine
    vat_number: Number
    payment_days: Annotated[int, Field(ge=0, le=60)] | None = None
    """Days from the issue of an invoice until it has to be paid; 30 when absent."""

    @model_validator(mode="after")
    def _checked(self) -> "BuyerBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str]:
        """The company's number and its VAT number, as they are kept."""
        company = self.company()
        return company, companies.vat_number(self.country, company, self.vat_number)


class CompanyOfBuyer(Answer):
    """The details of the organisation that stand on every invoice."""

    organisation_id: str
    legal_name: str
    registered_office: str
    postal_code: str
    city: str
    country: str
    company_number: str
    vat_number: str
    declared_at: Instant
    legal_form: str | None
    registration: str | None
    share_capital: MoneyShown | None
    payment_days: int | None
    endpoint: str | None


class BuyerShown(Answer):
    """The organisation as the buyer."""

    buyer: CompanyOfBuyer | None
    """Null until it is declared."""


class BuyerHistory(History, of=contract, shows={BuyerDeclared: CompanyOfBuyer}):
    """The details of the organisation that stood on invoices, oldest first."""


@router.get("/buyer")
async def show_buyer(context: Billing) -> Answered[BuyerShown]:
    """The details of the organisation that stand on invoices; null until they are declared."""
    loaded = await context.load(BUYER, context.principal.organisation_id)
    return Answered(BuyerShown(buyer=CompanyOfBuyer.of(loaded.state) if loaded.state else None))


@router.get("/buyer/history")
async def buyer_history(context: Billing, part: HistoryPart) -> Answered[BuyerHistory]:
    """The details of the organisation on invoices over time, by the version that approvals name."""
    return await context.history(BUYER, context.principal.organisation_id, BuyerHistory, part)


@router.put("/buyer")
async def declare_buyer(body: BuyerBody, context: Billing) -> Answered[Recorded]:
    """Say what stands on invoices about the organisation."""
    organisation_id = context.principal.organisation_id
    number, vat_number = body.identifiers()
    command = DeclareBuyer(
        organisation_id=organisation_id,
        legal_name=body.legal_name,
        registered_office=body.registered_office,
        postal_code=body.postal_code,
        city=body.city,
        country=body.country,
        company_number=number,
        vat_number=vat_number,
        legal_form=body.legal_form,
        registration=body.registration,
        share_capital=body.share_capital.money() if body.share_capital else None,
        payment_days=body.payment_days,
        endpoint=body.endpoint,
        at=context.occurred_at,
    )
    return await context.handle(BUYER, organisation_id, command)

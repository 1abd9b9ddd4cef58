"""The caller's organisation as the buyer, over HTTP."""

from typing import Annotated

from pydantic import model_validator

from contracts.invoices.buyer_v1 import BuyerDeclared, contract
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History
from infra.http.models import Body, Instant, Line
from infra.http.request_context import RequestContext, requires
from services.invoices.adapters import checks
from services.invoices.aggregates import BUYER
from services.invoices.buyer import DeclareBuyer
from services.invoices.http.companies import Country, Number, PostalCode

router = Router("Buyer")

Billing = Annotated[RequestContext, requires("billing")]


class BuyerBody(Body):
    """The details of the organisation that stand on every invoice."""

    legal_name: Line
    registered_office: Line
    postal_code: PostalCode
    city: Line
    country: Country
    company_number: Number
    vat_number: Number

    @model_validator(mode="after")
    def _checked(self) -> "BuyerBody":
        self.identifiers()
        return self

    def identifiers(self) -> tuple[str, str]:
        """The company's number and its VAT number, as they are kept."""
        company = checks.company_number(self.country, self.company_number)
        return company, checks.vat_number(self.country, company, self.vat_number)


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
async def buyer_history(context: Billing) -> Answered[BuyerHistory]:
    """The details of the organisation on invoices over time, by the version that approvals name."""
    return await context.history(BUYER, context.principal.organisation_id, BuyerHistory)


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
        at=context.occurred_at,
    )
    return await context.handle(BUYER, organisation_id, command)

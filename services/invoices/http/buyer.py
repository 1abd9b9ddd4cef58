"""The caller's organisation as the buyer, over HTTP."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import model_validator
from starlette.responses import Response

from infra.http.models import Body, Line, to_json
from infra.http.request_context import RequestContext, requires
from services.invoices.adapters import checks
from services.invoices.aggregates import BUYER
from services.invoices.buyer import DeclareBuyer
from services.invoices.http.companies import Country, Number, PostalCode

router = APIRouter()

Billing = Annotated[RequestContext, requires("billing")]


class BuyerBody(Body):
    """What stands on every invoice about the organisation."""

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


@router.get("/buyer")
async def show_buyer(context: Billing) -> Response:
    """What stands on invoices about the organisation; empty until it is declared."""
    loaded = await context.load(BUYER, context.principal.organisation_id)
    return Response(to_json({"buyer": loaded.state}), media_type="application/json")


@router.get("/buyer/history")
async def buyer_history(context: Billing) -> Response:
    """What stood on invoices about the organisation, by the version that approvals name."""
    return await context.history(BUYER, context.principal.organisation_id)


@router.put("/buyer")
async def declare_buyer(body: BuyerBody, context: Billing) -> Response:
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

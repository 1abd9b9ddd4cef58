"""The company that a customer is, over HTTP: invoices name it, and companies get time to pay."""

from typing import Annotated

from pydantic import StringConstraints, ValidationInfo, field_validator

from infra.companies import registered_number, vat_number
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Country, Id
from infra.http.printed import PrintedLine
from services.customers.aggregates import CUSTOMER
from services.customers.customer.commands import RemoveCompany, StateCompany
from services.customers.customer.record import Company
from services.customers.http.access import STAFF, StaffContext, own

router = Router("Customers")

Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ./-]{2,40}$")]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]


class CompanyBody(Body):
    """A company as it is registered."""

    country: Country
    legal_name: PrintedLine
    company_number: Number
    """SIREN or SIRET in France, ICE in Morocco, the register's number elsewhere."""
    vat_number: Number | None = None
    """Null of a company that charges no VAT."""
    registered_office: PrintedLine
    postal_code: PostalCode
    city: PrintedLine

    @field_validator("company_number")
    @classmethod
    def _exists(cls, text: str, info: ValidationInfo) -> str:
        return registered_number(info.data.get("country", ""), text)

    @field_validator("vat_number")
    @classmethod
    def _is_its_own(cls, text: str | None, info: ValidationInfo) -> str | None:
        country, company = (info.data.get(name) for name in ("country", "company_number"))
        if text is None or country is None or company is None:
            return text
        return vat_number(country, company, text)

    def company(self) -> Company:
        return Company(
            legal_name=self.legal_name,
            company_number=self.company_number,
            vat_number=self.vat_number,
            registered_office=self.registered_office,
            postal_code=self.postal_code,
            city=self.city,
            country=self.country,
        )


@router.put("/customers/{customer_id}/company")
async def state_company(
    customer_id: Id, body: CompanyBody, context: StaffContext
) -> Answered[Recorded]:
    """Say which company a customer is; invoices name it from then on."""
    await own(context, customer_id, *STAFF)
    command = StateCompany(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        company=body.company(),
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CUSTOMER, customer_id, command)


@router.delete("/customers/{customer_id}/company")
async def remove_company(customer_id: Id, context: StaffContext) -> Answered[Recorded]:
    """Say that a customer is no company: invoices name the person."""
    await own(context, customer_id, *STAFF)
    command = RemoveCompany(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CUSTOMER, customer_id, command)

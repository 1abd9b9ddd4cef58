"""The companies that customers are, as `customers` has them: invoices name them."""

from dataclasses import dataclass
from typing import assert_never

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import CompanyRemoved, CompanyStated, CustomerErased
from contracts.runtime import REDACTED
from infra.companies import SIREN
from infra.consumers.views import View
from infra.lookups import Lookups, customers_of_cases

Reads = CompanyStated | CompanyRemoved | CustomerErased


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company as it is registered."""

    customer_id: str
    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


def key(event: Reads) -> tuple[str]:
    return (event.customer_id,)


def project(_: Company | None, event: Reads) -> Company | None:
    match event:
        case CompanyStated(legal_name=name) if name == REDACTED:
            return None
        case CompanyStated():
            return Company(
                customer_id=event.customer_id,
                legal_name=event.legal_name,
                company_number=event.company_number,
                vat_number=event.vat_number,
                registered_office=event.registered_office,
                postal_code=event.postal_code,
                city=event.city,
                country=event.country,
            )
        case CompanyRemoved() | CustomerErased():
            return None
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="companies",
    contract=customer_v1.contract,
    reads=Reads,
    row=Company,
    primary_key=("customer_id",),
    key=key,
    project=project,
    subject="customer_id",
    personal=(
        *("legal_name", "company_number", "vat_number", "registered_office"),
        *("postal_code", "city"),
    ),
    indexes=("(country, company_number text_pattern_ops)",),
)


async def of_case(lookups: Lookups, case_id: str) -> Company | None:
    """The company whose case it is; None of a person, and of a case without a customer."""
    customer_id = await customers_of_cases.root_of(lookups, case_id, "")
    return await lookups.find(lookup, customer_id)


async def records_of(lookups: Lookups, company: Company) -> list[str]:
    """The customers that are the same company: each dealership has a record of its own, and a
    company in France may be known by its SIREN or one of its SIRETs."""
    is_french, number = company.country == "FR", company.company_number
    query = f"""
        select customer_id from {lookups.schema}.{lookup.name}
         where country = %s and starts_with(company_number, %s) and (%s or company_number = %s)
    """
    values = (company.country, number[:SIREN] if is_french else number, is_french, number)
    async with lookups.pool.connection() as connection:
        found = await connection.execute(query.encode(), values)
        return [customer_id for (customer_id,) in await found.fetchall()]

"""A customer that is a company is named as one, by numbers that exist."""

from typing import Any

import pytest

from contracts.customers.customer_v1 import CompanyRemoved, CompanyStated
from infra.testing.spec import Spec
from services.customers import customer
from services.customers.customer.commands import RemoveCompany, StateCompany
from services.customers.customer.record import Company
from services.customers.tests import make
from services.customers.tests.serving import served

BODY = {
    "country": "FR",
    "legal_name": "Transports Moreau SARL",
    "company_number": "303 265 045",
    "vat_number": "FR 40 303 265 045",
    "registered_office": "12 rue du Port",
    "postal_code": "59000",
    "city": "Lille",
}
MOREAU = Company(
    legal_name="Transports Moreau SARL",
    company_number="303265045",
    vat_number="FR40303265045",
    registered_office="12 rue du Port",
    postal_code="59000",
    city="Lille",
    country="FR",
)
given = Spec(customer.decide, customer.evolve, customer.initial).given


def state(company: Company = MOREAU) -> StateCompany:
    return StateCompany(
        customer_id="c1",
        organisation_id=make.GROUP,
        company=company,
        by="nadia",
        at=make.NOON,
    )


def remove() -> RemoveCompany:
    return RemoveCompany(customer_id="c1", organisation_id=make.GROUP, by="nadia", at=make.NOON)


STATED = CompanyStated(
    customer_id="c1",
    organisation_id=make.GROUP,
    dealership_id=make.LYON,
    legal_name="Transports Moreau SARL",
    company_number="303265045",
    vat_number="FR40303265045",
    registered_office="12 rue du Port",
    postal_code="59000",
    city="Lille",
    country="FR",
    stated_by="nadia",
    stated_at=make.NOON,
)
REMOVED = CompanyRemoved(
    customer_id="c1",
    organisation_id=make.GROUP,
    dealership_id=make.LYON,
    removed_by="nadia",
    removed_at=make.NOON,
)


@pytest.mark.requirement("FLB-173")
def test_a_customer_is_a_company_until_somebody_says_otherwise() -> None:
    given(make.recorded()).when(state()).records(STATED)
    given(make.recorded(), STATED).when(remove()).records(REMOVED)
    given(make.recorded(), STATED, REMOVED).when(remove()).records_nothing()
    given(make.recorded(), STATED, REMOVED).when(state()).records(STATED)


async def test_a_company_is_shown_as_invoices_name_it(database: str) -> None:
    async with served(database) as ask:
        customer_id = await ask.recorded()
        path = f"/customers/{customer_id}/company"
        assert (await ask.shown(customer_id))["company"] is None
        assert (await ask.nadia("PUT", path, BODY)).status_code == 200
        kept = {"company_number": "303265045", "vat_number": "FR40303265045"}
        assert (await ask.shown(customer_id))["company"] == BODY | kept
        assert (await ask.nadia("DELETE", path)).status_code == 200
        assert (await ask.shown(customer_id))["company"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"company_number": "303265046"}, "/company_number"),
        ({"company_number": "30326504500004"}, "/company_number"),
        ({"vat_number": "FR41303265045"}, "/vat_number"),
        ({"vat_number": "FR44732829320"}, "/vat_number"),
        ({"vat_number": "DE136695976"}, "/vat_number"),
        ({"country": "France"}, "/country"),
        ({"legal_name": "Moreau 株式"}, "/legal_name"),
        ({"postal_code": "5"}, "/postal_code"),
    ],
)
async def test_a_company_that_cannot_be_is_refused(
    database: str, changed: dict[str, Any], field: str
) -> None:
    async with served(database) as ask:
        path = f"/customers/{await ask.recorded()}/company"
        refused = await ask.nadia("PUT", path, BODY | changed)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == [field]


@pytest.mark.parametrize("number", ["303265045", "303 265 045 00003", "30326504500003"])
async def test_a_siren_and_a_siret_are_taken(database: str, number: str) -> None:
    async with served(database) as ask:
        path = f"/customers/{await ask.recorded()}/company"
        taken = await ask.nadia("PUT", path, BODY | {"company_number": number})
        assert taken.status_code == 200

"""Identifiers that exist, and those a digit away."""

import pytest
from pydantic import ValidationError

from services.invoices.http.buyer import BuyerBody
from services.invoices.http.sellers import CompanyBody
from services.invoices.tests.stage import BUYER, COMPANY


def abroad(country: str, vat_number: str) -> dict[str, str | None]:
    """A company there, where it differs from one in France."""
    return {
        "country": country,
        "endpoint": None,
        "company_number": "x 1",
        "vat_number": vat_number,
    }


MOROCCO = {
    "country": "MA",
    "endpoint": None,
    "company_number": "001561191000066",
    "vat_number": "12345678",
}


@pytest.mark.requirement("HIF-43")
@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, ("73282932000074", "FR44732829320")),
        ({"vat_number": None}, ("73282932000074", None)),
        ({"vat_number": "44 732 829 320"}, ("73282932000074", "FR44732829320")),
        (MOROCCO, ("001561191000066", "12345678")),
        (
            {
                "country": "DE",
                "endpoint": None,
                "company_number": "hrb 1",
                "vat_number": "DE136695976",
            },
            ("HRB 1", "DE136695976"),
        ),
        (abroad("GR", "EL 094259216"), ("X 1", "EL094259216")),
        (abroad("GB", "XI 432 5251 79"), ("X 1", "XI432525179")),
        (abroad("CH", "CHE-107.787.577 MWST"), ("X 1", "CHE107787577MWST")),
        (abroad("CH", "CHE-107.787.577 TVA"), ("X 1", "CHE107787577TVA")),
        (abroad("CH", "che 107 787 577 iva"), ("X 1", "CHE107787577IVA")),
        (abroad("MC", "FR 53 0000 04605"), ("X 1", "FR53000004605")),
    ],
)
def test_identifiers_are_kept_in_one_form(
    changed: dict[str, str | None], kept: tuple[str, str | None]
) -> None:
    assert CompanyBody.model_validate(COMPANY | changed).identifiers() == kept


@pytest.mark.parametrize(
    "changed",
    [
        {"company_number": "73282932000075"},
        {"company_number": "732829320"},
        {"vat_number": "FR45732829320"},
        {"vat_number": "FR40303265045"},
        {"country": "XX"},
        {"country": "DE", "vat_number": "DE136695977"},
        {"country": "DE", "vat_number": "LU26375245"},
        abroad("GR", "EL094259217"),
        abroad("GR", "GR094259216"),
        abroad("GB", "XI432525178"),
        abroad("GB", "GB432525179"),
        abroad("CH", "CHE-107.787.578 MWST"),
        abroad("CH", "CHE-107.787.577"),
        abroad("CH", "CHE-107.787.577 VAT"),
        abroad("CH", "DE136695976"),
        abroad("MC", "FR 54 0000 04605"),
        abroad("MC", "FR44732829320"),
        MOROCCO | {"company_number": "001561191000067"},
        MOROCCO | {"vat_number": "123456"},
        MOROCCO | {"vat_number": "1234567X"},
    ],
)
def test_identifiers_that_cannot_be_are_refused(changed: dict[str, str | None]) -> None:
    with pytest.raises(ValidationError):
        CompanyBody.model_validate(COMPANY | changed)


def test_a_buyers_identifiers_are_checked_alike() -> None:
    body = BuyerBody.model_validate(BUYER)
    assert body.identifiers() == ("73282932000074", "FR44732829320")
    with pytest.raises(ValidationError, match="vat_of_another"):
        BuyerBody.model_validate(BUYER | {"vat_number": "FR40303265045"})


@pytest.mark.parametrize("endpoint", ["732829320", "732829320_FACTURES-1"])
def test_an_endpoint_is_the_siren_or_begins_with_it(endpoint: str) -> None:
    assert CompanyBody.model_validate(COMPANY | {"endpoint": endpoint}).endpoint == endpoint


@pytest.mark.parametrize("endpoint", ["732829321", "732829320FACTURES", "ada@example.org"])
def test_an_endpoint_of_another_company_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint"):
        CompanyBody.model_validate(COMPANY | {"endpoint": endpoint})


def test_only_companies_in_france_have_an_endpoint() -> None:
    german = {
        "country": "DE",
        "endpoint": None,
        "company_number": "hrb 1",
        "vat_number": "DE136695976",
    }
    with pytest.raises(ValidationError, match="endpoint_abroad"):
        CompanyBody.model_validate(COMPANY | german | {"endpoint": "732829320"})


@pytest.mark.parametrize("name", ["Łódź & Fils", "Ελλάδα", "Київ", "شركة"])
def test_names_that_documents_can_show_are_taken(name: str) -> None:
    assert CompanyBody.model_validate(COMPANY | {"legal_name": name}).legal_name == name


@pytest.mark.parametrize("field", ["legal_name", "street", "city", "legal_form", "registration"])
def test_a_name_that_no_font_has_is_refused_where_it_is_entered(field: str) -> None:
    with pytest.raises(ValidationError, match="株 式") as refused:
        CompanyBody.model_validate(COMPANY | {field: "Ada 株式"})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize("days", [0, 60])
def test_terms_of_payment_are_sixty_days_at_most(days: int) -> None:
    assert BuyerBody.model_validate(BUYER | {"payment_days": days}).payment_days == days
    with pytest.raises(ValidationError, match="payment_days"):
        BuyerBody.model_validate(BUYER | {"payment_days": 61})

"""Identifiers that exist, and those a digit away."""

import pytest
from pydantic import ValidationError

from services.invoices.http.buyer import BuyerBody
from services.invoices.http.sellers import CompanyBody
from services.invoices.tests.stage import BUYER, COMPANY

MOROCCO = {"country": "MA", "company_number": "001561191000066", "vat_number": "12345678"}


@pytest.mark.requirement("HIF-43")
@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, ("73282932000074", "FR44732829320")),
        ({"vat_number": None}, ("73282932000074", None)),
        ({"vat_number": "44 732 829 320"}, ("73282932000074", "FR44732829320")),
        (MOROCCO, ("001561191000066", "12345678")),
        (
            {"country": "DE", "company_number": "hrb 1", "vat_number": "DE136695976"},
            ("HRB 1", "DE136695976"),
        ),
    ],
)
def test_identifiers_are_kept_in_one_form(
    changed: dict[str, str], kept: tuple[str, str | None]
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
        MOROCCO | {"company_number": "001561191000067"},
        MOROCCO | {"vat_number": "123456"},
        MOROCCO | {"vat_number": "1234567X"},
    ],
)
def test_identifiers_that_cannot_be_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CompanyBody.model_validate(COMPANY | changed)


def test_a_buyers_identifiers_are_checked_alike() -> None:
    body = BuyerBody.model_validate(BUYER)
    assert body.identifiers() == ("73282932000074", "FR44732829320")
    with pytest.raises(ValidationError, match="another company"):
        BuyerBody.model_validate(BUYER | {"vat_number": "FR40303265045"})

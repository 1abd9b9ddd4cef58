"""A driver declares a company and says who writes the invoices; VAT follows from both sides."""

import pytest

from contracts.invoices.invoice_v1 import TaxCategory
from infra.testing.spec import Spec
from services.invoices import buyer, seller
from services.invoices.buyer import DeclareBuyer
from services.invoices.seller import Command, NoSuchSeller, treatment
from services.invoices.terms import Treatment
from services.invoices.tests import make
from services.invoices.tests.make import (
    NOON,
    declare,
    declared,
    give_mandate,
    mandate_given,
    mandate_withdrawn,
    withdraw_mandate,
)

given = Spec(seller.decide, seller.evolve, seller.initial).given


@pytest.mark.requirement("HIF-43")
def test_a_driver_declares_a_company_and_changes_it() -> None:
    given().when(declare()).records(declared())
    given(declared()).when(declare(city="Nice")).records(declared(city="Nice"))


def test_a_mandate_is_given_and_withdrawn() -> None:
    given().when(give_mandate()).records(mandate_given())
    given(mandate_given()).when(withdraw_mandate()).records(mandate_withdrawn())
    given().when(withdraw_mandate()).records_nothing()


@pytest.mark.parametrize(
    "command", [declare(organisation="x"), give_mandate("x"), withdraw_mandate("x")]
)
def test_a_stranger_s_organisation_finds_nobody(command: Command) -> None:
    given(declared()).when(command).is_rejected(NoSuchSeller())


@pytest.mark.parametrize(
    ("vat", "seller_country", "buyer_country", "category", "rate"),
    [
        ("FR44732829320", "FR", "FR", TaxCategory.STANDARD, 2_000),
        ("LU26375245", "LU", "LU", TaxCategory.STANDARD, 1_700),
        ("FR44732829320", "FR", "DE", TaxCategory.REVERSE_CHARGE, 0),
        ("FR53000004605", "MC", "FR", TaxCategory.STANDARD, 2_000),
        ("FR44732829320", "FR", "MC", TaxCategory.STANDARD, 2_000),
        ("FR53000004605", "MC", "IT", TaxCategory.REVERSE_CHARGE, 0),
        ("CHE107787577TVA", "CH", "FR", TaxCategory.REVERSE_CHARGE, 0),
        ("EL094259216", "GR", "GR", TaxCategory.STANDARD, 2_400),
        (None, "FR", "FR", TaxCategory.EXEMPT, 0),
    ],
)
def test_the_vat_follows_from_where_both_are(
    vat: str | None, seller_country: str, buyer_country: str, category: TaxCategory, rate: int
) -> None:
    found = treatment(declared(vat, seller_country), buyer_country)
    assert found == Treatment(category, rate)


def test_without_a_company_there_is_no_vat_to_speak_of() -> None:
    assert treatment(None, "FR") is None


@pytest.mark.parametrize(("net", "vat"), [(2, 0), (3, 1), (100, 20), (-3, -1), (-2, 0)])
def test_vat_is_rounded_to_the_nearest_cent_away_from_zero(net: int, vat: int) -> None:
    assert make.FULL.of(net) == vat


def test_a_buyer_is_declared_once_and_changed() -> None:
    known = make.buyer()
    command = DeclareBuyer(
        organisation_id=known.organisation_id,
        legal_name=known.legal_name,
        registered_office=known.registered_office,
        postal_code=known.postal_code,
        city=known.city,
        country=known.country,
        company_number=known.company_number,
        vat_number=known.vat_number,
        legal_form=known.legal_form,
        registration=known.registration,
        share_capital=known.share_capital,
        payment_days=known.payment_days,
        endpoint=known.endpoint,
        at=NOON,
    )
    Spec(buyer.decide, buyer.evolve, buyer.initial).given().when(command).records(known)

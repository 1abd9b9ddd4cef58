"""Invoices that machines read: Factur-X with the profile EN 16931, inside a PDF for people.

Made from the same facts one has the same bytes, whenever and wherever that is.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import facturx  # type: ignore[import-untyped]
from babel.numbers import get_currency_precision

from contracts.common_v1 import Money

SIREN, SIRET = "0002", "0009"
IN_THE_DIRECTORY: Final = "0225"
"""The scheme of electronic addresses in the French directory: a SIREN, or that and a suffix."""
BY_VAT_NUMBER: Final[Mapping[str, str]] = {
    "BE": "9925",
    "CH": "9927",
    "DE": "9930",
    "ES": "9920",
    "GB": "9932",
    "GR": "9933",
    "IT": "9906",
    "LU": "9938",
    "MC": "9940",
    "NL": "9944",
    "PT": "9946",
}
"""The schemes of electronic addresses elsewhere that are VAT numbers."""
DIGITS_OF_SIREN: Final = 9
_STAMPS = (
    (re.compile(rb"(?:(?<=D:)|(?<=D\\072))\d{14}"), "%Y%m%d%H%M%S"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"), "%Y-%m-%dT%H:%M:%S+00:00"),
)
"""The times that Factur-X writes into a PDF, each of a fixed length."""


def xml_of(terms: Mapping[str, Any]) -> bytes:
    """The invoice by the names of EN 16931, checked against its schema."""
    made: bytes = facturx.generate_xml(
        dict(terms), flavor="factur-x", level="en16931", check_xsd=True, check_schematron=None
    )
    return made


def embedded(pdf: bytes, xml: bytes, at: datetime) -> bytes:
    """The PDF/A-3 with the invoice in it, made at `at`, whole seconds in UTC."""
    made: bytes = facturx.generate_from_binary(
        pdf,
        xml,
        flavor="factur-x",
        level="en16931",
        check_xsd=True,
        lang="fr",
        xmp_compression=False,
    )
    for stamp, form in _STAMPS:
        made = stamp.sub(at.strftime(form).encode(), made)
    return made


def registration(
    country: str, number: str, vat_number: str | None, endpoint: str | None = None
) -> dict[str, Any]:
    """How a company is registered, and where a platform delivers to it."""
    if country != "FR":
        scheme = BY_VAT_NUMBER.get(country)
        told: dict[str, Any] = {"legal_identifier": number}
        if scheme and vat_number:
            told |= {"einvoicing_addr": vat_number, "einvoicing_addr_schemeid": scheme}
        return told
    siren = number[:DIGITS_OF_SIREN]
    return {
        "legal_identifier": siren,
        "legal_identifier_schemeid": SIREN,
        **({"identifiers": {SIRET: number}} if number != siren else {}),
        "einvoicing_addr": endpoint or siren,
        "einvoicing_addr_schemeid": IN_THE_DIRECTORY,
    }


def decimal(amount: Money) -> str:
    """Major units as EN 16931 writes them, with the places of the currency."""
    places = get_currency_precision(amount.currency)
    return f"{Decimal(amount.amount_minor).scaleb(-places):.{places}f}"


def percent(rate: int) -> str:
    """Basis points as a percentage, as EN 16931 writes it."""
    return f"{Decimal(rate) / 100:.2f}"

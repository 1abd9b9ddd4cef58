"""Identifiers of companies, checked: each function answers one as it is kept, or raises `Unfit`."""

from stdnum.ch import vat as swiss
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva
from stdnum.ma import ice
from stdnum.mc import tva as monaco

from infra.wording import Unfit


def company_number(country: str, text: str) -> str:
    """SIRET in France, ICE in Morocco; elsewhere as the register writes it."""
    try:
        if country == "FR":
            return str(siret.validate(text))
        return str(ice.validate(text)) if country == "MA" else text.upper()
    except ValidationError as error:
        raise Unfit("company_number") from error


def registered_number(country: str, text: str) -> str:
    """SIREN or SIRET in France: invoices name the company, whichever house of it bought."""
    if country != "FR":
        return company_number(country, text)
    try:
        return str(
            siret.validate(text) if len(siret.compact(text)) > SIREN else siren.validate(text)
        )
    except ValidationError as error:
        raise Unfit("company_number") from error


SIREN = 9
"""Digits of a SIREN, with which a SIRET begins."""
PREFIXES = {"GB": "XI", "GR": "EL", "MC": "FR"}
"""How VAT numbers begin where they do not begin with the country: XI is Northern Ireland."""


def prefix(country: str) -> str:
    """How a VAT number of a country begins."""
    return PREFIXES.get(country, country)


def vat_number(country: str, company: str, text: str) -> str:
    """With its prefix, and a Swiss one with its suffix (MWST, TVA, IVA).

    A French one belongs to the company's SIREN. Monaco has French ones that belong to none.
    """
    if country == "MA":
        if not (text.isdecimal() and text.isascii() and 7 <= len(text) <= 8):
            raise Unfit("fiscal_identifier")
        return text
    try:
        match country:
            case "FR":
                number = f"FR{tva.validate(text)}"
            case "MC":
                number = str(monaco.validate(text))
            case "CH":
                number = str(swiss.validate(text))
            case _:
                number = str(vat.validate(text))
    except ValidationError as error:
        raise Unfit("vat_number") from error
    if not number.startswith(prefix(country)):
        raise Unfit("vat_prefix", prefix=prefix(country))
    if country == "FR" and number[4:] != company[:9]:
        raise Unfit("vat_of_another")
    return number


def endpoint(country: str, company: str, text: str) -> str:
    """Where a French platform delivers: the company's SIREN, or that and a suffix after `_`."""
    if country != "FR":
        raise Unfit("endpoint_abroad")
    siren = company[:9]
    if text != siren and not text.startswith(f"{siren}_"):
        raise Unfit("endpoint_siren", siren=siren)
    return text


def is_registered(country: str, company: str, vat: str) -> bool:
    """Whether both numbers exist, and are of one company."""
    try:
        return vat_number(country, registered_number(country, company), vat) == vat
    except Unfit:
        return False

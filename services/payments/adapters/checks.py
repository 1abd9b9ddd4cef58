"""Bank accounts and banks, checked: each function answers one as it is kept, or raises `Unfit`."""

import re
from typing import Final

from schwifty import BIC, IBAN
from schwifty.exceptions import InvalidBBANChecksum, InvalidChecksumDigits

from infra.wording import Unfit

MOROCCO: Final = "MA"
_RIB = re.compile(r"[0-9]{24}")
_MODULUS = 97


def iban(text: str) -> str:
    """Checksum, country format and, where a country has them, national check digits.

    The 24 digits of a Moroccan RIB are taken as well, and kept as their IBAN.
    """
    digits = "".join(text.split())
    try:
        given = IBAN.from_bban(MOROCCO, digits) if _RIB.fullmatch(digits) else IBAN(text)
        if given.country_code != MOROCCO:
            return str(IBAN(given.compact, validate_bban=True).compact)
    except (InvalidChecksumDigits, InvalidBBANChecksum) as error:
        raise Unfit("iban_checksum") from error
    except ValueError as error:
        raise Unfit("iban") from error
    # The library knows no national check digits of Morocco.
    if int(given.bban) % _MODULUS:
        raise Unfit("rib_key")
    return str(given.compact)


def bic(text: str) -> str:
    """A BIC of a country that exists."""
    try:
        return str(BIC(text).compact)
    except ValueError as error:
        raise Unfit("bic") from error

"""Bank accounts and banks, checked: each function answers one as it is kept, or ValueError."""

import re
from typing import Final

from schwifty import BIC, IBAN

MOROCCO: Final = "MA"
_RIB = re.compile(r"[0-9]{24}")
_MODULUS = 97


def iban(text: str) -> str:
    """Checksum, country format and, where a country has them, national check digits.

    The 24 digits of a Moroccan RIB are taken as well, and kept as their IBAN.
    """
    digits = "".join(text.split())
    given = IBAN.from_bban(MOROCCO, digits) if _RIB.fullmatch(digits) else IBAN(text)
    if given.country_code != MOROCCO:
        return str(IBAN(given.compact, validate_bban=True).compact)
    # The library knows no national check digits of Morocco.
    if int(given.bban) % _MODULUS:
        raise ValueError("the key of the RIB does not fit the account")
    return str(given.compact)


def bic(text: str) -> str:
    """A BIC of a country that exists."""
    return str(BIC(text).compact)

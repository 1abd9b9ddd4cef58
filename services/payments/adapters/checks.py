"""Bank accounts and banks, checked: each function answers one as it is kept, or ValueError."""

from schwifty import BIC, IBAN


def iban(text: str) -> str:
    """Checksum, country format and, where a country has them, national check digits."""
    return str(IBAN(text, validate_bban=True).compact)


def bic(text: str) -> str:
    """A BIC of a country that exists."""
    return str(BIC(text).compact)

"""Number plates: in the forms of France where they are French, elsewhere nearly any."""

import re
from typing import Annotated

from pydantic import Field

from infra.http.printed import PrintedLine
from infra.wording import Unfit

Plate = Annotated[PrintedLine, Field(max_length=20, examples=["AB-123-CD"])]
"""A plate as it was entered; `plate` reads it."""

_SINCE_2009 = re.compile(
    r"(?!SS)[A-HJ-NP-TV-Z]{2}[ -]?(?!000)\d{3}[ -]?(?!SS)[A-HJ-NP-TV-Z]{2}"
    r"|W[ -]?(?!000)\d{3}[ -]?(?!SS)[A-HJ-NP-TV-Z]{2}"
)
"""SIV, with provisional (WW) and trade plates (W). It has no I, O, U and no SS."""
_UNTIL_2009 = re.compile(r"[1-9]\d{0,3}[ -]?[A-Z]{1,3}[ -]?(0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])")
"""FNI, which ends with the department."""
_ANYWHERE = re.compile(r"[^\W_](?:[ .-]?[^\W_]){1,14}")


def plate(text: str, country: str) -> str:
    """A plate in capitals, with the hyphens and spaces it was entered with.

    `country` is of ISO 3166. Raises `Unfit`.
    """
    found = " ".join(text.upper().split())
    if not _ANYWHERE.fullmatch(found):
        raise Unfit("plate")
    if country == "FR" and not (_SINCE_2009.fullmatch(found) or _UNTIL_2009.fullmatch(found)):
        raise Unfit("plate_french")
    return found

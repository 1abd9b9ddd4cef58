"""Vehicles as people write them down: number plates, in the forms of France where they are French
and nearly any elsewhere, and VINs."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

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
_LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABEKMHOPCTYXABEZHIKMNOPTYX",
)
"""Countries that write other letters put those on plates that everybody can read as Latin ones."""
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


def _vin(text: str) -> str:
    found = "".join(text.upper().split())
    if not _VIN.fullmatch(found):
        raise Unfit("vin")
    return found


Vin = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_vin),
    Field(examples=["VF1RFB00066123456"]),
]
"""A VIN by its shape (ISO 3779), in capitals and without blanks. The check digit is not looked at:
only North America has one."""


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


def normal_plate(text: str) -> str:
    """The letters and digits of a plate, by which it is found: the same however it was entered.

    Without accents; Cyrillic and Greek letters as the Latin ones that look like them, the digits of
    all scripts as ours. Other letters stay as they are.
    """
    decomposed = unicodedata.normalize("NFKD", text.upper()).translate(_LOOK_ALIKE)
    return "".join(map(_plain_sign, decomposed))


def _plain_sign(sign: str) -> str:
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    return sign if sign.isalpha() else ""

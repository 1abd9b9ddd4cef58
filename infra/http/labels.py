"""Labels: the code of a parcel or a shelf, as a scanner reads it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from stdnum import ean, gs1_128
from stdnum.exceptions import ValidationError

from infra.wording import Unfit

SSCC = "00"
"""The GS1 application identifier of the number of a logistic unit."""
_GS1 = re.compile(r"\]([C]1|d2|Q3)|\x1d|\(")
"""How scanners and people begin what is a list of GS1 elements: with the symbology or a bracket."""
_SYMBOLOGY = re.compile(r"^\][A-Za-z]\d")
_BARE_SSCC = re.compile(r"00[0-9]{18}")
_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9-]{3,31}(/[1-9][0-9]?)?")


def parcel_code(scanned: str) -> str:
    """The code of the parcel whose label was scanned: QR, Code 128 or GS1-128, as the scanner sends
    it. Raises `Unfit`."""
    text = scanned.strip()
    if _GS1.match(text) or _BARE_SSCC.fullmatch(text):
        return sscc(_unit(_SYMBOLOGY.sub("", text)))
    plain = _SYMBOLOGY.sub("", text).upper()
    if not _PLAIN.fullmatch(plain):
        raise Unfit("label_unreadable")
    return plain


def sscc(number: str) -> str:
    """A serial shipping container code of 18 digits whose last one is right. Raises `Unfit`."""
    if not re.fullmatch(r"[0-9]{18}", number) or ean.calc_check_digit(number[:-1]) != number[-1]:
        raise Unfit("sscc")
    return number


def _unit(elements: str) -> str:
    # stdnum drops brackets, and would read all that follows a batch number as a part of it.
    parted = elements.replace("(", "\x1d").removeprefix("\x1d")
    try:
        found = gs1_128.info(parted, separator="\x1d")
    except ValidationError as error:
        raise Unfit("label_unreadable") from error
    if SSCC not in found:
        raise Unfit("label_without_sscc")
    return str(found[SSCC])


Scanned = Annotated[
    str,
    StringConstraints(max_length=128),
    AfterValidator(parcel_code),
    Field(examples=["CASA-2041/1", "(00)340123450000000000"]),
]
"""What a scanner sends of the label of a parcel: a plain code, or the elements of a GS1-128."""
ShelfCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,15}$"),
    Field(examples=["B-12"]),
]
"""The code on the label of a shelf."""

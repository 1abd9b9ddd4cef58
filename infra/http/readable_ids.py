"""Ids that people can read out on the phone."""

from hashlib import sha256
from uuid import UUID

TRIP = "T"
USER = "U"
ORDER = "P"
"""How the ids begin of what an organisation may call by a reference of its own."""
TOUR = "R"
PICKUP = "K"
ORGANISATION = "D"
REQUEST = "Q"
MESSAGE = "M"
REPLY = "A"
NOTICE = "N"
DEALERSHIP = "G"
CHECKLIST = "L"
TEMPLATE = "B"
PREDEFINED_MESSAGE = "F"
CASE = "J"
CUSTOMER = "C"
VEHICLE = "V"
CONSENT = "Y"
EXPORT = "E"
DEVICE = "H"
INVENTORY = "Z"
REMINDER = "X"
INVITATION = "I"
COMPLAINT = "W"
THREAD = "O"
SERVICE_REQUEST = "SR"
SERVICE_JOB = "SJ"
SERVICE_CONTRACT = "SC"
AUDIT = "AU"
AUDIT_TEMPLATE = "AT"

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 11
_LENGTH_OF_REFERENCED = 16


def readable_id(prefix: str, of: UUID) -> str:
    """`T7KQ2M9XDPA3`: 55 bits of an id in Crockford's base 32, always the same for the same id.

    Among a million, two are the same with a chance of 1 in 70 000; then publishing is refused, and
    nothing is overwritten.
    """
    return prefix + _in_base_32(of.int >> 73, _LENGTH)


def referenced_id(prefix: str, organisation_id: str, reference: str) -> str:
    """The id of what an organisation calls by a reference of its own: always the same for both.

    Its 80 bits are too many for anybody to find a reference of another organisation that leads to
    the same id. The prefix tells kinds of things apart.
    """
    # No id of an organisation has a slash, so no two names are the same.
    found = sha256(f"{prefix}/{organisation_id}/{reference}".encode()).digest()
    return prefix + _in_base_32(int.from_bytes(found[:10]), _LENGTH_OF_REFERENCED)


def _in_base_32(value: int, length: int) -> str:
    return "".join(_DIGITS[(value >> 5 * place) & 31] for place in reversed(range(length)))

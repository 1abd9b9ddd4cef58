"""Ids that people can read out on the phone."""

from uuid import UUID

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 11


def readable_id(prefix: str, of: UUID) -> str:
    """`T7KQ2M9XDPA3`: 55 bits of an id in Crockford's base 32, always the same for the same id.

    Among a million, two are the same with a chance of 1 in 70 000; then publishing is refused, and
    nothing is overwritten.
    """
    value = of.int >> 73
    digits = (_DIGITS[(value >> 5 * place) & 31] for place in reversed(range(_LENGTH)))
    return prefix + "".join(digits)

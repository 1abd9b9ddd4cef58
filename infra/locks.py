"""The advisory locks of PostgreSQL: each kind has a number of its own, and all of them are here."""

from enum import IntEnum


class Lock(IntEnum):
    """The first number of a lock says what kind it is; the second, which one of the kind.

    Locks of streams are apart: one number of 64 bits, which is the hash of the stream's name.
    """

    MIGRATION = 72616
    """Making the tables of a database; its second number is 1, that of its identity 2."""
    RELAY = 72617
    """Leading the relay of a service."""
    ADMINISTRATORS = 72618
    """Deciding who administers an organisation."""
    GENERATIONS = 72619
    """Making, activating and dropping generations of views; its second number is 0."""
    UPLOAD = 72620
    """Adding to, joining or clearing one upload."""
    ATTEMPT = 72621
    """Counting the attempts of one throttle."""
    SIGNING_KEY = 72622
    """Making the next key that signs tokens; its second number is 0."""
    RECEIPT = 72623
    """Handing one message to a provider."""

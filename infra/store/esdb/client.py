"""The client library as we use it: its URLs, what its errors mean, when it is asked again.

The library asks again once after most errors, and at once. An election takes longer than that, so
everything here is repeated for a while; only what may be done twice comes here.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

from kurrentdbclient import AsyncKurrentDBClient
from kurrentdbclient.exceptions import (
    AbortedByServerError,
    AccessDeniedError,
    DeadlineExceededError,
    DiscoveryFailedError,
    FailedPreconditionError,
    GrpcError,
    KurrentDBClientError,
    UnauthenticatedError,
    UnknownError,
)

from infra.store.protocol import StoreAway
from infra.supervisor import Halt

R = TypeVar("R")

CALL_SECONDS = 5.0
"""How long one call may take. A server answers a repetition that came too soon never."""
PATIENCE_SECONDS = 20.0
"""How long we ask again before we give up: an election takes some seconds."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
KEEP_ALIVE_MILLISECONDS = 10_000
"""After such a silence a connection is asked whether it is still there."""

_PASSING = (
    AbortedByServerError,
    DeadlineExceededError,
    DiscoveryFailedError,
    FailedPreconditionError,
    GrpcError,
    UnknownError,
)
"""What another try may mend: a leader that moves, a server that is away, late or overloaded."""
_BUSY = ("Server Is Busy", "Server Is Not Ready", "No leader info available")


class BadAddress(Halt):
    """The URL of a store says what its client does not know."""


class NotAllowed(Halt):
    """The server does not know who we are, or does not let us do what we have to."""


class Undecided(AbortedByServerError):
    """The server refuses an event for another one that it does not show yet, and may still lose."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncKurrentDBClient]:
    """A client of the store at such a URL, which looks after its connections; closed at the end.

    Raises `StoreAway` when no node is found, `BadAddress`.
    """
    address = _kept_alive(url)
    try:
        client = AsyncKurrentDBClient(address)
    except ValueError as error:
        # It may repeat the address, which has a password.
        raise BadAddress(f"RELAIS_STORES: {str(error).partition(address)[0]}") from None
    await patiently(client.connect, PATIENCE_SECONDS)
    try:
        yield client
    finally:
        await client.close()


def passes(error: Exception) -> bool:
    """Whether an error says nothing about the question, so that it may be asked again."""
    if isinstance(error, _PASSING):
        return True
    # An overloaded server says so in words only, and the library has no class for them.
    return type(error) is KurrentDBClientError and any(word in str(error) for word in _BUSY)


async def patiently(ask: Callable[[], Awaitable[R]], patience: float) -> R:
    """The answer, asked for again while errors pass.

    Raises `StoreAway` after so many seconds, `NotAllowed`.
    """
    until = monotonic() + patience
    pause = FIRST_PAUSE
    while True:
        try:
            return await ask()
        except (AccessDeniedError, UnauthenticatedError) as error:
            raise NotAllowed(
                "the event store refuses us: the user in RELAIS_STORES has to be known there, and"
                f" to read and write all streams ({type(error).__name__})"
            ) from error
        except KurrentDBClientError as error:
            if not passes(error):
                raise
            if monotonic() + pause > until:
                raise StoreAway(f"{type(error).__name__}: {error}") from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, LONGEST_PAUSE)


def _kept_alive(url: str) -> str:
    """The URL, with questions to silent connections unless it says otherwise."""
    parts = urlsplit(url)
    given = {name.lower() for name in parse_qs(parts.query)}
    added = [
        f"{name}={KEEP_ALIVE_MILLISECONDS}"
        for name in ("keepAliveInterval", "keepAliveTimeout")
        if name.lower() not in given
    ]
    query = "&".join([*filter(None, [parts.query]), *added])
    return urlunsplit(parts._replace(query=query))

"""Reading one's own writes: wait until a view has seen the facts a command recorded.

A command answers a token in `Relais-Position`; a query that carries it back in
`Relais-Min-Position` is answered once the view shows that fact, or 425 when it takes too long.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from infra.batching import Batcher
from infra.http.problems import Problem, malformed, try_again
from infra.http.versions import OpaqueVersions

HEADER = "header:Relais-Min-Position"
MOST_TOKENS = 20
POLL_SECONDS = 0.1

TOKEN = r"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)/([A-Za-z0-9._~:-]{1,64})@([A-Za-z0-9_-]{27})"
"""One position: the service and the aggregate, the id, the sealed version."""
_TOKEN = re.compile(TOKEN)

Seen = Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]
"""The version of each stream (`missions.trip/T1`) that queries show by now; absent means 0."""


class Waiter(Protocol):
    async def wait(self, timeout: float) -> bool: ...


class Signal(Protocol):
    """Rings when a consumer of this process has moved on."""

    def subscribe(self) -> AbstractAsyncContextManager[Waiter]: ...


class Tokens:
    """Tells callers of positions and takes them back, each from the organisation it was told to.

    So nobody can ask how far a thing of another organisation is. APIs with one master key agree;
    without one nobody else reads what is told here.
    """

    def __init__(self, master: bytes | None = None) -> None:
        self._versions = OpaqueVersions(master or os.urandom(32))

    def tell(self, organisation_id: str, stream: str, version: int) -> str:
        """The position of a stream (`missions.trip/T1`) for somebody of this organisation."""
        return f"{stream}@{self._versions.of(stream, version, organisation_id)}"

    def read(self, organisation_id: str, header: str) -> dict[str, int]:
        """The least version asked for of each stream.

        Raises the same 400 `Problem` for what is malformed, made up or told to somebody else, and
        nothing is looked up for it.
        """
        tokens = header.split(",")
        if len(tokens) > MOST_TOKENS:
            raise malformed(HEADER, "position", "too_many_positions", most=MOST_TOKENS)
        wanted: dict[str, int] = {}
        for token in tokens:
            stream, version = self._read(organisation_id, token.strip())
            wanted[stream] = max(wanted.get(stream, 0), version)
        return wanted

    def _read(self, organisation_id: str, token: str) -> tuple[str, int]:
        if match := _TOKEN.fullmatch(token):
            stream = f"{match[1]}/{match[2]}"
            version = self._versions.read(stream, match[3], organisation_id)
            if version is not None:
                return stream, version
        raise malformed(HEADER, "position")


class Positions:
    """Lets queries wait for facts, together: however many wait, one look at a time.

    `follows` names the aggregates the views read (`missions.trip`); what they do not read cannot
    be waited for and is passed over.
    """

    def __init__(
        self, seen: Seen, signal: Signal, follows: Collection[str], within: float = 2.0
    ) -> None:
        self._seen = seen
        self._signal = signal
        self._follows = frozenset(follows)
        self._within = within
        self._looks: Batcher[str, int] = Batcher(self._look, size=512)

    async def wait(self, wanted: Mapping[str, int]) -> None:
        """Return once everything wanted is seen. Raises a 425 `Problem` after `within` seconds."""
        left = {s: v for s, v in wanted.items() if s.partition("/")[0] in self._follows}
        if not left:
            return
        try:
            async with asyncio.timeout(self._within), self._signal.subscribe() as waiter:
                while left := await self._unseen(left):
                    await waiter.wait(POLL_SECONDS)
        except TimeoutError:
            raise _too_early(left) from None

    async def _unseen(self, wanted: Mapping[str, int]) -> dict[str, int]:
        versions = await asyncio.gather(*map(self._looks.submit, wanted))
        return {
            stream: version
            for (stream, version), seen in zip(wanted.items(), versions, strict=True)
            if seen < version
        }

    async def _look(self, streams: Sequence[str]) -> list[int | BaseException]:
        seen = await self._seen(list(dict.fromkeys(streams)))
        return [seen.get(stream, 0) for stream in streams]


def _too_early(left: Mapping[str, int]) -> Problem:
    return try_again(425, "not-seen-yet", waiting=list(left))

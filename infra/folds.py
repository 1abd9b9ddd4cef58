"""Folded states of long streams, kept for a while, so that a command reads only what is new.

The beginning of a stream never changes, so its fold is as good in a minute as now, whoever writes
meanwhile. One thing does change: who may be read. A state is therefore kept with the people whose
data is in it, and is used only while exactly those who could be read can be read (ADR 31).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

LONG = 64
"""Shorter streams are folded anew: reading them costs no more than a look at their end."""
MOST = 512
"""How many states one process keeps; those used least recently go first."""
LIFE_SECONDS = 60.0
"""How long a state is kept at most, used or not: so long may personal text outlive its key."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A state at a version, with everybody named in its sealed fields, and who had a key then."""

    state: Any
    version: int
    organisation_id: str = ""
    subjects: frozenset[str] = frozenset()
    readable: frozenset[str] = frozenset()


class Folds:
    """The states that a process keeps, by stream."""

    def __init__(
        self,
        *,
        most: int = MOST,
        life_seconds: float = LIFE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._most = most
        self._life = life_seconds
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Fold]] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, stream: str) -> Fold | None:
        """The state that was kept last, if its life is not over."""
        if (found := self._kept.get(stream)) is None:
            return None
        born, fold = found
        if self._clock() - born >= self._life:
            del self._kept[stream]
            return None
        self._kept.move_to_end(stream)
        return fold

    def keep(self, stream: str, fold: Fold) -> None:
        """Keep a state of a long stream, unless a later one is here.

        Its life begins when the stream is first kept, and is no longer for being used.
        """
        before = self.get(stream)
        if fold.version < LONG or (before is not None and fold.version < before.version):
            return
        born = self._kept[stream][0] if before is not None else self._clock()
        self._kept[stream] = born, fold
        self._kept.move_to_end(stream)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self._life, self._drop_the_old)

    def drop(self, stream: str) -> None:
        """Keep nothing of the stream."""
        self._kept.pop(stream, None)

    def _drop_the_old(self) -> None:
        """End lives that are over, also when nobody asks for anything."""
        now = self._clock()
        for stream in [s for s, (born, _) in self._kept.items() if now - born >= self._life]:
            del self._kept[stream]
        self._sweep = None
        if self._kept:
            first = min(born for born, _ in self._kept.values())
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(first + self._life - now, self._drop_the_old)

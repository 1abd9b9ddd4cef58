"""Counts the requests of people and organisations, in memory: a database would cost a round trip.

Each process counts for itself, so several processes let through as many times the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic_ns

from infra import telemetry
from infra.http.auth import Principal
from infra.http.problems import Problem, try_again

MINUTE = 60 * 10**9
REMEMBERED = 50_000
"""The people and organisations that are counted; who asked longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Most:
    """How many requests a minute. 0 is no limit."""

    of_person: int = 0
    of_organisation: int = 0


class Rates:
    """Admits so many requests a minute, also all at once; each comes back after its part of one."""

    def __init__(
        self, most: Most, clock: Callable[[], int] = monotonic_ns, remembered: int = REMEMBERED
    ) -> None:
        """`clock` tells nanoseconds."""
        self._most = most
        self._clock = clock
        self._remembered = remembered
        self._free_at: dict[tuple[str, ...], int] = {}

    def __len__(self) -> int:
        """How many are counted now."""
        return len(self._free_at)

    def count(self, who: Principal) -> None:
        """Count a request. Raises a 429 `Problem`, and counts nothing, when it is one too many."""
        most, now = self._most, self._clock()
        person = (who.organisation_id, who.subject)
        organisation = (who.organisation_id,)
        of_person = self._next(person, most.of_person, now)
        if of_person - now > MINUTE:
            raise _too_many("person", most.of_person, of_person - now - MINUTE)
        of_organisation = self._next(organisation, most.of_organisation, now)
        if of_organisation - now > MINUTE:
            raise _too_many("organisation", most.of_organisation, of_organisation - now - MINUTE)
        self._note(person, of_person, now)
        self._note(organisation, of_organisation, now)

    def _next(self, who: tuple[str, ...], most: int, now: int) -> int:
        """When they may ask `most` times at once again, with this request."""
        if not most:
            return now
        return max(self._free_at.get(who, now), now) + MINUTE // most

    def _note(self, who: tuple[str, ...], free_at: int, now: int) -> None:
        if free_at == now:
            return
        # At the end: whoever is first asked longest ago.
        self._free_at.pop(who, None)
        self._free_at[who] = free_at
        if len(self._free_at) > self._remembered:
            del self._free_at[next(iter(self._free_at))]


def _too_many(whose: str, most: int, wait: int) -> Problem:
    slug = f"too-many-requests-of-{whose}"
    telemetry.turned_away(slug)
    seconds = -(-wait // 10**9)
    return try_again(429, slug, seconds=seconds, most=most)

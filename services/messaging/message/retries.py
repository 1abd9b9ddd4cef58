"""When a message that could not be handed over is tried again, and when its channel has failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = 6
"""Failed attempts of a channel after which another one is taken, where there is another."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Each pause is twice the one before, up to the longest.

    `lasting` after the first attempt the channel has failed.
    """

    first_pause: timedelta
    longest_pause: timedelta
    lasting: timedelta


def next_attempt(
    schedule: Schedule, number: int, first_at: datetime, at: datetime, another_way: bool
) -> datetime | None:
    """When the attempt after the failed one of that number comes, from 1 on; None: there is none.

    `first_at` is when the first one failed, `at` when this one did.
    """
    if another_way and number >= PATIENCE:
        return None
    # The exponent has a bound, so that no pause is too long for a number.
    pause = min(schedule.first_pause * 2 ** min(number - 1, 30), schedule.longest_pause)
    found = at + pause
    return found if found <= first_at + schedule.lasting else None

"""Attempts slow down, and end after days; with another channel at hand, sooner."""

from datetime import UTC, datetime, timedelta

from services.messaging.message.retries import PATIENCE, Schedule, next_attempt

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
USUAL = Schedule(timedelta(seconds=30), timedelta(hours=4), timedelta(days=5))


def after(number: int, at: datetime = NOON, another_way: bool = False) -> float | None:
    """Seconds between the failed attempt of that number and the next."""
    found = next_attempt(USUAL, number, NOON, at, another_way)
    return None if found is None else (found - at).total_seconds()


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [after(n) for n in (1, 2, 3, 9, 10, 500)]
    assert pauses == [30, 60, 120, 7680, 4 * 3600, 4 * 3600]


def test_a_channel_is_given_up_when_the_next_attempt_would_come_after_its_days() -> None:
    last = NOON + USUAL.lasting - USUAL.longest_pause
    assert after(40, last) == USUAL.longest_pause.total_seconds()
    assert after(40, last + timedelta(seconds=1)) is None


def test_another_channel_is_taken_after_a_quarter_of_an_hour() -> None:
    assert after(PATIENCE - 1, another_way=True) == 480
    assert after(PATIENCE, another_way=True) is None
    assert after(PATIENCE) == 960

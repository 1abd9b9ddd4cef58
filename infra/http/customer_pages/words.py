"""The words of a customer's page, in their language and on the clock of who shows it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from importlib.resources import files
from typing import Literal

from babel.dates import format_date, format_time, format_timedelta

from contracts.common_v1 import Money
from infra.catalogues import (
    LANGUAGES,
    Texts,
    direction,
    filled,
    isolated,
    locale_of,
    money,
    number,
)
from infra.wording import COMMAS

SHARED = Texts(files("infra.http.customer_pages"))
PAGE = "page"
"""The labels that are texts of a page."""
UNTIL_DAYS = timedelta(hours=48)
"""Time that is left is said in days from then on."""


class Words:
    """The texts of a service's pages in one language, before those that all pages have.

    KeyError for a text that there is not.
    """

    def __init__(self, texts: Texts, language: str, zone: tzinfo = UTC) -> None:
        self.language = language
        self.direction = direction(language)
        self._texts = texts
        self._locale = locale_of(language)
        self._zone = zone

    def __call__(self, name: str, /, **facts: str) -> str:
        """A text with its facts, each isolated from the direction of what stands beside it."""
        shown = {fact: isolated(self.language, value) for fact, value in facts.items()}
        own = name in self._texts.content.labels[PAGE]
        return filled((self._texts if own else SHARED).label(self.language, PAGE, name), shown)

    def label(self, kind: str, value: str) -> str:
        """The words of the service for a value."""
        return self._texts.label(self.language, kind, value)

    def money(self, amount: Money) -> str:
        return money(amount.amount_minor, amount.currency, self._locale)

    def number(self, value: float) -> str:
        return number(value, self._locale)

    def part(self, basis_points: int) -> str:
        """A part of the whole, like 20 %."""
        return f"{self.number(basis_points / 100)}\N{NO-BREAK SPACE}%"

    def day(self, day: date) -> str:
        return format_date(day, "long", self._locale)

    def time(self, at: datetime) -> str:
        """A day and a time of day, as it is there."""
        day = format_date(at.astimezone(self._zone), "full", self._locale)
        return f"{day}{COMMAS.get(self.language, ', ')}{self.clock(at)}"

    def clock(self, at: datetime) -> str:
        """A time of day, as it is there."""
        return format_time(at.astimezone(self._zone), "short", locale=self._locale)

    def left(self, time: timedelta) -> str:
        """How much time is left: days, or hours and minutes."""
        if time >= UNTIL_DAYS:
            return self._amount(timedelta(days=time.days), "day")
        minutes = max(int(time.total_seconds()) // 60, 0)
        hours, minutes = divmod(minutes, 60)
        parts = [self._amount(timedelta(hours=hours), "hour")] if hours else []
        if minutes or not hours:
            parts.append(self._amount(timedelta(minutes=minutes), "minute"))
        return " ".join(parts)

    def _amount(self, time: timedelta, unit: Literal["day", "hour", "minute"]) -> str:
        # A threshold that nothing reaches keeps hours from becoming days.
        return format_timedelta(
            time, granularity=unit, threshold=1_000, format="long", locale=self._locale
        )


@cache
def languages() -> Sequence[tuple[str, str]]:
    """The languages of a page, each in its own words."""
    return tuple((one, locale_of(one).languages[one].capitalize()) for one in LANGUAGES)

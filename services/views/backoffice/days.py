"""Days in a zone: when they begin, and the rows of some of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from infra.reading import Rows

Row = TypeVar("Row")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def in_days(
    rows: Rows[Row], column: str, *, first: date | None, last: date | None, zone: ZoneInfo
) -> Rows[Row]:
    """The rows whose time is in these days of a zone, both included; without one it is open."""
    if first is not None:
        rows = rows.where(f"{column} >= %(since)s", since=midnight(first, zone))
    if last is not None:
        after = midnight(last + timedelta(days=1), zone)
        rows = rows.where(f"{column} < %(before)s", before=after)
    return rows

"""The rows of some days in a zone."""

from datetime import date, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from infra.days import midnight
from infra.reading import Rows

Row = TypeVar("Row")


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

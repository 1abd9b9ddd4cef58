"""The unit of each number, time and day of the contracts, by what its name ends in."""

from collections.abc import Iterator, Sequence

from tools.compiler import python
from tools.compiler.schema import Field, Message, Package

NUMBERS = {
    "attempt": "count",
    "attempts": "count",
    "bytes": "bytes",
    "count": "count",
    "day": "count",
    "days": "days",
    "hundredths": "hundredths",
    "km": "kilometres",
    "latitude": "degrees",
    "longitude": "degrees",
    "mark": "1 (bad) to 5 (good)",
    "media": "count",
    "messages": "count",
    "milliseconds": "milliseconds",
    "minor": "smallest unit of the currency",
    "minute": "minutes since midnight",
    "minutes": "minutes",
    "month": "count",
    "months": "months",
    "ordinal": "count",
    "parcels": "count",
    "percent": "percent",
    "photos": "count",
    "places": "count",
    "points": "basis points",
    "proposals": "count",
    "providers": "count",
    "rank": "count",
    "rate": "basis points",
    "round": "count",
    "score": "0 (bad) to 10 (good)",
    "seconds": "seconds",
    "thousandths": "thousandths",
    "version": "count",
    "weekday": "1 (Monday) to 7 (Sunday)",
    "works": "count",
    "year": "count",
}
MONEY = "relais.common.v1.Money"


def unit(field: Field, message: Message) -> str:
    """In words; empty for what has none. Raises KeyError for a number whose name says no unit."""
    if field.kind in ("int32", "int64", "double"):
        return NUMBERS[field.name.rpartition("_")[2]]
    if field.type_name == python.INSTANT:
        counts = message.event is not None and message.event.time == field.name
        return "UTC; counts in reports" if counts else "UTC"
    if field.type_name == python.DATE:
        zoned = any(one.name == "time_zone" for one in message.fields)
        day = "day in `time_zone`" if zoned else "day"
        counts = message.event is not None and message.event.time == field.name
        return f"{day}; counts in reports" if counts else day
    return "smallest unit of its currency" if field.type_name == MONEY else ""


def unknown(packages: Sequence[Package]) -> Iterator[str]:
    """Complaints about numbers of which a reader would not know what they count."""
    for package in packages:
        for message in package.messages:
            for field in message.fields:
                try:
                    unit(field, message)
                except KeyError:
                    yield (
                        f"{message.full_name}.{field.name}: a number needs a unit: let its name end"
                        f" in one of {', '.join(NUMBERS)}, or add one to tools/catalogue/units.py"
                    )

"""Events as the service records them: trips, each with a few quotes."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from contracts.common_v1 import Money, Point
from contracts.missions.trip_v1 import (
    QuoteSubmitted,
    Slot,
    Stop,
    TripEvent,
    TripPublished,
    Vehicle,
    contract,
)
from infra.database import Pool
from infra.personal import Codec
from infra.store import metadata

ORGANISATION = "atlas"
QUOTES = 3
EVENTS_A_TRIP = 1 + QUOTES
DRIVERS = 200

Row = tuple[str, int, Any, str, bytes, str, datetime]
"""A row of the event table: stream, version, event id, type, data, meta, occurred at."""

META = json.dumps(
    {
        "command": str(uuid4()),
        "correlation": uuid4().hex,
        "causation": str(uuid4()),
        "actor": "driver-17",
        "organisation": ORGANISATION,
        "fingerprint": "0" * 64,
    }
)
COLUMNS = (
    "command_id, correlation_id, causation_id, actor, organisation_id, fingerprint, trace, meta"
)
KEPT = metadata.kept(json.loads(META))


def published(trip_id: str, at: datetime) -> TripPublished:
    """An offer open for a month."""
    return TripPublished(
        trip_id=trip_id,
        organisation_id=ORGANISATION,
        client_brand="Atlas Leasing",
        tags=("trade_plate_required",),
        departure=Stop(
            city="Paris", postal_code="75001", point=Point(latitude=48.86, longitude=2.34)
        ),
        arrival=Stop(city="Lyon", postal_code="69001", point=Point(latitude=45.77, longitude=4.83)),
        from_slot=Slot(at.date() + timedelta(days=2), fixed=False),
        until_slot=Slot(at.date() + timedelta(days=30), fixed=False),
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="road",
        distance_km=460,
        duration_minutes=300,
        client_process=None,
        additional_services=(),
        published_at=at,
        time_zone="Europe/Paris",
        reference=None,
    )


def quoted(trip_id: str, driver: int, comment: str | None, at: datetime) -> QuoteSubmitted:
    """A driver's price; a comment is personal, so it is sealed."""
    price = Money(12_500 + driver, "EUR")
    return QuoteSubmitted(
        trip_id=trip_id,
        driver_id=f"driver-{driver}",
        price=price,
        comment=comment,
        pickup_on=None,
        delivery_on=None,
        submitted_at=at,
        expenses=(),
        valid_until=None,
    )


def story(prefix: str, trips: int) -> Iterator[tuple[str, int, TripEvent]]:
    """The trips of a region, each published and then quoted: trip id, version, event."""
    at = datetime.now(UTC)
    for number in range(trips):
        trip_id = f"{prefix}{number}"
        yield trip_id, 1, published(trip_id, at)
        for nth in range(QUOTES):
            comment = "Can leave at six in the morning." if nth == 0 else None
            driver = (number * QUOTES + nth) % DRIVERS
            yield trip_id, nth + 2, quoted(trip_id, driver, comment, at)


async def rows(codec: Codec[TripEvent], prefix: str, trips: int) -> list[Row]:
    """The story as rows of the event table."""
    told = [(uuid4(), *part) for part in story(prefix, trips)]
    encoded = await codec.encode([(id, event) for id, _, _, event in told])
    at = datetime.now(UTC)
    return [
        (f"{contract.name}-{trip_id}", version, id, e.type, e.data, META, at)
        for (id, trip_id, version, _), e in zip(told, encoded, strict=True)
    ]


async def record(pool: Pool, recorded: Sequence[Row]) -> None:
    """Put rows into the event store in one transaction, as no service would."""
    async with pool.connection() as connection, connection.transaction():
        cursor = connection.cursor()
        async with cursor.copy(
            f"copy es.stored_event (stream, version, event_id, type, data, occurred_at, {COLUMNS})"
            " from stdin"
        ) as copy:
            for *row, _, at in recorded:
                await copy.write_row((*row, at, *KEPT))

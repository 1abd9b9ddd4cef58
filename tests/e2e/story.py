"""A few hundred commands: drivers register, trips are offered, quoted, awarded and delivered."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point
from contracts.missions.driver_v1 import DriverRegistered, PhoneChanged
from contracts.missions.trip_v1 import (
    Channel,
    DeliveryConfirmed,
    QuoteSubmitted,
    Slot,
    Stop,
    TripPublished,
    Vehicle,
)
from services.missions.aggregates import DRIVER, TRIP
from services.missions.driver import ChangePhone, RegisterDriver
from services.missions.quoting import SubmitQuote
from services.missions.trip import AwardTrip, ConfirmDelivery, PublishTrip
from tests.e2e.world import NOON, World

TODAY = NOON.date()
FROM, UNTIL = date(2030, 5, 6), date(2030, 5, 10)
DRIVERS = [f"driver-{n}" for n in range(12)]
TRIPS = [f"trip-{n}" for n in range(60)]
AT_A_TIME = 6

OFFER = TripPublished(
    trip_id="",
    organisation_id="hiflow",
    client_brand="Atlas",
    tags=(),
    departure=Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38)),
    arrival=Stop(city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86)),
    from_slot=Slot(FROM, fixed=False),
    until_slot=Slot(UNTIL, fixed=False),
    vehicle=Vehicle(make="Renault", model="Clio"),
    delivery_type="depot",
    distance_km=465,
    duration_minutes=290,
    client_process=None,
    additional_services=(),
    published_at=NOON,
    time_zone="Europe/Paris",
)


async def told(world: World) -> None:
    """The whole story, some of it at the same time."""
    for driver in DRIVERS:
        ada = DriverRegistered(
            driver_id=driver,
            organisation_id="hiflow",
            name="Ada",
            phone="+33600000000",
            registered_at=NOON,
        )
        await world.do(DRIVER, driver, RegisterDriver(ada))
    places = asyncio.Semaphore(AT_A_TIME)
    async with asyncio.TaskGroup() as group:
        for trip in TRIPS:
            group.create_task(_live(world, trip, places))


async def _live(world: World, trip: str, places: asyncio.Semaphore) -> None:
    quoting = world.dice.sample(DRIVERS, 3)
    fate = world.dice.choice(["open", "assigned", "delivered"])
    async with places:
        await world.do(TRIP, trip, PublishTrip(replace(OFFER, trip_id=trip), TODAY))
        for nth, driver in enumerate(quoting):
            await world.do(TRIP, trip, _quote(trip, driver, 10_000 + nth))
        if fate == "open":
            return
        award = AwardTrip(trip, "hiflow", quoting[0], TODAY, NOON + timedelta(hours=1))
        await world.do(TRIP, trip, award)
        phone = PhoneChanged(driver_id=quoting[0], phone=f"+336{trip[5:]:0>8}", changed_at=NOON)
        await world.do(DRIVER, quoting[0], ChangePhone(phone, "hiflow"))
        if fate == "delivered":
            on = datetime(2030, 5, 8, 17, 0, tzinfo=UTC)
            done = DeliveryConfirmed(
                trip_id=trip,
                driver_id=quoting[0],
                channel=Channel.APP,
                confirmed_at=on,
                client_told=False,
            )
            await world.do(TRIP, trip, ConfirmDelivery(done, "hiflow", on.date()))


def _quote(trip: str, driver: str, amount_minor: int) -> SubmitQuote:
    price = Money(amount_minor, "EUR")
    quote = QuoteSubmitted(
        trip_id=trip,
        driver_id=driver,
        price=price,
        comment=None,
        pickup_on=None,
        delivery_on=None,
        submitted_at=NOON,
        expenses=(),
        valid_until=None,
    )
    return SubmitQuote(quote, "hiflow", frozenset(), TODAY)

"""A few hundred commands: drivers register, trips are offered, quoted, awarded and delivered."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point
from contracts.missions.trip_v1 import Channel, Slot, Stop, Vehicle
from services.missions.aggregates import DRIVER, TRIP
from services.missions.driver import ChangePhone, RegisterDriver
from services.missions.terms import SeenQuote
from services.missions.trip import AwardTrip, ConfirmDelivery, PublishTrip
from services.missions.trip.quotes import QuoteTerms, SubmitQuote
from tests.e2e.world import NOON, World

TODAY = NOON.date()
FROM, UNTIL = date(2030, 5, 6), date(2030, 5, 10)
DRIVERS = [f"driver-{n}" for n in range(12)]
TRIPS = [f"trip-{n}" for n in range(60)]
AT_A_TIME = 6

OFFER = PublishTrip(
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
    time_zone="Europe/Paris",
    today=TODAY,
    at=NOON,
    reference=None,
)


async def told(world: World) -> None:
    """The whole story, some of it at the same time."""
    for driver in DRIVERS:
        register = RegisterDriver(
            driver_id=driver, organisation_id="hiflow", name="Ada", phone="+33600000000", at=NOON
        )
        await world.do(DRIVER, driver, register)
    places = asyncio.Semaphore(AT_A_TIME)
    async with asyncio.TaskGroup() as group:
        for trip in TRIPS:
            group.create_task(_live(world, trip, places))


async def _live(world: World, trip: str, places: asyncio.Semaphore) -> None:
    drivers = world.dice.sample(DRIVERS, 3)
    fate = world.dice.choice(["open", "assigned", "delivered"])
    async with places:
        await world.do(TRIP, trip, replace(OFFER, trip_id=trip))
        for nth, driver in enumerate(drivers):
            await world.do(TRIP, trip, _quote(trip, driver, 10_000 + nth))
        if fate == "open":
            return
        await world.do(TRIP, trip, _award(trip, drivers[0], 10_000))
        phone = ChangePhone(
            driver_id=drivers[0],
            organisation_id="hiflow",
            phone=f"+336{trip[5:]:0>8}",
            at=NOON,
        )
        await world.do(DRIVER, drivers[0], phone)
        if fate == "delivered":
            await world.do(TRIP, trip, _confirm(trip, drivers[0]))


def _quote(trip: str, driver: str, amount_minor: int) -> SubmitQuote:
    return SubmitQuote(
        trip_id=trip,
        driver_id=driver,
        organisation_id="hiflow",
        terms=QuoteTerms(price=Money(amount_minor, "EUR")),
        qualifications=frozenset(),
        today=TODAY,
        at=NOON,
    )


def _award(trip: str, driver: str, amount_minor: int) -> AwardTrip:
    return AwardTrip(
        trip_id=trip,
        organisation_id="hiflow",
        driver_id=driver,
        seen=SeenQuote(price=Money(amount_minor, "EUR")),
        today=TODAY,
        at=NOON + timedelta(hours=1),
    )


def _confirm(trip: str, driver: str) -> ConfirmDelivery:
    on = datetime(2030, 5, 8, 17, 0, tzinfo=UTC)
    return ConfirmDelivery(
        trip_id=trip,
        driver_id=driver,
        organisation_id="hiflow",
        channel=Channel.APP,
        today=on.date(),
        at=on,
    )

"""Which streams the service keeps, and what decides about each."""

from contracts.missions import clearance_v1, driver_v1, trip_v1
from infra.commands import Aggregate
from services.missions import clearance, driver, trip
from services.missions.trip import contacts
from services.missions.trip.obligations import obligations

TRIP = Aggregate(
    contract=trip_v1.contract,
    decide=trip.decide,
    evolve=trip.evolve,
    initial=trip.initial,
    timers=trip.timers,
    on_timer=trip.on_timer,
    forget=lambda id, organisation, at: contacts.ForgetPeople(
        trip_id=id, organisation_id=organisation, at=at
    ),
    obligations=obligations,
)
DRIVER = Aggregate(
    contract=driver_v1.contract,
    decide=driver.decide,
    evolve=driver.evolve,
    initial=driver.initial,
    forget=lambda id, organisation, at: driver.ForgetDriver(
        driver_id=id, organisation_id=organisation, at=at
    ),
)
CLEARANCE = Aggregate(
    contract=clearance_v1.contract,
    decide=clearance.decide,
    evolve=clearance.evolve,
    initial=clearance.initial,
)

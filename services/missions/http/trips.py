"""Trips: offered, proposed, given to a driver, and shown."""

from datetime import date, datetime
from typing import Annotated, Any, assert_never

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from contracts.missions.trip_v1 import End, Slot, Stop, Vehicle
from infra.http.models import (
    Body,
    Day,
    Email,
    Id,
    Language,
    Line,
    MoneyBody,
    Named,
    Phone,
    PointBody,
    plain,
)
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import AnyContext, AsOf, LogisticsContext, StaffContext, is_staff
from services.missions.http.eligibility import lacking_papers, qualifications_of_eligible_driver
from services.missions.http.fields import Code, Codes, Expenses, PostalCode, itemised
from services.missions.http.readable_ids import readable_id
from services.missions.trip.contacts import DetailStop, NameClient

router = APIRouter()

# --- Bodies -----------------------------------------------------------------

Kilometres = Annotated[int, Field(le=20_000)]
Minutes = Annotated[int, Field(le=100_000)]


class StopBody(Body):
    city: Line
    postal_code: PostalCode
    point: PointBody

    def stop(self) -> Stop:
        """The contract's value."""
        return Stop(city=self.city, postal_code=self.postal_code, point=self.point.point())


class SlotBody(Body):
    date: Day
    fixed: bool = False
    """True when the client imposes exactly this day."""

    def slot(self) -> Slot:
        """The contract's value."""
        return Slot(self.date, self.fixed)


class VehicleBody(Body):
    make: Line
    model: Line


class TripBody(Body):
    """A transfer to offer."""

    trip_id: Id | None = None
    """The number to identify it by; given one when absent."""
    client_brand: Line
    tags: Codes = ()
    departure: StopBody
    arrival: StopBody
    from_slot: SlotBody
    until_slot: SlotBody
    vehicle: VehicleBody
    delivery_type: Code
    distance_km: Kilometres
    duration_minutes: Minutes
    client_process: Code | None = None
    additional_services: Codes = ()

    def command(
        self, *, trip_id: str, organisation_id: str, time_zone: str, today: date, at: datetime
    ) -> trip.PublishTrip:
        """The command to publish this offer."""
        return trip.PublishTrip(
            trip_id=trip_id,
            organisation_id=organisation_id,
            client_brand=self.client_brand,
            tags=self.tags,
            departure=self.departure.stop(),
            arrival=self.arrival.stop(),
            from_slot=self.from_slot.slot(),
            until_slot=self.until_slot.slot(),
            vehicle=Vehicle(make=self.vehicle.make, model=self.vehicle.model),
            delivery_type=self.delivery_type,
            distance_km=self.distance_km,
            duration_minutes=self.duration_minutes,
            client_process=self.client_process,
            additional_services=self.additional_services,
            time_zone=time_zone,
            today=today,
            at=at,
        )


class DriverNamed(Body):
    driver_id: Id


class AssignmentBody(Body):
    driver_id: Id
    price: MoneyBody | None = None
    expenses: Expenses = ()
    """The part of the price that is for expenses, each kind once."""


class StopDetailBody(Body):
    """Where exactly an end of the trip is, and whom to ask for there."""

    street: Line
    contact_name: Line | None = None
    phone: Phone | None = None


class ClientBody(Body):
    """The client who ordered the trip and is told of the delivery."""

    name: Line
    email: Email
    language: Language = "fr"


# --- What is shown ----------------------------------------------------------


def trip_for_logistics(found: trip.Published) -> dict[str, Any]:
    """Everything about a trip."""
    shown = _offered(found) | _stops(found) | {"client": found.contacts.client}
    match found:
        case trip.Open():
            return shown | {"quotes": [_quote(found, id) for id in found.quotes]}
        case trip.Assigned() | trip.Delivered():
            return shown | _mission(found)
        case trip.Expired():
            return shown
        case unhandled:
            assert_never(unhandled)


def trip_for_driver(found: trip.Published, driver_id: str) -> dict[str, Any]:
    """The offer, one's own quote, one's own mission; nothing of the other drivers.

    Whoever does not have the mission sees town and postcode, not where exactly that is.
    """
    match found:
        case trip.Open(quotes=quotes) if driver_id in quotes:
            return _vaguely(found) | {"quote": _quote(found, driver_id)}
        case trip.Assigned() | trip.Delivered() if found.mission.driver_id == driver_id:
            return _offered(found) | _stops(found) | _mission(found)
        case _:
            return _vaguely(found)


def _offered(found: trip.Published) -> dict[str, Any]:
    """The situations are named as they are shown: open, assigned, delivered, expired."""
    return {"status": type(found).__name__.lower(), "offer": found.offer}


def _vaguely(found: trip.Published) -> dict[str, Any]:
    offer: dict[str, Any] = plain(found.offer)
    for end in ("departure", "arrival"):
        del offer[end]["point"]
    return _offered(found) | {"offer": offer}


def _stops(found: trip.Published) -> dict[str, Any]:
    stops = found.contacts.stops
    return {"stops": {end.name.lower(): stops.get(end) for end in End if end}}


def _mission(found: trip.Assigned | trip.Delivered) -> dict[str, Any]:
    costs = found.extra_costs
    return {
        "mission": found.mission,
        "extra_costs": [
            {"request": request, "answer": costs.answers.get(id)}
            for id, request in costs.requests.items()
        ],
        "attachments": list(found.attachments.values()),
    }


def _quote(found: trip.Open, driver_id: str) -> dict[str, Any]:
    quote = found.quotes[driver_id]
    status = {
        "QuoteSubmitted": "submitted",
        "QuoteModified": "submitted",
        "QuoteRefused": "refused",
        "QuoteWithdrawn": "withdrawn",
        "QuoteExpired": "expired",
    }[type(quote).__name__]
    return {"status": status, "last": quote, "counter_offer": _counter(found, driver_id)}


def _counter(found: trip.Open, driver_id: str) -> dict[str, Any] | None:
    if (counter := found.counter_offers.get(driver_id)) is None:
        return None
    return {"status": type(counter).__name__.removeprefix("Counter").lower(), "last": counter}


# --- Routes -----------------------------------------------------------------


@router.post("/trips", status_code=201)
async def publish_trip(body: TripBody, context: LogisticsContext) -> Response:
    """Offer a transfer to the drivers of the organisation."""
    trip_id = body.trip_id or readable_id("T", context.command_context.command_id)
    command = body.command(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        time_zone=context.zone.key,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command, created=f"/missions/trips/{trip_id}")


@router.get("/trips/{trip_id}")
async def show_trip(trip_id: Id, context: AnyContext, as_of: AsOf = None) -> Response:
    """The trip, never stale; a driver sees their own quote and mission only."""
    found = await context.load(TRIP, trip_id, as_of)
    if (
        isinstance(found.state, trip.Unpublished)
        or found.state.offer.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(trip.NoSuchTrip())
    if is_staff(context):
        return context.show(trip_for_logistics(found.state), found)
    shown = trip_for_driver(found.state, context.principal.subject)
    return context.show(shown, found, past=as_of is not None)


@router.get("/trips/{trip_id}/history")
async def trip_history(trip_id: Id, context: StaffContext) -> Response:
    """Every fact about the trip: who, what, when. It names all who quoted, so it is for staff."""
    await show_trip(trip_id, context)
    return await context.history(TRIP, trip_id)


@router.post("/trips/{trip_id}/proposals")
async def propose_trip(trip_id: Id, body: DriverNamed, context: LogisticsContext) -> Response:
    """Ask a driver to quote for the trip, for example one who declared to be available."""

    async def proposal(state: trip.Trip) -> trip.ProposeTrip:
        await qualifications_of_eligible_driver(context, body.driver_id, state)
        return trip.ProposeTrip(
            trip_id=trip_id,
            driver_id=body.driver_id,
            organisation_id=context.principal.organisation_id,
            today=context.today,
            at=context.occurred_at,
        )

    return await context.handle(TRIP, trip_id, proposal)


@router.post("/trips/{trip_id}/award")
async def award_trip(trip_id: Id, body: DriverNamed, context: LogisticsContext) -> Response:
    """Accept one driver's quote: it becomes their mission, the other quotes are refused."""

    async def award(state: trip.Trip) -> trip.AwardTrip:
        return trip.AwardTrip(
            trip_id=trip_id,
            organisation_id=context.principal.organisation_id,
            driver_id=body.driver_id,
            qualifications=await qualifications_of_eligible_driver(context, body.driver_id, state),
            lacking_papers=await lacking_papers(context, body.driver_id),
            today=context.today,
            at=context.at,
        )

    return await context.handle(TRIP, trip_id, award)


@router.post("/trips/{trip_id}/assignment")
async def assign_directly(trip_id: Id, body: AssignmentBody, context: LogisticsContext) -> Response:
    """Give the trip to a driver who did not quote."""

    async def assignment(state: trip.Trip) -> trip.AssignDirectly:
        return trip.AssignDirectly(
            trip_id=trip_id,
            organisation_id=context.principal.organisation_id,
            driver_id=body.driver_id,
            price=body.price.money() if body.price else None,
            expenses=itemised(body.expenses),
            qualifications=await qualifications_of_eligible_driver(context, body.driver_id, state),
            lacking_papers=await lacking_papers(context, body.driver_id),
            today=context.today,
            at=context.occurred_at,
        )

    return await context.handle(TRIP, trip_id, assignment)


@router.put("/trips/{trip_id}/stops/{end}")
async def detail_stop(
    trip_id: Id, end: Annotated[End, Named()], body: StopDetailBody, context: LogisticsContext
) -> Response:
    """Say where an end of the trip is and whom to ask for there; its driver sees it."""
    command = DetailStop(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        end=end,
        street=body.street,
        contact_name=body.contact_name,
        phone=body.phone,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.put("/trips/{trip_id}/client")
async def name_client(trip_id: Id, body: ClientBody, context: LogisticsContext) -> Response:
    """Name the client, who is told by mail that the vehicle was delivered."""
    command = NameClient(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        name=body.name,
        email=body.email,
        language=body.language,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)

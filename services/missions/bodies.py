"""What the front end sends, and what it is shown of a trip and of a driver."""

from datetime import date, datetime
from typing import Annotated, Any, assert_never

from pydantic import Field, StringConstraints

from contracts.common_v1 import Money
from contracts.missions.driver_v1 import Period, QualificationKind
from contracts.missions.trip_v1 import (
    Channel,
    End,
    ExpenseKind,
    QuotedExpense,
    Slot,
    Stop,
    TripPublished,
    Vehicle,
)
from infra.http.models import (
    Body,
    Day,
    Email,
    Id,
    Instant,
    Language,
    Line,
    MoneyBody,
    Named,
    Phone,
    PointBody,
    Text,
    plain,
)
from services.missions import clearance, driver, trip

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Codes = Annotated[tuple[Code, ...], Field(max_length=20, strict=False)]
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
    """True when the client imposes exactly this day (HIF-13)."""

    def slot(self) -> Slot:
        """The contract's value."""
        return Slot(self.date, self.fixed)


class VehicleBody(Body):
    make: Line
    model: Line


class TripBody(Body):
    """A transfer to offer (HIF-09 to HIF-14)."""

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

    def offer(
        self, trip_id: str, organisation_id: str, at: datetime, time_zone: str
    ) -> TripPublished:
        """The contract's value."""
        return TripPublished(
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
            published_at=at,
            time_zone=time_zone,
        )


class ExpenseBody(Body):
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody


MaybeDay = date | None
Terms = tuple[
    Money, str | None, MaybeDay, MaybeDay, datetime, tuple[QuotedExpense, ...], datetime | None
]


Expenses = Annotated[tuple[ExpenseBody, ...], Field(max_length=5, strict=False)]


def itemised(expenses: tuple[ExpenseBody, ...]) -> tuple[QuotedExpense, ...]:
    """The contract's values."""
    return tuple(QuotedExpense(one.kind, one.amount.money()) for one in expenses)


class QuoteBody(Body):
    """A price excluding VAT, and when the driver would come (G-12)."""

    price: MoneyBody
    expenses: Expenses = ()
    """What of the price is for expenses, each kind once; the rest is the service (C4)."""
    comment: Text | None = None
    pickup_on: Day | None = None
    delivery_on: Day | None = None
    valid_until: Instant | None = None
    """From this instant on it cannot be accepted; without one it holds until it is answered."""

    def terms(self, at: datetime) -> Terms:
        """The fields that quotes have in common, in the order of the contract."""
        days, expenses = (self.pickup_on, self.delivery_on), itemised(self.expenses)
        return (self.price.money(), self.comment, *days, at, expenses, self.valid_until)


class ExtraCostBody(Body):
    """Something the quote did not foresee, with its photo as a file of media (C5)."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    reason: Text
    photo_file_id: Id


class GrantBody(Body):
    """What is granted of an extra cost; all of it when no amount is given."""

    amount: MoneyBody | None = None


class AttachmentBody(Body):
    """A document of the mission, as a file of media (HIF-26)."""

    file_id: Id
    label: Line


class CounterBody(Body):
    """The price at which logistics would take the quote, its expenses included (C8)."""

    price: MoneyBody


class RefusalBody(Body):
    reason: Text


class StopDetailBody(Body):
    """Where exactly, and whom to ask for there (C14)."""

    street: Line
    contact_name: Line | None = None
    phone: Phone | None = None


class ClientBody(Body):
    """Who ordered the trip, and is told of the delivery (HIF-27)."""

    name: Line
    email: Email
    language: Language = "fr"


class DriverNamed(Body):
    driver_id: Id


class AssignmentBody(Body):
    driver_id: Id
    price: MoneyBody | None = None
    expenses: Expenses = ()
    """What of the price is for expenses, each kind once (C4)."""


class ConfirmationBody(Body):
    channel: Annotated[Channel, Named()]


class DriverBody(Body):
    driver_id: Id
    name: Line
    phone: Phone


class HomeBody(Body):
    street: Line
    postal_code: PostalCode
    city: Line
    location: PointBody


class PhoneBody(Body):
    phone: Phone


class TrainingBody(Body):
    kind: Annotated[QualificationKind, Named()]
    code: Code


class QualificationBody(TrainingBody):
    valid_until: Day | None = None


class RequirementBody(Body):
    """All the papers a driver has to hold, by name; papers once accepted are required besides."""

    kinds: Codes


class AvailabilityBody(Body):
    period: Annotated[Period, Named()]
    starting: Day
    reason: Text | None = None


# --- What is shown ----------------------------------------------------------


def trip_for_logistics(found: trip.Published) -> dict[str, Any]:
    """Everything about a trip."""
    shown = _offered(found) | _stops(found) | {"client": found.details.client}
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
    """The offer, one's own quote, one's own mission; nothing of the other drivers (HIF-15).

    Who does not have the mission sees town and postcode, not where exactly that is (C14).
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
    stops = found.details.stops
    return {"stops": {end.name.lower(): stops.get(end) for end in End if end}}


def _mission(found: trip.Assigned | trip.Delivered) -> dict[str, Any]:
    carried = found.carried
    return {
        "mission": found.mission,
        "extra_costs": [
            {"request": asked, "answer": carried.answers.get(id)}
            for id, asked in carried.requests.items()
        ],
        "attachments": list(carried.attachments.values()),
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
    if (counter := found.counters.get(driver_id)) is None:
        return None
    return {"status": type(counter).__name__.removeprefix("Counter").lower(), "last": counter}


def papers_shown(found: clearance.Clearance, organisation_id: str, on: date) -> dict[str, Any]:
    """Which papers the driver has to hold for new work, and which of them they do not (C6)."""
    return {
        "required_papers": clearance.required(found, organisation_id),
        "lacking_papers": clearance.lacking(found, organisation_id, on),
    }


def driver_shown(found: driver.Driver) -> dict[str, Any]:
    """A driver to themselves and to staff."""
    match found:
        case driver.Unregistered():
            return {}
        case driver.Forgotten():
            return {"status": "forgotten"}
        case driver.Partner():
            return {
                "status": "suspended" if found.suspended else "partner",
                "registration": found.registration,
                "phone": found.phone,
                "home": found.home,
                "in_training": sorted(found.in_training),
                "qualifications": [
                    {"kind": kind, "code": code, "valid_until": until}
                    for (kind, code), until in sorted(found.qualified_until.items())
                ],
                "availabilities": list(found.availabilities.values()),
                "engagements": list(found.engagements.values()),
            }
        case unhandled:
            assert_never(unhandled)

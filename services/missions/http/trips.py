"""Trips: offered, proposed, given to a driver, and shown."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, assert_never

from fastapi import Query
from pydantic import Field, StringConstraints

from contracts.missions import trip_v1
from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ClientNamed,
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    DeliveryConfirmed,
    End,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    QuoteAccepted,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    Slot,
    Stop,
    StopDetailed,
    SubjectForgotten,
    TripExpired,
    TripProposed,
    TripPublished,
    Vehicle,
    VehicleIdentified,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, PointShown, Recorded, Router
from infra.http.history import AsOf, History, HistoryPart
from infra.http.models import (
    Body,
    Coded,
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
    Reference,
)
from infra.http.printed import PrintedLine
from infra.http.problems import invalid
from infra.http.vehicles import Plate, plate
from infra.lookups import users
from infra.wording import Unfit
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import AnyContext, LogisticsContext, StaffContext, is_staff
from services.missions.http.eligibility import lacking_papers, qualifications_of_eligible_driver
from services.missions.http.fields import (
    Code,
    Codes,
    Expenses,
    PostalCode,
    QuoteSeen,
    itemised,
)
from services.missions.http.missions import (
    AssignedMission,
    AttachmentShown,
    ExtraCostAsked,
    ExtraCostGranted,
    ExtraCostShown,
    ExtraCostTurnedDown,
    extra_costs_shown,
)
from services.missions.http.quotes import (
    AcceptedCounter,
    DeclinedCounter,
    ExpiredQuote,
    ModifiedQuote,
    OfferedCounter,
    QuoteShown,
    RefusedQuote,
    SubmittedQuote,
    WithdrawnQuote,
    quote_shown,
)
from services.missions.trip.contacts import DetailStop, IdentifyVehicle, NameClient

router = Router("Trips")

# --- Bodies -----------------------------------------------------------------

Kilometres = Annotated[int, Field(le=20_000)]
Minutes = Annotated[int, Field(le=100_000)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["FR"])]
"""Of ISO 3166."""


class StopBody(Body):
    city: PrintedLine
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
    make: PrintedLine
    model: PrintedLine


class TripBody(Body):
    """A transfer to offer."""

    reference: Reference | None = None
    """The organisation's own name for one trip only: the same again is a repetition."""
    client_brand: PrintedLine
    tags: Annotated[Codes, Coded("Tag")] = ()
    departure: StopBody
    arrival: StopBody
    from_slot: SlotBody
    until_slot: SlotBody
    vehicle: VehicleBody
    delivery_type: Annotated[Code, Coded("DeliveryType")]
    distance_km: Kilometres
    duration_minutes: Minutes
    client_process: Code | None = None
    additional_services: Annotated[Codes, Coded("AdditionalService")] = ()

    def command(
        self, *, trip_id: str, organisation_id: str, time_zone: str, today: date, at: datetime
    ) -> trip.PublishTrip:
        """The command to publish this offer."""
        return trip.PublishTrip(
            trip_id=trip_id,
            organisation_id=organisation_id,
            reference=self.reference,
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


class AwardBody(DriverNamed):
    quote: QuoteSeen


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


class PlateBody(Body):
    """The plate of the vehicle."""

    plate: Plate
    country: CountryCode | None = None
    """Where it is registered; the country of the organisation when it is absent."""


class ClientBody(Body):
    """The client who ordered the trip and is told of the delivery."""

    name: Line
    email: Email
    language: Language = "fr"


# --- Answers ----------------------------------------------------------------


class StopShown(Answer):
    """Where a vehicle leaves from or goes to."""

    city: str
    postal_code: str
    point: PointShown


class TownShown(Answer):
    """Where a vehicle leaves from or goes to, as anybody who may quote knows it."""

    city: str
    postal_code: str


class SlotShown(Answer):
    """A day of the window; fixed when the client imposes exactly this day."""

    date: Day
    fixed: bool


class VehicleShown(Answer):
    make: str
    model: str


class OfferTerms(Answer):
    """The offer without its places."""

    trip_id: str
    organisation_id: str
    client_brand: str
    tags: Annotated[tuple[str, ...], Coded("Tag")]
    from_slot: SlotShown
    until_slot: SlotShown
    vehicle: VehicleShown
    delivery_type: Annotated[str, Coded("DeliveryType")]
    distance_km: int
    duration_minutes: int
    client_process: str | None
    """The client process a driver must be qualified for."""
    additional_services: Annotated[tuple[str, ...], Coded("AdditionalService")]
    """The services a driver must be qualified for."""
    published_at: Instant
    time_zone: str | None


class OfferInOutline(OfferTerms):
    """The offer as every driver of the organisation may see it."""

    departure: TownShown
    arrival: TownShown


class OfferShown(OfferTerms):
    """The offer with the places where it begins and ends."""

    reference: str | None
    """The name that the organisation which offers it gives it."""
    departure: StopShown
    arrival: StopShown


class DetailedStop(Answer):
    """Where exactly an end of the trip is, and whom to ask for there."""

    trip_id: str
    end: Annotated[End, Named()]
    street: str
    contact_name: str | None
    phone: str | None
    detailed_at: Instant


class StopsShown(Answer):
    """The ends of the trip; null where nothing has been said yet."""

    departure: DetailedStop | None
    arrival: DetailedStop | None


class IdentifiedVehicle(Answer):
    """Which vehicle it is, by its plate and the country where that is registered."""

    trip_id: str
    organisation_id: str
    plate: str
    country: str
    identified_at: Instant


class ClientShown(Answer):
    """The client who ordered the trip."""

    trip_id: str
    organisation_id: str
    name: str
    email: str
    language: str
    named_at: Instant


class TripStatus(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    DELIVERED = "delivered"
    EXPIRED = "expired"


class MissionStatus(StrEnum):
    ASSIGNED = "assigned"
    DELIVERED = "delivered"


class TripForDriver(Answer):
    """A trip to a driver whose mission it is not: nothing of the other drivers."""

    status: TripStatus
    offer: OfferInOutline
    quote: QuoteShown | None
    """One's own."""


class MissionForDriver(Answer):
    """A trip to the driver whose mission it is."""

    status: MissionStatus
    offer: OfferShown
    stops: StopsShown
    identified: IdentifiedVehicle | None
    """Null as long as nobody told the plate."""
    mission: AssignedMission
    extra_costs: tuple[ExtraCostShown, ...]
    attachments: tuple[AttachmentShown, ...]


class OpenTrip(Answer):
    """A trip that drivers quote for, to staff."""

    status: Literal[TripStatus.OPEN]
    offer: OfferShown
    stops: StopsShown
    identified: IdentifiedVehicle | None
    """Null as long as nobody told the plate."""
    client: ClientShown | None
    quotes: tuple[QuoteShown, ...]


class MissionForStaff(MissionForDriver):
    """A trip that a driver was given, to staff."""

    client: ClientShown | None


class ExpiredTrip(Answer):
    """A trip that nobody was given in time, to staff."""

    status: Literal[TripStatus.EXPIRED]
    offer: OfferShown
    stops: StopsShown
    identified: IdentifiedVehicle | None
    """Null as long as nobody told the plate."""
    client: ClientShown | None


TripForStaff = OpenTrip | MissionForStaff | ExpiredTrip


class TripHistory(
    History,
    of=trip_v1.contract,
    shows={
        TripPublished: OfferShown,
        StopDetailed: DetailedStop,
        ClientNamed: ClientShown,
        VehicleIdentified: IdentifiedVehicle,
        TripProposed: ("trip_id", "driver_id", "proposed_at"),
        QuoteSubmitted: SubmittedQuote,
        QuoteModified: ModifiedQuote,
        QuoteWithdrawn: WithdrawnQuote,
        QuoteRefused: RefusedQuote,
        QuoteExpired: ExpiredQuote,
        CounterOffered: OfferedCounter,
        CounterAccepted: AcceptedCounter,
        CounterDeclined: DeclinedCounter,
        QuoteAccepted: ("trip_id", "driver_id", "accepted_at"),
        MissionAssigned: AssignedMission,
        ExtraCostRequested: ExtraCostAsked,
        ExtraCostAccepted: ExtraCostGranted,
        ExtraCostRefused: ExtraCostTurnedDown,
        AttachmentAdded: AttachmentShown,
        AttachmentRemoved: ("trip_id", "driver_id", "file_id", "removed_at"),
        DeliveryConfirmed: ("trip_id", "driver_id", "channel", "confirmed_at", "client_told"),
        TripExpired: ("trip_id", "expired_at"),
        SubjectForgotten: ("trip_id", "forgotten_at"),
    },
):
    """Every fact about a trip, oldest first."""


def trip_for_driver(state: trip.Published, driver_id: str) -> TripForDriver | MissionForDriver:
    """The offer, one's own quote, one's own mission; nothing of the other drivers (HIF-15).

    A driver who does not have the mission sees town and postcode, not where exactly that is.
    """
    match state:
        case trip.Open():
            quote = state.quotes.get(driver_id)
            counter = state.counter_offers.get(driver_id)
            return TripForDriver(
                status=TripStatus.OPEN,
                offer=OfferInOutline.of(state.offer),
                quote=quote_shown(quote, counter) if quote else None,
            )
        case trip.Assigned() | trip.Delivered() if state.mission.driver_id == driver_id:
            return MissionForDriver(
                status=mission_status(state),
                offer=OfferShown.of(state.offer),
                stops=stops_shown(state),
                identified=identified(state),
                mission=AssignedMission.of(state.mission),
                extra_costs=extra_costs_shown(state.extra_costs),
                attachments=attachments_shown(state),
            )
        case trip.Assigned() | trip.Delivered():
            return no_longer_open(TripStatus(mission_status(state)), state)
        case trip.Expired():
            return no_longer_open(TripStatus.EXPIRED, state)
        case unhandled:
            assert_never(unhandled)


def trip_for_staff(state: trip.Published) -> TripForStaff:
    """Everything about a trip."""
    offer, stops, vehicle = OfferShown.of(state.offer), stops_shown(state), identified(state)
    client = ClientShown.of(state.contacts.client) if state.contacts.client else None
    match state:
        case trip.Open():
            quotes = tuple(
                quote_shown(quote, state.counter_offers.get(driver_id))
                for driver_id, quote in state.quotes.items()
            )
            return OpenTrip(
                status=TripStatus.OPEN,
                offer=offer,
                stops=stops,
                identified=vehicle,
                client=client,
                quotes=quotes,
            )
        case trip.Assigned() | trip.Delivered():
            return MissionForStaff(
                status=mission_status(state),
                offer=offer,
                stops=stops,
                identified=vehicle,
                client=client,
                mission=AssignedMission.of(state.mission),
                extra_costs=extra_costs_shown(state.extra_costs),
                attachments=attachments_shown(state),
            )
        case trip.Expired():
            return ExpiredTrip(
                status=TripStatus.EXPIRED,
                offer=offer,
                stops=stops,
                identified=vehicle,
                client=client,
            )
        case unhandled:
            assert_never(unhandled)


def no_longer_open(status: TripStatus, state: trip.Published) -> TripForDriver:
    return TripForDriver(status=status, offer=OfferInOutline.of(state.offer), quote=None)


def mission_status(state: trip.Mission) -> MissionStatus:
    delivered = isinstance(state, trip.Delivered)
    return MissionStatus.DELIVERED if delivered else MissionStatus.ASSIGNED


def stops_shown(state: trip.Published) -> StopsShown:
    stops = state.contacts.stops
    departure, arrival = stops.get(End.DEPARTURE), stops.get(End.ARRIVAL)
    return StopsShown(
        departure=DetailedStop.of(departure) if departure else None,
        arrival=DetailedStop.of(arrival) if arrival else None,
    )


def identified(state: trip.Published) -> IdentifiedVehicle | None:
    vehicle = state.contacts.vehicle
    return IdentifiedVehicle.of(vehicle) if vehicle else None


def attachments_shown(state: trip.Mission) -> tuple[AttachmentShown, ...]:
    return tuple(AttachmentShown.of(attachment) for attachment in state.attachments.values())


# --- Routes -----------------------------------------------------------------


@router.post("/trips", status_code=201)
async def publish_trip(body: TripBody, context: LogisticsContext) -> Answered[Recorded]:
    """Offer a transfer to the drivers of the organisation."""
    trip_id = context.new_id(readable_ids.TRIP, body.reference)
    command = body.command(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        time_zone=context.zone.key,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command, created=f"/missions/trips/{trip_id}")


@router.get("/trips")
async def find_trip(
    context: StaffContext,
    reference: Annotated[Reference, Query(description="The organisation's own name of a trip.")],
) -> Answered[Listed[TripForStaff]]:
    """The trip that the organisation calls by a reference, never stale; at most one."""
    organisation_id = context.principal.organisation_id
    trip_id = readable_ids.referenced_id(readable_ids.TRIP, organisation_id, reference)
    found = (await context.load(TRIP, trip_id)).state
    if isinstance(found, trip.Unpublished) or found.offer.organisation_id != organisation_id:
        return Answered(Listed[TripForStaff](items=[], next=None))
    return Answered(Listed[TripForStaff](items=[trip_for_staff(found)], next=None))


@router.get("/trips/{trip_id}")
async def show_trip(
    trip_id: Id, context: AnyContext, as_of: AsOf = None
) -> Answered[TripForStaff | MissionForDriver | TripForDriver]:
    """Show the trip, never stale; a driver sees their own quote and mission only."""
    found = await context.load(TRIP, trip_id, as_of)
    if (
        isinstance(found.state, trip.Unpublished)
        or found.state.offer.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(trip.NoSuchTrip())
    if is_staff(context):
        return context.show(trip_for_staff(found.state), found)
    shown = trip_for_driver(found.state, context.principal.subject)
    return context.show(shown, found, past=as_of is not None)


@router.get("/trips/{trip_id}/history")
async def trip_history(
    trip_id: Id, context: StaffContext, part: HistoryPart
) -> Answered[TripHistory]:
    """List every fact about the trip: who, what, when. It names all who quoted."""
    await show_trip(trip_id, context)
    return await context.history(TRIP, trip_id, TripHistory, part)


@router.post("/trips/{trip_id}/proposals")
async def propose_trip(
    trip_id: Id, body: DriverNamed, context: LogisticsContext
) -> Answered[Recorded]:
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
async def award_trip(trip_id: Id, body: AwardBody, context: LogisticsContext) -> Answered[Recorded]:
    """Accept one driver's quote: it becomes their mission, the other quotes are refused."""
    await users.refuse_ended(context)

    async def award(state: trip.Trip) -> trip.AwardTrip:
        return trip.AwardTrip(
            trip_id=trip_id,
            organisation_id=context.principal.organisation_id,
            driver_id=body.driver_id,
            seen=body.quote.seen(),
            qualifications=await qualifications_of_eligible_driver(context, body.driver_id, state),
            lacking_papers=await lacking_papers(context, body.driver_id),
            today=context.today,
            at=context.at,
        )

    return await context.handle(TRIP, trip_id, award)


@router.post("/trips/{trip_id}/assignment")
async def assign_directly(
    trip_id: Id, body: AssignmentBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Give the trip to a driver who did not quote."""
    await users.refuse_ended(context)

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
) -> Answered[Recorded]:
    """Say where an end of the trip is and whom to ask for there; its driver sees it."""
    command = DetailStop(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        end=end,
        street=body.street,
        contact_name=body.contact_name,
        phone=None if body.phone is None else context.phone("phone", body.phone),
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.put("/trips/{trip_id}/plate")
async def identify_vehicle(
    trip_id: Id, body: PlateBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Say which vehicle it is; its driver sees it, and the invoice names it."""
    country = body.country or context.principal.country
    try:
        read = plate(body.plate, country)
    except Unfit as error:
        raise invalid("/plate", "value_error", error.rule) from error
    command = IdentifyVehicle(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        plate=read,
        country=country,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.put("/trips/{trip_id}/client")
async def name_client(
    trip_id: Id, body: ClientBody, context: LogisticsContext
) -> Answered[Recorded]:
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

"""HTTP to commands: publish, quote, award, deliver; register, qualify, declare."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.missions.clearance_v1 import PapersRequired
from contracts.missions.driver_v1 import (
    DriverRegistered,
    HomeChanged,
    PhoneChanged,
    QualificationObtained,
    TrainingStarted,
)
from contracts.missions.trip_v1 import (
    ClientNamed,
    CounterOffered,
    DeliveryConfirmed,
    End,
    ExtraCostRequested,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    StopDetailed,
    TripProposed,
)
from infra.http.models import Id, Instant, Named
from infra.http.request_context import RequestContext, requires
from services.missions import bodies, carrying, clearance, driver, trip
from services.missions.aggregates import CLEARANCE, DRIVER, TRIP
from services.missions.availability import DeclareAvailability, WithdrawAvailability
from services.missions.countering import AcceptCounter, DeclineCounter, OfferCounter
from services.missions.detailing import DetailStop, NameClient
from services.missions.numbers import number
from services.missions.quoting import ModifyQuote, RefuseQuote, SubmitQuote, WithdrawQuote
from services.missions.terms import Qualification

router = APIRouter()

Anyone = Annotated[RequestContext, requires("driver", "logistics", "administration")]
DriverContext = Annotated[RequestContext, requires("driver")]
Logistics = Annotated[RequestContext, requires("logistics")]
Staff = Annotated[RequestContext, requires("logistics", "administration")]
AsOf = Annotated[Instant | None, Query(description="Show it as it was known at this time.")]

# --- Trips ------------------------------------------------------------------


@router.post("/trips", status_code=201)
async def publish_trip(body: bodies.TripBody, context: Logistics) -> Response:
    """Offer a transfer to the drivers of the organisation (G-17)."""
    trip_id = body.trip_id or number("T", context.command_context.command_id)
    ours, zone = context.principal.organisation_id, context.zone.key
    offer = body.offer(trip_id, ours, context.occurred_at, zone)
    command = trip.PublishTrip(offer, context.today)
    return await context.handle(TRIP, trip_id, command, created=f"/missions/trips/{trip_id}")


@router.get("/trips/{trip_id}")
async def show_trip(trip_id: Id, context: Anyone, as_of: AsOf = None) -> Response:
    """The trip, never stale; a driver sees their own quote and mission only (HIF-16, HIF-23)."""
    found = await context.load(TRIP, trip_id, as_of)
    if (
        isinstance(found.state, trip.Unpublished)
        or found.state.offer.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(trip.NoSuchTrip())
    if is_staff(context):
        return context.show(bodies.trip_for_logistics(found.state), found)
    shown = bodies.trip_for_driver(found.state, context.principal.subject)
    return context.show(shown, found, past=as_of is not None)


@router.get("/trips/{trip_id}/history")
async def trip_history(trip_id: Id, context: Staff) -> Response:
    """Every fact about the trip: who, what, when. It names all who quoted, so it is for staff."""
    await show_trip(trip_id, context)
    return await context.history(TRIP, trip_id)


@router.post("/trips/{trip_id}/quote", status_code=201)
async def submit_quote(trip_id: Id, body: bodies.QuoteBody, context: DriverContext) -> Response:
    """Offer a price for the trip (HIF-18)."""
    who = context.principal

    async def quote(found: trip.Trip) -> SubmitQuote:
        return SubmitQuote(
            QuoteSubmitted(trip_id, who.subject, *body.terms(context.occurred_at)),
            who.organisation_id,
            await held_for(context, who.subject, found),
            context.today,
            await lacking(context, who.subject),
        )

    return await context.handle(TRIP, trip_id, quote, created=f"/missions/trips/{trip_id}")


@router.put("/trips/{trip_id}/quote")
async def modify_quote(trip_id: Id, body: bodies.QuoteBody, context: DriverContext) -> Response:
    """Change one's quote while logistics has not processed it (HIF-21)."""
    who = context.principal
    fact = QuoteModified(trip_id, who.subject, *body.terms(context.occurred_at))
    command = ModifyQuote(fact, who.organisation_id, context.today)
    return await context.handle(TRIP, trip_id, command)


@router.delete("/trips/{trip_id}/quote")
async def withdraw_quote(trip_id: Id, context: DriverContext) -> Response:
    """Delete one's quote while logistics has not processed it (HIF-21)."""
    who = context.principal
    fact = QuoteWithdrawn(trip_id=trip_id, driver_id=who.subject, withdrawn_at=context.occurred_at)
    command = WithdrawQuote(fact, who.organisation_id)
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quotes/{driver_id}/refusal")
async def refuse_quote(
    trip_id: Id, driver_id: Id, body: bodies.RefusalBody, context: Logistics
) -> Response:
    """Turn a quote down, with the reason the driver will read (HIF-20)."""
    fact = QuoteRefused(
        trip_id=trip_id,
        driver_id=driver_id,
        reason=body.reason,
        rule=None,
        refused_at=context.occurred_at,
    )
    command = RefuseQuote(fact, context.principal.organisation_id)
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quotes/{driver_id}/counter-offer")
async def offer_counter(
    trip_id: Id, driver_id: Id, body: bodies.CounterBody, context: Logistics
) -> Response:
    """Name the price at which the quote would be taken, once a quote (C8)."""
    who = context.principal
    fact = CounterOffered(
        trip_id=trip_id,
        driver_id=driver_id,
        price=body.price.money(),
        offered_at=context.at,
        offered_by=who.subject,
    )
    command = OfferCounter(fact, who.organisation_id)
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/acceptance")
async def accept_counter(trip_id: Id, context: DriverContext) -> Response:
    """Take the counter-offer: the quote has its price from now on (C8)."""
    who = context.principal
    command = AcceptCounter(trip_id, who.subject, who.organisation_id, context.at)
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/quote/counter-offer/refusal")
async def decline_counter(trip_id: Id, context: DriverContext) -> Response:
    """Stay with the quote as it is (C8)."""
    who = context.principal
    command = DeclineCounter(trip_id, who.subject, who.organisation_id, context.occurred_at)
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/proposals")
async def propose_trip(trip_id: Id, body: bodies.DriverNamed, context: Logistics) -> Response:
    """Ask a driver to quote for the trip, e.g. who declared to be available (HIF-32)."""
    who = context.principal

    async def proposal(found: trip.Trip) -> trip.ProposeTrip:
        await held_by_fit(context, body.driver_id, found)
        fact = TripProposed(
            trip_id=trip_id, driver_id=body.driver_id, proposed_at=context.occurred_at
        )
        return trip.ProposeTrip(fact, who.organisation_id, context.today)

    return await context.handle(TRIP, trip_id, proposal)


@router.post("/trips/{trip_id}/award")
async def award_trip(trip_id: Id, body: bodies.DriverNamed, context: Logistics) -> Response:
    """Accept one driver's quote: it becomes their mission, the other quotes are refused (G-13)."""

    async def award(found: trip.Trip) -> trip.AwardTrip:
        return trip.AwardTrip(
            trip_id=trip_id,
            organisation_id=context.principal.organisation_id,
            driver_id=body.driver_id,
            today=context.today,
            at=context.at,
            qualifications=await held_by_fit(context, body.driver_id, found),
            lacking_papers=await lacking(context, body.driver_id),
        )

    return await context.handle(TRIP, trip_id, award)


@router.post("/trips/{trip_id}/assignment")
async def assign_directly(trip_id: Id, body: bodies.AssignmentBody, context: Logistics) -> Response:
    """Give the trip to a driver who did not quote (G-17)."""

    async def assignment(found: trip.Trip) -> trip.AssignDirectly:
        return trip.AssignDirectly(
            trip_id=trip_id,
            organisation_id=context.principal.organisation_id,
            driver_id=body.driver_id,
            price=body.price.money() if body.price else None,
            expenses=bodies.itemised(body.expenses),
            qualifications=await held_by_fit(context, body.driver_id, found),
            lacking_papers=await lacking(context, body.driver_id),
            today=context.today,
            at=context.occurred_at,
        )

    return await context.handle(TRIP, trip_id, assignment)


@router.post("/trips/{trip_id}/delivery-confirmation")
async def confirm_delivery(
    trip_id: Id, body: bodies.ConfirmationBody, context: DriverContext
) -> Response:
    """The vehicle is delivered; from the app or the portal, with one effect (HIF-24, HIF-25)."""
    who = context.principal
    fact = DeliveryConfirmed(
        trip_id=trip_id,
        driver_id=who.subject,
        channel=body.channel,
        confirmed_at=context.occurred_at,
        client_told=False,
    )
    command = trip.ConfirmDelivery(fact, who.organisation_id, context.today)
    return await context.handle(TRIP, trip_id, command)


@router.put("/trips/{trip_id}/stops/{end}")
async def detail_stop(
    trip_id: Id, end: Annotated[End, Named()], body: bodies.StopDetailBody, context: Logistics
) -> Response:
    """Say where an end of the trip is and whom to ask for there; its driver sees it (C14)."""
    said = (body.street, body.contact_name, body.phone)
    fact = StopDetailed(trip_id, end, *said, context.occurred_at)
    command = DetailStop(fact, context.principal.organisation_id)
    return await context.handle(TRIP, trip_id, command)


@router.put("/trips/{trip_id}/client")
async def name_client(trip_id: Id, body: bodies.ClientBody, context: Logistics) -> Response:
    """Say who ordered the trip, and is told by mail that the vehicle was delivered (HIF-27)."""
    ours = context.principal.organisation_id
    said = (body.name, body.email, body.language)
    fact = ClientNamed(trip_id, ours, *said, context.occurred_at)
    return await context.handle(TRIP, trip_id, NameClient(fact, ours))


# --- Missions ---------------------------------------------------------------


@router.post("/trips/{trip_id}/extra-costs", status_code=201)
async def request_extra_cost(
    trip_id: Id, body: bodies.ExtraCostBody, context: DriverContext
) -> Response:
    """Ask for something the quote did not foresee, before the delivery (C5)."""
    request_id = number("X", context.command_context.command_id)
    who, asked = (
        context.principal,
        (body.kind, body.amount.money(), body.reason, body.photo_file_id),
    )
    fact = ExtraCostRequested(trip_id, who.subject, request_id, *asked, context.occurred_at)
    command = carrying.RequestExtraCost(fact, who.organisation_id)
    created = f"/missions/trips/{trip_id}/extra-costs/{request_id}"
    return await context.handle(
        TRIP, trip_id, command, lambda _: {"id": request_id}, created=created
    )


@router.post("/trips/{trip_id}/extra-costs/{request_id}/acceptance")
async def accept_extra_cost(
    trip_id: Id, request_id: Id, body: bodies.GrantBody, context: Logistics
) -> Response:
    """Grant an extra cost, all of it or up to an amount; then it may be declared (C5)."""
    command = carrying.AcceptExtraCost(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        request_id=request_id,
        amount=body.amount.money() if body.amount else None,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/extra-costs/{request_id}/refusal")
async def refuse_extra_cost(
    trip_id: Id, request_id: Id, body: bodies.RefusalBody, context: Logistics
) -> Response:
    """Turn an extra cost down, with the reason the driver will read (C5)."""
    organisation = context.principal.organisation_id
    command = carrying.RefuseExtraCost(
        trip_id, organisation, request_id, body.reason, context.occurred_at
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/attachments", status_code=201)
async def add_attachment(trip_id: Id, body: bodies.AttachmentBody, context: Anyone) -> Response:
    """Put a document to the mission, before or after it is carried out (HIF-26, HIF-27)."""
    command = carrying.AddAttachment(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        driver_id=None if is_staff(context) else context.principal.subject,
        file_id=body.file_id,
        label=body.label,
        at=context.occurred_at,
    )
    created = f"/missions/trips/{trip_id}/attachments/{body.file_id}"
    return await context.handle(TRIP, trip_id, command, created=created)


@router.delete("/trips/{trip_id}/attachments/{file_id}")
async def remove_attachment(trip_id: Id, file_id: Id, context: Anyone) -> Response:
    """Take a document from the mission."""
    command = carrying.RemoveAttachment(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        driver_id=None if is_staff(context) else context.principal.subject,
        file_id=file_id,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


# --- Drivers ----------------------------------------------------------------


@router.post("/drivers", status_code=201)
async def register_driver(body: bodies.DriverBody, context: Staff) -> Response:
    """Take a driver in as a partner of the organisation."""
    id, ours = body.driver_id, context.principal.organisation_id
    fact = DriverRegistered(
        driver_id=id,
        organisation_id=ours,
        name=body.name,
        phone=body.phone,
        registered_at=context.occurred_at,
    )
    command = driver.RegisterDriver(fact)
    return await context.handle(DRIVER, id, command, created=f"/missions/drivers/{id}")


@router.get("/drivers/{driver_id}")
async def show_driver(driver_id: Id, context: Anyone, as_of: AsOf = None) -> Response:
    """The driver, never stale; drivers see themselves only."""
    only_own(context, driver_id)
    found = await context.load(DRIVER, driver_id, as_of)
    if (
        isinstance(found.state, driver.Unregistered)
        or found.state.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(driver.NoSuchDriver())
    cleared = (await context.load(CLEARANCE, driver_id, as_of)).state
    papers = bodies.papers_shown(cleared, context.principal.organisation_id, context.today)
    return context.show(bodies.driver_shown(found.state) | papers, found)


@router.get("/drivers/{driver_id}/history")
async def driver_history(driver_id: Id, context: Anyone) -> Response:
    """Every fact about the driver: who, what, when."""
    await show_driver(driver_id, context)
    return await context.history(DRIVER, driver_id)


@router.put("/drivers/{driver_id}/home")
async def change_home(driver_id: Id, body: bodies.HomeBody, context: Anyone) -> Response:
    """The address that trips near home are measured from (HIF-05)."""
    only_own(context, driver_id)
    place = (body.street, body.postal_code, body.city, body.location.point())
    fact = HomeChanged(driver_id, *place, context.occurred_at)
    command = driver.ChangeHome(fact, context.principal.organisation_id)
    return await context.handle(DRIVER, driver_id, command)


@router.put("/drivers/{driver_id}/phone")
async def change_phone(driver_id: Id, body: bodies.PhoneBody, context: Anyone) -> Response:
    """The number the driver is called under."""
    only_own(context, driver_id)
    fact = PhoneChanged(driver_id=driver_id, phone=body.phone, changed_at=context.occurred_at)
    command = driver.ChangePhone(fact, context.principal.organisation_id)
    return await context.handle(DRIVER, driver_id, command)


@router.post("/drivers/{driver_id}/trainings")
async def start_training(driver_id: Id, body: bodies.TrainingBody, context: Anyone) -> Response:
    """Go to the training of a client process or a service (HIF-37)."""
    only_own(context, driver_id)
    fact = TrainingStarted(
        driver_id=driver_id, kind=body.kind, code=body.code, started_at=context.occurred_at
    )
    command = driver.StartTraining(fact, context.principal.organisation_id)
    return await context.handle(DRIVER, driver_id, command)


@router.post("/drivers/{driver_id}/qualifications")
async def complete_training(
    driver_id: Id, body: bodies.QualificationBody, context: Staff
) -> Response:
    """The training is completed: the driver is qualified (G-11)."""
    skill = (body.kind, body.code, body.valid_until)
    fact = QualificationObtained(driver_id, *skill, context.occurred_at)
    command = driver.CompleteTraining(fact, context.principal.organisation_id)
    return await context.handle(DRIVER, driver_id, command)


@router.put("/drivers/{driver_id}/required-papers")
async def require_papers(driver_id: Id, body: bodies.RequirementBody, context: Staff) -> Response:
    """Say which papers the driver needs to quote and to be awarded (C6)."""
    await show_driver(driver_id, context)
    ours = context.principal.organisation_id
    fact = PapersRequired(
        driver_id=driver_id, organisation_id=ours, kinds=body.kinds, required_at=context.occurred_at
    )
    command = clearance.RequirePapers(fact)
    return await context.handle(CLEARANCE, driver_id, command)


@router.post("/drivers/{driver_id}/availabilities", status_code=201)
async def declare_availability(
    driver_id: Id, body: bodies.AvailabilityBody, context: Anyone
) -> Response:
    """Be available for a day, a week or a month (HIF-31)."""
    only_own(context, driver_id)
    availability_id = number("A", context.command_context.command_id)
    command = DeclareAvailability(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        availability_id=availability_id,
        period=body.period,
        starting=body.starting,
        reason=body.reason,
        today=context.today,
        at=context.occurred_at,
    )
    created = f"/missions/drivers/{driver_id}/availabilities/{availability_id}"
    return await context.handle(DRIVER, driver_id, command, created=created)


@router.delete("/drivers/{driver_id}/availabilities/{availability_id}")
async def withdraw_availability(driver_id: Id, availability_id: Id, context: Anyone) -> Response:
    """Take an availability back."""
    only_own(context, driver_id)
    command = WithdrawAvailability(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        availability_id=availability_id,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


# --- Who may ----------------------------------------------------------------


def is_staff(context: RequestContext) -> bool:
    return not context.principal.roles.isdisjoint({"logistics", "administration"})


def only_own(context: RequestContext, driver_id: str) -> None:
    """Refuse a driver who means somebody else, as if there were nobody."""
    if not is_staff(context) and context.principal.subject != driver_id:
        raise context.refuse(driver.NoSuchDriver())


async def held_for(
    context: RequestContext, driver_id: str, found: trip.Trip
) -> frozenset[Qualification]:
    """The qualifications of a driver on the first day of a trip that asks for any (HIF-17)."""
    if isinstance(found, trip.Unpublished):
        return frozenset()
    if not found.offer.client_process and not found.offer.additional_services:
        return frozenset()
    return driver.held((await context.load(DRIVER, driver_id)).state, found.offer.from_slot.date)


async def lacking(context: RequestContext, driver_id: str) -> tuple[str, ...]:
    """The papers without which a driver gets no new work today (C6)."""
    found = await context.load(CLEARANCE, driver_id)
    return clearance.lacking(found.state, context.principal.organisation_id, context.today)


async def held_by_fit(
    context: RequestContext, driver_id: str, found: trip.Trip
) -> frozenset[Qualification]:
    """As `held_for`, of somebody who may be given a trip at all; refuses everybody else."""
    known = (await context.load(DRIVER, driver_id)).state
    if why := driver.unfit(known, context.principal.organisation_id):
        raise context.refuse(why)
    on = context.today if isinstance(found, trip.Unpublished) else found.offer.from_slot.date
    return driver.held(known, on)

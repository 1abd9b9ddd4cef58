"""A vehicle transfer: offered to drivers, quoted, assigned to one of them, delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money, Rule, RuleInput
from contracts.missions.trip_v1 import (
    Channel,
    CounterAccepted,
    CounterDeclined,
    CounterOffered,
    DeliveryConfirmed,
    MissionAssigned,
    QuoteAccepted,
    QuotedExpense,
    QuoteExpired,
    QuoteModified,
    QuoteRefused,
    QuoteSubmitted,
    QuoteWithdrawn,
    Slot,
    Stop,
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
    Vehicle,
)
from contracts.timers import CancelTimer, SetTimer
from services.missions import terms
from services.missions.terms import Qualification, SeenQuote
from services.missions.trip import attachments, contacts, counter_offers, extra_costs, quotes
from services.missions.trip.attachments import Attachments
from services.missions.trip.contacts import Contacts
from services.missions.trip.counter_offers import CounterOffer
from services.missions.trip.extra_costs import ExtraCosts
from services.missions.trip.quotes import Quote

EXPIRY = "expiry"
QUOTE = "quote:"
"""Begins the timer of a quote, which ends with the driver."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishTrip:
    """`trip_id` is the server's; it follows from the reference, where there is one."""

    trip_id: str
    organisation_id: str
    reference: str | None
    client_brand: str
    tags: tuple[str, ...]
    departure: Stop
    arrival: Stop
    from_slot: Slot
    until_slot: Slot
    vehicle: Vehicle
    delivery_type: str
    distance_km: int
    duration_minutes: int
    client_process: str | None
    additional_services: tuple[str, ...]
    time_zone: str
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeTrip:
    """Ask a driver to quote; whether there is such a driver is asked beside (HIF-32)."""

    trip_id: str
    driver_id: str
    organisation_id: str
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardTrip:
    """Accept the quote of this driver, who has to be as fit for the trip as when quoting."""

    trip_id: str
    organisation_id: str
    driver_id: str
    seen: SeenQuote
    qualifications: frozenset[Qualification] = frozenset()
    lacking_papers: tuple[str, ...] = ()
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignDirectly:
    """Give the trip to a driver without a quote; `qualifications` as in SubmitQuote.

    `expenses` are a part of the price, as in a quote.
    """

    trip_id: str
    organisation_id: str
    driver_id: str
    price: Money | None
    expenses: tuple[QuotedExpense, ...] = ()
    qualifications: frozenset[Qualification]
    lacking_papers: tuple[str, ...] = ()
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDelivery:
    trip_id: str
    driver_id: str
    organisation_id: str
    channel: Channel
    today: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireTrip:
    """Comes from the timer and so speaks for no organisation."""

    trip_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireQuote:
    """Comes from the timer: `at` is the instant until which the quote was valid."""

    trip_id: str
    driver_id: str
    at: datetime


OfMission = extra_costs.Command | attachments.Command
OfPart = quotes.Command | counter_offers.Command | OfMission | contacts.Command
OfWhole = ProposeTrip | AwardTrip | AssignDirectly | ConfirmDelivery
Command = PublishTrip | OfWhole | OfPart | ExpireTrip | ExpireQuote

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchTrip:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchMission:
    pass


@dataclass(frozen=True, slots=True)
class TripIdTaken:
    trip_id: str


@dataclass(frozen=True, slots=True)
class TripIsAssigned:
    pass


@dataclass(frozen=True, slots=True)
class TripIsNotPast:
    until_day: date


@dataclass(frozen=True, slots=True)
class MissionNotBegun:
    from_day: date


@dataclass(frozen=True, slots=True)
class ArrivalIsDeparture:
    field: ClassVar[str] = "arrival"
    city: str


@dataclass(frozen=True, slots=True)
class ExpensesNeedPrice:
    field: ClassVar[str] = "expenses"


Rejection = (
    NoSuchTrip
    | NoSuchMission
    | TripIdTaken
    | TripIsAssigned
    | TripIsNotPast
    | MissionNotBegun
    | ArrivalIsDeparture
    | ExpensesNeedPrice
    | quotes.Rejection
    | counter_offers.Rejection
    | extra_costs.Rejection
    | contacts.PeopleAreForgotten
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unpublished:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    """The latest quote of each driver, by driver_id, and the counter-offer that it met with.

    One that was accepted outlives the withdrawal of its quote.
    """

    offer: TripPublished
    quotes: Mapping[str, Quote]
    counter_offers: Mapping[str, CounterOffer] = field(default_factory=dict)
    proposed: frozenset[str] = frozenset()
    contacts: Contacts = field(default_factory=Contacts)


@dataclass(frozen=True, slots=True)
class Assigned:
    offer: TripPublished
    mission: MissionAssigned
    extra_costs: ExtraCosts = field(default_factory=ExtraCosts)
    attachments: Attachments = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)


@dataclass(frozen=True, slots=True)
class Delivered:
    offer: TripPublished
    mission: MissionAssigned
    extra_costs: ExtraCosts = field(default_factory=ExtraCosts)
    attachments: Attachments = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)


@dataclass(frozen=True, slots=True)
class Expired:
    offer: TripPublished
    contacts: Contacts = field(default_factory=Contacts)


Mission = Assigned | Delivered
Published = Open | Mission | Expired
Trip = Unpublished | Published

initial: Trip = Unpublished()


def evolve(trip: Trip, event: TripEvent) -> Trip:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, TripPublished):
        return Open(event, quotes={})
    if isinstance(trip, Unpublished):
        return trip
    if isinstance(event, quotes.Event | counter_offers.Event):
        return quoted(trip, event) if isinstance(trip, Open) else trip
    if isinstance(event, extra_costs.Event | attachments.Event):
        return carried(trip, event) if isinstance(trip, Mission) else trip
    if isinstance(event, contacts.Event):
        return replace(trip, contacts=contacts.evolve(trip.contacts, event))
    match event:
        case TripProposed(driver_id=driver):
            if isinstance(trip, Open):
                return replace(trip, proposed=trip.proposed | {driver})
            return trip
        case MissionAssigned():
            return Assigned(trip.offer, event, contacts=trip.contacts)
        case DeliveryConfirmed():
            return delivered(trip) if isinstance(trip, Assigned) else trip
        case TripExpired():
            return Expired(trip.offer, trip.contacts)
        case unhandled:
            assert_never(unhandled)


def quoted(trip: Open, event: quotes.Event | counter_offers.Event) -> Open:
    driver = event.driver_id
    match event:
        case QuoteAccepted():
            return trip
        case CounterOffered() | CounterAccepted() | CounterDeclined():
            return replace(trip, counter_offers={**trip.counter_offers, driver: event})
        case QuoteSubmitted():
            bound = isinstance(trip.quotes.get(driver), QuoteWithdrawn)
            kept = {
                id: offer
                for id, offer in trip.counter_offers.items()
                if id != driver or (bound and isinstance(offer, CounterAccepted))
            }
            return replace(trip, quotes={**trip.quotes, driver: event}, counter_offers=kept)
        case _:
            return replace(trip, quotes={**trip.quotes, driver: event})


def carried(trip: Mission, event: extra_costs.Event | attachments.Event) -> Mission:
    if isinstance(event, attachments.Event):
        return replace(trip, attachments=attachments.evolve(trip.attachments, event))
    return replace(trip, extra_costs=extra_costs.evolve(trip.extra_costs, event))


def delivered(trip: Assigned) -> Delivered:
    return Delivered(
        trip.offer,
        trip.mission,
        extra_costs=trip.extra_costs,
        attachments=trip.attachments,
        contacts=trip.contacts,
    )


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, trip: Trip) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(trip, Unpublished):
        return publish(command) if isinstance(command, PublishTrip) else NoSuchTrip()
    match command:
        case PublishTrip():
            offer = replace(published(command), published_at=trip.offer.published_at)
            return [] if offer == trip.offer else TripIdTaken(trip.offer.trip_id)
        case ExpireTrip():
            return expire(command, trip)
        case ExpireQuote():
            return expire_quote(command, trip)
        case _ if command.organisation_id != trip.offer.organisation_id:
            return NoSuchTrip()
        case ProposeTrip():
            return propose(command, trip)
        case AwardTrip():
            return award(command, trip)
        case AssignDirectly():
            return assign_directly(command, trip)
        case ConfirmDelivery():
            return confirm(command, trip)
        case _:
            return decide_on_part(command, trip)


def decide_on_part(command: OfPart, trip: Published) -> Decision:
    if isinstance(command, quotes.Command | counter_offers.Command):
        return decide_on_quote(command, trip)
    if isinstance(command, OfMission):
        return decide_on_mission(command, trip)
    return contacts.decide(command, trip.contacts)


def publish(command: PublishTrip) -> Decision:
    if command.arrival == command.departure:
        return ArrivalIsDeparture(command.arrival.city)
    return (
        terms.bad_window(
            from_slot=command.from_slot, until_slot=command.until_slot, today=command.today
        )
        or terms.not_positive("distance_km", command.distance_km)
        or terms.not_positive("duration_minutes", command.duration_minutes)
        or [published(command)]
    )


def propose(command: ProposeTrip, trip: Published) -> Decision:
    match trip:
        case Open():
            driver = command.driver_id
            if isinstance(quote := trip.quotes.get(driver), quotes.Live):
                return quotes.AlreadyQuoted(quote.price)
            if driver in trip.proposed:
                return []
            return terms.past(trip.offer, command.today) or [
                TripProposed(trip_id=command.trip_id, driver_id=driver, proposed_at=command.at)
            ]
        case Assigned() | Delivered():
            return TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def decide_on_quote(command: quotes.Command | counter_offers.Command, trip: Published) -> Decision:
    match trip:
        case Open():
            quote = trip.quotes.get(command.driver_id)
            counter = trip.counter_offers.get(command.driver_id)
            if isinstance(command, counter_offers.Command):
                return counter_offers.decide(command, quote, counter)
            agreed = counter_offers.price_agreed(quote, counter)
            if isinstance(command, quotes.SubmitQuote | quotes.ModifyQuote) and (
                above := terms.above_agreed(command.terms.price, agreed)
            ):
                return above
            decision = quotes.decide(command, trip.offer, quote)
            if isinstance(decision, list):
                return counter_offers.answered_by_change(decision, counter)
            return decision
        case Assigned() | Delivered():
            return TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def decide_on_mission(command: OfMission, trip: Published) -> Decision:
    if isinstance(trip, Open | Expired) or belongs_to_another(command, trip.mission):
        return NoSuchMission()
    if isinstance(command, attachments.Command):
        return attachments.decide(command, trip.mission, trip.attachments)
    return extra_costs.decide(command, trip.extra_costs, delivered=isinstance(trip, Delivered))


def award(command: AwardTrip, trip: Published) -> Decision:
    match trip:
        case Open():
            quote = trip.quotes.get(command.driver_id)
            if not isinstance(quote, quotes.Live):
                return quotes.not_live(quote)
            return (
                terms.not_as_seen(command.seen, quote)
                or terms.past(trip.offer, command.today)
                or quotes.expired(quote, command.at)
                or terms.gate(trip.offer, command.qualifications, command.lacking_papers)
                or [
                    QuoteAccepted(
                        trip_id=command.trip_id, driver_id=command.driver_id, accepted_at=command.at
                    ),
                    assigned(
                        command,
                        trip.offer,
                        price=quote.price,
                        expenses=quote.expenses,
                        direct=False,
                    ),
                    *refusals(trip, command.at, ASSIGNED, but=command.driver_id),
                ]
            )
        case Assigned() | Delivered():
            won, price = trip.mission.driver_id == command.driver_id, command.seen.price
            awarded = won and not trip.mission.direct and trip.mission.price == price
            return [] if awarded else TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def assign_directly(command: AssignDirectly, trip: Published) -> Decision:
    given = assigned(
        command, trip.offer, price=command.price, expenses=command.expenses, direct=True
    )
    match trip:
        case Open():
            quote = trip.quotes.get(command.driver_id)
            if isinstance(quote, quotes.Live):
                return quotes.AlreadyQuoted(quote.price)
            return (
                terms.past(trip.offer, command.today)
                or terms.gate(trip.offer, command.qualifications, command.lacking_papers)
                or bad_agreement(command)
                or [given, *refusals(trip, command.at, ASSIGNED)]
            )
        case Assigned() | Delivered():
            recorded = replace(trip.mission, assigned_at=command.at)
            return [] if recorded == given else TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def confirm(command: ConfirmDelivery, trip: Published) -> Decision:
    if isinstance(trip, Open | Expired) or trip.mission.driver_id != command.driver_id:
        return NoSuchMission()
    match trip:
        case Assigned() if command.today < trip.mission.from_day:
            return MissionNotBegun(trip.mission.from_day)
        case Assigned():
            return [
                DeliveryConfirmed(
                    trip_id=command.trip_id,
                    driver_id=command.driver_id,
                    channel=command.channel,
                    confirmed_at=command.at,
                    client_told=trip.contacts.client is not None,
                )
            ]
        case Delivered():
            return []
        case unhandled:
            assert_never(unhandled)


def expire(command: ExpireTrip, trip: Published) -> Decision:
    if not isinstance(trip, Open):
        # The timer came due while somebody assigned the trip.
        return []
    until_day = trip.offer.until_slot.date
    if command.at < terms.over_at(trip.offer):
        return TripIsNotPast(until_day)
    rule = Rule("trip-expired", 1, (RuleInput(name="until_day", value=until_day.isoformat()),))
    return [
        TripExpired(trip_id=command.trip_id, expired_at=command.at),
        *refusals(trip, command.at, rule),
    ]


def expire_quote(command: ExpireQuote, trip: Published) -> Decision:
    quote = trip.quotes.get(command.driver_id) if isinstance(trip, Open) else None
    # A quote that was modified meanwhile has another timer, or none.
    due = isinstance(quote, quotes.Live) and quote.valid_until == command.at
    return (
        [QuoteExpired(trip_id=command.trip_id, driver_id=command.driver_id, expired_at=command.at)]
        if due
        else []
    )


# --- Parts of a decision ----------------------------------------------------


def published(command: PublishTrip) -> TripPublished:
    return TripPublished(
        trip_id=command.trip_id,
        organisation_id=command.organisation_id,
        reference=command.reference,
        client_brand=command.client_brand,
        tags=command.tags,
        departure=command.departure,
        arrival=command.arrival,
        from_slot=command.from_slot,
        until_slot=command.until_slot,
        vehicle=command.vehicle,
        delivery_type=command.delivery_type,
        distance_km=command.distance_km,
        duration_minutes=command.duration_minutes,
        client_process=command.client_process,
        additional_services=command.additional_services,
        published_at=command.at,
        time_zone=command.time_zone,
    )


def belongs_to_another(
    command: extra_costs.Command | attachments.Command, mission: MissionAssigned
) -> bool:
    """Whether a driver speaks about the mission of somebody else; whose it is, is not told."""
    match command:
        case (
            extra_costs.RequestExtraCost()
            | attachments.AddAttachment()
            | attachments.RemoveAttachment()
        ):
            return command.driver_id not in (None, mission.driver_id)
        case extra_costs.AcceptExtraCost() | extra_costs.RefuseExtraCost():
            return False
        case unhandled:
            assert_never(unhandled)


def bad_agreement(command: AssignDirectly) -> quotes.BadQuote | ExpensesNeedPrice | None:
    """The fault of terms without a quote: they are as good as one, or left open altogether."""
    if command.price is None:
        return ExpensesNeedPrice() if command.expenses else None
    return terms.bad_price(command.price) or terms.bad_expenses(command.expenses, command.price)


# Without inputs: they would name the winner, whom the others must not learn from a refusal.
ASSIGNED = Rule("trip-assigned", 1, ())


def assigned(
    command: AwardTrip | AssignDirectly,
    offer: TripPublished,
    *,
    price: Money | None,
    expenses: tuple[QuotedExpense, ...],
    direct: bool,
) -> MissionAssigned:
    return MissionAssigned(
        trip_id=command.trip_id,
        driver_id=command.driver_id,
        price=price,
        direct=direct,
        from_day=offer.from_slot.date,
        until_day=offer.until_slot.date,
        assigned_at=command.at,
        expenses=expenses,
    )


def refusals(trip: Open, at: datetime, rule: Rule, but: str | None = None) -> list[QuoteRefused]:
    """The automatic end of every live quote, except the one of the driver `but`.

    Nobody wrote a reason: the rule has words in every language.
    """
    return [
        QuoteRefused(
            trip_id=trip.offer.trip_id, driver_id=driver_id, reason="", rule=rule, refused_at=at
        )
        for driver_id, quote in trip.quotes.items()
        if isinstance(quote, quotes.Live) and driver_id != but
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: TripEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """A trip that nobody was given expires when its last day is over, a quote when it says so."""
    if isinstance(event, QuoteSubmitted | QuoteModified) and event.valid_until is not None:
        # Never cancelled: one that comes too late finds another quote, and does nothing.
        return (SetTimer(f"{QUOTE}{event.driver_id}", event.valid_until),)
    if isinstance(event, quotes.Event | counter_offers.Event | contacts.Event):
        return ()
    if isinstance(event, extra_costs.Event | attachments.Event):
        return ()
    match event:
        case TripPublished():
            return (SetTimer(EXPIRY, terms.over_at(event)),)
        case MissionAssigned() | TripExpired():
            return (CancelTimer(EXPIRY),)
        case TripProposed() | DeliveryConfirmed():
            return ()
        case unhandled:
            assert_never(unhandled)


def on_timer(name: str, trip_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name.startswith(QUOTE):
        return ExpireQuote(trip_id=trip_id, driver_id=name.removeprefix(QUOTE), at=due)
    if name != EXPIRY:
        raise LookupError(name)
    return ExpireTrip(trip_id=trip_id, at=due)

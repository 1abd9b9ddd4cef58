"""A vehicle transfer: offered to drivers, quoted, assigned to one of them, delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money, Rule, RuleInput
from contracts.missions.trip_v1 import (
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
    TripEvent,
    TripExpired,
    TripProposed,
    TripPublished,
)
from contracts.timers import CancelTimer, SetTimer
from services.missions import carrying, countering, detailing, quoting, terms
from services.missions.terms import Qualification

EXPIRY = "expiry"
QUOTE = "quote:"
"""Begins the timer of a quote, which ends with the driver."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishTrip:
    """`fact` is what shall be recorded, here and in every command that has one."""

    fact: TripPublished
    today: date


@dataclass(frozen=True, slots=True)
class ProposeTrip:
    """Ask a driver to quote; whether there is such a driver is asked beside (HIF-32)."""

    fact: TripProposed
    organisation_id: str
    today: date


@dataclass(frozen=True, slots=True)
class AwardTrip:
    """Accept the quote of this driver, who has to be as fit for the trip as when quoting."""

    trip_id: str
    organisation_id: str
    driver_id: str
    today: date
    at: datetime
    qualifications: frozenset[Qualification] = frozenset()
    lacking_papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssignDirectly:
    """Give the trip to a driver without a quote; `qualifications` as in SubmitQuote."""

    trip_id: str
    organisation_id: str
    driver_id: str
    price: Money | None
    qualifications: frozenset[Qualification]
    today: date
    at: datetime
    lacking_papers: tuple[str, ...] = ()
    expenses: tuple[QuotedExpense, ...] = ()
    """What of the price is for expenses, as in a quote (C4)."""


@dataclass(frozen=True, slots=True)
class ConfirmDelivery:
    fact: DeliveryConfirmed
    organisation_id: str
    today: date


@dataclass(frozen=True, slots=True)
class ExpireTrip:
    """Comes from the timer and so speaks for no organisation."""

    trip_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpireQuote:
    """Comes from the timer: `at` is the instant until which the quote was valid."""

    trip_id: str
    driver_id: str
    at: datetime


Command = (
    PublishTrip
    | ProposeTrip
    | quoting.Command
    | countering.Command
    | AwardTrip
    | AssignDirectly
    | carrying.Command
    | detailing.Command
    | ConfirmDelivery
    | ExpireTrip
    | ExpireQuote
)

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
    | quoting.Rejection
    | countering.Rejection
    | carrying.Rejection
    | detailing.PeopleAreForgotten
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unpublished:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    """`quotes` holds the latest quote of each driver by driver_id, `counters` what it met with."""

    offer: TripPublished
    quotes: Mapping[str, quoting.Quote]
    counters: Mapping[str, countering.Counter] = field(default_factory=dict)
    proposed: frozenset[str] = frozenset()
    details: detailing.Details = detailing.EMPTY


@dataclass(frozen=True, slots=True)
class Assigned:
    offer: TripPublished
    mission: MissionAssigned
    carried: carrying.Carried = carrying.EMPTY
    details: detailing.Details = detailing.EMPTY


@dataclass(frozen=True, slots=True)
class Delivered:
    offer: TripPublished
    mission: MissionAssigned
    carried: carrying.Carried = carrying.EMPTY
    details: detailing.Details = detailing.EMPTY


@dataclass(frozen=True, slots=True)
class Expired:
    offer: TripPublished
    details: detailing.Details = detailing.EMPTY


Published = Open | Assigned | Delivered | Expired
Trip = Unpublished | Published

initial: Trip = Unpublished()


def evolve(trip: Trip, event: TripEvent) -> Trip:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, TripPublished):
        return Open(event, quotes={})
    if isinstance(trip, Unpublished):
        return trip
    if isinstance(event, quoting.Event | countering.Counter):
        return quoted(trip, event) if isinstance(trip, Open) else trip
    if isinstance(event, carrying.Event):
        if isinstance(trip, Open | Expired):
            return trip
        return replace(trip, carried=carrying.evolve(trip.carried, event))
    if isinstance(event, detailing.Event):
        return replace(trip, details=detailing.evolve(trip.details, event))
    match event:
        case TripProposed(driver_id=who):
            return replace(trip, proposed=trip.proposed | {who}) if isinstance(trip, Open) else trip
        case MissionAssigned():
            return Assigned(trip.offer, event, details=trip.details)
        case DeliveryConfirmed():
            if isinstance(trip, Assigned):
                return Delivered(trip.offer, trip.mission, trip.carried, trip.details)
            return trip
        case TripExpired():
            return Expired(trip.offer, trip.details)
        case unhandled:
            assert_never(unhandled)


def quoted(trip: Open, event: quoting.Event | countering.Counter) -> Open:
    who, counters = event.driver_id, trip.counters
    match event:
        case QuoteAccepted():
            return trip
        case CounterOffered() | CounterAccepted() | CounterDeclined():
            return replace(trip, counters={**counters, who: event})
        case QuoteSubmitted():
            left = {driver: counter for driver, counter in counters.items() if driver != who}
            return replace(trip, quotes={**trip.quotes, who: event}, counters=left)
        case _:
            return replace(trip, quotes={**trip.quotes, who: event})


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection


def decide(command: Command, trip: Trip) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(trip, Unpublished):
        return publish(command) if isinstance(command, PublishTrip) else NoSuchTrip()
    match command:
        case PublishTrip():
            repeated = replace(command.fact, published_at=trip.offer.published_at) == trip.offer
            return [] if repeated else TripIdTaken(trip.offer.trip_id)
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
        case (
            quoting.SubmitQuote()
            | quoting.ModifyQuote()
            | quoting.WithdrawQuote()
            | quoting.RefuseQuote()
            | countering.OfferCounter()
            | countering.AcceptCounter()
            | countering.DeclineCounter()
        ):
            return decide_on_quote(command, trip)
        case (
            carrying.RequestExtraCost()
            | carrying.AcceptExtraCost()
            | carrying.RefuseExtraCost()
            | carrying.AddAttachment()
            | carrying.RemoveAttachment()
        ):
            return decide_on_mission(command, trip)
        case detailing.DetailStop() | detailing.NameClient() | detailing.ForgetPeople():
            return detailing.decide(command, trip.details)
        case unhandled:
            assert_never(unhandled)


def publish(command: PublishTrip) -> Decision:
    offer = command.fact
    if offer.arrival == offer.departure:
        return ArrivalIsDeparture(offer.arrival.city)
    return (
        terms.bad_window(offer.from_slot, offer.until_slot, command.today)
        or terms.not_positive("distance_km", offer.distance_km)
        or terms.not_positive("duration_minutes", offer.duration_minutes)
        or [offer]
    )


def propose(command: ProposeTrip, trip: Published) -> Decision:
    match trip:
        case Open():
            who = command.fact.driver_id
            if isinstance(quote := trip.quotes.get(who), quoting.Live):
                return quoting.AlreadyQuoted(quote.price)
            if who in trip.proposed:
                return []
            return terms.past(trip.offer, command.today) or [command.fact]
        case Assigned() | Delivered():
            return TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def decide_on_quote(command: quoting.Command | countering.Command, trip: Published) -> Decision:
    match trip:
        case Open():
            answer = countering.AcceptCounter | countering.DeclineCounter
            who = command.driver_id if isinstance(command, answer) else command.fact.driver_id
            quote, counter = trip.quotes.get(who), trip.counters.get(who)
            if isinstance(command, countering.Command):
                return countering.decide(command, quote, counter)
            decision = quoting.decide(command, trip.offer, quote)
            return (
                countering.modified(decision, counter) if isinstance(decision, list) else decision
            )
        case Assigned() | Delivered():
            return TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def decide_on_mission(command: carrying.Command, trip: Published) -> Decision:
    if isinstance(trip, Open | Expired):
        return NoSuchMission()
    over = isinstance(trip, Delivered)
    answer = carrying.decide(command, trip.mission, trip.carried, delivered=over)
    # Whose mission it is, is nobody else's business.
    return NoSuchMission() if isinstance(answer, carrying.NotYours) else answer


def award(command: AwardTrip, trip: Published) -> Decision:
    match trip:
        case Open():
            quote = trip.quotes.get(command.driver_id)
            if not isinstance(quote, quoting.Live):
                return quoting.not_live(quote)
            return (
                terms.past(trip.offer, command.today)
                or quoting.expired(quote, command.at)
                or terms.gate(trip.offer, command.qualifications, command.lacking_papers)
                or [
                    QuoteAccepted(
                        trip_id=command.trip_id, driver_id=command.driver_id, accepted_at=command.at
                    ),
                    mission(
                        command, trip.offer, quote.price, direct=False, expenses=quote.expenses
                    ),
                    *refusals(trip, command.at, "trip assigned", ASSIGNED, but=command.driver_id),
                ]
            )
        case Assigned() | Delivered():
            winner = trip.mission.driver_id == command.driver_id and not trip.mission.direct
            return [] if winner else TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def assign_directly(command: AssignDirectly, trip: Published) -> Decision:
    given = mission(command, trip.offer, command.price, direct=True, expenses=command.expenses)
    match trip:
        case Open():
            quote = trip.quotes.get(command.driver_id)
            if isinstance(quote, quoting.Live):
                return quoting.AlreadyQuoted(quote.price)
            return (
                terms.past(trip.offer, command.today)
                or terms.gate(trip.offer, command.qualifications, command.lacking_papers)
                or bad_agreement(command)
                or [
                    given,
                    *refusals(trip, command.at, "trip assigned", ASSIGNED),
                ]
            )
        case Assigned() | Delivered():
            recorded = replace(trip.mission, assigned_at=command.at)
            return [] if recorded == given else TripIsAssigned()
        case Expired():
            return terms.TripIsPast(trip.offer.until_slot.date)
        case unhandled:
            assert_never(unhandled)


def confirm(command: ConfirmDelivery, trip: Published) -> Decision:
    if isinstance(trip, Open | Expired) or trip.mission.driver_id != command.fact.driver_id:
        return NoSuchMission()
    match trip:
        case Assigned() if command.today < trip.mission.from_day:
            return MissionNotBegun(trip.mission.from_day)
        case Assigned():
            return [replace(command.fact, client_told=trip.details.client is not None)]
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
        *refusals(trip, command.at, "trip expired", rule),
    ]


def expire_quote(command: ExpireQuote, trip: Published) -> Decision:
    quote = trip.quotes.get(command.driver_id) if isinstance(trip, Open) else None
    # A quote that was modified meanwhile has another timer, or none.
    due = isinstance(quote, quoting.Live) and quote.valid_until == command.at
    return (
        [QuoteExpired(trip_id=command.trip_id, driver_id=command.driver_id, expired_at=command.at)]
        if due
        else []
    )


# --- Parts of a decision ----------------------------------------------------


def bad_agreement(command: AssignDirectly) -> quoting.BadQuote | ExpensesNeedPrice | None:
    """What is agreed on without a quote is as good as one, or left open altogether."""
    if command.price is None:
        return ExpensesNeedPrice() if command.expenses else None
    return terms.bad_price(command.price) or quoting.bad_expenses(command.expenses, command.price)


# Without inputs: they would name the winner, whom the others must not learn from a refusal.
ASSIGNED = Rule("trip-assigned", 1, ())


def mission(
    command: AwardTrip | AssignDirectly,
    offer: TripPublished,
    price: Money | None,
    direct: bool,
    expenses: tuple[QuotedExpense, ...] = (),
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


def refusals(
    trip: Open, at: datetime, reason: str, rule: Rule, but: str | None = None
) -> list[QuoteRefused]:
    """The automatic end of every live quote, except the one of the driver `but`."""
    return [
        QuoteRefused(
            trip_id=trip.offer.trip_id, driver_id=driver_id, reason=reason, rule=rule, refused_at=at
        )
        for driver_id, quote in trip.quotes.items()
        if isinstance(quote, quoting.Live) and driver_id != but
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: TripEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """A trip that nobody was given expires when its last day is over, a quote when it says so."""
    if isinstance(event, QuoteSubmitted | QuoteModified) and event.valid_until is not None:
        # Never cancelled: one that comes too late finds another quote, and does nothing.
        return (SetTimer(f"{QUOTE}{event.driver_id}", event.valid_until),)
    if isinstance(event, quoting.Event | countering.Counter | carrying.Event | detailing.Event):
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
        return ExpireQuote(trip_id, name.removeprefix(QUOTE), due)
    if name != EXPIRY:
        raise LookupError(name)
    return ExpireTrip(trip_id, due)

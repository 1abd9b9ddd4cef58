"""The one place where a rule that says no becomes an HTTP answer.

A rejection whose cause is one field of the request names it in its attribute `field`.
"""

from datetime import date
from typing import assert_never

from contracts.common_v1 import Money
from contracts.decisions import Changed
from services.missions import clearance, driver, terms, trip
from services.missions.driver import availability
from services.missions.trip import contacts, counter_offers, extra_costs, quotes

Rejection = trip.Rejection | driver.Rejection | clearance.Rejection


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case Changed():
            return 412, "Somebody changed this meanwhile."
        # Trips and missions
        case trip.NoSuchTrip():
            return 404, "There is no such trip."
        case trip.NoSuchMission():
            return 404, "There is no such mission."
        case trip.TripIdTaken(trip_id=taken):
            return 409, f"Another trip has this reference, or was offered otherwise: {taken}."
        case trip.TripIsAssigned():
            return 409, "The trip is assigned."
        case trip.TripIsNotPast(until_day=until):
            return 409, f"The trip may still be assigned until {until}."
        case trip.MissionNotBegun(from_day=first):
            return 409, f"The mission starts on {first}, so it cannot be delivered before."
        case trip.ArrivalIsDeparture(city=city):
            return 422, f"The trip would end in {city}, where it starts."
        case trip.ExpensesNeedPrice():
            return 422, "Expenses are part of a price; name the price as well."
        # Quotes
        case quotes.NoSuchQuote():
            return 404, "There is no such quote."
        case quotes.AlreadyQuoted(price=price):
            return 409, f"A quote of {in_words(price)} by this driver is waiting for an answer."
        case quotes.QuoteIsRefused(reason=reason):
            return 409, f"The quote was refused: {reason}"
        case quotes.QuoteIsWithdrawn():
            return 409, "The driver withdrew the quote."
        case quotes.QuoteIsExpired(expired_at=end):
            return 409, f"The quote was valid until {end:%Y-%m-%d %H:%M} UTC."
        case quotes.ValidityIsOver(valid_until=end):
            return 422, f"valid_until cannot be {end:%Y-%m-%d %H:%M} UTC, which is past."
        case terms.AbovePriceAgreed(agreed=agreed):
            return 409, f"You accepted a counter-offer: the price is {in_words(agreed)} at most."
        case counter_offers.NoCounterOffer():
            return 404, "There is no counter-offer to answer."
        case counter_offers.AlreadyCountered():
            return 409, "One counter-offer was made for this quote, and there is only one."
        case quotes.ReasonMissing():
            return 422, "A refusal needs a reason."
        case terms.ExpenseTwice(kind=kind):
            return 422, f"The expense {kind} stands there twice."
        case terms.ExpensesAbovePrice(total_minor=total, price=price):
            amount = in_words(Money(total, price.currency))
            return 422, f"The expenses, {amount}, are part of the price, {in_words(price)}."
        # Missions
        case extra_costs.NoSuchExtraCost():
            return 404, "There is no such request."
        case extra_costs.ExtraCostIsDecided(granted=granted):
            answer = f"accepted, up to {in_words(granted)}" if granted else "refused"
            return 409, f"The extra cost was {answer}."
        case extra_costs.MoreThanAsked(asked=asked):
            return 422, f"The driver asked for {in_words(asked)}; no more can be granted."
        case contacts.PeopleAreForgotten():
            return 409, "The people of this trip were forgotten on request."
        case extra_costs.TooLateForExtraCost():
            return 409, "The vehicle is delivered: extra costs are asked for before."
        # Terms
        case terms.TripIsPast(until_day=until):
            return 409, f"The trip was to be delivered by {until}."
        case terms.QualificationsMissing(missing=missing):
            needed = ", ".join(f"{code} ({kind})" for kind, code in missing)
            return 409, f"The trip needs qualifications that the driver does not hold: {needed}."
        case terms.PapersLacking(kinds=kinds):
            return 409, f"The driver has no valid paper of these kinds: {', '.join(kinds)}."
        case terms.NotPositive(field=field, value=value):
            return 422, f"{field} must be more than zero, not {value}."
        case terms.CurrencyNotAccepted(currency=currency, accepted=accepted):
            return 422, f"Prices are in {accepted}, not in {currency}."
        case terms.TextTooLong(field=field, length=length, limit=limit):
            return 422, f"{field} has {length} characters, at most {limit} are possible."
        case terms.DayNotPossible(field=field, day=day, first=earliest, last=latest):
            return 422, f"{field} cannot be {day}, only {days(earliest, latest)}."
        # Drivers
        case driver.NoSuchDriver():
            return 404, "There is no such driver."
        case driver.DriverIdTaken(driver_id=taken):
            return 409, f"Another driver has the id {taken}."
        case driver.DriverIsForgotten():
            return 409, "The driver asked to be forgotten."
        case driver.DriverIsSuspended():
            return 409, "The account of the driver is closed."
        case driver.AlreadyQualified(code=code):
            return 409, f"The driver is qualified for {code} already, without an end."
        case clearance.NoSuchPaper(kind=kind):
            return 422, f"There is no paper called {kind}."
        # Availabilities
        case availability.NoSuchAvailability():
            return 404, "There is no such availability."
        case availability.AvailabilityIdTaken(availability_id=taken):
            return 409, f"Another availability has the id {taken}."
        case availability.AvailabilityOverlaps(from_day=first, until_day=until):
            return 409, f"The driver declared {days(first, until)} already."
        case availability.AvailabilityIsOver(until_day=until):
            return 409, f"The availability ended on {until}."
        case unhandled:
            assert_never(unhandled)


def in_words(price: Money) -> str:
    units, cents = divmod(price.amount_minor, 100)
    return f"{units}.{cents:02} {price.currency}"


def days(first: date | None, last: date) -> str:
    if first is None:
        return f"up to {last}"
    return f"{first}" if first == last else f"{first} to {last}"

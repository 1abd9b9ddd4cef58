from typing import get_args

import pytest

from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.missions.clearance import NoSuchPaper
from services.missions.driver import (
    AlreadyQualified,
    DriverIdTaken,
    DriverIsForgotten,
    DriverIsSuspended,
    NoSuchDriver,
)
from services.missions.driver.availability import (
    AvailabilityIdTaken,
    AvailabilityIsOver,
    AvailabilityOverlaps,
    NoSuchAvailability,
)
from services.missions.http.problems import WORDING, Rejection
from services.missions.terms import (
    AbovePriceAgreed,
    CurrencyNotAccepted,
    DayNotPossible,
    ExpensesAbovePrice,
    ExpenseTwice,
    NotPositive,
    PapersLacking,
    QualificationsMissing,
    TextTooLong,
    TripIsPast,
)
from services.missions.tests.make import FROM, NOON, TODAY, UNTIL, eur
from services.missions.trip import (
    ArrivalIsDeparture,
    ExpensesNeedPrice,
    MissionNotBegun,
    NoSuchMission,
    NoSuchTrip,
    TripIdTaken,
    TripIsAssigned,
    TripIsNotPast,
)
from services.missions.trip.contacts import PeopleAreForgotten
from services.missions.trip.counter_offers import AlreadyCountered, NoCounterOffer
from services.missions.trip.extra_costs import (
    ExtraCostIsDecided,
    MoreThanAsked,
    NoSuchExtraCost,
    TooLateForExtraCost,
)
from services.missions.trip.quotes import (
    AlreadyQuoted,
    NoSuchQuote,
    QuoteIsExpired,
    QuoteIsRefused,
    QuoteIsWithdrawn,
    ReasonMissing,
    ValidityIsOver,
)

REJECTIONS: list[Rejection] = [
    NoSuchTrip(),
    NoSuchMission(),
    TripIdTaken("t-1"),
    TripIsAssigned(),
    TripIsNotPast(UNTIL),
    MissionNotBegun(FROM),
    ArrivalIsDeparture("Lyon"),
    NoSuchPaper("passport"),
    PapersLacking(("vigilance",)),
    NoSuchQuote(),
    AlreadyQuoted(eur()),
    AbovePriceAgreed(eur()),
    Changed({"price": eur()}, {"price": eur(90_000)}),
    QuoteIsRefused("too dear"),
    QuoteIsWithdrawn(),
    QuoteIsExpired(NOON),
    ValidityIsOver(NOON),
    NoCounterOffer(),
    AlreadyCountered(),
    ReasonMissing(),
    ExpenseTwice("toll"),
    ExpensesAbovePrice(12_501, eur()),
    NoSuchExtraCost(),
    ExtraCostIsDecided(eur()),
    MoreThanAsked(eur()),
    ExpensesNeedPrice(),
    TooLateForExtraCost(),
    PeopleAreForgotten(),
    TripIsPast(UNTIL),
    QualificationsMissing((("client_process", "atlas"),)),
    NotPositive("price", 0),
    CurrencyNotAccepted(field="price", currency="CHF", accepted="EUR"),
    TextTooLong(field="comment", length=1_001, limit=1_000),
    DayNotPossible(field="pickup_on", day=TODAY, first=FROM, last=UNTIL),
    NoSuchDriver(),
    DriverIdTaken("ada"),
    DriverIsForgotten(),
    DriverIsSuspended(),
    AlreadyQualified("atlas"),
    NoSuchAvailability(),
    AvailabilityIdTaken("a-1"),
    AvailabilityOverlaps(availability_id="a-1", from_day=FROM, until_day=UNTIL),
    AvailabilityIsOver(UNTIL),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert len({told(rejection, WORDING) for rejection in REJECTIONS}) == len(REJECTIONS)


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_only_a_value_that_can_never_be_right_names_its_field(rejection: Rejection) -> None:
    status, _ = told(rejection, WORDING)
    assert status in {404, 409, 412, 422}
    assert (status == 422) == hasattr(rejection, "field")


@pytest.mark.parametrize(
    ("rejection", "sentence"),
    [
        (AlreadyQuoted(eur(12_505)), "A quote of €125.05 by this driver is waiting"),
        (
            DayNotPossible(field="a_day", day=TODAY, first=FROM, last=UNTIL),
            "only May 6, 2030 to May 10, 2030.",
        ),
        (
            DayNotPossible(field="a_day", day=UNTIL, first=None, last=FROM),
            "only up to May 6, 2030.",
        ),
        (QualificationsMissing((("client_process", "atlas"),)), "does not hold: atlas."),
    ],
)
def test_a_sentence_names_the_facts(rejection: Rejection, sentence: str) -> None:
    assert sentence in told(rejection, WORDING)[1]


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)

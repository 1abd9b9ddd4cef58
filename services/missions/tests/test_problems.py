from typing import get_args

import pytest

from services.missions.availability import (
    AvailabilityIdTaken,
    AvailabilityIsOver,
    AvailabilityOverlaps,
    NoSuchAvailability,
)
from services.missions.carrying import (
    ExtraCostIsDecided,
    MoreThanAsked,
    NoSuchExtraCost,
    TooLateForExtraCost,
)
from services.missions.clearance import NoSuchPaper
from services.missions.countering import AlreadyCountered, NoCounterOffer
from services.missions.detailing import PeopleAreForgotten
from services.missions.driver import (
    AlreadyQualified,
    DriverIdTaken,
    DriverIsForgotten,
    DriverIsSuspended,
    NoSuchDriver,
)
from services.missions.problems import Rejection, problem
from services.missions.quoting import (
    AlreadyQuoted,
    ExpensesAbovePrice,
    ExpenseTwice,
    NoSuchQuote,
    QuoteIsExpired,
    QuoteIsRefused,
    QuoteIsWithdrawn,
    ReasonMissing,
    ValidityIsOver,
)
from services.missions.terms import (
    CurrencyNotAccepted,
    DayNotPossible,
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
    CurrencyNotAccepted("price", "CHF", "EUR"),
    TextTooLong("comment", 1_001, 1_000),
    DayNotPossible("pickup_on", TODAY, FROM, UNTIL),
    NoSuchDriver(),
    DriverIdTaken("ada"),
    DriverIsForgotten(),
    DriverIsSuspended(),
    AlreadyQualified("atlas"),
    NoSuchAvailability(),
    AvailabilityIdTaken("a-1"),
    AvailabilityOverlaps("a-1", FROM, UNTIL),
    AvailabilityIsOver(UNTIL),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert len({problem(rejection) for rejection in REJECTIONS}) == len(REJECTIONS)


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_only_a_value_that_can_never_be_right_names_its_field(rejection: Rejection) -> None:
    status, _ = problem(rejection)
    assert status in {404, 409, 422}
    assert (status == 422) == hasattr(rejection, "field")


@pytest.mark.parametrize(
    ("rejection", "sentence"),
    [
        (AlreadyQuoted(eur(12_505)), "A quote of 125.05 EUR by this driver is waiting"),
        (DayNotPossible("a_day", TODAY, FROM, UNTIL), "only 2030-05-06 to 2030-05-10."),
        (DayNotPossible("a_day", TODAY, FROM, FROM), "only 2030-05-06."),
        (DayNotPossible("a_day", UNTIL, None, FROM), "only up to 2030-05-06."),
        (QualificationsMissing((("client_process", "atlas"),)), "atlas (client_process)"),
    ],
)
def test_a_sentence_names_the_facts(rejection: Rejection, sentence: str) -> None:
    assert sentence in problem(rejection)[1]

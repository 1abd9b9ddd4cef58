"""The sentences of the rules of depots that say no."""

from typing import get_args

import pytest

from contracts.cash import CashNotPossible, WrongCurrency
from contracts.common_v1 import Money
from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.depot_tours.http.problems import WORDING, Rejection
from services.depot_tours.order import (
    NoSuchOrder,
    ParcelCodeRepeated,
    ParcelCodeTaken,
    RecipientIsForgotten,
    TrackingNumberTaken,
)
from services.depot_tours.order.preparation import (
    OrderIsNotAssigned,
    OrderIsNotValidated,
    OrderIsPrepared,
    OrderIsSomebodyElses,
    ParcelOfAnotherOrder,
)
from services.depot_tours.pickup import (
    NoSuchPickup,
    PickupIdTaken,
    PickupIsGiven,
    PickupIsNotGiven,
    PickupIsVerified,
)
from services.depot_tours.returned import (
    NoSuchReturn,
    ReturnIsChecked,
    ReturnIsDisputed,
    ReturnIsGone,
    ReturnIsNotChecked,
)
from services.depot_tours.returned.counting import (
    ParcelCountedTwice,
    ParcelIsExtra,
    ParcelIsNotExtra,
    ParcelsNotCounted,
)
from services.depot_tours.terms import (
    OrderIsOnAnotherTour,
    OrderNamedTwice,
    OrderWasOut,
    ParcelIsScanned,
    ParcelNamedTwice,
    ParcelsNotScanned,
    ParcelUnknown,
    TooLateToUndo,
)
from services.depot_tours.tests.make import CASH, FIRST, NOON
from services.depot_tours.tour import (
    NoSuchTour,
    OrderIsNotPrepared,
    ReturnIsNotApproved,
    TourIdTaken,
    TourIsGiven,
    TourWithoutParcels,
)
from services.depot_tours.tour.deliveries import (
    AttemptIsNotNext,
    AttemptIsRecorded,
    AttemptIsUnproven,
    AttemptWithoutPlace,
    CashIsDue,
    NoCashIsDue,
    NothingWasTried,
    OrderIsGivenBack,
    OrderIsHandedOver,
    OrderIsNotOnTour,
    TourIsNotOut,
    TourIsUnderWay,
)
from services.depot_tours.tour.departure import (
    CodeIsWrong,
    CodeTriedTooOften,
    HandoverNotBegun,
    NothingIsLoaded,
    ParcelOfAnotherTour,
    TourIsCanceled,
    TourIsOut,
)

REJECTIONS: list[Rejection] = [
    NoSuchOrder(),
    TrackingNumberTaken("CASA-2041"),
    ParcelCodeRepeated(FIRST),
    ParcelCodeTaken(FIRST),
    RecipientIsForgotten(),
    WrongCurrency("cash_on_delivery", "EUR", "MAD"),
    CashNotPossible("cash_on_delivery", Money(0, "MAD"), Money(1, "MAD"), CASH),
    OrderIsNotAssigned(),
    OrderIsSomebodyElses("omar"),
    OrderIsPrepared(),
    ParcelUnknown(FIRST),
    ParcelOfAnotherOrder(FIRST, "CASA-2041"),
    ParcelIsScanned(FIRST),
    ParcelNamedTwice(FIRST),
    ParcelsNotScanned((FIRST,)),
    NoSuchPickup(),
    PickupIdTaken("k-1"),
    PickupIsGiven("karim"),
    PickupIsNotGiven(),
    PickupIsVerified(),
    NoSuchTour(),
    TourIdTaken("t-1"),
    TourWithoutParcels(),
    OrderNamedTwice("CASA-2041"),
    OrderIsNotPrepared("CASA-2041"),
    OrderIsOnAnotherTour("CASA-2041", "t-1"),
    TourIsGiven("karim"),
    TourIsOut(),
    TourIsCanceled(),
    ParcelOfAnotherTour(FIRST, "t-1"),
    HandoverNotBegun(),
    CodeIsWrong(3),
    CodeTriedTooOften(5),
    NothingIsLoaded(),
    Changed({"loaded": ["X-1"]}, {"loaded": ["X-2"]}),
    TourIsNotOut(),
    OrderIsNotOnTour(),
    OrderIsHandedOver(),
    NoCashIsDue(),
    CashIsDue(CASH),
    AttemptIsRecorded(1),
    AttemptIsNotNext(3, 2),
    AttemptIsUnproven(),
    AttemptWithoutPlace(),
    ReturnIsNotApproved("CASA-2041"),
    OrderIsGivenBack(),
    NothingWasTried(),
    NoSuchReturn(),
    ReturnIsChecked(),
    ReturnIsNotChecked(),
    ReturnIsDisputed(),
    ReturnIsGone(),
    ParcelsNotCounted((FIRST,)),
    ParcelCountedTwice(FIRST),
    ParcelIsNotExtra(FIRST),
    ParcelIsExtra(FIRST),
    TooLateToUndo(NOON),
    OrderIsNotValidated(),
    TourIsUnderWay(),
    OrderWasOut("CASA-2041"),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (404, 409, 412, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)

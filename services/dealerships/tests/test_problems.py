"""The sentences of the rules of dealerships that say no."""

from typing import get_args

import pytest

from infra.testing.problems import said_everywhere, told
from services.dealerships.checklist import (
    BrandNamedTwice,
    ChecklistOfManufacturer,
    ItemNamedTwice,
    LabelNamedTwice,
    NoSuchChecklist,
    PriceInOtherCurrency,
    PriceOfManufacturer,
    ThresholdsOutOfOrder,
    ThresholdTooFine,
    TooManyItems,
)
from services.dealerships.dealership import (
    AddressNamedTwice,
    BrandIsThere,
    DealershipIsForgotten,
    DealershipIsOpen,
    NoSuchBrand,
    NoSuchDealership,
    OtherCurrency,
    VideoLongerThanAll,
)
from services.dealerships.device import (
    CodeExpired,
    DeviceIdTaken,
    DeviceIsPaired,
    NoSuchCode,
    NoSuchDevice,
    PairingCodeUsed,
)
from services.dealerships.http.problems import (
    WORDING,
    DeviceNameTaken,
    KeyNotProved,
    Rejection,
)
from services.dealerships.predefined_message import NoSuchPredefinedMessage
from services.dealerships.template import NoSuchTemplate, TemplateIsEmpty
from services.dealerships.terms import LanguageNamedTwice
from services.dealerships.tests.make_devices import NOON

REJECTIONS: list[Rejection] = [
    NoSuchDealership(),
    DealershipIsOpen("G1"),
    NoSuchBrand("opel"),
    BrandIsThere("Opel"),
    AddressNamedTwice(),
    DealershipIsForgotten(),
    OtherCurrency("CHF", "EUR"),
    VideoLongerThanAll(301, 300),
    NoSuchChecklist(),
    ChecklistOfManufacturer(),
    ItemNamedTwice("pads"),
    LabelNamedTwice("Pads", "fr"),
    TooManyItems(300),
    PriceInOtherCurrency("pads", "CHF", "EUR"),
    PriceOfManufacturer("pads"),
    ThresholdsOutOfOrder("pads"),
    ThresholdTooFine("pads", 2),
    BrandNamedTwice("pads", "opel"),
    NoSuchTemplate(),
    TemplateIsEmpty(),
    NoSuchPredefinedMessage(),
    LanguageNamedTwice("fr"),
    NoSuchDevice(),
    DeviceIdTaken("H1"),
    DeviceNameTaken("Atelier-1"),
    NoSuchCode(),
    PairingCodeUsed(),
    CodeExpired(NOON),
    DeviceIsPaired(),
    KeyNotProved(),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (404, 409, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)

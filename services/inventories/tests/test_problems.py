"""The sentences of the rules of inventories that say no."""

from typing import get_args

import pytest

from contracts.decisions import Changed
from infra.testing.problems import said_everywhere, told
from services.inventories.http.problems import WORDING
from services.inventories.inventory import (
    CountingIsNotOver,
    CountingIsOver,
    InventoryIsOver,
    NoSuchInventory,
    Rejection,
    ShelfNamedTwice,
)
from services.inventories.inventory.counting import (
    CountedBefore,
    CountIsOver,
    InventoryIsNotBlind,
    ShelfIsNotCounted,
    TooManyDifferences,
)
from services.inventories.inventory.settling import (
    DifferencesNotSettled,
    ExplanationDoesNotFit,
    ParcelDoesNotDiffer,
    ParcelIsDisputed,
    ParcelIsOnlyMisplaced,
)

REJECTIONS: list[Rejection] = [
    NoSuchInventory(),
    ShelfNamedTwice("B-12"),
    CountingIsOver(),
    CountingIsNotOver(),
    InventoryIsOver(),
    Changed({"parcels": 1}, {"parcels": 2}),
    CountIsOver(1),
    InventoryIsNotBlind(),
    CountedBefore(),
    ShelfIsNotCounted(("B-12",)),
    TooManyDifferences(2_001, 2_000),
    ParcelDoesNotDiffer("CASA-2041"),
    ExplanationDoesNotFit("CASA-2041"),
    ParcelIsOnlyMisplaced("CASA-2041"),
    ParcelIsDisputed("CASA-2041"),
    DifferencesNotSettled(("CASA-2041",)),
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

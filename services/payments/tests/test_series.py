"""Invoices and credit notes of a dealership have numbers without gaps."""

from typing import Never

import pytest

from contracts.payments.series_v1 import NumberAssigned, SeriesEvent
from infra.testing.spec import Spec
from services.payments import series
from services.payments.series import AssignNumber
from services.payments.tests.make_cards import AT, GROUP, HOUSE

spec: Spec[AssignNumber, series.Taken, SeriesEvent, Never] = Spec(
    series.decide, series.evolve, series.initial
)
given = spec.given


def assign(charge: str = "CH1", refund: str | None = None, cancels: bool = False) -> AssignNumber:
    return AssignNumber(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        charge_id=charge,
        refund_id=refund,
        cancels=cancels,
        at=AT,
    )


def assigned(
    ordinal: int, charge: str = "CH1", refund: str | None = None, cancels: bool | None = None
) -> NumberAssigned:
    return NumberAssigned(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        charge_id=charge,
        refund_id=refund,
        ordinal=ordinal,
        number=f"LYON-{ordinal:06}",
        assigned_at=AT,
        cancels=cancels,
    )


@pytest.mark.requirement("G-58")
def test_numbers_follow_each_other() -> None:
    given().when(assign()).records(assigned(1))
    given(assigned(1)).when(assign(refund="R1")).records(assigned(2, refund="R1"))
    given(assigned(1), assigned(2, refund="R1")).when(assign("CH2")).records(assigned(3, "CH2"))


@pytest.mark.requirement("G-58")
def test_what_cancels_a_credit_note_has_a_number_of_its_own() -> None:
    note = assigned(2, refund="R1")
    given(assigned(1), note).when(assign(refund="R1", cancels=True)).records(
        assigned(3, refund="R1", cancels=True)
    )
    given(assigned(1), note).when(assign(refund="R1")).records_nothing()


def test_a_number_has_letters_that_every_platform_takes() -> None:
    assert series.number("petit_lyon.2", 7) == "PETIT-LYON-2-000007"
    assert len(series.number("x" * 80, 999_999)) == 35

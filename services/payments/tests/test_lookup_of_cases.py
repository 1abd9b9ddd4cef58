"""A customer pays for what was accepted, or for what a work report says was done."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import Amounts, Module, VersionFixed, WorkLevel
from infra.consumers.views import OutOfOrder
from infra.testing.following import NOON
from services.payments.lookups.interventions_case import Case, Reads, project
from services.payments.tests.cards_stage import (
    PADS,
    TYRES,
    accepted,
    answered,
    created,
    named,
)


def case_of(*events: Reads) -> Case:
    row: Case | None = None
    for event in events:
        row = project(row, event)
    assert row is not None
    return row


def fixed() -> VersionFixed:
    nothing = Money(0, "EUR")
    zero = Amounts(excluding_vat=nothing, vat=nothing, including_vat=nothing)
    return VersionFixed(
        case_id="J1",
        organisation_id="petit",
        dealership_id="lyon",
        version=3,
        works=(replace(PADS, carried_out=True), replace(TYRES, carried_out=False)),
        media_ids=(),
        proposed=zero,
        answer_by=None,
        code_above=None,
        fixed_at=NOON,
        carried_out=zero,
    )


@pytest.mark.requirement("G-59")
def test_what_was_accepted_is_paid_for_once_the_case_is_answered() -> None:
    open_case = case_of(created(), named(), accepted(PADS))
    assert (open_case.version, open_case.customer_name) == (0, "Claire Dupont")
    whole = case_of(created(), accepted(PADS), accepted(TYRES), accepted(TYRES), answered())
    assert (whole.version, [one.work_id for one in whole.works]) == (2, ["pads", "tyres"])


@pytest.mark.requirement("FLB-175", "M-10")
def test_what_was_paid_or_has_no_price_is_not_paid_for() -> None:
    free = replace(PADS, price=None, amounts=None)
    paid = replace(TYRES, paid=True)
    assert case_of(created(), accepted(free), accepted(paid), answered()).works == ()


@pytest.mark.requirement("FLB-175")
def test_a_work_report_is_paid_for_what_was_carried_out() -> None:
    report = case_of(created(Module.WORK_REPORT), fixed())
    assert (report.version, [one.work_id for one in report.works]) == (3, ["pads"])
    assert case_of(created(), fixed()).works == ()


def test_a_history_with_a_hole_stops_the_lookup() -> None:
    with pytest.raises(OutOfOrder):
        project(None, answered())


@pytest.mark.requirement("FLB-092", "G-56")
@pytest.mark.parametrize(
    ("level", "costs"),
    [
        (WorkLevel.OK, False),
        (WorkLevel.COMPLIMENTARY, False),
        (WorkLevel.ADVISED, True),
        (WorkLevel.URGENT, True),
    ],
)
def test_what_is_in_order_or_complimentary_is_not_paid_for(level: WorkLevel, costs: bool) -> None:
    case = case_of(created(), accepted(replace(PADS, level=level)), answered())
    assert bool(case.works) is costs

"""The works of a case that were paid online, and come into a work report at nothing (FLB-175)."""

from datetime import timedelta
from itertools import permutations

import pytest

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import (
    Amounts,
    ChargePaid,
    Line,
    RefundBounced,
    RefundMade,
    RefundPart,
    RefundReason,
)
from infra.consumers.views import OutOfOrder
from infra.lookups.payments import Reads, project
from infra.testing.following import NOON, follow
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import served
from services.interventions.tests.test_bringing import ON, answered_case, id_of, report_of


def of(amount: int) -> Amounts:
    whole = Money(amount, "EUR")
    return Amounts(excluding_vat=whole, vat=Money(0, "EUR"), including_vat=whole)


def paid(case_id: str = "J1", **works: int) -> ChargePaid:
    lines = [
        Line(work_id=id, label=id, amounts=of(amount), vat_basis_points=0)
        for id, amount in works.items()
    ]
    return ChargePaid(
        charge_id="charge",
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=case_id,
        case_version=1,
        lines=tuple(lines),
        total=of(sum(works.values())),
        intent_id="P1-1",
        payment_id="pi_1",
        paid_at=NOON,
        version=3,
    )


def refunded(refund_id: str, case_id: str = "J1", **works: int) -> RefundMade:
    return RefundMade(
        charge_id="charge",
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=case_id,
        refund_id=refund_id,
        provider_refund_id=f"re_{refund_id}",
        parts=tuple(RefundPart(id, of(amount)) for id, amount in works.items()),
        total=of(sum(works.values())),
        reason=RefundReason.WORK_NOT_DONE,
        made_at=NOON + timedelta(hours=1),
        version=5,
    )


def bounced(refund_id: str, **works: int) -> RefundBounced:
    return RefundBounced(
        charge_id="charge",
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id="J1",
        refund_id=refund_id,
        provider_refund_id=f"re_{refund_id}",
        parts=tuple(RefundPart(id, of(amount)) for id, amount in works.items()),
        total=of(sum(works.values())),
        balance_transaction_id=None,
        responsible_id=None,
        bounced_at=NOON,
        version=9,
    )


@pytest.mark.parametrize(
    ("refunds", "left"),
    [
        ((), {"pads", "tyres"}),
        ((refunded("1", pads=9_999),), {"pads", "tyres"}),
        ((refunded("1", pads=10_000),), {"tyres"}),
        ((refunded("1", pads=4_000), refunded("2", pads=6_000)), {"tyres"}),
        ((refunded("1", pads=6_000), refunded("1", pads=6_000)), {"pads", "tyres"}),
        ((refunded("1", pads=10_000, tyres=1),), set()),
    ],
)
def test_a_work_is_paid_until_all_its_money_went_back(
    refunds: tuple[Reads, ...], left: set[str]
) -> None:
    for order in permutations(refunds):
        row = project(None, paid(pads=10_000, tyres=1))
        for one in order:
            row = project(row, one)
        assert row.kept == left


@pytest.mark.requirement("FLB-174")
def test_a_work_whose_refund_bounced_is_paid() -> None:
    row = project(project(None, paid(pads=10_000)), refunded("1", pads=10_000))
    assert (set(row.kept), row.refunded_minor) == (set(), 10_000)
    row = project(row, bounced("1", pads=10_000))
    assert (set(row.kept), row.refunded_minor) == ({"pads"}, 0)


def test_money_does_not_go_back_before_it_came() -> None:
    with pytest.raises(OutOfOrder):
        project(None, refunded("1", pads=1))


@pytest.mark.requirement("FLB-175", "M-10")
@pytest.mark.parametrize(("given_back", "costs"), [(0, 0), (10_800, 10_800)])
async def test_what_was_paid_comes_into_a_report_at_nothing(
    database: str, given_back: int, costs: int
) -> None:
    async with served(database) as caller:
        await follow(caller.running, ON)
        path = await answered_case(caller)
        facts = [paid(id_of(path), pads=10_800)]
        back = [refunded("1", id_of(path), pads=given_back)] if given_back else []
        await follow(caller.running, *facts, *back)
        shown = await caller.shown(await report_of(caller, path))
        done, planned = shown["works"]
        assert (done["paid"], done["price"]["amount"]["amount_minor"]) == (
            not costs,
            12_000 * bool(costs),
        )
        assert shown["carried_out"]["including_vat"]["amount_minor"] == costs
        assert planned["paid"] is False


async def test_a_case_that_was_paid_is_not_taken_for_unchanged(database: str) -> None:
    async with served(database) as api:
        path = await answered_case(api)
        before = await api.says("lea", "GET", path)
        await follow(api.running, paid(id_of(path), pads=10_800))
        same = {"If-None-Match": before.headers["ETag"]}
        after = await api.says("lea", "GET", path, headers=same)
        assert after.json()["payment"]["total"]["amount_minor"] == 10_800

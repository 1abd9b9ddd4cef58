"""A refund reverses parts of lines with the VAT they were paid with, never more than was paid."""

from dataclasses import replace
from fractions import Fraction
from functools import reduce
from math import floor

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from contracts.decisions import Changed
from contracts.payments.charge_v1 import ChargeEvent, RefundReason
from infra.testing.spec import Spec
from services.payments import charge
from services.payments.charge.papers import RefundHolds
from services.payments.charge.refunding import (
    AmountNotOfCharge,
    BalanceTooLow,
    ChargeIsNotPaid,
    LineNamedTwice,
    RefundAboveRest,
    WorkNotPaid,
)
from services.payments.charge.situations import Paid
from services.payments.terms import less, share
from services.payments.tests.make_cards import (
    LINES,
    PADS,
    TYRES,
    amounts,
    begun,
    fail_refund,
    fee_read,
    line,
    money,
    note_fee,
    note_number,
    note_refund,
    numbered,
    offered,
    paid,
    part,
    refund,
    refund_begun,
    refund_bounced,
    refund_failed,
    refund_made,
)

given = Spec(charge.decide, charge.evolve, charge.initial).given
PAID = (offered(), begun(), paid())
HALF = part(TYRES, 10_000, 2_000)
HALF_TOTAL = amounts(10_000, 2_000)
BEGUN = refund_begun(HALF, total=HALF_TOTAL)
MADE = refund_made(HALF, total=HALF_TOTAL, version=5)
BOUNCED = refund_bounced(HALF, total=HALF_TOTAL, version=6)


def test_a_part_of_a_line_goes_back_with_its_vat() -> None:
    given(*PAID).when(refund(("tyres", money(12_000)))).records(BEGUN)


def test_no_more_goes_back_than_is_left_of_a_line() -> None:
    given(*PAID).when(refund(("tyres", money(24_000)))).records(
        refund_begun(part(TYRES, 20_000, 4_000), total=amounts(20_000, 4_000))
    )
    given(*PAID).when(refund(("tyres", money(24_001)))).is_rejected(RefundAboveRest(money(24_000)))
    again = refund(("tyres", money(12_001)), id="R2", rest=23_000)
    given(*PAID, BEGUN, MADE).when(again).is_rejected(RefundAboveRest(money(12_000)))


def test_what_is_asked_for_and_unknown_is_not_refunded_again() -> None:
    again = refund(("tyres", money(12_001)), id="R2", rest=23_000)
    given(*PAID, BEGUN).when(again).is_rejected(RefundAboveRest(money(12_000)))
    given(*PAID, BEGUN).when(fail_refund()).records(refund_failed())
    whole = refund(("tyres", money(24_000)), id="R2")
    given(*PAID, BEGUN, refund_failed()).when(whole).records(
        refund_begun(part(TYRES, 20_000, 4_000), id="R2", total=amounts(20_000, 4_000))
    )


def test_a_refund_names_lines_and_amounts_of_the_charge() -> None:
    given(*PAID).when(refund(("oil", money(1)))).is_rejected(WorkNotPaid("oil"))
    given(*PAID).when(refund(("tyres", money(0)))).is_rejected(AmountNotOfCharge("EUR"))
    given(*PAID).when(refund(("tyres", money(1, "GBP")))).is_rejected(AmountNotOfCharge("EUR"))
    twice = refund(("tyres", money(20_000)), ("tyres", money(20_000)))
    given(*PAID).when(twice).is_rejected(LineNamedTwice("tyres"))


def test_a_refund_is_of_what_was_seen_to_be_left() -> None:
    stale = refund(("tyres", money(1)), rest=34_999)
    given(*PAID).when(stale).is_rejected(Changed({"rest": money(34_999)}, {"rest": money(35_000)}))


def test_a_refund_leaves_no_negative_balance() -> None:
    just = refund(("tyres", money(12_000)), available=12_000)
    given(*PAID).when(just).records(BEGUN)
    above = refund(("tyres", money(12_000)), available=11_999)
    given(*PAID).when(above).is_rejected(BalanceTooLow(money(11_999)))


def test_only_a_paid_charge_is_refunded() -> None:
    given(offered(), begun()).when(refund(("tyres", money(1)))).is_rejected(ChargeIsNotPaid())


def test_the_provider_confirms_a_refund_once() -> None:
    given(*PAID, BEGUN).when(note_refund(12_000)).records(MADE)
    given(*PAID, BEGUN, MADE).when(note_refund(12_000)).records_nothing()


def test_a_refund_that_the_bank_sends_back_counts_as_paid_again() -> None:
    given(*PAID, BEGUN, MADE).when(fail_refund()).records(BOUNCED)
    given(*PAID, BEGUN, MADE, BOUNCED).when(note_refund(12_000)).records_nothing()
    whole = refund(("tyres", money(24_000)), id="R2")
    given(*PAID, BEGUN, MADE, BOUNCED).when(whole).records(
        refund_begun(part(TYRES, 20_000, 4_000), id="R2", total=amounts(20_000, 4_000))
    )
    given(*PAID, BEGUN, MADE).when(replace(whole, rest=money(23_000))).is_rejected(
        RefundAboveRest(money(12_000))
    )


def test_news_of_a_refund_that_come_late_keep_its_lines() -> None:
    failed = (*PAID, BEGUN, refund_failed())
    made = refund_made(HALF, total=HALF_TOTAL, version=6)
    given(*failed).when(note_refund(12_000)).records(made)
    given(*failed, made).when(fail_refund()).records(
        refund_bounced(HALF, total=HALF_TOTAL, version=7)
    )


def test_what_went_back_otherwise_since_is_not_taken_from_its_lines() -> None:
    most = part(TYRES, 16_667, 3_333)
    other = refund_begun(most, id="R2", total=most.amounts)
    reason = RefundReason.MADE_AT_PROVIDER
    parts = (part(PADS, 9_167, 1_833), part(TYRES, 833, 167))
    made = refund_made(*parts, total=HALF_TOTAL, version=7, id="re_1", reason=reason)
    given(*PAID, BEGUN, refund_failed(), other).when(note_refund(12_000)).records(made)


def test_whoever_gave_the_keys_is_told_of_a_refund_that_nobody_asked_us_for() -> None:
    reason = RefundReason.MADE_AT_PROVIDER
    made = refund_made(HALF, total=HALF_TOTAL, version=4, id="re_1", reason=reason)
    back = refund_bounced(HALF, total=HALF_TOTAL, version=5, id="re_1", responsible="otto")
    failed = fail_refund(id=None, responsible="otto")
    given(*PAID, made).when(failed).records(back)
    given(*PAID).when(failed).records_nothing()
    given(*PAID, BEGUN, MADE).when(replace(fail_refund(), responsible_id="otto")).records(BOUNCED)


@pytest.mark.requirement("G-58", "FLB-173")
def test_only_the_credit_note_of_a_refund_that_bounced_is_cancelled() -> None:
    cancel = note_number("LYON-000003", "R1", cancels=True)
    note = numbered("LYON-000002", "R1")
    given(*PAID, BEGUN, MADE, note).when(cancel).is_rejected(RefundHolds())
    given(*PAID, BEGUN, MADE, note, BOUNCED).when(cancel).records(
        numbered("LYON-000003", "R1", cancels=True)
    )


@pytest.mark.requirement("G-59")
def test_a_refund_made_at_the_provider_goes_over_the_lines_in_order() -> None:
    reason = RefundReason.MADE_AT_PROVIDER
    parts = (part(PADS, 9_167, 1_833), part(TYRES, 833, 167))
    made = refund_made(*parts, total=amounts(10_000, 2_000), version=4, id="re_1", reason=reason)
    given(*PAID).when(note_refund(12_000, id=None)).records(made)
    given(*PAID).when(note_refund(35_001, id=None)).is_rejected(RefundAboveRest(money(35_000)))


def test_the_fee_of_a_refund_is_that_of_its_movement() -> None:
    given(*PAID, BEGUN, MADE).when(note_fee(-10, "re_1")).records(fee_read(-10, 6, "R1"))


@drawn(st.integers(1, 10**6), st.integers(0, 10**6), st.lists(st.integers(1, 10**6), max_size=8))
@pytest.mark.requirement("G-59")
def test_the_vat_of_all_that_went_back_of_a_line_is_rounded_once(
    excluding: int, vat: int, wanted: list[int]
) -> None:
    work = line("w", "Work", excluding, vat)
    left, whole = work.amounts, excluding + vat
    for including in (*wanted, whole):
        taken = min(including, left.including_vat.amount_minor)
        if taken:
            left = less(left, share(work, left, taken))
        back = less(work.amounts, left)
        exact = Fraction(back.including_vat.amount_minor * vat, whole)
        assert back.vat.amount_minor == floor(exact + Fraction(1, 2))
        assert min(left.vat.amount_minor, left.excluding_vat.amount_minor) >= 0
    assert left == amounts(0, 0)


def test_three_thirds_of_a_line_have_the_vat_of_the_whole() -> None:
    work, left, vat = line("w", "Work", 83, 17), amounts(83, 17), list[int]()
    for including in (25, 25, 25, 25):
        back = share(work, left, including)
        left = less(left, back)
        vat.append(back.vat.amount_minor)
    # Rounded one by one they would be 4, 4, 4 and 5: 12 of the 12.75 of three quarters.
    assert vat == [4, 5, 4, 4]


def test_a_part_that_was_rounded_before_never_makes_another_one_negative() -> None:
    work = line("w", "Work", 83, 17)
    left = less(work.amounts, amounts(1, 2))
    assert share(work, left, 1) == amounts(1, 0)
    assert less(left, share(work, left, 97)) == amounts(0, 0)


@pytest.mark.parametrize("cents", [1, 2, 3, 7])
def test_small_parts_never_take_more_of_a_line_without_vat_than_is_left(cents: int) -> None:
    left = PADS.amounts
    while left.including_vat.amount_minor:
        back = share(PADS, left, min(cents, left.including_vat.amount_minor))
        left = less(left, back)
        assert 0 <= back.vat.amount_minor <= back.including_vat.amount_minor
        assert min(left.vat.amount_minor, left.excluding_vat.amount_minor) >= 0
    assert left == amounts(0, 0)


def test_all_that_is_left_is_the_rest() -> None:
    history: tuple[ChargeEvent, ...] = (*PAID, BEGUN, MADE)
    state = reduce(charge.evolve, history, charge.initial)
    assert isinstance(state, Paid)
    assert state.rest == money(23_000)
    assert [state.left(one).including_vat.amount_minor for one in LINES] == [11_000, 12_000]

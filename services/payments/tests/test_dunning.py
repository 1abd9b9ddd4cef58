"""A company that has not paid in time is dunned on the day, and never once it paid or disputes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.decisions import Changed
from contracts.payments.charge_v1 import ChargeEvent, DunningStep
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.payments import charge
from services.payments.aggregates import CHARGE
from services.payments.charge.dunning import (
    LADDER,
    TIMER,
    CompanyIsOnHold,
    CustomerIsNoCompany,
    DebtIsDisputed,
    DueInPast,
    DueTooLate,
    InvoicedInFuture,
    NoSuchDispute,
    NothingDeferred,
    PaymentIsDeferred,
    TakeStep,
)
from services.payments.charge.paying import ChargeIsPaid, NoSuchCharge, PaymentIsOpen
from services.payments.tests.make_cards import (
    AT,
    MINE,
    PADS,
    TODAY,
    begun,
    chosen,
    differed,
    end,
    ended,
    money,
    offered,
    paid,
    pay,
    refund_failed,
    settle,
    settled,
)
from services.payments.tests.make_debts import (
    DUE,
    FIRST,
    STEPS,
    decide_dispute,
    decided,
    defer,
    deferred,
    dispute,
    disputed,
    given_up,
    nine,
    step,
    taken,
)

SECOND = timedelta(seconds=1)
given = Spec(charge.decide, charge.evolve, charge.initial).given
owed = given(offered(), deferred())


# --- Time to pay ------------------------------------------------------------


def test_a_company_gets_time_to_pay() -> None:
    given().when(defer()).records(offered(), deferred())
    given(offered(), chosen()).when(defer()).records(deferred())


def test_a_person_gets_none() -> None:
    given().when(defer(debtor=None)).is_rejected(CustomerIsNoCompany())


def test_a_company_on_hold_gets_none() -> None:
    given().when(defer(held_by="F-99")).is_rejected(CompanyIsOnHold("F-99"))


def test_the_day_to_pay_by_is_today_at_the_earliest() -> None:
    morning = nine(5, 7)
    given().when(defer(due_on=TODAY)).records(offered(), deferred(TODAY, morning))
    yesterday = TODAY - timedelta(days=1)
    given().when(defer(due_on=yesterday)).is_rejected(DueInPast(TODAY))


def test_the_day_to_pay_by_is_sixty_days_after_the_invoice_at_the_latest() -> None:
    latest = date(2030, 7, 5)
    given().when(defer(due_on=latest)).records(offered(), deferred(latest, nine(7, 6)))
    after = latest + timedelta(days=1)
    given().when(defer(due_on=after)).is_rejected(DueTooLate(latest))


def test_an_invoice_of_tomorrow_is_none() -> None:
    tomorrow = TODAY + timedelta(days=1)
    given().when(defer(invoiced_on=tomorrow)).is_rejected(InvoicedInFuture(TODAY))


def test_the_amount_is_the_one_that_was_seen() -> None:
    answer = given().answer(defer(amount=34_999))
    assert isinstance(answer, Changed)


def test_an_invoice_that_a_company_has_stays_as_it_is() -> None:
    owed.when(defer(number="F-119")).is_rejected(PaymentIsDeferred(DUE))
    owed.when(pay(lines=(PADS,), version=3)).records(begun())


def test_nothing_is_deferred_that_is_paid_or_about_to_be() -> None:
    given(offered(), begun()).when(defer()).is_rejected(PaymentIsOpen())
    given(offered(), begun(), paid()).when(defer()).is_rejected(ChargeIsPaid())
    given(offered(), settled()).when(defer()).is_rejected(ChargeIsPaid())


def test_the_invoice_of_another_organisation_is_none() -> None:
    owed.when(defer(organisation="grand")).is_rejected(NoSuchCharge())


# --- The ladder -------------------------------------------------------------


@pytest.mark.parametrize("which", LADDER)
def test_each_step_is_taken_on_its_day_and_not_before(which: DunningStep) -> None:
    before = tuple(map(taken, LADDER[: LADDER.index(which)]))
    history: tuple[ChargeEvent, ...] = (offered(), deferred(), *before)
    day = STEPS[which][0]
    given(*history).when(step(day - SECOND)).records_nothing()
    given(*history).when(step(day)).records(taken(which))


def test_after_the_last_step_nothing_follows() -> None:
    done = given(offered(), deferred(), *map(taken, LADDER))
    done.when(step(nine(12, 1))).records_nothing()


def test_where_the_law_gives_no_fixed_sum_none_is_claimed() -> None:
    given().when(defer(in_union=False)).records(offered(), deferred(has_indemnity=False))
    before = (taken(), taken(DunningStep.FORMAL_NOTICE))
    history = (offered(), deferred(has_indemnity=False), *before)
    [hold] = _recorded(given(*history).answer(step(nine(6, 17))))
    assert hold == replace(
        taken(DunningStep.HOLD), owed=money(35_000), indemnity=None, taken_at=nine(6, 17)
    )


def _recorded(answer: object) -> list[ChargeEvent]:
    assert isinstance(answer, list)
    return answer


def test_a_step_is_at_nine_also_when_clocks_have_changed() -> None:
    autumn = replace(deferred(), due_on=date(2030, 10, 26), next_step_at=nine(10, 27))
    [first] = _recorded(given(offered(), autumn).answer(step(nine(10, 27) + timedelta(hours=1))))
    assert charge.timers(first) == (SetTimer(TIMER, nine(11, 4) + timedelta(hours=1)),)


# --- It ends ----------------------------------------------------------------


@pytest.mark.parametrize(
    "between",
    [
        (settled(),),
        (begun(), paid(version=5)),
        (begun(), differed(money(1))),
        (disputed(),),
        (disputed(), decided(owed=False)),
    ],
)
def test_nothing_is_dunned_that_was_paid_or_disputed_between(
    between: tuple[ChargeEvent, ...],
) -> None:
    given(offered(), deferred(), taken(), *between).when(step(nine(6, 9))).records_nothing()


def test_a_payment_at_the_last_second_stops_the_step() -> None:
    paid_now = replace(settled(), recorded_at=FIRST - SECOND)
    given(offered(), deferred(), paid_now).when(step()).records_nothing()
    assert charge.timers(paid_now) == (CancelTimer(TIMER),)


@pytest.mark.requirement("G-50")
def test_nobody_who_was_forgotten_is_dunned() -> None:
    nobody = replace(deferred(), debtor_name=REDACTED, email=REDACTED)
    given(offered(), nobody).when(step(FIRST - SECOND)).records_nothing()
    given(offered(), nobody).when(step()).records(given_up())
    given(offered(), nobody, given_up()).when(step(nine(12, 1))).records_nothing()
    claimed = tuple(map(taken, LADDER[:3]))
    late = replace(given_up(), owed=money(39_000), given_up_at=nine(6, 25))
    given(offered(), nobody, *claimed).when(step(nine(6, 25))).records(late)
    given(offered(), nobody, disputed()).when(step()).records_nothing()


def test_a_step_that_is_late_gives_its_time_from_the_day_on_which_it_is_taken() -> None:
    assert CHARGE.on_timer is not None
    before, after = datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)
    late = CHARGE.on_timer(TIMER, MINE, before - timedelta(days=30))
    assert isinstance(late, TakeStep)
    assert before <= late.at < after
    assert CHARGE.on_timer(TIMER, MINE, after) == step(after)
    [notice] = _recorded(owed.answer(step(nine(6, 20))))
    assert notice == replace(
        taken(), pay_by=date(2030, 6, 27), taken_at=nine(6, 20), next_step_at=nine(6, 28)
    )


def test_a_step_waits_until_it_is_known_how_an_attempt_ended() -> None:
    asked = given(offered(), deferred(), begun())
    asked.when(step()).records_nothing()
    asked.when(end()).records(ended(next_step_at=FIRST))
    assert charge.timers(begun()) == (CancelTimer(TIMER),)
    assert charge.timers(ended(next_step_at=FIRST)) == (SetTimer(TIMER, FIRST),)
    given(offered(), deferred(), begun(), ended(next_step_at=FIRST)).when(step()).records(taken())


def test_what_was_claimed_is_paid_with_the_invoice_or_not() -> None:
    claimed = given(
        *(offered(), deferred(), taken(), taken(DunningStep.FORMAL_NOTICE)),
        taken(DunningStep.INDEMNITY),
    )
    claimed.when(settle(39_000)).records(settled(39_000))
    claimed.when(settle(35_000)).records(settled(35_000))


# --- Disputes ---------------------------------------------------------------


def test_a_dispute_is_recorded_once() -> None:
    owed.when(dispute()).records(disputed())
    rests = given(offered(), deferred(), disputed())
    rests.when(dispute("Trop cher.")).is_rejected(DebtIsDisputed(nine(6, 3)))
    assert charge.timers(disputed()) == (CancelTimer(TIMER),)


def test_what_is_owed_after_all_gets_the_time_between_two_steps() -> None:
    rests = given(offered(), deferred(), taken(), disputed())
    rests.when(decide_dispute()).records(decided(next_step_at=nine(6, 28)))
    goes_on = given(offered(), deferred(), taken(), disputed(), decided(next_step_at=nine(6, 28)))
    goes_on.when(step(nine(6, 28) - SECOND)).records_nothing()
    formal = replace(
        taken(DunningStep.FORMAL_NOTICE),
        taken_at=nine(6, 28),
        pay_by=date(2030, 7, 5),
        next_step_at=nine(7, 6),
    )
    goes_on.when(step(nine(6, 28))).records(formal)


def test_a_step_that_is_later_than_that_stays_when_it_was() -> None:
    early = given(offered(), deferred(), disputed())
    early.when(decide_dispute(at=nine(5, 10))).records(
        replace(decided(next_step_at=FIRST), settled_at=nine(5, 10))
    )


def test_what_is_not_owed_is_over() -> None:
    rests = given(offered(), deferred(), disputed())
    rests.when(decide_dispute(owed=False)).records(decided(owed=False))
    over = given(offered(), deferred(), disputed(), decided(owed=False))
    over.when(dispute()).is_rejected(NothingDeferred())
    over.when(decide_dispute()).is_rejected(NothingDeferred())


def test_another_invoice_takes_the_place_of_one_by_which_nothing_is_owed() -> None:
    over = given(offered(), deferred(), taken(), disputed(), decided(owed=False))
    right = replace(deferred(), invoice_number="F-119")
    over.when(defer(number="F-119")).records(right)
    over.when(defer()).records_nothing()
    anew = (offered(), deferred(), taken(), disputed(), decided(owed=False), right)
    given(*anew).when(step()).records(replace(taken(), invoice_number="F-119"))
    given(*anew).when(defer(number="F-120")).is_rejected(PaymentIsDeferred(DUE))


def test_there_is_nothing_to_dispute_before_a_company_owes() -> None:
    given().when(dispute()).is_rejected(NoSuchCharge())
    given(offered()).when(dispute()).is_rejected(NothingDeferred())
    owed.when(decide_dispute()).is_rejected(NoSuchDispute())
    given(offered(), deferred(), settled()).when(dispute()).is_rejected(ChargeIsPaid())


# --- Timers -----------------------------------------------------------------


def test_the_timer_leads_to_the_step() -> None:
    assert charge.timers(deferred()) == (SetTimer(TIMER, FIRST),)
    assert charge.timers(taken(DunningStep.HOLD)) == ()
    assert charge.timers(refund_failed()) == ()
    assert charge.on_timer(TIMER, "CH1", FIRST) == step()
    with pytest.raises(LookupError):
        charge.on_timer("other", "CH1", AT)

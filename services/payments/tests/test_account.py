"""A dealership's keys are of its mode, and its account takes the currency of its prices."""

import pytest

from infra.testing.spec import Spec
from services.payments import account
from services.payments.account import (
    AccountIsConnected,
    CurrencyNotTaken,
    KeyIsForTests,
    KeyIsLive,
    NoSuchCardAccount,
    ScopesMissing,
    ScopesTooWide,
)
from services.payments.tests.make_cards import (
    connect,
    connected,
    declare,
    declared,
    disconnect,
    disconnected,
    mode_set,
    set_mode,
)

given = Spec(account.decide, account.evolve, account.initial).given


@pytest.mark.requirement("FLB-170")
def test_keys_are_taken_and_replaced() -> None:
    given().when(connect()).records(connected())
    given(connected()).when(connect(ends_with="new1")).records(connected(ends_with="new1"))


def test_a_live_key_is_none_for_a_test_dealership() -> None:
    given().when(connect(live=True)).is_rejected(KeyIsLive())
    given(mode_set()).when(connect(live=True)).records(connected(live=True))


def test_a_test_key_is_none_for_a_live_dealership() -> None:
    given(mode_set()).when(connect(live=False)).is_rejected(KeyIsForTests())


def test_the_account_takes_the_currency_of_the_dealership() -> None:
    given().when(connect(currency="GBP")).records(connected())
    given().when(connect(currency="TND")).is_rejected(CurrencyNotTaken("TND"))


def test_a_key_may_do_what_we_do_and_nothing_else() -> None:
    given().when(connect(missing=("refunds",))).is_rejected(ScopesMissing("refunds"))
    given().when(connect(needless=("payouts", "transfers"))).is_rejected(
        ScopesTooWide("payouts, transfers")
    )


def test_the_mode_changes_without_keys_only() -> None:
    given().when(set_mode()).records(mode_set())
    given().when(set_mode(live=False)).records_nothing()
    given(connected()).when(set_mode()).is_rejected(AccountIsConnected())
    given(connected(), disconnected()).when(set_mode()).records(mode_set())


def test_a_company_is_declared_and_corrected() -> None:
    given().when(declare()).records(declared())
    given(declared()).when(declare(city="Bron")).records(declared(city="Bron"))


def test_keys_are_destroyed_once() -> None:
    given(connected()).when(disconnect()).records(disconnected())
    given().when(disconnect()).records_nothing()


def test_cards_are_taken_with_keys_and_a_company() -> None:
    state = account.evolve(account.initial, connected())
    assert not state.takes_cards
    assert account.evolve(state, declared()).takes_cards


@pytest.mark.requirement("G-01")
def test_the_account_of_another_organisation_is_none() -> None:
    given(connected()).when(connect(organisation="grand")).is_rejected(NoSuchCardAccount())
    given(connected()).when(set_mode(organisation="grand")).is_rejected(NoSuchCardAccount())

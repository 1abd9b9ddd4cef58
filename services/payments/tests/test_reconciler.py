"""The balance at the provider beside the books: what both have, what one lacks, what differs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.payments.account_v1 import CardDifferenceKind
from infra.days import midnight
from infra.testing.following import follow
from services.payments.adapters.provider import BalanceTransaction
from services.payments.adapters.reconciler import Reconciler, compared, next_day
from services.payments.aggregates import ACCOUNT, CHARGE
from services.payments.read_models.accounts_to_reconcile import Reconciled
from services.payments.read_models.card_movements import CardMovement, project
from services.payments.tests.cards_stage import ACCOUNT as HERE
from services.payments.tests.cards_stage import Caller, eur, served
from services.payments.tests.make_account import MORNING
from services.payments.tests.make_cards import (
    AT,
    GROUP,
    HOUSE,
    MINE,
    PADS,
    amounts,
    fee_read,
    money,
    paid,
    part,
    refund_bounced,
    refund_made,
)

PARIS = ZoneInfo("Europe/Paris")
BACK = part(PADS, 4_583, 917)


def moved(id: str = "txn_1", amount: int = 35_000, fee: int = 515, kind: str = "charge") -> Any:
    return BalanceTransaction(
        id=id,
        kind=kind,
        source_id="ch_1",
        payment_id="pi_I1",
        amount=money(amount),
        fee=money(fee),
        created_at=MORNING,
    )


def ours() -> CardMovement:
    return project(project(None, paid()), fee_read())


def test_what_both_have_is_matched() -> None:
    found = compared([moved()], {"txn_1": ours()}, {}, [])
    assert (found.matched, found.differences) == (1, ())


@pytest.mark.parametrize(("amount", "fee"), [(34_999, 515), (35_000, 516)])
def test_another_amount_or_fee_is_a_difference(amount: int, fee: int) -> None:
    [found] = compared([moved("txn_1", amount, fee)], {"txn_1": ours()}, {}, []).differences
    assert (found.kind, found.in_books) == (CardDifferenceKind.AMOUNT_DIFFERS, money(35_000))
    assert (found.charge_id, found.fee_in_books) == (MINE, money(515))


def test_an_amount_that_was_exchanged_is_compared_by_its_fee() -> None:
    exchanged = replace(moved(amount=38_000), amount=money(38_000, "USD"))
    assert compared([exchanged], {"txn_1": ours()}, {}, []).matched == 1


def test_what_only_one_side_has_is_a_difference() -> None:
    [fee] = compared([moved("txn_9", -200, 0, "stripe_fee")], {}, {}, []).differences
    assert (fee.kind, fee.movement, fee.charge_id) == (
        CardDifferenceKind.NOT_IN_BOOKS,
        "stripe_fee",
        None,
    )
    [missing] = compared([], {}, {}, [project(None, paid())]).differences
    assert (missing.kind, missing.difference_id) == (
        CardDifferenceKind.NOT_AT_PROVIDER,
        f"{MINE}:payment",
    )


@pytest.mark.parametrize("kind", ["payout", "payout_failure"])
def test_what_goes_to_the_bank_or_comes_back_is_no_difference(kind: str) -> None:
    found = compared([moved("txn_8", -34_485, 0, kind)], {}, {}, [])
    assert (found.differences, found.payouts[0].amount) == ((), money(34_485))


def test_a_refund_that_bounced_moves_the_balance_twice() -> None:
    made = project(None, refund_made(BACK, total=amounts(4_583, 917), version=6))
    bounced = project(None, refund_bounced(BACK, total=amounts(4_583, 917), version=9))
    assert (made.amount_minor, made.balance_transaction_id) == (-5_500, None)
    assert (bounced.amount_minor, bounced.balance_transaction_id) == (5_500, "txn_3")
    found = compared([moved("txn_3", 5_500, 0, "refund_failure")], {"txn_3": bounced}, {}, [])
    assert found.matched == 1


def account(until: date | None) -> Reconciled:
    return Reconciled(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        connected=True,
        since=AT,
        reconciled_until=until,
    )


def test_a_day_is_due_three_hours_after_it_is_over_where_the_dealership_is() -> None:
    due = datetime(2030, 5, 7, 1, tzinfo=UTC)
    assert next_day(account(None), PARIS, due) == date(2030, 5, 6)
    assert next_day(account(None), PARIS, due - timedelta(seconds=1)) is None
    assert next_day(account(date(2030, 5, 6)), PARIS, due) is None
    behind = next_day(account(date(2030, 5, 3)), PARIS, due)
    assert behind == date(2030, 5, 4)


# --- Over the double of the provider ------------------------------------------------------------


async def known(api: Caller) -> None:
    """All that was recorded is in the tables."""
    charged = await api.running.commands.history(CHARGE, await api.charge_id())
    told = await api.running.commands.history(ACCOUNT, HOUSE)
    await follow(api.running, *(one.event for one in charged), *(one.event for one in told))


async def compare(api: Caller, reconciler: Reconciler) -> bool:
    """Today, looked at tomorrow."""
    await known(api)
    today = datetime.now(PARIS).date()
    mine = Reconciled(
        dealership_id=HOUSE, organisation_id=GROUP, connected=True, since=datetime.now(UTC)
    )
    tomorrow = midnight(today + timedelta(days=1), PARIS)
    done = await reconciler.reconcile(mine, today, PARIS, tomorrow)
    await known(api)
    return done


async def listed(api: Caller, rest: str = "") -> Any:
    return (await api.ask("GET", f"/card-differences{rest}")).json()["items"]


@pytest.mark.requirement("FLB-176", "FLB-177")
async def test_what_the_provider_has_and_the_books_have_not_is_listed(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        api.cards.pay_out(10_000)
        fee = api.cards.move("stripe_fee", -200)
        assert await compare(api, Reconciler(api.running))
        [one] = await listed(api, "?status=open")
        assert one.pop("moved_at")
        assert one.pop("found_at")
        assert one == ONLY_THERE | {"difference_id": fee}


async def test_a_difference_is_resolved_with_what_it_is(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        fee = api.cards.move("stripe_fee", -200)
        assert await compare(api, Reconciler(api.running))
        path, body = f"{HERE}/differences/{fee}/resolution", {"resolution": "cost_of_provider"}
        assert (await api.agent("POST", path, body)).status_code == 404
        assert (await api.ask("POST", path, {"resolution": "corrected"})).status_code == 422
        assert (await api.ask("POST", path, body)).is_success
        await known(api)
        [one] = await listed(api, "?status=resolved")
        assert (one["resolution"], one["resolved_by"], one["reference"]) == (
            "cost_of_provider",
            "gina",
            None,
        )
        assert await listed(api, "?status=open") == []


async def test_what_reached_the_bank_is_listed(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        id = api.cards.pay_out(10_000)
        assert await compare(api, Reconciler(api.running))
        [one] = (await api.ask("GET", "/card-payouts")).json()["items"]
        assert one.pop("paid_out_at") < one.pop("booked_at")
        assert one == {
            "dealership_id": HOUSE,
            "balance_transaction_id": id,
            "amount": eur(10_000),
            "fee": eur(0),
        }


ONLY_THERE: dict[str, Any] = {
    "dealership_id": HOUSE,
    "status": "open",
    "kind": "not_in_books",
    "movement": "stripe_fee",
    "charge_id": None,
    "at_provider": eur(-200),
    "fee_at_provider": eur(0),
    "in_books": None,
    "fee_in_books": None,
    "resolution": None,
    "reference": None,
    "resolved_by": None,
    "resolved_at": None,
}


async def test_the_books_say_what_the_provider_holds_after_a_payout(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        api.cards.pay_out(10_000)
        assert await compare(api, Reconciler(api.running))
        found = (await api.ask("GET", "/card-books/accounts")).json()["items"]
        sums = {one["account"]: one["balance"]["amount_minor"] for one in found}
        assert sums["card_balance"] == sum(one["net"] for one in api.cards.movements.values())
        assert (sums["bank"], sum(sums.values())) == (10_000, 0)
        assert (await api.agent("GET", "/card-payouts")).json()["items"] == []
        assert (await api.agent("GET", "/card-differences")).json()["items"] == []


async def test_a_charge_whose_news_was_lost_is_asked_about_before_it_counts_as_a_difference(
    database: str,
) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        api.cards.telling = False
        [payment_id] = api.cards.payments
        await api.cards.refund(payment_id, 5_000)
        reconciler = Reconciler(api.running)
        assert not await compare(api, reconciler)
        assert (await api.shown())["rest"] == eur(30_000)
        assert await compare(api, reconciler)
        assert await listed(api) == []


async def test_a_day_is_recorded_once_whoever_compares_it(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await api.paid()
        api.cards.move("stripe_fee", -200)
        for _ in range(2):
            assert await compare(api, Reconciler(api.running))
        kinds = [
            type(one.event).__name__ for one in await api.running.commands.history(ACCOUNT, HOUSE)
        ]
        assert (kinds.count("DayReconciled"), kinds.count("DifferenceFound")) == (1, 1)

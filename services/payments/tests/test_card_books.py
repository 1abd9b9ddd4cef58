"""The books of card payments balance, whatever is paid, refunded and kept."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.payments.charge_v1 import ChargeEvent, Line
from infra.testing.following import follow
from services.payments import charge
from services.payments.charge.refunding import NoteFee, NoteRefund
from services.payments.read_models import card_books
from services.payments.read_models.card_books import BALANCE, FEES, SALES, VAT, CardEntry
from services.payments.tests.cards_stage import served
from services.payments.tests.make_cards import (
    AT,
    HOUSE,
    MINE,
    PADS,
    TOTAL,
    begun,
    confirm,
    fee_read,
    line,
    money,
    offer,
    offered,
    paid,
    part,
    pay,
    refund_bounced,
    refund_made,
)
from services.payments.tests.make_cards import amounts as sums

AMOUNTS = st.tuples(st.integers(1, 10**9), st.integers(0, 10**9))
CURRENCIES = st.sampled_from(["EUR", "JPY", "TND"])
BACK = st.lists(st.integers(1, 10**9), max_size=6)


def story(lines: list[tuple[int, int]], currency: str, back: list[int], fee: int) -> list[Any]:
    """All that was recorded of a charge: paid, refunded at the provider, and its fees read."""
    works = tuple(in_currency(n, one, currency) for n, one in enumerate(lines))
    whole = money(sum(excluding + vat for excluding, vat in lines), currency)
    commands: list[charge.Command] = [
        replace(pay(currencies=(currency,)), offer=offer(works, currency)),
        confirm(amount=whole),
        NoteFee(
            charge_id=MINE,
            provider_refund_id=None,
            balance_transaction_id="txn_1",
            fee=money(fee),
            at=AT,
        ),
    ]
    commands += [
        NoteRefund(
            charge_id=MINE,
            refund_id=None,
            provider_refund_id=f"re_{n}",
            amount=money(amount, currency),
            at=AT,
        )
        for n, amount in enumerate(back)
    ]
    state, events = charge.initial, list[ChargeEvent]()
    for command in commands:
        decided = charge.decide(command, state)
        if isinstance(decided, list):
            state = reduce(charge.evolve, decided, state)
            events += decided
    return events


def in_currency(number: int, amount: tuple[int, int], currency: str) -> Line:
    return replace(line(f"w{number}", "Work", *amount), amounts=sums(*amount, currency))


def booked(events: list[Any]) -> list[CardEntry]:
    return [card_books.project(None, one) for one in events if isinstance(one, card_books.Reads)]


def balance(entries: list[CardEntry], account: str, currency: str) -> int:
    return sum(
        posting.amount_minor
        for entry in entries
        for posting in entry.postings
        if (posting.account, entry.currency) == (account, currency)
    )


@given(st.lists(AMOUNTS, min_size=1, max_size=5), CURRENCIES, BACK, st.integers(-1_000, 10**6))
@pytest.mark.requirement("FLB-171")
def test_every_entry_balances_and_the_accounts_say_what_was_kept(
    lines: list[tuple[int, int]], currency: str, back: list[int], fee: int
) -> None:
    entries = booked(story(lines, currency, back, fee))
    assert all(sum(one.amount_minor for one in entry.postings) == 0 for entry in entries)
    assert len({one.entry_id for one in entries}) == len(entries)
    whole = sum(excluding + vat for excluding, vat in lines)
    left = whole
    for amount in back:
        left -= amount if amount <= left else 0
    assert balance(entries, SALES, currency) + balance(entries, VAT, currency) == -left
    assert balance(entries, FEES, "EUR") == fee


def test_an_entry_names_its_accounts_and_the_facts_behind_them() -> None:
    back = part(PADS, 4_583, 917)
    events = [paid(), refund_made(back, total=back.amounts, version=6), fee_read(version=5)]
    postings = [
        (entry.entry_id, one.account, one.amount_minor, one.stream, one.version)
        for entry in booked(events)
        for one in entry.postings
    ]
    stream, version = f"charge-{MINE}", paid().version
    assert postings == [
        ("payment", BALANCE, 11_000, stream, version),
        ("payment", SALES, -9_167, stream, version),
        ("payment", VAT, -1_833, stream, version),
        ("payment", BALANCE, 24_000, stream, version),
        ("payment", SALES, -20_000, stream, version),
        ("payment", VAT, -4_000, stream, version),
        ("refund:R1", BALANCE, -5_500, stream, 6),
        ("refund:R1", SALES, 4_583, stream, 6),
        ("refund:R1", VAT, 917, stream, 6),
        ("fee", FEES, 515, stream, 5),
        ("fee", BALANCE, -515, stream, 5),
    ]


def test_a_refund_that_bounced_is_reversed_by_an_entry_of_its_own() -> None:
    back = part(PADS, 4_583, 917)
    made = refund_made(back, total=back.amounts, version=6)
    bounced = refund_bounced(back, total=back.amounts, version=9)
    entries = booked([made, bounced])
    assert [one.entry_id for one in entries] == ["refund:R1", "bounced:R1"]
    assert [one.version for one in entries[1].postings] == [9, 9, 9]
    assert [balance(entries, account, "EUR") for account in (BALANCE, SALES, VAT)] == [0, 0, 0]
    assert balance(entries[1:], BALANCE, "EUR") == 5_500


@pytest.mark.parametrize(
    "event", [paid(), fee_read(), refund_made(part(PADS, 1, 0), total=sums(1, 0), version=6)]
)
def test_seeing_an_event_again_sets_the_same_row(event: card_books.Reads) -> None:
    row = card_books.project(None, event)
    assert card_books.project(row, event) == row
    assert card_books.key(event) == (MINE, row.entry_id)


async def test_a_dealership_sees_its_books_and_nobody_else_does(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, offered(), begun(), paid(), fee_read())
        found = (await api.ask("GET", "/card-books/accounts")).json()["items"]
        assert found == [
            {"dealership_id": HOUSE, "account": account, "balance": euros(minor)}
            for account, minor in (
                (BALANCE, TOTAL.including_vat.amount_minor - 515),
                (FEES, 515),
                (SALES, -29_167),
                (VAT, -5_833),
            )
        ]
        entries = (await api.ask("GET", f"/card-books/entries?charge_id={MINE}")).json()["items"]
        assert {one["entry_id"] for one in entries} == {"payment", "fee"}
        assert entries[0]["dealership_id"] == HOUSE
        for path in ("accounts", "entries"):
            assert (await api.agent("GET", f"/card-books/{path}")).json()["items"] == []


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}

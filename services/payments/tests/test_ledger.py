"""The books balance, whatever happens."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.payments.payout_v1 import PayoutEvent
from services.payments import payout
from services.payments.payout import Adjust, CloseStatement, Command, Credit
from services.payments.read_models import ledger
from services.payments.read_models.ledger import BANK, Entry, payable
from services.payments.tests.make import (
    NOON,
    adjusted,
    close,
    closed,
    credited,
    eur,
    less,
    lines,
    paid,
    record,
)

AMOUNTS = st.integers(1, 10**9)
SIGNED = st.integers(-(10**9), 10**9)
NUMBERS = st.integers(1, 9)


def adjust(amount: int, vat: int, number: int) -> Adjust:
    return Adjust(
        driver_id="ada",
        organisation_id="hiflow",
        lines=less(amount, vat, number),
        at=NOON,
    )


def credits_of(number: int, amounts: tuple[int, int, int]) -> Credit:
    id = f"inv-{number}"
    return Credit(
        driver_id="ada",
        organisation_id="hiflow",
        invoice_id=id,
        lines=lines(id, *amounts),
        at=NOON,
    )


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(credits_of, NUMBERS, st.tuples(AMOUNTS, AMOUNTS, AMOUNTS)),
    st.builds(adjust, SIGNED, SIGNED, NUMBERS),
    st.builds(lambda n: close(f"p-{n}"), NUMBERS),
    st.builds(lambda n: record(id=f"p-{n}"), NUMBERS),
)


def story(commands: list[Command]) -> tuple[payout.Account, list[PayoutEvent]]:
    account, events = payout.initial, list[PayoutEvent]()
    for command in commands:
        decided = payout.decide(seeing(command, account), account)
        if isinstance(decided, list):
            account = reduce(payout.evolve, decided, account)
            events += decided
    return account, events


def seeing(command: Command, account: payout.Account) -> Command:
    """The command of somebody who saw what is owed."""
    if not isinstance(command, CloseStatement):
        return command
    return replace(command, due=payout.total([line.amount for line in account.due], "EUR"))


def balance(entries: list[Entry], account: str) -> int:
    postings = [posting for one in entries for posting in one.postings]
    return sum(posting.amount_minor for posting in postings if posting.account == account)


def booked(events: list[PayoutEvent]) -> list[Entry]:
    return [ledger.project(None, one) for one in events if isinstance(one, ledger.Reads)]


@given(st.lists(COMMANDS, max_size=40))
@pytest.mark.requirement("G-02")
def test_every_entry_sums_to_zero_and_is_booked_once(commands: list[Command]) -> None:
    _, events = story(commands)
    entries = booked(events)
    assert all(sum(one.amount_minor for one in entry.postings) == 0 for entry in entries)
    assert len({entry.entry_id for entry in entries}) == len(entries)


@given(st.lists(COMMANDS, max_size=40))
def test_the_books_owe_a_driver_what_is_due_carried_or_not_yet_paid(
    commands: list[Command],
) -> None:
    account, events = story(commands)
    entries = booked(events)
    due = sum(line.amount.amount_minor for line in account.due)
    last = account.last("EUR")
    carried = last.carried_out.amount_minor if last else 0
    unpaid = [one.net.amount_minor for id, one in account.closed.items() if id not in account.paid]
    assert -balance(entries, payable("ada")) == due + carried + sum(unpaid)
    assert -balance(entries, BANK) == sum(p.net.amount_minor for p in account.paid.values())


@given(st.lists(COMMANDS, max_size=40))
def test_a_statement_adds_up(commands: list[Command]) -> None:
    account, _ = story(commands)
    for one in account.closed.values():
        parts = (one.gross, one.expenses, one.adjustments, one.vat, one.carried_in)
        result = one.net.amount_minor + one.carried_out.amount_minor
        assert sum(part.amount_minor for part in parts) == result
        assert one.carried_out.amount_minor <= 0 <= one.net.amount_minor


def test_an_entry_names_its_accounts_and_the_facts_behind_them() -> None:
    entry = ledger.project(None, credited())
    assert [(one.account, one.amount_minor, one.version) for one in entry.postings] == [
        ("costs:services", 30_000, 2),
        ("costs:expenses", 3_500, 4),
        ("vat:deductible", 6_700, 6),
        ("payable:ada", -40_200, 6),
    ]


def test_a_statement_moves_no_money() -> None:
    assert not isinstance(closed(), ledger.Reads)


@pytest.mark.parametrize("event", [credited(), adjusted(), paid()])
def test_seeing_an_event_again_sets_the_same_row(event: ledger.Reads) -> None:
    row = ledger.project(None, event)
    assert ledger.project(row, event) == row
    assert ledger.key(event) == (row.driver_id, row.entry_id)
    assert row.currency == eur(0).currency

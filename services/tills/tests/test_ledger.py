"""The books of a till balance, whatever happens."""

from collections import Counter
from functools import reduce

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.cash import dirhams
from contracts.tills.till_v1 import GapReason, TillEvent
from services.tills import till
from services.tills.read_models import ledger
from services.tills.read_models.ledger import Posting
from services.tills.tests.make import (
    NOON,
    TILL,
    cash,
    close,
    closed,
    collect,
    collected,
    count,
    counted,
    deposit,
    deposited,
    gap,
    paid,
    pay,
    seen,
)
from services.tills.till import Command, Open
from services.tills.till.closing import CloseDay, CourierSeen, unexplained
from services.tills.till.closing import gap as gap_of
from services.tills.till.custody import Closed

AMOUNTS = st.integers(1, 9)
COURIERS = st.sampled_from(("karim", "hassan"))
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(lambda n, minor, who: collect(f"{who}-{n}", minor, who), AMOUNTS, AMOUNTS, COURIERS),
    st.builds(lambda minor, who: count(dirhams(minor), who), AMOUNTS, COURIERS),
    st.just(close()),
    st.builds(lambda minor: deposit(dirhams(minor), f"B-{minor}"), AMOUNTS),
    st.builds(lambda n, who: pay(f"{who}-{n}", reference=f"{who}-{n}"), AMOUNTS, COURIERS),
)
REASONS = (GapReason.UNEXPLAINED, GapReason.STILL_WITH_COURIER, GapReason.FROM_EARLIER_DAY)


def seeing(command: Command, state: till.Till, reason: GapReason) -> Command:
    """A close by somebody who saw what stands, with this reason where it fits."""
    if not isinstance(command, CloseDay) or not isinstance(state, Open):
        return command
    return close(*(why(one, reason) for one in stands(state)))


def stands(state: Open) -> list[CourierSeen]:
    return [
        seen(one.expected.amount_minor, one.counted.amount_minor, courier=id)
        for id, one in state.couriers.items()
        if one.counted is not None
    ]


def why(one: CourierSeen, reason: GapReason) -> CourierSeen:
    if gap_of(one.cash).amount_minor == 0:
        return one
    explained = CourierSeen(one.cash, reason)
    fits = unexplained(explained) is None
    return explained if fits else CourierSeen(one.cash, GapReason.UNEXPLAINED)


def story(commands: list[Command], reason: GapReason) -> tuple[till.Till, list[TillEvent]]:
    state, events = till.initial, list[TillEvent]()
    for command in commands:
        decided = till.decide(seeing(command, state, reason), state)
        if isinstance(decided, list):
            state = reduce(till.evolve, decided, state)
            events += decided
    return state, events


def balances(events: list[TillEvent]) -> Counter[str]:
    found = Counter[str]()
    for one in events:
        if isinstance(one, ledger.Reads):
            for posting in ledger.project(None, one).postings:
                found[posting.account] += posting.amount_minor
    return found


@pytest.mark.requirement("G-02", "M-04")
@any_of(st.lists(COMMANDS, max_size=30), st.sampled_from(REASONS))
def test_every_entry_sums_to_zero_and_is_booked_once(
    commands: list[Command], reason: GapReason
) -> None:
    _, events = story(commands, reason)
    entries = [ledger.project(None, one) for one in events if isinstance(one, ledger.Reads)]
    assert all(sum(one.amount_minor for one in entry.postings) == 0 for entry in entries)
    assert len({entry.entry_id for entry in entries}) == len(entries)


@pytest.mark.requirement("M-04")
@any_of(st.lists(COMMANDS, max_size=30), st.sampled_from(REASONS))
def test_the_books_have_what_the_till_has(commands: list[Command], reason: GapReason) -> None:
    state, events = story(commands, reason)
    found = balances(events)
    expected = sum(one.expected.amount_minor for one in till.couriers_of(state).values())
    assert -found["recipients"] == expected
    if isinstance(state, Closed):
        assert found["till"] == state.in_till_minor
        assert found["courier:karim"] == found["courier:hassan"] == 0


@pytest.mark.parametrize(
    ("event", "entry_id", "postings"),
    [
        (collected(), "order:o-1", (("recipients", -34_900), ("courier:karim", 34_900))),
        (
            collected(after_close=True),
            "order:o-1",
            (("recipients", -34_900), ("owes:karim", 34_900)),
        ),
        (
            closed(cash(counted=34_800), cash(courier="samir")),
            "close",
            (("courier:karim", -34_800), ("courier:samir", -34_900), ("till", 69_700)),
        ),
        (
            gap(-100, GapReason.WRONG_CHANGE),
            "gap:karim",
            (("gaps:wrong_change", 100), ("courier:karim", -100)),
        ),
        (
            gap(100, GapReason.FROM_EARLIER_DAY),
            "gap:karim",
            (("owes:karim", -100), ("courier:karim", 100)),
        ),
        (deposited(), "deposit:BMCE-1", (("till", -34_900), ("bank", 34_900))),
        (paid(), "payment:BMCE-2", (("bank", -34_900), ("senders", 34_900))),
    ],
    ids=["collected", "reported late", "closed", "lost for good", "owed", "deposited", "paid"],
)
def test_each_fact_moves_cash_from_hand_to_hand(
    event: ledger.Reads, entry_id: str, postings: tuple[tuple[str, int], ...]
) -> None:
    entry = ledger.project(None, event)
    assert ledger.project(entry, event) == entry
    assert ledger.key(event) == (entry.till_id, entry.entry_id) == (TILL, entry_id)
    assert entry.postings == tuple(Posting(account, minor) for account, minor in postings)
    assert (entry.currency, entry.booked_at, entry.organisation_id) == ("MAD", NOON, "maarif")


def test_a_count_moves_no_cash() -> None:
    assert not isinstance(counted(), ledger.Reads)

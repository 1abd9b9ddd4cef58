"""The books of a till: each fact that moves cash is one entry, whose postings sum to zero (D2).

Cash goes from `recipients` to `courier:<id>`, to `till`, to `bank`, to `senders`. What of it is
missing, or too much, is in `gaps:<reason>`, or in `owes:<id>` where it is settled with the courier
on another day. Debits are positive, credits negative, in minor units of the one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from contracts.cash import CURRENCY
from contracts.tills.till_v1 import (
    CashCollected,
    CashDeposited,
    GapRecorded,
    SendersPaid,
    TillClosed,
    contract,
)
from infra.consumers.views import View
from infra.http.answers import Answer, MoneyShown
from infra.http.models import Day, Instant
from infra.reading import Table
from services.tills.till.closing import SETTLED_LATER

Reads = CashCollected | TillClosed | GapRecorded | CashDeposited | SendersPaid

RECIPIENTS, TILL, BANK, SENDERS = "recipients", "till", "bank", "senders"


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's part of an entry."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """`entry_id` is unique for a till and follows from the event."""

    till_id: str
    entry_id: str
    organisation_id: str
    day: date
    currency: str
    booked_at: datetime
    postings: tuple[Posting, ...]


def project(_: Entry | None, event: Reads) -> Entry:
    entry_id, booked_at, postings = _booked(event)
    return Entry(
        till_id=event.till_id,
        entry_id=entry_id,
        organisation_id=event.organisation_id,
        day=event.day,
        currency=CURRENCY,
        booked_at=booked_at,
        postings=tuple(Posting(account, amount) for account, amount in postings),
    )


def _booked(event: Reads) -> tuple[str, datetime, Sequence[tuple[str, int]]]:
    """The id and the time of an entry, and what it moves."""
    match event:
        case CashCollected():
            account = owes if event.after_close else courier
            moved = _moved(RECIPIENTS, account(event.courier_id), event.amount.amount_minor)
            return f"order:{event.order_id}", event.collected_at, moved
        case TillClosed():
            brought = {one.courier_id: one.counted.amount_minor for one in event.couriers}
            moved = [(courier(id), -amount) for id, amount in brought.items()]
            return "close", event.closed_at, [*moved, (TILL, sum(brought.values()))]
        case GapRecorded():
            settled = event.reason in SETTLED_LATER
            reason = f"gaps:{event.reason.name.lower()}"
            there = owes(event.courier_id) if settled else reason
            moved = _moved(there, courier(event.courier_id), event.gap.amount_minor)
            return f"gap:{event.courier_id}", event.recorded_at, moved
        case CashDeposited():
            moved = _moved(TILL, BANK, event.amount.amount_minor)
            return f"deposit:{event.reference}", event.deposited_at, moved
        case SendersPaid():
            paid = sum(one.amount.amount_minor for one in event.orders)
            return f"payment:{event.reference}", event.paid_at, _moved(BANK, SENDERS, paid)
        case unhandled:
            assert_never(unhandled)


def courier(courier_id: str) -> str:
    """The account of the cash that a courier has of the day."""
    return f"courier:{courier_id}"


def owes(courier_id: str) -> str:
    """The account of what a courier owes the depot from closed days."""
    return f"owes:{courier_id}"


def _moved(source: str, target: str, amount_minor: int) -> Sequence[tuple[str, int]]:
    return [(source, -amount_minor), (target, amount_minor)]


def key(event: Reads) -> tuple[str, str]:
    return event.till_id, _booked(event)[0]


view = View(
    name="ledger",
    contract=contract,
    reads=Reads,
    row=Entry,
    primary_key=("till_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, day, booked_at desc, entry_id desc)",),
)

# --- Questions --------------------------------------------------------------

ledger = Table(view, "ledger")
LATEST = ledger.order("latest", "booked_at", "entry_id", descending=True)


class BalanceShown(Answer):
    """The sum that the till of a day moved to an account: debits are positive, credits negative."""

    account: str
    balance: MoneyShown


class BalancesShown(Answer):
    """The balances of all accounts of a till; together they are zero."""

    items: list[BalanceShown]


class PostingShown(Answer):
    """One account's part of an entry."""

    account: str
    amount: MoneyShown


class EntryShown(Answer):
    """An entry of the books of a till; its postings sum to zero."""

    entry_id: str
    """The fact behind it: `order:<order_id>`, `close`, `gap:<courier_id>`, or `deposit:` and
    `payment:` with the reference of the bank."""
    day: Day
    booked_at: Instant
    postings: list[PostingShown]


def entry_shown(row: Entry) -> EntryShown:
    return EntryShown(
        entry_id=row.entry_id,
        day=row.day,
        booked_at=row.booked_at,
        postings=[
            PostingShown(
                account=one.account,
                amount=MoneyShown(amount_minor=one.amount_minor, currency=row.currency),
            )
            for one in row.postings
        ],
    )

"""The books: every payout event that moves money is one entry, whose postings sum to zero.

Debits are positive, credits negative, in minor units of the entry's one currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutEvent,
    PayoutPaid,
    StatementClosed,
)

BANK = "bank"
ACCOUNTS = {
    LineKind.SERVICE: "costs:services",
    LineKind.EXPENSE: "costs:expenses",
    LineKind.ADJUSTMENT: "costs:adjustments",
    LineKind.VAT: "vat:deductible",
}
"""Where what is owed comes from."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's part of an entry, and the fact behind it."""

    account: str
    amount_minor: int
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """`entry_id` is unique for a driver and follows from the event."""

    driver_id: str
    entry_id: str
    organisation_id: str
    currency: str
    booked_at: datetime
    postings: tuple[Posting, ...]


def payable(driver_id: str) -> str:
    """The account of what is owed to a driver."""
    return f"payable:{driver_id}"


def entry(event: PayoutEvent) -> Entry | None:
    """The entry of an event; None when it moves no money."""
    match event:
        case InvoiceCredited():
            return _owed(event, f"invoice:{event.invoice_id}", event.lines, event.credited_at)
        case AdjustmentMade():
            fact = event.lines[0].fact
            name = f"adjustment:{fact.stream}@{fact.version}"
            return _owed(event, name, event.lines, event.made_at)
        case PayoutPaid():
            fact = Fact(f"payout-{event.driver_id}", event.version)
            net = event.net
            return Entry(
                event.driver_id,
                f"payout:{event.payout_id}",
                event.organisation_id,
                net.currency,
                event.paid_at,
                (
                    _posting(payable(event.driver_id), net.amount_minor, fact),
                    _posting(BANK, -net.amount_minor, fact),
                ),
            )
        case StatementClosed():
            return None
        case unhandled:
            assert_never(unhandled)


def _owed(
    event: InvoiceCredited | AdjustmentMade, name: str, lines: Iterable[Line], at: datetime
) -> Entry:
    known = tuple(lines)
    [currency] = {line.amount.currency for line in known}
    debits = [_posting(ACCOUNTS[one.kind], one.amount.amount_minor, one.fact) for one in known]
    owed = sum(posting.amount_minor for posting in debits)
    credit = _posting(payable(event.driver_id), -owed, known[-1].fact)
    return Entry(event.driver_id, name, event.organisation_id, currency, at, (*debits, credit))


def _posting(account: str, amount: int, fact: Fact) -> Posting:
    return Posting(account, amount, fact.stream, fact.version)

"""The books: every payout event that moves money is one entry, whose postings sum to zero.

Debits are positive, credits negative, in minor units of the entry's one currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never

from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutPaid,
    contract,
)
from infra.books import Balance, balances
from infra.consumers.views import View
from infra.http.answers import FORMER, Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext, requires
from infra.reading import Table

Reads = InvoiceCredited | AdjustmentMade | PayoutPaid

BANK = "bank"
ACCOUNTS = {
    LineKind.SERVICE: "costs:services",
    LineKind.EXPENSE: "costs:expenses",
    LineKind.ADJUSTMENT: "costs:adjustments",
    LineKind.VAT: "vat:deductible",
}
"""The account that each kind of line is a cost of."""


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


def project(_: Entry | None, event: Reads) -> Entry:
    match event:
        case InvoiceCredited():
            return _owed(event, f"invoice:{event.invoice_id}", event.lines, event.credited_at)
        case AdjustmentMade():
            fact = event.lines[0].fact
            name = f"adjustment:{fact.stream}@{fact.version}"
            return _owed(event, name, event.lines, event.made_at)
        case PayoutPaid():
            return _paid(event)
        case unhandled:
            assert_never(unhandled)


def _owed(
    event: InvoiceCredited | AdjustmentMade, entry_id: str, lines: Iterable[Line], at: datetime
) -> Entry:
    lines = tuple(lines)
    [currency] = {line.amount.currency for line in lines}
    debits = [_posting(ACCOUNTS[one.kind], one.amount.amount_minor, one.fact) for one in lines]
    owed = sum(posting.amount_minor for posting in debits)
    credit = _posting(payable(event.driver_id), -owed, lines[-1].fact)
    return Entry(
        driver_id=event.driver_id,
        entry_id=entry_id,
        organisation_id=event.organisation_id,
        currency=currency,
        booked_at=at,
        postings=(*debits, credit),
    )


def _paid(event: PayoutPaid) -> Entry:
    fact = Fact(f"payout-{event.driver_id}", event.version)
    return Entry(
        driver_id=event.driver_id,
        entry_id=f"payout:{event.payout_id}",
        organisation_id=event.organisation_id,
        currency=event.net.currency,
        booked_at=event.paid_at,
        postings=(
            _posting(payable(event.driver_id), event.net.amount_minor, fact),
            _posting(BANK, -event.net.amount_minor, fact),
        ),
    )


def _posting(account: str, amount_minor: int, fact: Fact) -> Posting:
    return Posting(account, amount_minor, fact.stream, fact.version)


def key(event: Reads) -> tuple[str, str]:
    entry = project(None, event)
    return entry.driver_id, entry.entry_id


view = View(
    name="ledger",
    contract=contract,
    reads=Reads,
    row=Entry,
    primary_key=("driver_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, booked_at desc, entry_id desc)",),
)

# --- Questions --------------------------------------------------------------

ledger = Table(view, "ledger")
LATEST = ledger.order("latest", "booked_at", "entry_id", descending=True)


class BalanceShown(Answer):
    """The balance of an account of the books: debits are positive, credits negative."""

    account: str
    balance: MoneyShown
    currency: Annotated[str, FORMER]
    balance_minor: Annotated[int, FORMER]


class BalancesShown(Answer):
    """The balances of all accounts; together they are zero, a currency at a time."""

    items: list[BalanceShown]


class PostingShown(Answer):
    """One account's part of an entry, and the fact behind it: an entry of a stream's history."""

    account: str
    amount: MoneyShown
    amount_minor: Annotated[int, FORMER]
    stream: str
    version: int


class EntryShown(Answer):
    """An entry of the books; its postings sum to zero."""

    driver_id: str
    entry_id: str
    organisation_id: str
    currency: str
    booked_at: Instant
    postings: list[PostingShown]


def entry_shown(row: Entry) -> EntryShown:
    return EntryShown(
        driver_id=row.driver_id,
        entry_id=row.entry_id,
        organisation_id=row.organisation_id,
        currency=row.currency,
        booked_at=row.booked_at,
        postings=[
            PostingShown(
                account=one.account,
                amount=MoneyShown(amount_minor=one.amount_minor, currency=row.currency),
                amount_minor=one.amount_minor,
                stream=one.stream,
                version=one.version,
            )
            for one in row.postings
        ],
    )


router = Router("Books")
Billing = Annotated[RequestContext, requires("billing")]


@router.get("/ledger/accounts")
async def ledger_accounts(context: Billing) -> Answered[BalancesShown]:
    """The balance of each account of the books; together they are zero."""
    entries = ledger.of(context.principal.organisation_id)
    found = await balances(context.pool, entries, Balance)
    return Answered(BalancesShown(items=[BalanceShown.of(one) for one in found]))


@router.get("/ledger/entries")
async def ledger_entries(context: Billing, page: Paging) -> Answered[Listed[EntryShown]]:
    """Every entry of the books, latest first, each posting with the fact behind it."""
    return await page.show(ledger.of(context.principal.organisation_id), LATEST, entry_shown)

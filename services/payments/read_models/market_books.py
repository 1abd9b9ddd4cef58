"""The books of marketplaces: each done job and each payment to a provider is one entry, whose
postings sum to zero.

Debits are positive, credits negative, in minor units of the entry's one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.payments.settlement_v1 import JobCredited, ProviderPaid, contract
from infra.books import Balance, balances
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant
from infra.http.pages import Paging
from infra.reading import Table
from services.payments.http.settlement_access import OperatorContext
from services.payments.read_models.ledger import BANK, Posting, payable

Reads = JobCredited | ProviderPaid

CUSTOMERS = "receivable:customers"
"""The payments of customers for jobs, with VAT, of which the providers' part is passed on."""
COMMISSIONS, VAT = "sales:commissions", "vat:collected"


@dataclass(frozen=True, slots=True)
class MarketEntry:
    """`entry_id` is unique for a settlement and follows from the event."""

    settlement_id: str
    entry_id: str
    organisation_id: str
    provider_id: str
    currency: str
    booked_at: datetime
    postings: tuple[Posting, ...]


def project(_: MarketEntry | None, event: Reads) -> MarketEntry:
    owed = payable(event.provider_id)
    match event:
        case JobCredited():
            worth = event.amount.amount_minor + event.vat.amount_minor
            parts = (
                (CUSTOMERS, worth),
                (COMMISSIONS, -event.commission.amount_minor),
                (VAT, -event.commission_vat.amount_minor),
                (owed, -event.payout.amount_minor),
            )
            return entry(event, f"job:{event.job_id}", event.credited_at, parts)
        case ProviderPaid():
            net = event.net.amount_minor
            name = f"payout:{event.payout_id}"
            return entry(event, name, event.paid_at, ((owed, net), (BANK, -net)))
        case unhandled:
            assert_never(unhandled)


def entry(event: Reads, name: str, at: datetime, parts: Sequence[tuple[str, int]]) -> MarketEntry:
    amount = event.payout if isinstance(event, JobCredited) else event.net
    stream = f"settlement-{event.settlement_id}"
    return MarketEntry(
        settlement_id=event.settlement_id,
        entry_id=name,
        organisation_id=event.organisation_id,
        provider_id=event.provider_id,
        currency=amount.currency,
        booked_at=at,
        postings=tuple(Posting(account, minor, stream, event.version) for account, minor in parts),
    )


def key(event: Reads) -> tuple[str, str]:
    made = project(None, event)
    return made.settlement_id, made.entry_id


view = View(
    name="market_books",
    contract=contract,
    reads=Reads,
    row=MarketEntry,
    primary_key=("settlement_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, booked_at desc, settlement_id desc, entry_id desc)",),
)

# --- Questions --------------------------------------------------------------

books = Table(view, "market_books")
LATEST = books.order(
    "latest-market-entry", "booked_at", "settlement_id", "entry_id", descending=True
)


class MarketBalanceShown(Answer):
    """The balance of an account of a marketplace's books: debits are positive, credits negative."""

    account: str
    balance: MoneyShown


class MarketBalancesShown(Answer):
    """The balances of all accounts; together they are zero, a currency at a time."""

    items: list[MarketBalanceShown]


class MarketPostingShown(Answer):
    """One account's part of an entry, and the fact behind it: an entry of a stream's history."""

    account: str
    amount: MoneyShown
    stream: str
    version: int


class MarketEntryShown(Answer):
    """An entry of the books of a marketplace; its postings sum to zero."""

    settlement_id: str
    entry_id: str
    provider_id: str
    booked_at: Instant
    postings: list[MarketPostingShown]


def entry_shown(row: MarketEntry) -> MarketEntryShown:
    return MarketEntryShown(
        settlement_id=row.settlement_id,
        entry_id=row.entry_id,
        provider_id=row.provider_id,
        booked_at=row.booked_at,
        postings=[
            MarketPostingShown(
                account=one.account,
                amount=MoneyShown(amount_minor=one.amount_minor, currency=row.currency),
                stream=one.stream,
                version=one.version,
            )
            for one in row.postings
        ],
    )


router = Router("Settlements")


@router.get("/market-books/accounts")
async def market_balances(context: OperatorContext) -> Answered[MarketBalancesShown]:
    """Show the balance of each account of the marketplace's books; together they are zero."""
    entries = books.of(context.principal.organisation_id)
    found = await balances(context.pool, entries, Balance)
    return Answered(MarketBalancesShown(items=[MarketBalanceShown.of(one) for one in found]))


@router.get("/market-books/entries")
async def market_entries(
    context: OperatorContext, page: Paging, provider_id: Id | None = None
) -> Answered[Listed[MarketEntryShown]]:
    """List the entries of the marketplace's books, the latest first, each posting with its fact."""
    rows = books.of(context.principal.organisation_id)
    if provider_id is not None:
        rows = rows.only(provider_id=provider_id)
    return await page.show(rows, LATEST, entry_shown)

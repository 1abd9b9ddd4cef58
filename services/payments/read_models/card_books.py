"""The books of card payments: what a customer paid, what went back, what bounced and what the
provider kept is one entry each, whose postings sum to zero. What came to nothing stays, and another
entry reverses it.

Debits are positive, credits negative, in minor units of the entry's one currency. Nothing is
reckoned here: amounts and VAT are those of the charge, fees those of the provider's balance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.payments.charge_v1 import (
    ChargePaid,
    FeeRead,
    Line,
    RefundBounced,
    RefundMade,
    RefundPart,
    contract,
)
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Id, Instant
from infra.http.pages import Paging
from infra.reading import Rows, Table
from services.payments.http.card_access import READERS, ReaderContext
from services.payments.read_models.ledger import Posting

Reads = ChargePaid | RefundMade | RefundBounced | FeeRead

BALANCE = "card_balance"
"""The money that the provider holds for the dealership, until it pays out."""
SALES, VAT, FEES = "sales:services", "vat:collected", "costs:card_fees"


@dataclass(frozen=True, slots=True)
class CardEntry:
    """`entry_id` is unique for a charge and follows from the event."""

    charge_id: str
    entry_id: str
    organisation_id: str
    dealership_id: str
    currency: str
    booked_at: datetime
    postings: tuple[Posting, ...]


def project(_: CardEntry | None, event: Reads) -> CardEntry:
    match event:
        case ChargePaid():
            return entry(event, "payment", event.paid_at, sold(event.lines, 1))
        case RefundMade():
            name = f"refund:{event.refund_id}"
            return entry(event, name, event.made_at, sold(event.parts, -1))
        case RefundBounced():
            name = f"bounced:{event.refund_id}"
            return entry(event, name, event.bounced_at, sold(event.parts, 1))
        case FeeRead():
            kept = event.fee.amount_minor
            name = f"fee:{event.refund_id}" if event.refund_id else "fee"
            return entry(event, name, event.read_at, [(FEES, kept), (BALANCE, -kept)])
        case unhandled:
            assert_never(unhandled)


def sold(parts: Iterable[Line | RefundPart], sign: int) -> Sequence[tuple[str, int]]:
    """The postings of works that were paid for; with a sign of -1 of what went back of them."""
    postings: list[tuple[str, int]] = []
    for one in parts:
        amounts = one.amounts
        postings += [
            (BALANCE, sign * amounts.including_vat.amount_minor),
            (SALES, -sign * amounts.excluding_vat.amount_minor),
            (VAT, -sign * amounts.vat.amount_minor),
        ]
    return postings


def entry(event: Reads, name: str, at: datetime, postings: Sequence[tuple[str, int]]) -> CardEntry:
    currency = event.fee.currency if isinstance(event, FeeRead) else currency_of(event)
    return CardEntry(
        charge_id=event.charge_id,
        entry_id=name,
        organisation_id=event.organisation_id,
        dealership_id=event.dealership_id,
        currency=currency,
        booked_at=at,
        postings=tuple(
            Posting(account, minor, f"charge-{event.charge_id}", event.version)
            for account, minor in postings
        ),
    )


def currency_of(event: ChargePaid | RefundMade | RefundBounced) -> str:
    return event.total.including_vat.currency


def key(event: Reads) -> tuple[str, str]:
    made = project(None, event)
    return made.charge_id, made.entry_id


view = View(
    name="card_books",
    contract=contract,
    reads=Reads,
    row=CardEntry,
    primary_key=("charge_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, booked_at desc, charge_id desc, entry_id desc)",),
)

# --- Questions --------------------------------------------------------------

books = Table(view, "card_books")
LATEST = books.order("latest-card-entry", "booked_at", "charge_id", "entry_id", descending=True)


class CardPostingShown(Answer):
    """One account's part of an entry, and the fact behind it: an entry of a stream's history."""

    account: str
    amount: MoneyShown
    stream: str
    version: int


class CardEntryShown(Answer):
    """An entry of the books of card payments; its postings sum to zero."""

    charge_id: str
    entry_id: str
    dealership_id: str
    booked_at: Instant
    postings: list[CardPostingShown]


def entry_shown(row: CardEntry) -> CardEntryShown:
    return CardEntryShown(
        charge_id=row.charge_id,
        entry_id=row.entry_id,
        dealership_id=row.dealership_id,
        booked_at=row.booked_at,
        postings=[
            CardPostingShown(
                account=one.account,
                amount=MoneyShown(amount_minor=one.amount_minor, currency=row.currency),
                stream=one.stream,
                version=one.version,
            )
            for one in row.postings
        ],
    )


def entries_of(context: ReaderContext) -> Rows[CardEntry]:
    """The entries of the dealerships at which the caller reads the books."""
    rows = books.of(context.principal.organisation_id)
    held = context.dealerships(*READERS)
    return rows if held.everywhere else rows.only(dealership_id=held.ids)


router = Router("Card payments")


@router.get("/card-books/entries")
async def card_entries(
    context: ReaderContext, page: Paging, charge_id: Id | None = None
) -> Answered[Listed[CardEntryShown]]:
    """Every entry of the books of card payments, latest first, each posting with its fact."""
    rows = entries_of(context)
    if charge_id is not None:
        rows = rows.only(charge_id=charge_id)
    return await page.show(rows, LATEST, entry_shown)

"""The payouts of the provider to the banks of dealerships, each an entry of the books (FLB-177)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.common_v1 import Money
from contracts.payments.account_v1 import PaidOut, contract
from infra.consumers.views import View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Instant
from infra.http.pages import Paging
from infra.reading import Rows, Table
from services.payments.http.card_access import READERS, ReaderContext
from services.payments.read_models.card_books import BALANCE, FEES
from services.payments.read_models.ledger import BANK, Posting

Reads = PaidOut


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutEntry:
    """An entry, whose postings sum to zero; `entry_id` is the movement as the provider calls it."""

    dealership_id: str
    entry_id: str
    organisation_id: str
    amount_minor: int
    fee_minor: int
    currency: str
    booked_at: datetime
    paid_out_at: datetime
    postings: tuple[Posting, ...]


def key(event: Reads) -> tuple[str, str]:
    return event.dealership_id, event.balance_transaction_id


def project(_: PayoutEntry | None, event: Reads) -> PayoutEntry:
    paid, kept = event.amount.amount_minor, event.fee.amount_minor
    postings = [(BANK, paid), (BALANCE, -paid)]
    if kept:
        postings += [(FEES, kept), (BALANCE, -kept)]
    return PayoutEntry(
        dealership_id=event.dealership_id,
        entry_id=event.balance_transaction_id,
        organisation_id=event.organisation_id,
        amount_minor=paid,
        fee_minor=kept,
        currency=event.amount.currency,
        booked_at=event.booked_at,
        paid_out_at=event.paid_out_at,
        postings=tuple(
            Posting(account, minor, f"account-{event.dealership_id}", event.version)
            for account, minor in postings
        ),
    )


view = View(
    name="card_payouts",
    contract=contract,
    reads=Reads,
    row=PayoutEntry,
    primary_key=("dealership_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, booked_at desc, dealership_id desc, entry_id desc)",),
)

# --- The question -----------------------------------------------------------

payouts = Table(view, "card_payouts")
LATEST = payouts.order(
    "latest-card-payout", "booked_at", "dealership_id", "entry_id", descending=True
)


class CardPayoutListed(Answer):
    """Money that the provider paid out to the bank of a dealership; negative where it came back."""

    dealership_id: str
    balance_transaction_id: str
    amount: MoneyShown
    fee: MoneyShown
    paid_out_at: Instant
    booked_at: Instant


router = Router("Card payments")


@router.get("/card-payouts")
async def list_card_payouts(
    context: ReaderContext, page: Paging
) -> Answered[Listed[CardPayoutListed]]:
    """List what the provider paid out to the bank, the latest first."""
    return await page.show(payouts_of(context), LATEST, payout_listed)


def payouts_of(context: ReaderContext) -> Rows[PayoutEntry]:
    """The payouts of the dealerships at which the caller reads the books."""
    rows = payouts.of(context.principal.organisation_id)
    held = context.dealerships(*READERS)
    return rows if held.everywhere else rows.only(dealership_id=held.ids)


def payout_listed(row: PayoutEntry) -> CardPayoutListed:
    return CardPayoutListed(
        dealership_id=row.dealership_id,
        balance_transaction_id=row.entry_id,
        amount=MoneyShown.of(Money(row.amount_minor, row.currency)),
        fee=MoneyShown.of(Money(row.fee_minor, row.currency)),
        paid_out_at=row.paid_out_at,
        booked_at=row.booked_at,
    )

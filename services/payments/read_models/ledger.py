"""The books: every payout event that moves money is one entry, whose postings sum to zero.

Debits are positive, credits negative, in minor units of the entry's one currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, assert_never

from fastapi import APIRouter
from psycopg import sql
from psycopg.rows import dict_row
from starlette.responses import Response

from contracts.payments.payout_v1 import (
    AdjustmentMade,
    Fact,
    InvoiceCredited,
    Line,
    LineKind,
    PayoutPaid,
    contract,
)
from infra.consumers.views import View
from infra.http.models import to_json
from infra.http.pages import Order, Paging
from infra.http.request_context import RequestContext, requires
from infra.store.postgres import Pool

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

Billing = Annotated[RequestContext, requires("billing")]

LATEST = Order("latest", (datetime, str))
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, view.columns))


async def balances(pool: Pool, organisation_id: str) -> list[dict[str, Any]]:
    """Each account with its balance in minor units, a currency at a time."""
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(
            "select p.account, currency, sum(p.amount_minor)::bigint as balance_minor"
            " from payments.ledger,"
            " jsonb_to_recordset(postings) as p(account text, amount_minor bigint)"
            " where organisation_id = %s group by 1, 2 order by 1, 2",
            (organisation_id,),
        )
        return await cursor.fetchall()


async def entries(
    pool: Pool, organisation_id: str, after: tuple[Any, ...] | None, limit: int
) -> list[Entry]:
    """Entries, latest first, from a place in that order on."""
    beyond = sql.SQL("and (booked_at, entry_id) < (%(at)s, %(id)s)" if after else "")
    at, id = after or (None, None)
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=view.row_factory)
        await cursor.execute(
            sql.SQL(
                "select {columns} from payments.ledger where organisation_id = %(organisation)s"
                " {beyond} order by booked_at desc, entry_id desc limit %(limit)s"
            ).format(columns=_COLUMNS, beyond=beyond),
            {"organisation": organisation_id, "at": at, "id": id, "limit": limit},
        )
        return await cursor.fetchall()


def routes(pool: Pool) -> APIRouter:
    router = APIRouter()

    @router.get("/ledger/accounts")
    async def ledger_accounts(context: Billing) -> Response:
        """The balance of each account of the books; together they are zero."""
        items = await balances(pool, context.principal.organisation_id)
        return Response(to_json({"items": items}), media_type="application/json")

    @router.get("/ledger/entries")
    async def ledger_entries(context: Billing, page: Paging) -> Response:
        """Every entry of the books, latest first, each posting with the fact behind it."""
        after = page.after(LATEST)
        rows = await entries(pool, context.principal.organisation_id, after, page.fetch)
        return page.answer(rows, LATEST, key=lambda row: (row.booked_at, row.entry_id))

    return router

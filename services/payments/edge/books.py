"""The ledger as a table of this service, and what billing asks of it."""

from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from contracts.payments.payout_v1 import PayoutEvent, contract
from infra.consumers.views import View
from infra.http.pages import Order
from infra.store.postgres import Pool
from services.payments.ledger import Entry, entry

LATEST = Order("latest", (datetime, str))


def key(event: PayoutEvent) -> tuple[str, str] | None:
    booked = entry(event)
    return (booked.driver_id, booked.entry_id) if booked else None


def project(_: Entry | None, event: PayoutEvent) -> Entry | None:
    return entry(event)


view = View(
    name="ledger",
    contract=contract,
    row=Entry,
    primary_key=("driver_id", "entry_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, booked_at desc, entry_id desc)",),
)

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

"""Books over a view: each row is an entry, whose `postings` sum to zero in the row's `currency`."""

from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg.rows import class_row

from contracts.common_v1 import Money
from infra.database import Pool
from infra.reading import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The sum of the postings of an account, in minor units: debits are positive."""

    account: str
    currency: str
    balance_minor: int

    @property
    def balance(self) -> Money:
        """The sum with its currency."""
        return Money(self.balance_minor, self.currency)


Kind = TypeVar("Kind", bound=Balance)


async def balances(pool: Pool, entries: Rows[Any], kind: type[Kind], *by: str) -> list[Kind]:
    """Each account of these entries with its balance, a currency at a time, in order.

    Accounts are apart for each value of the columns `by`, which `kind` has as fields.
    """
    table, columns = entries.table, (*by, "account", "currency")
    terms = [*map(table.term, by), "p.account", table.term("currency")]
    named = ", ".join(f"{term} as {name}" for term, name in zip(terms, columns, strict=True))
    places = ", ".join(str(n) for n in range(1, len(columns) + 1))
    query = (
        f"select {named}, sum(p.amount_minor)::bigint as balance_minor from {table.source},"
        f" jsonb_to_recordset({table.term('postings')}) as p(account text, amount_minor bigint)"
        f" where {' and '.join(entries.conditions)} group by {places} order by {places}"
    )
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(kind))
        await cursor.execute(query.encode(), entries.values)
        return await cursor.fetchall()

"""The books of card payments of a month, as accountants take them over: a line a posting, with the
columns of the French file of entries (FEC, article A47 A-1 of the LPF)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from infra.database import Pool
from infra.days import midnight
from infra.http.answers import Answer, MoneyShown
from infra.reading import Asked, KeyPart, Order
from services.payments.read_models.card_books import BALANCE, FEES, SALES, VAT
from services.payments.read_models.ledger import BANK

JOURNAL = "CB"
NUMBERS = {
    BALANCE: "511500",
    BANK: "512000",
    FEES: "627800",
    SALES: "706000",
    VAT: "445710",
}
"""The accounts by their numbers in the French general chart of accounts."""
SETTLED = timedelta(days=1)
"""How long after a month no entry of it is on its way any more."""
QUERY = """
with entries as (
  select b.charge_id as source, b.entry_id, b.booked_at, b.currency, b.postings,
    n.number as document, n.number is null and b.entry_id !~ '^fee' as lacks_number
  from card_books b left join document_numbers n using (charge_id, entry_id)
  where b.dealership_id = %(dealership_id)s
    and b.booked_at >= %(begins)s and b.booked_at < %(ends)s
  union all
  select '', p.entry_id, p.booked_at, p.currency, p.postings, null, false
  from card_payouts p
  where p.dealership_id = %(dealership_id)s
    and p.booked_at >= %(begins)s and p.booked_at < %(ends)s
), numbered as (
  select *, row_number() over (order by booked_at, source, entry_id) as entry from entries
)
select entry, place, booked_at, source, entry_id, document, lacks_number, currency,
  posting->>'account' as account, (posting->>'amount_minor')::bigint as amount_minor,
  posting->>'stream' as stream, (posting->>'version')::bigint as version
from numbered, jsonb_array_elements(postings) with ordinality as parts(posting, place)
where (entry, place) > (%(after_entry)s, %(after_place)s)
order by entry, place limit %(limit)s
"""
FIRST = """
select min(booked_at) from (
  select booked_at from card_books where dealership_id = %(dealership_id)s
  union all select booked_at from card_payouts where dealership_id = %(dealership_id)s
) entries
"""
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of a dealership, in its zone."""

    dealership_id: str
    begins_on: date
    zone: ZoneInfo

    @property
    def ends_on(self) -> date:
        return (self.begins_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def begins(self) -> datetime:
        return midnight(self.begins_on, self.zone)

    @property
    def ends(self) -> datetime:
        return midnight(self.ends_on + timedelta(days=1), self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingRow:
    """A posting of the books; `entry` counts the entries of the month from 1, without a gap."""

    entry: int
    place: int
    booked_at: datetime
    source: str
    entry_id: str
    document: str | None
    lacks_number: bool
    currency: str
    account: str
    amount_minor: int
    stream: str
    version: int

    @property
    def facts(self) -> tuple[str | int | None, ...]:
        """All that an entry says, the same wherever it is read."""
        at = self.booked_at.astimezone(UTC).isoformat()
        return self.entry, at, self.document, self.account, self.amount_minor, self.currency


IN_ORDER: Order[PostingRow] = Order("postings-of-month", ("entry", "place"), (int, int))


def postings_of(month: Month) -> Asked[PostingRow]:
    """Every posting of a month, in the order in which they were booked."""

    async def read(pool: Pool, after: Sequence[KeyPart] | None, limit: int) -> list[PostingRow]:
        entry, place = after or (0, 0)
        values = {
            "dealership_id": month.dealership_id,
            "begins": month.begins,
            "ends": month.ends,
            "after_entry": entry,
            "after_place": place,
            "limit": limit,
        }
        async with pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(PostingRow))
            await cursor.execute(QUERY.encode(), values)
            return await cursor.fetchall()

    return Asked(read)


@dataclass(frozen=True, slots=True)
class Summary:
    """How many entries a month has, how many of them lack the number of their document, and the
    digest by which it is told whether anything changed."""

    entries: int
    unnumbered: int
    digest: str


async def summed_up(pool: Pool, month: Month) -> Summary:
    """Reads the whole month."""
    rows, digest = postings_of(month), hashlib.sha256()
    entries, unnumbered, after = 0, set[int](), None
    while found := await rows.page(pool, IN_ORDER, after, AT_ONCE):
        for row in found:
            digest.update(f"{row.facts}\n".encode())
            unnumbered |= {row.entry} if row.lacks_number else set()
        entries, after = found[-1].entry, IN_ORDER.key(found[-1])
    return Summary(entries, len(unnumbered), digest.hexdigest())


async def first_month(pool: Pool, month: Month) -> date | None:
    """The first day of the first month of the dealership that has entries; None where none has."""
    async with pool.connection() as connection:
        cursor = await connection.execute(FIRST, {"dealership_id": month.dealership_id})
        row = await cursor.fetchone()
    first: datetime | None = row[0] if row else None
    return first.astimezone(month.zone).date().replace(day=1) if first else None


class PostingListed(Answer):
    """A posting with the columns of the French file of entries; those that say nothing here are
    null."""

    journal_code: str
    journal_lib: str
    ecriture_num: int
    ecriture_date: date
    compte_num: str
    compte_lib: str
    comp_aux_num: str | None
    comp_aux_lib: str | None
    piece_ref: str
    piece_date: date
    ecriture_lib: str
    debit: MoneyShown
    credit: MoneyShown
    ecriture_let: str | None
    date_let: date | None
    valid_date: date | None
    """When the month was closed."""
    montant_devise: None
    idevise: str


def posting_listed(row: PostingRow, zone: ZoneInfo, closed_on: date | None) -> PostingListed:
    day = row.booked_at.astimezone(zone).date()

    def money(minor: int) -> MoneyShown:
        return MoneyShown(amount_minor=max(minor, 0), currency=row.currency)

    return PostingListed(
        journal_code=JOURNAL,
        journal_lib=JOURNAL,
        ecriture_num=row.entry,
        ecriture_date=day,
        compte_num=NUMBERS[row.account],
        compte_lib=row.account,
        comp_aux_num=None,
        comp_aux_lib=None,
        piece_ref=row.document or row.entry_id,
        piece_date=day,
        ecriture_lib=f"{row.stream}@{row.version}",
        debit=money(row.amount_minor),
        credit=money(-row.amount_minor),
        ecriture_let=None,
        date_let=None,
        valid_date=closed_on,
        montant_devise=None,
        idevise=row.currency,
    )

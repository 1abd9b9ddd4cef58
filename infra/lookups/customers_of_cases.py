"""The customer to whom a case was linked, as `customers` found them (G-76)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.customers import customer_v1
from contracts.customers.customer_v1 import CaseLinked, CaseUnlinked
from infra.consumers.views import View
from infra.lookups import Lookups, customers

Reads = CaseLinked | CaseUnlinked


@dataclass(frozen=True, slots=True)
class CustomerOfCase:
    case_id: str
    customer_id: str
    linked_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.case_id,)


def project(row: CustomerOfCase | None, event: Reads) -> CustomerOfCase | None:
    """The last link counts: facts of two customers come in any order."""
    match event:
        case CaseLinked():
            if row is not None and row.linked_at > event.linked_at:
                return row
            return CustomerOfCase(event.case_id, event.customer_id, event.linked_at)
        case CaseUnlinked():
            return None if row is not None and row.customer_id == event.customer_id else row
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="customers_of_cases",
    contract=customer_v1.contract,
    reads=Reads,
    row=CustomerOfCase,
    primary_key=("case_id",),
    key=key,
    project=project,
    indexes=("(customer_id, linked_at)",),
)
MOST_CASES = 50


async def of_case(lookups: Lookups, case_id: str, contact_id: str) -> str:
    """The id of the customer of a case: the one it was linked to, or the one that it names."""
    linked = await lookups.find(lookup, case_id)
    return linked.customer_id if linked else contact_id


async def root_of(lookups: Lookups, case_id: str, contact_id: str) -> str:
    """The same, by the record at which all that were merged show."""
    customer_id = await of_case(lookups, case_id, contact_id)
    rows = await customers.family(lookups, customer_id)
    return next((one.customer_id for one in rows if one.survivor_id is None), customer_id)


async def of_customer(lookups: Lookups, customer_id: str) -> Sequence[str]:
    """The last `MOST_CASES` cases of a customer and of all whose records were merged with theirs,
    the latest first."""
    rows = await customers.family(lookups, customer_id)
    query = f"""
        select case_id from {lookups.schema}.{lookup.name} where customer_id = any(%s)
        order by linked_at desc, case_id desc limit {MOST_CASES}
    """
    async with lookups.pool.connection() as connection:
        found = await connection.execute(query.encode(), ([one.customer_id for one in rows],))
        return [case_id for (case_id,) in await found.fetchall()]

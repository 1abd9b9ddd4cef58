"""The works of cases that were paid online, as `payments` says (FLB-175)."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import assert_never

from contracts.payments import charge_v1
from contracts.payments.charge_v1 import ChargePaid, RefundMade
from infra.consumers.views import OutOfOrder, View
from infra.lookups import Lookups

Reads = ChargePaid | RefundMade


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of a work including VAT, in minor units; of a refund where it names one."""

    work_id: str
    including_vat: int
    refund_id: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    charge_id: str
    case_id: str
    paid: tuple[Part, ...]
    refunded: tuple[Part, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.charge_id,)


def project(row: Payment | None, event: Reads) -> Payment:
    match event:
        case ChargePaid():
            paid = tuple(
                Part(one.work_id, one.amounts.including_vat.amount_minor) for one in event.lines
            )
            return Payment(event.charge_id, event.case_id, paid)
        case RefundMade():
            if row is None:
                raise OutOfOrder(event)
            others = [one for one in row.refunded if one.refund_id != event.refund_id]
            parts = [
                Part(one.work_id, one.amounts.including_vat.amount_minor, event.refund_id)
                for one in event.parts
            ]
            return replace(row, refunded=(*others, *parts))
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="payments",
    contract=charge_v1.contract,
    reads=Reads,
    row=Payment,
    primary_key=("charge_id",),
    key=key,
    project=project,
    indexes=("(case_id)",),
)


def kept(row: Payment) -> frozenset[str]:
    """The works whose money did not all go back."""
    left = Counter({one.work_id: one.including_vat for one in row.paid})
    for one in row.refunded:
        left[one.work_id] -= one.including_vat
    return frozenset(work_id for work_id, amount in left.items() if amount > 0)


async def paid_works(lookups: Lookups, case_id: str) -> frozenset[str]:
    """The works of a case that were paid online, and for which the money did not all go back."""
    columns = ", ".join(lookup.columns)
    query = f"select {columns} from {lookups.schema}.{lookup.name} where case_id = %s"
    async with lookups.pool.connection() as connection:
        cursor = connection.cursor(row_factory=lookup.row_factory)
        await cursor.execute(query.encode(), (case_id,))
        rows = await cursor.fetchall()
    return frozenset(work_id for row in rows for work_id in kept(row))

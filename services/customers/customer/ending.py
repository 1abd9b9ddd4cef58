"""The end of a record: erased for good, with everything personal in it (FLB-123, G-50)."""

from contracts.customers.customer_v1 import CustomerErased
from contracts.decisions import Changed, changed
from services.customers.customer.commands import EraseCustomer, EraseWith, ForgetCustomer
from services.customers.customer.record import Record

OPERATOR = "operator"
"""By whom a record is erased that somebody of the platform forgot."""


def erase(command: EraseCustomer, record: Record) -> CustomerErased | Changed:
    """The number of things that go was seen by whoever confirms."""
    seen = {
        "cases": command.cases,
        "vehicles": command.vehicles,
        "merged_ids": sorted(command.seen_merged_ids),
    }
    now = {
        "cases": len(record.cases),
        "vehicles": len(record.vehicles),
        "merged_ids": sorted(command.merged_ids),
    }
    if stale := changed(seen, now):
        return stale
    return erased(command, record, by=command.by, merged_ids=command.merged_ids)


def erased_with(command: EraseWith, record: Record) -> CustomerErased:
    return erased(command, record, by=command.by, with_customer_id=command.erased_id)


def erased_by_operator(command: ForgetCustomer, record: Record) -> CustomerErased:
    return erased(command, record, by=OPERATOR)


def erased(
    command: EraseCustomer | EraseWith | ForgetCustomer,
    record: Record,
    *,
    by: str,
    merged_ids: tuple[str, ...] = (),
    with_customer_id: str | None = None,
) -> CustomerErased:
    return CustomerErased(
        customer_id=command.customer_id,
        organisation_id=record.recorded.organisation_id,
        dealership_id=record.recorded.dealership_id,
        contact_ids=tuple(dict.fromkeys(one.contact_id for one in record.cases.values())),
        case_ids=tuple(record.cases),
        with_customer_id=with_customer_id,
        merged_customer_ids=merged_ids,
        erased_by=by,
        erased_at=command.at,
    )

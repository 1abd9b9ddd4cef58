"""The cases of a customer, as they were told by `interventions` (G-76)."""

from collections.abc import Iterator

from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    CustomerChanged,
    CustomerEvent,
    CustomerRecorded,
    LinkReason,
)
from services.customers.customer.commands import (
    CorrectFromCase,
    LinkCase,
    NoSuchCustomer,
    Rejection,
    UnlinkCase,
)
from services.customers.customer.record import Record

Decision = list[CustomerEvent] | Rejection


def linked_to(recorded: CustomerRecorded) -> Iterator[CaseLinked]:
    """The link of the case that told of the customer."""
    if recorded.case_id is not None:
        yield CaseLinked(
            customer_id=recorded.customer_id,
            organisation_id=recorded.organisation_id,
            dealership_id=recorded.dealership_id,
            case_id=recorded.case_id,
            contact_id=recorded.customer_id,
            reason=LinkReason.RECORDED,
            linked_at=recorded.recorded_at,
        )


def link(command: LinkCase, record: Record) -> Decision:
    if record.recorded.dealership_id != command.dealership_id:
        return NoSuchCustomer()
    if command.case_id in record.cases:
        return []
    return [
        CaseLinked(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            case_id=command.case_id,
            contact_id=command.contact_id,
            reason=command.reason,
            linked_at=command.at,
        )
    ]


def unlink(command: UnlinkCase, record: Record) -> Decision:
    if command.case_id not in record.cases:
        return []
    return [
        CaseUnlinked(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            case_id=command.case_id,
            unlinked_at=command.at,
        )
    ]


def correct(command: CorrectFromCase, record: Record) -> Decision:
    """A record that somebody of the dealership edited since is theirs to correct, and so is one
    that was not recorded from this case."""
    details = command.details
    of_this_case = record.recorded.case_id == command.case_id
    if record.edited or not of_this_case or details == record.details:
        return []
    return [
        CustomerChanged(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            title=details.title,
            last_name=details.last_name,
            first_name=details.first_name,
            email=details.email,
            phone=details.phone,
            language=details.language,
            case_id=command.case_id,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]

"""A customer was erased: their cases are made anonymous (FLB-123, G-50).

`customers` destroys the keys; here it is recorded, so that whoever shows a case drops what it knew.
"""

from contracts.customers.customer_v1 import CustomerErased
from services.interventions.case import AnonymiseCase

Reads = CustomerErased


def react(event: Reads) -> list[AnonymiseCase]:
    return [
        AnonymiseCase(case_id=case_id, organisation_id=event.organisation_id, at=event.erased_at)
        for case_id in event.case_ids
    ]


def target(command: AnonymiseCase) -> str:
    """The case to make anonymous."""
    return command.case_id

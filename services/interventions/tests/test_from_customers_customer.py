"""The cases of an erased customer are made anonymous."""

from dataclasses import replace

import pytest

from contracts.customers.customer_v1 import CustomerErased
from contracts.interventions.case_v1 import SubjectForgotten
from services.interventions import case
from services.interventions.reactions.from_customers_customer import react, target
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    GROUP,
    ID,
    LATER,
    LILLE,
    PENDING,
    READ,
    close,
    delete,
    history,
)

ERASED = CustomerErased(
    customer_id="claire",
    organisation_id=GROUP,
    dealership_id=LILLE,
    contact_ids=("claire",),
    case_ids=(ID, "JOTHER"),
    with_customer_id=None,
    merged_customer_ids=(),
    erased_by="maya",
    erased_at=LATER,
)
FORGOTTEN = SubjectForgotten(
    case_id=ID,
    organisation_id=GROUP,
    dealership_id=LILLE,
    forgotten_at=LATER,
    file_ids=(),
    audit_ids=(),
)


@pytest.mark.requirement("FLB-123", "G-50")
@pytest.mark.parametrize("commands", [PENDING, READ, ANSWERED, (*ANSWERED, close(), delete())])
def test_each_case_of_the_customer_is_made_anonymous_whatever_its_status(
    commands: tuple[case.Command, ...],
) -> None:
    first, second = react(ERASED)
    assert (target(first), target(second)) == (ID, "JOTHER")
    CASE.given(*history(*commands)).when(first).records(FORGOTTEN)


def test_no_case_and_the_case_of_another_organisation_are_passed_over() -> None:
    first, _ = react(ERASED)
    CASE.given().when(first).records_nothing()
    stranger = replace(first, organisation_id="strangers")
    CASE.given(*history(*PENDING)).when(stranger).records_nothing()

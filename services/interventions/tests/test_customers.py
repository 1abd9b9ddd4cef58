"""The customer of a case, as `customers` found them, and what they said about being written to."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChannel,
    CustomerRecorded,
    LinkReason,
)
from infra.lookups.customers_of_cases import CustomerOfCase, Reads, project
from infra.testing.following import NOON, follow
from services.interventions.tests.make import GROUP, LILLE
from services.interventions.tests.serving import SENDING, served


def linked(customer_id: str, case_id: str, hours: int = 0) -> CaseLinked:
    return CaseLinked(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=case_id,
        contact_id=case_id,
        reason=LinkReason.PHONE,
        linked_at=NOON + timedelta(hours=hours),
    )


def unlinked(customer_id: str, case_id: str, hours: int) -> CaseUnlinked:
    return CaseUnlinked(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=case_id,
        unlinked_at=NOON + timedelta(hours=hours),
    )


def recorded(customer_id: str) -> CustomerRecorded:
    return CustomerRecorded(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        title=None,
        last_name=None,
        first_name=None,
        email=None,
        phone=None,
        language=None,
        case_id=None,
        recorded_by="lea",
        recorded_at=NOON,
    )


def withdrew(customer_id: str, channel: CustomerChannel) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        customer_id=customer_id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        consent_id="withdrawn",
        purpose=ConsentPurpose.CASES,
        channel=channel,
        source=ConsentSource.PHONE_CALL,
        wording="No more mails, please.",
        wording_version="1",
        recorded_by="lea",
        withdrawn_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    )


@pytest.mark.requirement("G-76")
def test_the_last_link_of_a_case_counts_whichever_customer_s_facts_come_first() -> None:
    facts: tuple[Reads, ...] = (linked("a", "1"), unlinked("a", "1", 1), linked("b", "1", 2))
    for order in permutations(facts):
        if order.index(facts[0]) > order.index(facts[1]):
            continue  # Those of one customer come in their order.
        row = None
        for fact in order:
            row = project(row, fact)
        assert row == CustomerOfCase("1", "b", NOON + timedelta(hours=2))
    assert project(project(None, facts[0]), facts[1]) is None


@pytest.mark.requirement("G-49", "FLB-121")
async def test_a_customer_found_for_a_case_who_wants_no_more_mails_gets_none(
    database: str,
) -> None:
    async with served(database) as caller:
        path = await caller.filled()
        case_link = linked("claire", path.rpartition("/")[2])
        no_mails = withdrew("claire", CustomerChannel.EMAIL)
        await follow(caller.running, recorded("claire"), case_link, no_mails)
        refused = await caller.says("lea", "POST", f"{path}/sending", SENDING)
        assert refused.status_code == 422, refused.text
        assert refused.json()["type"] == "urn:relais:problem:channel-not-possible"
        sms = await caller.says("lea", "POST", f"{path}/sending", SENDING | {"channels": ["sms"]})
        assert sms.is_success, sms.text

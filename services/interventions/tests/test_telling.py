"""Colleagues are told of what happens in a case, as the dealership wants it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts import dealers
from contracts.dealers import NOTHING_SAID, Dealership
from contracts.dealerships import dealership_v1
from contracts.dealerships.dealership_v1 import (
    CaseNotices,
    NotifiedAddressesChanged,
    Settings,
    SettingsChanged,
)
from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseNotice,
    ColleaguesTold,
    ContactRequested,
    Module,
)
from contracts.payments import charge_v1
from contracts.payments.charge_v1 import ChargePaid
from contracts.runtime import REDACTED
from infra.testing.following import follow
from infra.testing.serving import Caller, served
from services.interventions import case
from services.interventions.adapters.working import at_dealerships
from services.interventions.case import answering, content
from services.interventions.case.telling import TellColleagues
from services.interventions.reactions import from_payments_charge
from services.interventions.reactions.from_interventions_case import Reads, react, target
from services.interventions.service import service
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    GROUP,
    HOLDER,
    ID,
    LATER,
    LILLE,
    NOON,
    PENDING,
    READ,
    answer,
    close,
    create,
    delete,
    eur,
    history,
    name_customer,
    reply,
    send,
)
from services.interventions.tests.visiting import HOUSE

BOTH = "atelier@lumen.example\naccueil@lumen.example"
QUIET = dealership_v1.CaseNotice.READ
SOLD = (create(Module.DIRECT_MESSAGE), name_customer(), send(works=0, proposed=0))


def dealership(addresses: str = BOTH, said: Settings = NOTHING_SAID) -> Dealership:
    opened, *_ = HOUSE
    known = dealers.changed(dealers.opened(opened), addressed(addresses))
    changed = SettingsChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        brand=None,
        settings=said,
        changed_by="maya",
        changed_at=NOON,
    )
    return dealers.changed(known, changed)


def addressed(addresses: str) -> NotifiedAddressesChanged:
    return NotifiedAddressesChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        email_addresses=addresses,
        changed_by="maya",
        changed_at=NOON,
    )


def tell(
    notice: CaseNotice = CaseNotice.READ,
    by: str | None = None,
    at: Dealership | None = None,
    cause: str = "read-1",
) -> TellColleagues:
    return TellColleagues(
        case_id=ID,
        dealership_id=LILLE,
        notice=notice,
        cause=cause,
        by=by,
        at=LATER,
        dealership=at or dealership(),
    )


def told(
    notice: CaseNotice = CaseNotice.READ,
    addresses: str | None = BOTH,
    colleague: str | None = None,
    cause: str = "read-1",
) -> ColleaguesTold:
    return ColleaguesTold(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        notice=notice,
        cause=cause,
        email_addresses=addresses,
        colleague_id=colleague,
        language="fr",
        dealership_called="Lumen Lille",
        told_at=LATER,
    )


@pytest.mark.requirement("FLB-129", "G-52")
def test_the_addresses_of_the_dealership_are_told_of_cases_after_sales() -> None:
    CASE.given(*history(*READ)).when(tell()).records(told())


@pytest.mark.requirement("G-52")
def test_of_another_version_they_are_told_again() -> None:
    CASE.given(*history(*READ), told()).when(tell(cause="read-2")).records(told(cause="read-2"))


@pytest.mark.requirement("FLB-129")
@pytest.mark.parametrize("addresses", ["", REDACTED])
def test_a_dealership_without_addresses_tells_nobody(addresses: str) -> None:
    CASE.given(*history(*READ)).when(tell(at=dealership(addresses))).records()


@pytest.mark.requirement("G-52")
def test_what_a_dealership_switched_off_is_told_to_nobody() -> None:
    others = CaseNotices(tuple(one for one in dealership_v1.CaseNotice if one is not QUIET))
    quiet = dealership(said=replace(NOTHING_SAID, notices=others))
    CASE.given(*history(*READ)).when(tell(at=quiet)).records()
    CASE.given(*history(*READ)).when(tell(CaseNotice.CLOSED, at=quiet, cause="closed")).records(
        told(CaseNotice.CLOSED, cause="closed")
    )


@pytest.mark.requirement("FLB-134")
def test_whoever_has_a_case_of_sales_is_told_where_the_dealership_wants_it() -> None:
    loud = dealership(said=replace(NOTHING_SAID, sales_representative_notified=True))
    CASE.given(*history(*SOLD)).when(tell(at=loud)).records(told(addresses=None, colleague="karim"))
    CASE.given(*history(*SOLD)).when(tell(at=dealership())).records()


@pytest.mark.requirement("FLB-134")
def test_nobody_is_told_of_what_they_did_themselves() -> None:
    loud = dealership(said=replace(NOTHING_SAID, sales_representative_notified=True))
    CASE.given(*history(*SOLD)).when(tell(at=loud, by="karim")).records()
    given = content.AssignCase(organisation_id=GROUP, assignee_id="nina", by="lea", at=NOON)
    assigned = (SOLD[0], SOLD[1], given, SOLD[2])
    CASE.given(*history(*assigned)).when(tell(at=loud, by="karim")).records(
        told(addresses=None, colleague="nina")
    )


@pytest.mark.requirement("G-52")
def test_a_closed_case_is_told_of_and_a_deleted_one_is_not() -> None:
    CASE.given(*history(*PENDING, close())).when(tell()).records(told())
    CASE.given(*history(*PENDING, close(), delete())).when(tell()).records()


@pytest.mark.requirement("FLB-134")
def test_whoever_sent_a_case_of_sales_is_told_by_no_other_way() -> None:
    opened = answering.OpenPage(holder=HOLDER, code_above=None, at=LATER)
    ask = answering.RequestContact(holder=HOLDER, at=LATER)
    sold = history(*SOLD, opened, ask, reply())
    assert [one.sender_id for one in sold if isinstance(one, CaseAnswered | ContactRequested)] == [
        None,
        None,
    ]
    repaired = history(*READ, ask, answer("pads"))
    told_of = [one for one in repaired if isinstance(one, CaseAnswered | ContactRequested)]
    assert [one.sender_id for one in told_of] == ["lea", "lea"]


@pytest.mark.requirement("G-52")
def test_each_fact_has_its_notice_and_says_who_knows_of_it() -> None:
    ask = answering.RequestContact(holder=HOLDER, at=LATER + timedelta(seconds=1))
    facts = history(*ANSWERED, ask, close())
    found = [command for one in facts if isinstance(one, Reads) for command in react(one)]
    assert [(one.notice, one.cause, one.by) for one in found] == [
        (CaseNotice.CREATED, "created", "karim"),
        (CaseNotice.SENT, "sent-1", "lea"),
        (CaseNotice.READ, "read-1", None),
        (CaseNotice.ANSWERED, "answered", None),
        (CaseNotice.CONTACT_REQUESTED, "contact-2030-05-06T10:40:01+00:00", None),
        (CaseNotice.CLOSED, "closed", "lea"),
    ]
    assert found[2] == replace(tell(), dealership=None)
    assert target(found[2]) == ID


@pytest.mark.requirement("G-52")
def test_a_payment_is_told_of_once_and_at_its_own_dealership() -> None:
    paid = ChargePaid(
        charge_id="charge-1",
        organisation_id=GROUP,
        dealership_id=LILLE,
        case_id=ID,
        case_version=1,
        lines=(),
        total=charge_v1.Amounts(
            excluding_vat=eur(10_000), vat=eur(2_000), including_vat=eur(12_000)
        ),
        intent_id="intent-1",
        payment_id="pi_1",
        paid_at=LATER,
        version=4,
    )
    [command] = from_payments_charge.react(paid)
    assert from_payments_charge.target(command) == ID
    here = replace(command, dealership=dealership())
    cause = "paid-charge-1"
    CASE.given(*history(*ANSWERED)).when(here).records(told(CaseNotice.PAID, cause=cause))
    elsewhere = replace(dealership(), dealership_id="GMETZ")
    CASE.given(*history(*ANSWERED)).when(replace(here, dealership=elsewhere)).records()


@pytest.mark.requirement("FLB-129")
async def test_the_dealership_is_asked_once_how_it_works_now(database: str) -> None:
    async with served(service, database, Caller) as caller:
        await follow(caller.running, *HOUSE, addressed(BOTH))
        elsewhere = replace(tell(), dealership_id="gone", dealership=None)
        known = replace(tell(), dealership=None)
        async with caller.running.pool.connection() as connection:
            found, none = await at_dealerships(connection, [known, elsewhere])
    assert none is None
    assert found is not None
    assert found.dealership is not None
    assert found.dealership.notified_addresses == BOTH
    assert found.dealership.dealership_name == "Lumen Lille"
    assert isinstance(case.decide(found, case.initial), list)

"""How the customer of a closed case may be written to when the question falls due."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    ConsentPurpose,
    CustomerChannel,
    CustomerErased,
)
from contracts.interventions.case_v1 import SendingChannel, VisitQuestionDue, VisitQuestionReason
from contracts.runtime import REDACTED
from infra.consumers.handler import Retry
from infra.lookups import Lookups
from infra.testing.following import follow
from infra.vault import Vault
from services.interventions.adapters.visits import terms_of
from services.interventions.case.visit import AskVisit, Terms
from services.interventions.reactions.from_interventions_case import ask, target
from services.interventions.tests.make import CONTACT, GROUP, ID, LILLE, LINK, NOON
from services.interventions.tests.test_customers import linked, recorded, withdrew
from services.interventions.tests.visiting import Visitor, visiting

TEN = datetime(2030, 5, 7, 8, 0, tzinfo=UTC)
"""In Paris it is ten o'clock."""
SMS, EMAIL = SendingChannel.SMS, SendingChannel.EMAIL
CASES, REMINDERS = ConsentPurpose.CASES, ConsentPurpose.REMINDERS
BLOCKED = ChannelsBlocked(
    customer_id="claire",
    organisation_id=GROUP,
    dealership_id=LILLE,
    sms=True,
    email=True,
    blocked_by="lea",
    blocked_at=NOON,
)
ERASED = CustomerErased(
    customer_id="claire",
    organisation_id=GROUP,
    dealership_id=LILLE,
    contact_ids=(),
    case_ids=(ID,),
    with_customer_id=None,
    merged_customer_ids=(),
    erased_by="maya",
    erased_at=NOON,
)


def question(phone: str | None = "+33612345678", dealership_id: str = LILLE) -> AskVisit:
    return AskVisit(
        case_id=ID,
        dealership_id=dealership_id,
        contact_id=CONTACT,
        link_id=LINK,
        phone=phone,
        due_at=TEN,
    )


async def found(
    lea: Visitor, now: datetime = TEN, asked: AskVisit | None = None, *facts: Any
) -> Terms:
    """The terms, once these facts about the customer are known."""
    await follow(lea.running, *facts)
    lookups = Lookups(lea.running.pool, lea.running.service.shape)
    vault = Vault(lea.running.pool, lea.running.settings.masters)
    return await terms_of(lookups, vault, "https://portal.example", asked or question(), now)


def refused(purpose: ConsentPurpose, *channels: CustomerChannel) -> list[Any]:
    """They want no messages of that kind by these channels."""
    return [replace(withdrew("claire", one), purpose=purpose) for one in channels]


def test_the_question_is_put_to_its_case_and_a_forgotten_phone_is_none() -> None:
    due = VisitQuestionDue(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        contact_id=CONTACT,
        link_id=LINK,
        phone="+33612345678",
        due_at=TEN,
    )
    assert ask(due) == [question()]
    assert ask(replace(due, phone=REDACTED)) == [question(phone=None)]
    assert target(question()) == ID


async def test_a_customer_who_said_nothing_is_asked_by_their_link(database: str) -> None:
    async with visiting(database) as lea:
        terms = await found(lea)
    assert (terms.channels, terms.closed) == (frozenset({SMS, EMAIL}), None)
    assert terms.link == f"https://portal.example/interventions/page/{lea.token}"
    assert (terms.now, terms.lawful_at) == (TEN, TEN)
    assert terms.dealership.dealership_id == LILLE


@pytest.mark.parametrize(
    ("facts", "channels", "reason"),
    [
        (refused(CASES, CustomerChannel.SMS), {EMAIL}, None),
        (refused(REMINDERS, CustomerChannel.EMAIL), {SMS}, None),
        (
            [
                *refused(CASES, CustomerChannel.SMS),
                *refused(REMINDERS, CustomerChannel.EMAIL),
            ],
            set(),
            VisitQuestionReason.CONSENT_WITHDRAWN,
        ),
        ([replace(BLOCKED, sms=False)], {SMS}, None),
        ([BLOCKED], set(), VisitQuestionReason.CHANNELS_BLOCKED),
        ([ERASED], set(), VisitQuestionReason.CUSTOMER_ERASED),
    ],
    ids=["no-sms", "no-reminder-mails", "stop", "no-mails", "blocked", "erased"],
)
async def test_what_the_customer_said_closes_channels(
    database: str,
    facts: list[Any],
    channels: set[SendingChannel],
    reason: VisitQuestionReason | None,
) -> None:
    async with visiting(database) as lea:
        known = (recorded("claire"), linked("claire", ID), *facts)
        terms = await found(lea, TEN, None, *known)
    assert (set(terms.channels), terms.closed) == (channels, reason)


async def test_it_is_night_where_the_customer_is_and_not_where_the_dealership_is(
    database: str,
) -> None:
    async with visiting(database) as lea:
        late = datetime(2030, 5, 7, 18, 0, tzinfo=UTC)
        paris = await found(lea, late)
        guadeloupe = await found(lea, late, question(phone="+590690001234"))
        unknown = await found(lea, late, question(phone=None))
    morning = datetime(2030, 5, 8, 6, 0, tzinfo=UTC)
    assert (paris.lawful_at, unknown.lawful_at) == (morning, morning)
    assert guadeloupe.lawful_at == late


async def test_a_dealership_that_is_not_there_yet_is_waited_for(database: str) -> None:
    async with visiting(database) as lea:
        with pytest.raises(Retry):
            await found(lea, TEN, question(dealership_id="GELSEWHERE"))

"""A customer who wants no more reminders is written to about none, by whatever channel."""

import pytest

from contracts.consents import may_be_written_to
from contracts.customers.customer_v1 import (
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChannel,
)
from contracts.reminders.reminder_v1 import RemindersDeclined
from contracts.runtime import REDACTED
from infra.testing.spec import Spec
from services.customers import customer
from services.customers.reactions import from_reminders_reminder
from services.customers.tests.make import GROUP, LATER, LYON, recorded

CUSTOMER = Spec(customer.decide, customer.evolve, customer.initial)


def declined(wording: str = "No more reminders.", phone: str | None = None) -> RemindersDeclined:
    return RemindersDeclined(
        reminder_id="J1-R1",
        organisation_id=GROUP,
        dealership_id=LYON,
        customer_id="c1",
        wording=wording,
        declined_at=LATER,
        phone=phone,
        language="fr" if phone else None,
        dealership_called="Lumen Lyon" if phone else None,
    )


def test_a_stop_on_the_page_is_a_refusal_for_each_channel_once() -> None:
    by_mail, by_text = from_reminders_reminder.react(declined())
    given = CUSTOMER.given(recorded())
    channels = []
    for command in (by_mail, by_text):
        assert from_reminders_reminder.target(command) == "c1"
        answer = given.answer(command)
        assert isinstance(answer, list)
        [withdrawn] = answer
        assert isinstance(withdrawn, ConsentWithdrawn)
        assert withdrawn.purpose is ConsentPurpose.REMINDERS
        channels.append(withdrawn.channel)
        given.when(command).records(withdrawn)
    assert channels == [CustomerChannel.EMAIL, CustomerChannel.SMS]
    assert not may_be_written_to(ConsentPurpose.REMINDERS, blocked=False, said=False)


@pytest.mark.requirement("G-76")
@pytest.mark.parametrize(
    ("wording", "version"),
    [("No more reminders.", "reminder page 1"), ("List-Unsubscribe=One-Click", "RFC 8058")],
)
def test_a_refusal_names_the_wording_that_was_answered(wording: str, version: str) -> None:
    refusals = from_reminders_reminder.react(declined(wording))
    said = {(one.wording, one.wording_version) for one in refusals}
    assert said == {(wording, version)}


@pytest.mark.requirement("G-76")
@pytest.mark.parametrize(
    ("phone", "source", "version", "by"),
    [
        (None, ConsentSource.CUSTOMER_PAGE, "reminder page 1", "link:J1-R1"),
        ("+33612345678", ConsentSource.SMS, "text message", "sms:J1-R1"),
    ],
)
def test_a_refusal_names_the_way_by_which_it_came(
    phone: str | None, source: ConsentSource, version: str, by: str
) -> None:
    refusals = from_reminders_reminder.react(declined("STOP", phone))
    found = {(one.source, one.wording_version, one.wording, one.by) for one in refusals}
    assert found == {(source, version, "STOP", by)}


def test_of_somebody_who_was_forgotten_nothing_is_recorded() -> None:
    assert from_reminders_reminder.react(declined(REDACTED)) == []

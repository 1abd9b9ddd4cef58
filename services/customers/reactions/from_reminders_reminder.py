"""Reaction: a customer who wants no more reminders gets none, by whatever channel."""

from contracts.customers.customer_v1 import ConsentPurpose, ConsentSource, CustomerChannel
from contracts.reminders.reminder_v1 import RemindersDeclined
from contracts.runtime import REDACTED
from services.customers.customer.commands import RecordConsent

Reads = RemindersDeclined
VERSION = "reminder page 1"
"""The name of the wording of the page."""
ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program sends in place of a wording."""
TEXT = "text message"
"""In place of the name of a wording: the customer chose the words."""


def react(event: Reads) -> list[RecordConsent]:
    """The refusal for each channel. Of somebody who was forgotten since nothing is recorded."""
    if event.wording == REDACTED:
        return []
    return [
        RecordConsent(
            customer_id=event.customer_id,
            organisation_id=event.organisation_id,
            consent_id=f"{event.reminder_id}.{channel.name.lower()}",
            given=False,
            purpose=ConsentPurpose.REMINDERS,
            channel=channel,
            source=ConsentSource.CUSTOMER_PAGE if event.phone is None else ConsentSource.SMS,
            wording=event.wording,
            wording_version=version_of(event),
            said_at=event.declined_at,
            by=f"{'link' if event.phone is None else 'sms'}:{event.reminder_id}",
            at=event.declined_at,
        )
        for channel in (CustomerChannel.EMAIL, CustomerChannel.SMS)
    ]


def version_of(event: Reads) -> str:
    """The name of the wording that was answered to."""
    if event.phone is not None:
        return TEXT
    return "RFC 8058" if event.wording == ONE_CLICK else VERSION


def target(command: RecordConsent) -> str:
    """The customer whose stream takes the command."""
    return command.customer_id

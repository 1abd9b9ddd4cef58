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
            source=ConsentSource.CUSTOMER_PAGE,
            wording=event.wording,
            wording_version="RFC 8058" if event.wording == ONE_CLICK else VERSION,
            said_at=event.declined_at,
            by=f"link:{event.reminder_id}",
            at=event.declined_at,
        )
        for channel in (CustomerChannel.EMAIL, CustomerChannel.SMS)
    ]


def target(command: RecordConsent) -> str:
    """The customer whose stream takes the command."""
    return command.customer_id

"""Finds how the customer of a closed case may be written to now (I15, R3)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from contracts.customers.customer_v1 import ConsentPurpose
from contracts.hours import lawful
from contracts.interventions.case_v1 import SendingChannel, VisitQuestionReason
from infra.consumers.handler import Retry
from infra.database import Connection
from infra.host import Running
from infra.lookups import Lookups, customers, customers_of_cases, dealerships
from infra.lookups.customers import Customer
from infra.phones import zone_of
from infra.vault import Vault
from services.interventions.adapters import links
from services.interventions.case.visit import AskVisit, Terms

PURPOSES = (ConsentPurpose.CASES, ConsentPurpose.REMINDERS)
"""A customer who wants to hear nothing of a case, or wants no reminders, is not asked: STOP
counts for both."""


def asker(
    running: Running,
) -> Callable[[Connection, Sequence[AskVisit]], Awaitable[list[AskVisit]]]:
    """Answers the questions whose time has come with how their customers may be written to now."""
    lookups = Lookups(running.pool, running.service.shape)
    vault, pages = Vault(running.pool, running.settings.masters), running.settings.pages_url

    async def informed(_: Connection, commands: Sequence[AskVisit]) -> list[AskVisit]:
        now = datetime.now(UTC)
        return [
            replace(one, terms=await terms_of(lookups, vault, pages, one, now)) for one in commands
        ]

    return informed


async def terms_of(
    lookups: Lookups, vault: Vault, pages: str, command: AskVisit, now: datetime
) -> Terms:
    """The terms at that time. Raises `Retry` while the table of dealerships is filled anew."""
    house = await lookups.find(dealerships.lookup, command.dealership_id)
    if house is None:
        raise Retry(f"{command.case_id}: the table of dealerships is behind")
    customer_id = await customers_of_cases.of_case(lookups, command.case_id, command.contact_id)
    open_ = [
        await customers.open_channels(lookups, customer_id, purpose, now) for purpose in PURPOSES
    ]
    is_open = {
        SendingChannel.SMS: all(one.sms for one in open_),
        SendingChannel.EMAIL: all(one.email for one in open_),
    }
    channels = frozenset(channel for channel, yes in is_open.items() if yes)
    closed = None if channels else why_closed(await customers.family(lookups, customer_id))
    token = await links.of_cases(vault).token(command.case_id, command.link_id)
    return Terms(
        dealership=house,
        channels=channels,
        closed=closed,
        link=links.address(pages, token),
        now=now,
        lawful_at=lawful(now, zone_of(command.phone) or ZoneInfo(house.time_zone)),
    )


def why_closed(records: Sequence[Customer]) -> VisitQuestionReason:
    """Why a customer with these records is written to by no channel."""
    if any(one.erased for one in records):
        return VisitQuestionReason.CUSTOMER_ERASED
    if any(one.sms_blocked for one in records) and any(one.email_blocked for one in records):
        return VisitQuestionReason.CHANNELS_BLOCKED
    return VisitQuestionReason.CONSENT_WITHDRAWN

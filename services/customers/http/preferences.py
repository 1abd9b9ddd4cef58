"""How a customer may be written to, over HTTP: blocked channels, and the ledger of consents."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts.consents import may_be_written_to
from contracts.customers.customer_v1 import (
    ConsentGiven,
    ConsentPurpose,
    ConsentSource,
    CustomerChannel,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, Line, Named, Text
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Erased
from services.customers.customer.commands import BlockChannels, CustomerIsErased, RecordConsent
from services.customers.customer.record import Record, standing_consent
from services.customers.http.access import STAFF, StaffContext, own
from services.customers.http.answers import ConsentShown, consent_shown

router = Router("Preferences")

Purpose = Annotated[ConsentPurpose, Named()]
Channel = Annotated[CustomerChannel, Named()]


class BlockedBody(Body):
    """The channels by which a customer is not written to; what is not blocked is open."""

    sms: bool
    email: bool


class ConsentBody(Body):
    """Something that a customer said about being written to."""

    given: bool
    """False where they refuse, or take back what they had agreed to."""
    purpose: Purpose
    channel: Channel
    source: Annotated[ConsentSource, Named()]
    wording: Annotated[Text, Field(min_length=1)]
    """The words that they were asked, or said."""
    wording_version: Line
    said_at: Instant


class Said(Answer):
    """The last word of a customer about one purpose and channel, and what follows from it."""

    purpose: Purpose
    channel: Channel
    consent: ConsentShown | None
    """Null where they never said anything."""
    open: bool
    """Whether they may be written to: offers need a yes, all else only that nobody said no; a
    blocked channel is closed."""


class Ledger(Answer):
    """The last word of a customer by a time, for each purpose and channel."""

    at: Instant
    said: tuple[Said, ...]


@router.put("/customers/{customer_id}/blocked-channels")
async def block_channels(
    customer_id: Id, body: BlockedBody, context: StaffContext
) -> Answered[Recorded]:
    """Say by which channels a customer is not written to. It holds for what is sent from now on."""
    await own(context, customer_id, *STAFF)
    command = BlockChannels(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        sms=body.sms,
        email=body.email,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CUSTOMER, customer_id, command)


@router.post("/customers/{customer_id}/consents")
async def record_consent(
    customer_id: Id, body: ConsentBody, context: StaffContext
) -> Answered[Recorded]:
    """Record what a customer said about being written to, and when they said it."""
    await own(context, customer_id, *STAFF)
    command = RecordConsent(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        consent_id=context.new_id(readable_ids.CONSENT),
        given=body.given,
        purpose=body.purpose,
        channel=body.channel,
        source=body.source,
        wording=body.wording,
        wording_version=body.wording_version,
        said_at=body.said_at,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CUSTOMER, customer_id, command)


@router.get("/customers/{customer_id}/consents")
async def show_consents(
    customer_id: Id,
    context: StaffContext,
    at: Annotated[Instant | None, Query(description="By when they had said so; by now.")] = None,
) -> Answered[Ledger]:
    """Tell what a customer had said by a time. Channels are taken as they are blocked now."""
    mine = await own(context, customer_id, *STAFF)
    if isinstance(mine.state, Erased):
        raise context.refuse(CustomerIsErased())
    record, by = mine.state.record, context.at if at is None else at
    answer = Ledger(
        at=by,
        said=tuple(
            said_of(record, purpose, channel, by)
            for purpose in ConsentPurpose
            for channel in CustomerChannel
        ),
    )
    return context.show(answer, mine.found, beside=True)


def said_of(record: Record, purpose: Purpose, channel: Channel, at: Instant) -> Said:
    said = standing_consent(record.consents, purpose, channel, at)
    return Said(
        purpose=purpose,
        channel=channel,
        consent=consent_shown(said) if said else None,
        open=may_be_written_to(
            purpose,
            blocked=is_blocked(record, channel),
            said=isinstance(said, ConsentGiven) if said else None,
        ),
    )


def is_blocked(record: Record, channel: CustomerChannel) -> bool:
    known = record.blocked
    if known is None:
        return False
    return known.sms if channel is CustomerChannel.SMS else known.email

"""The record of a customer: who they are, how they may be written to, their vehicles and cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.customers.customer_v1 import (
    CaseLinked,
    ChannelsBlocked,
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerChannel,
    CustomerRecorded,
    VehicleDescribed,
)

Consent = ConsentGiven | ConsentWithdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The fields that people may edit (FLB-120); None where one is not known."""

    title: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that stands of a customer."""

    recorded: CustomerRecorded
    details: Details
    edited: bool = False
    """Whether somebody changed it by hand."""
    blocked: ChannelsBlocked | None = None
    consents: tuple[Consent, ...] = ()
    """In the order in which they were recorded."""
    vehicles: Mapping[str, VehicleDescribed] = field(default_factory=dict)
    cases: Mapping[str, CaseLinked] = field(default_factory=dict)
    export_ids: tuple[str, ...] = ()


def details_of(event: CustomerRecorded | CustomerChanged) -> Details:
    return Details(
        title=event.title,
        last_name=event.last_name,
        first_name=event.first_name,
        email=event.email,
        phone=event.phone,
        language=event.language,
    )


def said_at(consent: Consent) -> datetime:
    """When the customer said so."""
    return consent.given_at if isinstance(consent, ConsentGiven) else consent.withdrawn_at


def standing_consent(
    consents: tuple[Consent, ...], purpose: ConsentPurpose, channel: CustomerChannel, at: datetime
) -> Consent | None:
    """The last word of the customer by a time, about one purpose and channel; None without any.

    Of two that were said at the same time, what was recorded last counts.
    """
    said = [
        one
        for one in consents
        if (one.purpose, one.channel) == (purpose, channel) and said_at(one) <= at
    ]
    return max(reversed(said), key=said_at, default=None)

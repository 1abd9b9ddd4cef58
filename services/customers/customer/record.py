"""The record of a customer: who they are, how they may be written to, their vehicles and cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.customers.customer_v1 import (
    CaseLinked,
    ChannelsBlocked,
    CompanyStated,
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
class Company:
    """A company as it is registered, in the form in which invoices name it."""

    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str


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
    company: Company | None = None


def details_of(event: CustomerRecorded | CustomerChanged) -> Details:
    return Details(
        title=event.title,
        last_name=event.last_name,
        first_name=event.first_name,
        email=event.email,
        phone=event.phone,
        language=event.language,
    )


def company_of(event: CompanyStated) -> Company:
    return Company(
        legal_name=event.legal_name,
        company_number=event.company_number,
        vat_number=event.vat_number,
        registered_office=event.registered_office,
        postal_code=event.postal_code,
        city=event.city,
        country=event.country,
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

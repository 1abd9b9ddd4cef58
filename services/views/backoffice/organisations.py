"""Organisations, and the registrations of those that registered themselves: one row each."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    OrganisationRegistered,
    ProfileChanged,
    RegistrationConfirmed,
    RegistrationCorrected,
    RegistrationRejected,
    RegistrationSubmitted,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.request_context import RequestContext
from infra.reading import Table
from infra.searching import words

Reads = (
    OrganisationRegistered
    | ProfileChanged
    | RegistrationSubmitted
    | RegistrationConfirmed
    | RegistrationRejected
    | RegistrationCorrected
)

OPERATOR = OrganisationKind.MARKETPLACE_OPERATOR.name.lower()
SAME = {"bd": "boulevard", "bld": "boulevard", "av": "avenue", "ave": "avenue", "r": "rue"}
"""Words of addresses that people shorten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation. Without a registration it was founded, and `status` is empty.

    `identity_card` is masked. `same_name` and `same_address` are alike however they are written.
    """

    organisation_id: str
    kind: str
    name: str
    same_name: str
    status: str = ""
    user_id: str = ""
    manager_name: str = ""
    phone: str = ""
    identity_card: str = ""
    identity_card_mark: str = ""
    company_number: str | None = None
    address: str = ""
    city: str = ""
    same_address: str = ""
    conditions_version: str = ""
    language: str = ""
    submitted_at: datetime | None = None
    refused_before: str | None = None
    """The reason for which it was rejected last."""


def alike(*texts: str) -> str:
    """The words of texts in one order, without accents and capitals; short ones in full."""
    return " ".join(sorted({SAME.get(word, word) for word in words(*texts).split()}))


def masked(identity_card: str) -> str:
    """A card's number by its letters and its end."""
    hidden = "".join("*" if sign.isdigit() else sign for sign in identity_card[:-2])
    return hidden + identity_card[-2:]


def key(event: Reads) -> tuple[str]:
    return (event.organisation_id,)


def project(row: Organisation | None, event: Reads) -> Organisation:
    if isinstance(event, OrganisationRegistered):
        name = event.profile.name
        return Organisation(
            organisation_id=event.organisation_id,
            kind=event.kind.name.lower(),
            name=name,
            same_name=alike(name),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ProfileChanged():
            return replace(row, name=event.profile.name, same_name=alike(event.profile.name))
        case RegistrationSubmitted():
            return _submitted(row, event)
        case RegistrationCorrected():
            return _corrected(row, event)
        case RegistrationConfirmed():
            return replace(row, status="confirmed")
        case RegistrationRejected():
            return replace(row, status="rejected", refused_before=event.reason)
        case unhandled:
            assert_never(unhandled)


def _submitted(row: Organisation, event: RegistrationSubmitted) -> Organisation:
    return replace(
        row,
        status="pending",
        user_id=event.user_id,
        manager_name=event.manager_name,
        phone=event.phone,
        identity_card=masked(event.identity_card),
        identity_card_mark=event.identity_card_mark,
        company_number=event.company_number,
        address=event.address,
        city=event.city,
        same_address=alike(event.address, event.city),
        conditions_version=event.conditions_version,
        language=event.language,
        submitted_at=event.submitted_at,
    )


def _corrected(row: Organisation, event: RegistrationCorrected) -> Organisation:
    return replace(
        row,
        status="pending",
        manager_name=event.manager_name,
        identity_card=masked(event.identity_card),
        identity_card_mark=event.identity_card_mark,
        company_number=event.company_number,
        address=event.address,
        city=event.city,
        same_address=alike(event.address, event.city),
        conditions_version=event.conditions_version,
        submitted_at=event.corrected_at,
    )


view = View(
    name="organisations",
    contract=contract,
    reads=Reads,
    row=Organisation,
    primary_key=("organisation_id",),
    key=key,
    project=project,
    indexes=(
        "(submitted_at, organisation_id) where status = 'pending'",
        "(identity_card_mark) where status <> ''",
        "(phone) where status <> ''",
        "(same_name) where status <> ''",
        "(same_address) where status <> ''",
    ),
    subject="user_id",
    personal=(
        "manager_name",
        "phone",
        "identity_card",
        "identity_card_mark",
        "address",
        "city",
        "same_address",
    ),
)
organisations = Table(view, "organisations")
BY_ID = organisations.order("by-id", "organisation_id")


async def is_operator(context: RequestContext) -> bool:
    """Whether the caller's organisation operates the platform, for all others."""
    own = await organisations.of(context.principal.organisation_id).one(context.pool)
    return own is not None and own.kind == OPERATOR

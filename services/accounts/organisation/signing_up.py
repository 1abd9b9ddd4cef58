"""Signing up: a company that a marketplace invited becomes an organisation, once (OGU-11)."""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.accounts.organisation_v1 import (
    CompanySignedUp,
    OrganisationEvent,
    OrganisationKind,
    OrganisationRegistered,
    Profile,
)
from contracts.common_v1 import AcceptedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpCompany:
    """The link was found good, and what was accepted is what holds. The ids follow from the link;
    the address is that which the link was mailed to."""

    organisation_id: str
    profile: Profile
    user_id: str
    user_name: str
    email: str
    language: str
    marketplace_id: str
    invitation_id: str
    token_mark: str
    terms_version: int | None
    internal_documents: tuple[AcceptedDocument, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SignUpLinkUsed:
    """A company signed up with the link, or joined with it."""


@dataclass(frozen=True, slots=True)
class ByInvitation:
    """A marketplace invited the company: nobody has to let it in."""

    signed_up: CompanySignedUp


Rejection = SignUpLinkUsed


def facts(command: SignUpCompany) -> list[OrganisationEvent]:
    return [
        OrganisationRegistered(
            organisation_id=command.organisation_id,
            kind=OrganisationKind.PROVIDER,
            profile=command.profile,
            registered_at=command.at,
        ),
        CompanySignedUp(
            organisation_id=command.organisation_id,
            company_name=command.profile.name,
            user_id=command.user_id,
            user_name=command.user_name,
            email=command.email,
            language=command.language,
            marketplace_id=command.marketplace_id,
            invitation_id=command.invitation_id,
            token_mark=command.token_mark,
            terms_version=command.terms_version,
            internal_documents=command.internal_documents,
            signed_up_at=command.at,
        ),
    ]


def again(
    command: SignUpCompany, registration: OrganisationRegistered, known: ByInvitation
) -> list[OrganisationEvent] | Rejection:
    """The same company once more is no news; another one finds the link used."""
    same = facts(replace(command, at=registration.registered_at))
    return [] if same == [registration, known.signed_up] else SignUpLinkUsed()

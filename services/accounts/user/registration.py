"""Somebody becomes a user at once: by registering a partner, or added by its administrator."""

from dataclasses import dataclass
from datetime import datetime

from contracts.accounts.organisation_v1 import CompanySignedUp, RegistrationSubmitted
from contracts.accounts.user_v1 import (
    PhoneCodeRequested,
    Role,
    UserActivated,
    UserEvent,
    UserInvited,
)

OF_DEPOTS = frozenset({Role.ADMINISTRATION, Role.OPERATOR, Role.DEPOT_AGENT, Role.COURIER})
"""The roles that people have in a depot (G-27)."""
OF_MARKETPLACES = frozenset({Role.MARKETPLACE_MANAGER})
"""The roles that people have only where a marketplace is kept."""
OF_PROVIDERS = frozenset({Role.PROVIDER_MANAGER})
"""The roles that people have only in a provider."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPhoneCode:
    """Somebody wants to prove a phone that no user has. The ids are those they are to have."""

    user_id: str
    organisation_id: str
    phone: str
    code: str
    language: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitUser:
    """Somebody is to be active from the start, with a password that is kept elsewhere."""

    user_id: str
    organisation_id: str
    reference: str | None = None
    email: str | None
    name: str
    language: str
    roles: tuple[Role, ...]
    phone: str | None
    by: str
    at: datetime
    told_otherwise: bool = False
    """Another notice tells them that they have an account, and no further one is sent."""


Command = RequestPhoneCode | AdmitUser


def admitting(submitted: RegistrationSubmitted) -> AdmitUser:
    """The command that makes whoever registered a partner its first administrator."""
    return AdmitUser(
        user_id=submitted.user_id,
        organisation_id=submitted.organisation_id,
        email=None,
        name=submitted.manager_name,
        language=submitted.language,
        roles=(Role.ADMINISTRATION,),
        phone=submitted.phone,
        by=submitted.user_id,
        at=submitted.submitted_at,
    )


def admitting_by_invitation(signed_up: CompanySignedUp) -> AdmitUser:
    """The command that gives a company its first user, who may do all that it may."""
    return AdmitUser(
        user_id=signed_up.user_id,
        organisation_id=signed_up.organisation_id,
        email=signed_up.email,
        name=signed_up.user_name,
        language=signed_up.language,
        roles=(Role.ADMINISTRATION, Role.PROVIDER_MANAGER),
        phone=None,
        by=signed_up.user_id,
        at=signed_up.signed_up_at,
        told_otherwise=True,
    )


# --- Facts ------------------------------------------------------------------


def requested(command: RequestPhoneCode) -> PhoneCodeRequested:
    return PhoneCodeRequested(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        phone=command.phone,
        code=command.code,
        language=command.language,
        expires_at=command.expires_at,
        requested_at=command.at,
    )


def invited(command: AdmitUser) -> UserInvited:
    return UserInvited(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        email=command.email,
        name=command.name,
        language=command.language,
        roles=tuple(sorted(set(command.roles))),
        phone=command.phone,
        invited_by=command.by,
        invited_at=command.at,
        reference=command.reference,
        dealerships=(),
        at_once=True if command.told_otherwise else None,
    )


def admitted(command: AdmitUser) -> list[UserEvent]:
    """Both facts that make somebody a user who may sign in."""
    return [
        invited(command),
        UserActivated(
            user_id=command.user_id,
            organisation_id=command.organisation_id,
            email=command.email,
            name=command.name,
            language=command.language,
            roles=tuple(sorted(set(command.roles))),
            activated_at=command.at,
            phone=command.phone,
            has_password=True if command.told_otherwise else None,
        ),
    ]

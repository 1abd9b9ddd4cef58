"""What the front end sends, and what it is shown of an organisation and a user."""

from collections.abc import Mapping
from typing import Annotated, Any, assert_never
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)

from contracts.accounts import organisation_v1
from contracts.accounts.organisation_v1 import ContactChannel, ContactKind
from contracts.accounts.user_v1 import Role
from infra.http.models import (
    Body,
    Day,
    Email,
    Id,
    Instant,
    Language,
    Line,
    Named,
    Phone,
    PointBody,
    Text,
)
from services.accounts import organisation, user
from services.accounts.signing import GUARDED

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
PostalCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{2,12}$")]
Category = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,3}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
FactorCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[A-Z2-7]{5}-[A-Z2-7]{5})$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
# Longer ones would only make hashing slow.
Password = Annotated[SecretStr, Field(min_length=1, max_length=128)]
Roles = Annotated[
    tuple[Annotated[Role, Named()], ...], Field(min_length=1, max_length=len(Role), strict=False)
]


def _time_zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("must be an IANA time zone, like Europe/Paris")
    return text


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]


UserId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,40}$")]
"""Short enough to be part of other names."""


class SignInBody(Body):
    email: Email
    password: Password
    code: FactorCode | None = None
    """Of the second factor, where there is one, or a recovery code."""
    remember_me: bool = False
    """Stay signed in for sixty days instead of twelve hours."""


class RefreshBody(Body):
    refresh_token: Token


class ResetRequestBody(Body):
    email: Email


class ResetBody(Body):
    token: Token
    """From the link in the mail."""
    password: Password


class PasswordBody(Body):
    former: Password
    password: Password


class EmailBody(Body):
    email: Email
    password: Password
    """One's present one."""


class LinkBody(Body):
    token: Token
    """From the link in the mail."""


class CodeBody(Body):
    code: Code


class UserBody(Body):
    """Somebody to invite (HIF-02)."""

    user_id: UserId | None = None
    """The id to know them by; given one when absent."""
    email: Email
    name: Line
    language: Language = "fr"
    roles: Roles
    phone: Phone | None = None


class AgreementBody(Body):
    signed_on: Day
    file_id: Id | None = None


class RolesBody(Body):
    roles: Roles


class ProfileBody(Body):
    """All of it: what is absent is removed (HIF-39)."""

    language: Language = "fr"
    phone: Phone | None = None
    photo_file_id: Id | None = None
    street: Line | None = None
    postal_code: PostalCode | None = None
    city: Line | None = None
    country: Country | None = None
    location: PointBody | None = None


class LicenceBody(Body):
    number: Line
    country: Country = "FR"
    categories: Annotated[tuple[Category, ...], Field(max_length=20, strict=False)]
    issued_on: Day
    expires_on: Day | None = None


WebPage = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[!-~]+$")]
VALUES: Mapping[ContactKind, TypeAdapter[str]] = {
    ContactKind.PHONE: TypeAdapter(Phone),
    ContactKind.EMAIL: TypeAdapter(Email),
    ContactKind.WEB: TypeAdapter(WebPage),
}


class ContactBody(Body):
    """A phone, an e-mail address or an https page; what it is for (HIF-38)."""

    kind: Annotated[ContactKind, Named()]
    value: Line
    about: Line | None = None

    @field_validator("value")
    @classmethod
    def _as_its_kind(cls, value: str, seen: ValidationInfo) -> str:
        kind = seen.data.get("kind")
        return value if kind is None else VALUES[kind].validate_python(value)


class OrganisationBody(Body):
    name: Line
    time_zone: TimeZone = "Europe/Paris"
    currency: Currency = "EUR"
    country: Country = "FR"
    contacts: Annotated[tuple[ContactBody, ...], Field(max_length=20, strict=False)] = ()
    """Where partners reach it, in the order to show them."""

    def profile(self) -> organisation_v1.Profile:
        """The contract's value."""
        contacts = tuple(
            ContactChannel(kind=c.kind, value=c.value, about=c.about) for c in self.contacts
        )
        return organisation_v1.Profile(
            name=self.name,
            time_zone=self.time_zone,
            currency=self.currency,
            country=self.country,
            contacts=contacts,
        )


class SupportBody(Body):
    supporter_id: Id
    roles: Annotated[tuple[Line, ...], Field(min_length=1, max_length=8, strict=False)]
    reason: Text
    until: Instant


class SupportSessionBody(Body):
    organisation_id: Id


# --- What is shown ----------------------------------------------------------


def organisation_shown(found: organisation.Organisation) -> dict[str, Any]:
    """An organisation to its own people."""
    match found:
        case organisation.Unregistered():
            return {}
        case organisation.Registered():
            return {
                "organisation_id": found.registration.organisation_id,
                "kind": found.registration.kind,
                "profile": found.profile,
                # What happened last: `granted_at`, `revoked_at` or `ended_at` tells.
                "support_access": list(found.grants.values()),
            }
        case unhandled:
            assert_never(unhandled)


def user_shown(found: user.User) -> dict[str, Any]:
    """A user to themselves and to staff."""
    match found:
        case user.Unknown():
            return {}
        case user.Forgotten():
            return {"status": "forgotten"}
        case user.Account():
            invitation = found.invitation
            return {
                "status": found.status,
                "user_id": invitation.user_id,
                "organisation_id": invitation.organisation_id,
                "email": found.email,
                "name": invitation.name,
                "language": found.language,
                "phone": found.phone,
                "roles": sorted(role.name.lower() for role in found.roles),
                "agreement": found.agreement,
                "profile": found.profile,
                "licence": found.licence,
                "second_factor": {
                    "enrolled": found.access.enrolled,
                    "needed": bool(found.roles & GUARDED),
                },
            }
        case unhandled:
            assert_never(unhandled)

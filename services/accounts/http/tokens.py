"""The tokens of people who were let in."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from infra.http.answers import Answer
from infra.http.models import Instant
from services.accounts.adapters.secrets.keys import ACCESS
from services.accounts.adapters.secrets.sessions import Session
from services.accounts.http.access import Access
from services.accounts.user import Person
from services.accounts.user.sign_in import granted, granted_at


class GrantedRole(StrEnum):
    """A role of an access token. `enrolling` may do nothing but get a second factor; `pending` and
    `rejected` see how far the registration of their organisation is, and their own account."""

    DRIVER = "driver"
    LOGISTICS = "logistics"
    ADMINISTRATION = "administration"
    ANALYST = "analyst"
    OPERATOR = "operator"
    BILLING = "billing"
    COURIER = "courier"
    DEPOT_AGENT = "depot_agent"
    DEALERSHIP_MANAGER = "dealership_manager"
    ADMINISTRATIVE_AGENT = "administrative_agent"
    SALES_REPRESENTATIVE = "sales_representative"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"
    AUDIT_MANAGER = "audit_manager"
    GROUP_MANAGER = "group_manager"
    MARKETPLACE_MANAGER = "marketplace_manager"
    PROVIDER_MANAGER = "provider_manager"
    DEVICE = "device"
    ENROLLING = "enrolling"
    PENDING = "pending"
    REJECTED = "rejected"


class Tokens(Answer):
    """An access token, and in a session the token that gets the next one."""

    token_type: Literal["Bearer"] = "Bearer"
    user_id: str
    organisation_id: str
    roles: list[GrantedRole]
    """The roles of the access token: without a second factor, none that needs one."""
    reads_only: bool = False
    """Whether the access token changes nothing: a manager looks as somebody of that role."""
    access_token: str
    expires_in: Annotated[int, Field(examples=[300])]
    """Seconds until the access token expires."""
    refresh_token: str | None = None
    """Works once; null where nothing refreshes the access token."""
    session_expires_at: Instant | None = None


async def tokens_of_session(
    access: Access, person: Person, session: Session, refresh_token: str, at: datetime
) -> Tokens:
    """The tokens of a user who stays signed in; of an organisation that is not let in, they say
    nothing but that (G-20)."""
    organisation = await access.organisation(person.organisation_id)
    standing = organisation.barred if organisation else None
    own = granted(person.roles, with_second_factor=session.second_factor)
    roles = frozenset({standing}) if standing else own
    tokens = await tokens_for(
        access,
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        roles=roles,
        dealerships=granted_at(person.dealerships, roles),
        at=at,
        authenticated_at=session.signed_in_at.timestamp(),
        session_id=session.session_id,
    )
    return tokens.model_copy(
        update={"refresh_token": refresh_token, "session_expires_at": session.expires_at}
    )


async def tokens_for(
    access: Access,
    *,
    user_id: str,
    organisation_id: str,
    roles: Iterable[str],
    at: datetime,
    authenticated_at: float | None,
    session_id: str | None,
    lifetime: timedelta = ACCESS,
    dealerships: Mapping[str, Collection[str]] | None = None,
    reads_only: bool = False,
) -> Tokens:
    """An access token that nothing refreshes, and what it says."""
    token = await access.tokens.issue(
        user_id=user_id,
        organisation_id=organisation_id,
        roles=roles,
        at=at,
        lifetime=lifetime,
        authenticated_at=authenticated_at,
        session_id=session_id,
        dealerships=dealerships,
        reads_only=reads_only,
    )
    return Tokens(
        user_id=user_id,
        organisation_id=organisation_id,
        roles=[GrantedRole(role) for role in sorted(roles)],
        reads_only=reads_only,
        access_token=token,
        expires_in=int(lifetime.total_seconds()),
    )

"""Support access: whom of the support an organisation lets in, and their way in."""

from typing import Annotated, assert_never

from pydantic import Field

from contracts.accounts.organisation_v1 import (
    SupportAccessEnded,
    SupportAccessGranted,
    SupportAccessRevoked,
)
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Id, Instant, Line, Text
from infra.http.request_context import RequestContext
from services.accounts.adapters.secrets.keys import ACCESS
from services.accounts.aggregates import ORGANISATION
from services.accounts.http.access import NO_STORE, Access, AdministrationContext, MemberContext
from services.accounts.http.tokens import Tokens, tokens_for
from services.accounts.organisation import Registered
from services.accounts.organisation.support_access import (
    Grant,
    GrantSupportAccess,
    NoSuchGrant,
    RevokeSupportAccess,
    open_for,
)


class SupportBody(Body):
    supporter_id: Id
    """The user of the support who is let in."""
    roles: Annotated[tuple[Line, ...], Field(min_length=1, max_length=8, strict=False)]
    reason: Text
    until: Instant


class SupportSessionBody(Body):
    organisation_id: Id


class AccessGranted(Answer):
    """An access that somebody of the support has until its time is over."""

    organisation_id: str
    grant_id: str
    supporter_id: str
    roles: list[str]
    reason: str
    granted_by: str
    until: Instant
    granted_at: Instant


class AccessRevoked(Answer):
    """An access that was ended before its time."""

    organisation_id: str
    grant_id: str
    supporter_id: str
    revoked_by: str
    revoked_at: Instant


class AccessEnded(Answer):
    """An access whose time is over."""

    organisation_id: str
    grant_id: str
    supporter_id: str
    ended_at: Instant


AccessShown = AccessGranted | AccessRevoked | AccessEnded


def access_shown(grant: Grant) -> AccessShown:
    match grant:
        case SupportAccessGranted():
            return AccessGranted.of(grant)
        case SupportAccessRevoked():
            return AccessRevoked.of(grant)
        case SupportAccessEnded():
            return AccessEnded.of(grant)
        case unhandled:
            assert_never(unhandled)


def routes(access: Access) -> Router:
    router = access.router("Support access")

    @router.post("/organisation/support-access", status_code=201)
    async def grant_support_access(
        body: SupportBody, context: AdministrationContext
    ) -> Answered[Recorded]:
        """Let somebody of the support into one's organisation, for three days at most."""
        supporter = await access.accounts.find(body.supporter_id)
        mine = context.principal.organisation_id
        grant_id = f"G{context.command_context.command_id.hex}"
        command = GrantSupportAccess(
            organisation_id=mine,
            grant_id=grant_id,
            supporter_id=body.supporter_id,
            is_member=supporter is not None and supporter.person.organisation_id == mine,
            roles=body.roles,
            reason=body.reason,
            until=body.until,
            by=context.principal.subject,
            at=context.at,
        )
        created = f"/accounts/organisation/support-access/{grant_id}"
        return await context.handle(ORGANISATION, command.organisation_id, command, created=created)

    @router.delete("/organisation/support-access/{grant_id}")
    async def revoke_support_access(
        grant_id: Id, context: AdministrationContext
    ) -> Answered[Recorded]:
        """End an access of the support before its time."""
        command = RevokeSupportAccess(
            organisation_id=context.principal.organisation_id,
            grant_id=grant_id,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(ORGANISATION, command.organisation_id, command)

    @router.post("/support-sessions")
    async def enter_for_support(
        body: SupportSessionBody, context: MemberContext
    ) -> Answered[Tokens]:
        """Get an access token for an organisation that let the caller in, for as long as it did."""
        tokens = await enter(access, context, body.organisation_id)
        return Answered(tokens, headers=NO_STORE)

    return router


async def enter(access: Access, context: RequestContext, organisation_id: str) -> Tokens:
    organisation = (await context.load(ORGANISATION, organisation_id)).state
    grants = organisation.grants if isinstance(organisation, Registered) else {}
    grant = open_for(grants, context.principal.subject, context.at)
    # A member of an organisation has a role there that no access of the support changes.
    if grant is None or organisation_id == context.principal.organisation_id:
        raise context.refuse(NoSuchGrant())
    return await tokens_for(
        access,
        user_id=context.principal.subject,
        organisation_id=organisation_id,
        roles=grant.roles,
        at=context.at,
        lifetime=min(ACCESS, grant.until - context.at),
        authenticated_at=context.principal.authenticated_at,
        session_id=context.principal.session_id,
    )

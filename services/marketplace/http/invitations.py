"""Invitations over HTTP: sent to several addresses at once, sent again, taken back, looked at."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.providers import Marketplace, RelationStanding, relation_id
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.models import Body, Email, Id, Instant, Language
from infra.http.pages import Paging
from infra.http.problems import Problem
from infra.http.request_context import PublicRequest, RequestContext
from services.marketplace import invitation, relation
from services.marketplace.adapters.inviting import Inviting, id_of, mark_of
from services.marketplace.aggregates import INVITATION, RELATION
from services.marketplace.http.access import OperatorContext, PublicContext, active
from services.marketplace.http.fields import DocumentShown
from services.marketplace.http.settings import Links, RequestedShown, documents_shown
from services.marketplace.invitation import (
    Accepted,
    InvitationOver,
    InvitationUsed,
    NoSuchInvitation,
    Sent,
    Withdrawn,
)
from services.marketplace.read_models import invitations as rows_of

MOST_AT_ONCE = 50

Token = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,40}\.[!-~]{1,200}$")]

# --- Bodies and answers -----------------------------------------------------


class InvitationsBody(Body):
    """The addresses to invite; each is written to by itself."""

    email_addresses: Annotated[
        tuple[Email, ...], Field(min_length=1, max_length=MOST_AT_ONCE, strict=False)
    ]
    language: Language = "fr"


class TokenBody(Body):
    """The secret in the link of an invitation."""

    token: Token


class InvitationResult(StrEnum):
    """The outcome for one address. Whoever has an invitation that works is not written to again."""

    SENT = "sent"
    ALREADY_INVITED = "already_invited"
    ALREADY_RELATED = "already_related"


class InvitationStatus(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class AddressInvited(Answer):
    email: str
    invitation_id: str
    result: InvitationResult


class Invited(Answer):
    """Every address once, in the order in which they came."""

    items: list[AddressInvited]


class InvitationListed(Answer):
    invitation_id: str
    email: str
    status: InvitationStatus
    sent_at: Instant
    expires_at: Instant
    provider_id: str | None
    """Who accepted it."""


class InvitationShown(Answer):
    """All that somebody sees before they join: the terms that they accept, the documents of the
    marketplace, and those that they need to apply."""

    marketplace_id: str
    marketplace_name: str
    expires_at: Instant
    terms: DocumentShown | None
    internal_documents: tuple[DocumentShown, ...]
    documents: tuple[RequestedShown, ...]


# --- Routes -----------------------------------------------------------------


def routes(inviting: Inviting, links: Links) -> Router:
    """The routes, over the keys of tokens and of links to files."""
    router = Router("Invitations")

    @router.post("/invitations")
    async def invite_providers(
        body: InvitationsBody, context: OperatorContext
    ) -> Answered[Invited]:
        """Invite providers by mail, several at once. An address that stands there twice, or has an
        invitation that works, is written to once, and it is told of each what became of it."""
        known = await active(context, context.principal.organisation_id)
        items: dict[str, AddressInvited] = {}
        for email in body.email_addresses:
            invitation_id = await inviting.id_for(known.marketplace_id, email)
            if invitation_id not in items:
                result = await invite(inviting, context, known, invitation_id, email, body.language)
                items[invitation_id] = AddressInvited(
                    email=email, invitation_id=invitation_id, result=result
                )
        return Answered(Invited(items=list(items.values())))

    @router.get("/invitations")
    async def list_invitations(
        context: OperatorContext, page: Paging
    ) -> Answered[Listed[InvitationListed]]:
        """List the invitations of one's marketplace, the last ones first."""
        mine_only = rows_of.invitations.of(context.principal.organisation_id)

        def listed(row: rows_of.Row) -> InvitationListed:
            return InvitationListed(
                invitation_id=row.invitation_id,
                email=row.email,
                status=status_of(row.status, row.expires_at, context.at),
                sent_at=row.sent_at,
                expires_at=row.expires_at,
                provider_id=row.provider_id,
            )

        return await page.show(mine_only, rows_of.LATEST, listed)

    @router.post("/invitations/{invitation_id}/repetition")
    async def repeat_invitation(invitation_id: Id, context: OperatorContext) -> Answered[Recorded]:
        """Send the invitation again with a new link, which works for thirty days; the former one
        works no more."""
        known = await active(context, context.principal.organisation_id)
        state = (await context.load(INVITATION, invitation_id)).state
        if not isinstance(state, Sent | Accepted | Withdrawn) or (
            state.sent.marketplace_id != known.marketplace_id
        ):
            raise context.refuse(NoSuchInvitation())
        command = await sending(
            inviting, context, known, invitation_id, state.sent.email, state.sent.language
        )
        return await context.handle(INVITATION, invitation_id, replace(command, again=True))

    @router.delete("/invitations/{invitation_id}")
    async def withdraw_invitation(
        invitation_id: Id, context: OperatorContext
    ) -> Answered[Recorded]:
        """Take an invitation back: its link works no more."""
        command = invitation.Withdraw(
            marketplace_id=context.principal.organisation_id,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(INVITATION, invitation_id, command)

    @router.post("/invitations/shown")
    async def show_invitation(body: TokenBody, context: PublicContext) -> Answered[InvitationShown]:
        """Show who invites, the terms and documents of the marketplace, and what one needs to
        apply: to be seen while one signs up."""
        sent = await good(context, body.token)
        known = await active(context, sent.sent.marketplace_id)
        terms, internal = documents_shown(known, links, context)
        return Answered(
            InvitationShown(
                marketplace_id=known.marketplace_id,
                marketplace_name=known.marketplace_name,
                expires_at=sent.sent.expires_at,
                terms=terms[-1] if terms else None,
                internal_documents=internal,
                documents=tuple(map(RequestedShown.of, known.documents)),
            )
        )

    return router


def status_of(status: str, expires_at: datetime, now: datetime) -> InvitationStatus:
    """How an invitation stands: one that was sent is over at its end."""
    if status == InvitationStatus.SENT and now >= expires_at:
        return InvitationStatus.EXPIRED
    return InvitationStatus(status)


async def invite(
    inviting: Inviting,
    context: RequestContext,
    known: Marketplace,
    invitation_id: str,
    email: str,
    language: str,
) -> InvitationResult:
    """Invite one address. Each is a command of its own under the key of the request, so that the
    request can be repeated."""
    command = await sending(inviting, context, known, invitation_id, email, language)
    each = replace(context, idempotency_key=f"{context.idempotency_key}/{invitation_id}")
    try:
        await each.perform(INVITATION, invitation_id, command)
    except Problem as problem:
        if problem.slug == "already-invited":
            return InvitationResult.ALREADY_INVITED
        if problem.slug == "already-related":
            return InvitationResult.ALREADY_RELATED
        raise
    return InvitationResult.SENT


async def sending(
    inviting: Inviting,
    context: RequestContext,
    known: Marketplace,
    invitation_id: str,
    email: str,
    language: str,
) -> invitation.Send:
    token = await inviting.token(invitation_id, context.command_context.command_id.hex[:16])
    return invitation.Send(
        invitation_id=invitation_id,
        marketplace_id=known.marketplace_id,
        marketplace_name=known.marketplace_name,
        email=email,
        language=language,
        link=inviting.link(token),
        token_mark=mark_of(token),
        again=False,
        is_related=await is_related(context, invitation_id),
        by=context.principal.subject,
        at=context.at,
    )


async def is_related(context: RequestContext, invitation_id: str) -> bool:
    """Whether whoever accepted the invitation is still of the marketplace."""
    state = (await context.load(INVITATION, invitation_id)).state
    if not isinstance(state, Accepted):
        return False
    id = relation_id(state.sent.marketplace_id, state.accepted.provider_id)
    between = (await context.load(RELATION, id)).state
    return isinstance(between, relation.Known) and (
        between.relation.standing is not RelationStanding.DELETED
    )


async def good(context: PublicRequest, token: str) -> Sent:
    """The invitation that a token opens. Raises 404 for a token that was made up, 409 for one that
    was used or is over."""
    state = (await context.load(INVITATION, id_of(token))).state
    if not isinstance(state, Sent | Accepted | Withdrawn):
        raise context.refuse(NoSuchInvitation())
    if state.sent.token_mark != mark_of(token):
        raise context.refuse(NoSuchInvitation())
    if isinstance(state, Accepted):
        raise context.refuse(InvitationUsed())
    if isinstance(state, Withdrawn) or context.at >= state.sent.expires_at:
        raise context.refuse(InvitationOver())
    return state

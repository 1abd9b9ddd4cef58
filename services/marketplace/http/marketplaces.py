"""The marketplaces of a provider over HTTP: joined, applied to, offered services (OGU-17)."""

from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from contracts.common_v1 import AcceptedDocument
from contracts.providers import Marketplace, relation_id, service_of
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, Id
from infra.http.pages import Paging
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from services.marketplace import invitation, relation
from services.marketplace.adapters.inviting import id_of, mark_of
from services.marketplace.aggregates import INVITATION, PROVIDER, RELATION
from services.marketplace.http.access import (
    ProviderContext,
    active,
    between,
    found,
    related,
)
from services.marketplace.http.fields import DocumentShown, Explanation, ServiceCode
from services.marketplace.http.invitations import Token
from services.marketplace.http.relations import (
    RelationHistory,
    RelationListed,
    RelationShown,
    listed,
    shown,
)
from services.marketplace.http.settings import (
    Links,
    RequestedShown,
    ServiceShown,
    documents_shown,
)
from services.marketplace.lookups import accounts_organisation
from services.marketplace.read_models import relations as rows_of
from services.marketplace.relation import applying, complaints, offers
from services.marketplace.relation.applying import OtherInternalDocumentsHold, OtherTermsHold

MOST_DOCUMENTS = 100
TermsVersion = Annotated[int, Field(ge=1)]

router = Router("Marketplaces")

# --- Bodies and answers -----------------------------------------------------


class AcceptedBody(Body):
    """An internal document of the marketplace, in the version that was shown."""

    document_id: Id
    version: TermsVersion


class JoiningBody(Body):
    """An invitation, and the terms that were read with it."""

    token: Token
    terms_version: TermsVersion | None
    """The version that is accepted; null where the marketplace has no terms."""
    internal_documents: (
        Annotated[tuple[AcceptedBody, ...], Field(max_length=MOST_DOCUMENTS, strict=False)] | None
    ) = None
    """The internal documents as they were shown. Where they are said, they have to be those that
    hold; all that hold are accepted in either case."""


class ApplicationBody(Body):
    terms_version: TermsVersion | None
    """The version that is accepted; null where the marketplace has no terms."""


class ComplaintBody(Body):
    complaint: Explanation


class MarketplaceShown(Answer):
    """A marketplace to one of its providers: where one stands, and what one goes by there."""

    relation: RelationShown
    active: bool
    catalogue: tuple[ServiceShown, ...]
    requested: tuple[RequestedShown, ...]
    terms: DocumentShown | None
    """The terms that hold."""
    internal_documents: tuple[DocumentShown, ...]


# --- Routes -----------------------------------------------------------------


@router.post("/marketplaces", status_code=201)
async def join_marketplace(body: JoiningBody, context: ProviderContext) -> Answered[Recorded]:
    """Join a marketplace with an invitation, whose terms one accepts. It works once."""
    state = (await context.load(INVITATION, id_of(body.token))).state
    if not isinstance(state, invitation.Sent | invitation.Accepted):
        raise context.refuse(invitation.NoSuchInvitation())
    known = await active(context, state.sent.marketplace_id)
    if body.terms_version != known.terms_version:
        raise context.refuse(OtherTermsHold(known.terms_version))
    documents = held_documents(known)
    if body.internal_documents is not None and documents != accepted(body.internal_documents):
        raise context.refuse(OtherInternalDocumentsHold())
    own = context.principal.organisation_id
    id = relation_id(known.marketplace_id, own)
    called = await context.lookup(accounts_organisation.lookup, own)
    name = called.called if called else own
    accept = invitation.Accept(
        token_mark=mark_of(body.token),
        provider_id=own,
        provider_name=name,
        relation_id=id,
        terms_version=body.terms_version,
        internal_documents=documents,
        by=context.principal.subject,
        at=context.at,
    )
    refuse_connected(context, (await context.load(RELATION, id)).state, state)
    await context.perform(INVITATION, state.sent.invitation_id, accept)
    command = relation.Connect(
        relation_id=id,
        marketplace_id=known.marketplace_id,
        provider_id=own,
        provider_name=name,
        marketplace_name=known.marketplace_name,
        invitation_id=state.sent.invitation_id,
        invited_at=state.sent.sent_at,
        terms_version=body.terms_version,
        internal_documents=documents,
        by=context.principal.subject,
        at=context.at,
    )
    created = f"/marketplace/marketplaces/{known.marketplace_id}"
    second = next_step(context, "relation")
    return await second.handle(RELATION, id, command, created=created)


@router.get("/marketplaces")
async def list_marketplaces(
    context: ProviderContext, page: Paging
) -> Answered[Listed[RelationListed]]:
    """List the marketplaces that one has joined."""
    own = context.principal.organisation_id
    rows = rows_of.relations.of_every_organisation(provider_id=own)
    return await page.show(
        rows.only(standing=rows_of.SHOWN), rows_of.BY_NAME, lambda row: listed(row.known[0])
    )


@router.get("/marketplaces/{marketplace_id}/history")
async def marketplace_history(
    marketplace_id: Id, context: ProviderContext, part: HistoryPart
) -> Answered[RelationHistory]:
    """List every fact about oneself on a marketplace, with the reasons of its decisions."""
    known = await related(context, between(context, marketplace_id=marketplace_id))
    return await context.history(RELATION, known.relation_id, RelationHistory, part)


@router.put("/marketplaces/{marketplace_id}/application")
async def apply(
    marketplace_id: Id, body: ApplicationBody, context: ProviderContext
) -> Answered[Recorded]:
    """Apply, with every document that is asked for and the terms that hold; again after a
    refusal, or to bring an application up to date."""
    known = await related(context, between(context, marketplace_id=marketplace_id))
    settings = await active(context, marketplace_id)
    invited = (await context.load(INVITATION, known.invitation_id)).state
    state = (await context.load(PROVIDER, context.principal.organisation_id)).state
    command = applying.Apply(
        requested=settings.documents,
        shown=state.documents,
        terms_version=body.terms_version,
        terms_now=settings.terms_version,
        today=context.at.astimezone(ZoneInfo(settings.time_zone)).date(),
        told_id=invited.sent.sent_by if isinstance(invited, invitation.Known) else None,
        by=context.principal.subject,
        at=context.at,
    )
    return await carry_out(context, marketplace_id, command)


@router.put("/marketplaces/{marketplace_id}/services/{service_code}")
async def propose_service(
    marketplace_id: Id, service_code: ServiceCode, context: ProviderContext
) -> Answered[Recorded]:
    """Propose a service of the catalogue; the operator accepts it or does not."""
    await related(context, between(context, marketplace_id=marketplace_id))
    if service_of(await active(context, marketplace_id), service_code) is None:
        raise unknown_reference("service_code", "service")
    command = offers.ProposeService(
        service_code=service_code, by=context.principal.subject, at=context.at
    )
    return await carry_out(context, marketplace_id, command)


@router.delete("/marketplaces/{marketplace_id}/services/{service_code}")
async def withdraw_service(
    marketplace_id: Id, service_code: ServiceCode, context: ProviderContext
) -> Answered[Recorded]:
    """Offer a service no more."""
    command = offers.WithdrawService(
        service_code=service_code, by=context.principal.subject, at=context.at
    )
    return await carry_out(context, marketplace_id, command)


@router.post("/marketplaces/{marketplace_id}/complaints", status_code=201)
async def file_complaint(
    marketplace_id: Id, body: ComplaintBody, context: ProviderContext
) -> Answered[Recorded]:
    """Complain about the last decision that was explained to one, also of a relation that is
    over."""
    id = between(context, marketplace_id=marketplace_id)
    command = complaints.FileComplaint(
        complaint_id=context.new_id(readable_ids.COMPLAINT),
        complaint=body.complaint,
        by=context.principal.subject,
        at=context.at,
    )
    created = f"/marketplace/marketplaces/{marketplace_id}"
    return await context.handle(RELATION, id, command, created=created)


def routes(links: Links) -> Router:
    """The routes that show documents, over what makes links to files."""
    shown_here = Router("Marketplaces")

    @shown_here.get("/marketplaces/{marketplace_id}")
    async def show_marketplace(
        marketplace_id: Id, context: ProviderContext
    ) -> Answered[MarketplaceShown]:
        """Show where one stands with a marketplace, what it asks for, and its terms."""
        known = await related(context, between(context, marketplace_id=marketplace_id))
        settings = await found(context, marketplace_id)
        state = (await context.load(PROVIDER, context.principal.organisation_id)).state
        terms, internal = documents_shown(settings, links, context)
        return Answered(
            MarketplaceShown(
                relation=shown(known, settings, state, links, context),
                active=settings.active,
                catalogue=tuple(map(ServiceShown.of, settings.services)),
                requested=tuple(map(RequestedShown.of, settings.documents)),
                terms=terms[-1] if terms else None,
                internal_documents=internal,
            )
        )

    return shown_here


def held_documents(known: Marketplace) -> tuple[AcceptedDocument, ...]:
    """The internal documents of a marketplace, by their ids."""
    return tuple(AcceptedDocument(one.document_id, one.version) for one in known.internal_documents)


def accepted(said: tuple[AcceptedBody, ...]) -> tuple[AcceptedDocument, ...]:
    found = {one.document_id: one.version for one in said}
    return tuple(AcceptedDocument(id, found[id]) for id in sorted(found))


def refuse_connected(
    context: RequestContext,
    state: relation.State,
    invited: invitation.Sent | invitation.Accepted,
) -> None:
    """Refuse a provider before its invitation is used up for nothing: one that is of the
    marketplace by another one, or that has to be invited anew. Raises 409."""
    if not isinstance(state, relation.Known):
        return
    known, sent = state.relation, invited.sent
    if known.deleted_at is not None and sent.sent_at <= known.deleted_at:
        raise context.refuse(relation.NewInvitationNeeded())
    if known.deleted_at is None and known.invitation_id != sent.invitation_id:
        raise context.refuse(relation.IsConnected())


def next_step(context: RequestContext, step: str) -> RequestContext:
    """The same request, for its second command: repeated, it carries out both again."""
    return replace(context, idempotency_key=f"{context.idempotency_key}/{step}", if_match=None)


async def carry_out(
    context: RequestContext, marketplace_id: str, command: relation.Command
) -> Answered[Recorded]:
    id = between(context, marketplace_id=marketplace_id)
    return await context.handle(RELATION, id, command)

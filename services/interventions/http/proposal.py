"""The proposal over HTTP: to whom it goes, worked on again, and answered by other ways."""

from typing import Annotated

from pydantic import Field

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Email, Id, Language, Line, Phone
from services.interventions.aggregates import CASE
from services.interventions.case import answering, recipients, sending
from services.interventions.http.access import WriterContext, dealership_of, to_write
from services.interventions.http.fields import PartId, RecipientNamed, ScopeNamed

router = Router("Proposals")

WorkIds = Annotated[tuple[PartId, ...], Field(max_length=500, strict=False)]
Version = Annotated[int, Field(ge=0)]
"""The last version that was seen; 0 where there was none."""

# --- Bodies -----------------------------------------------------------------


class RecipientBody(Body):
    """Somebody beside the customer who is shown the case."""

    kind: RecipientNamed
    name: Line
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    scope: ScopeNamed
    sees_prices: bool = True
    work_ids: WorkIds = ()
    """The works that only they decide on; without any, those that nobody is named for."""
    pays: bool | None = None
    """Whether they may pay online, for which they have to see prices. When left out, whoever
    answers and sees prices may."""


class RevisionBody(Body):
    version: Version


# --- Routes -----------------------------------------------------------------


@router.put("/cases/{case_id}/recipients/{recipient_id}")
async def name_recipient(
    case_id: Id, recipient_id: PartId, body: RecipientBody, context: WriterContext
) -> Answered[Recorded]:
    """Show the case to somebody beside the customer, with rights of their own."""
    state = await to_write(context, case_id)
    dealership = await dealership_of(context, state.dossier)
    who = context.principal
    command = recipients.NameRecipient(
        organisation_id=who.organisation_id,
        recipient_id=recipient_id,
        kind=body.kind,
        name=body.name,
        email=body.email,
        phone=context.phone("phone", body.phone, dealership.country) if body.phone else None,
        language=body.language or state.dossier.created.language,
        scope=body.scope,
        sees_prices=body.sees_prices,
        work_ids=body.work_ids,
        pays=body.pays,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}/recipients/{recipient_id}")
async def dismiss_recipient(
    case_id: Id, recipient_id: PartId, context: WriterContext
) -> Answered[Recorded]:
    """Show the case to a recipient no more; their link works no more."""
    await to_write(context, case_id)
    who = context.principal
    command = recipients.DismissRecipient(
        organisation_id=who.organisation_id,
        recipient_id=recipient_id,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}/links/{recipient_id}")
async def revoke_link(
    case_id: Id, recipient_id: PartId, context: WriterContext
) -> Answered[Recorded]:
    """Let the link of a recipient work no more."""
    await to_write(context, case_id)
    who = context.principal
    command = recipients.RevokeLink(
        organisation_id=who.organisation_id,
        recipient_id=recipient_id,
        by=who.subject,
        at=context.at,
    )
    return await context.handle(CASE, case_id, command)


@router.post("/cases/{case_id}/revisions")
async def begin_revision(
    case_id: Id, body: RevisionBody, context: WriterContext
) -> Answered[Recorded]:
    """Work on a case again that was sent: its links are void until the next version is sent."""
    await to_write(context, case_id)
    who = context.principal
    command = sending.BeginRevision(
        organisation_id=who.organisation_id,
        version=body.version,
        by=who.subject,
        at=context.at,
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}/contact-request")
async def handle_contact(case_id: Id, context: WriterContext) -> Answered[Recorded]:
    """Say that the customer was called back."""
    await to_write(context, case_id)
    who = context.principal
    command = answering.HandleContact(
        organisation_id=who.organisation_id, by=who.subject, at=context.at
    )
    return await context.handle(CASE, case_id, command)

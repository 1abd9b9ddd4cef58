"""Cases over HTTP: made, shown, duplicated, closed and deleted."""

from contracts import dealers
from contracts.interventions.case_v1 import Module
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import AsOf, HistoryPart
from infra.http.models import Body, ChosenId, Id, Reference
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import dealerships, payments, users
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.case import NoSuchCase, sending
from services.interventions.case.content import NotOfModule
from services.interventions.case.dossier import Dossier
from services.interventions.http.access import (
    DeleterContext,
    ReaderContext,
    WriterContext,
    may_read,
    ours,
    to_write,
    writers,
)
from services.interventions.http.answers import (
    CaseHistory,
    CaseShown,
    PageShown,
    page_shown,
    shown,
)
from services.interventions.http.fields import Brand, ModuleNamed
from services.interventions.lookups import dealerships_predefined_message
from services.interventions.lookups.dealerships_predefined_message import Proposed

router = Router("Cases")


class CaseBody(Body):
    """A case to make."""

    key: ChosenId
    """What the client calls the case, unique in its organisation: sent again, it is the same case.
    A phone makes one up when it has no connection."""
    dealership_id: Id
    brand: Brand | None = None
    """The main brand of the dealership when left out."""
    module: ModuleNamed
    reference: Reference
    author_id: Id | None = None
    """The colleague who was picked on a device; whoever signed in when left out."""


class DuplicateBody(Body):
    """A case made of another one: a reference, a brand and a module of its own."""

    key: ChosenId
    dealership_id: Id
    brand: Brand | None = None
    module: ModuleNamed
    reference: Reference
    author_id: Id | None = None


@router.post("/cases", status_code=201)
async def create_case(body: CaseBody, context: WriterContext) -> Answered[Recorded]:
    """Make a case; the answer has the id by which its parts are sent.

    A phone sends this before the parts of the case: until it is answered, they are answered 404.
    """
    command = await creation(context, body, None)
    where = f"/interventions/cases/{command.case_id}"
    return await context.handle(CASE, command.case_id, command, created=where)


@router.post("/cases/{case_id}/duplicates", status_code=201)
async def duplicate_case(
    case_id: Id, body: DuplicateBody, context: WriterContext
) -> Answered[Recorded]:
    """Make a case of another one: with its vehicle, customer, message, works and media.

    A stock case becomes a direct message to a customer by this.
    """
    source = ours(context, (await context.load(CASE, case_id)).state)
    if not may_read(context, source.dossier):
        raise context.refuse(NoSuchCase())
    if isinstance(source, case.Closed):
        raise context.refuse(case.CaseIsClosed())
    if source.dossier.forgotten:
        raise context.refuse(case.CaseIsForgotten())
    command = await creation(context, body, copied_from(source.dossier))
    where = f"/interventions/cases/{command.case_id}"
    return await context.handle(CASE, command.case_id, command, created=where)


@router.get("/cases/{case_id}")
async def show_case(case_id: Id, context: ReaderContext, as_of: AsOf = None) -> Answered[CaseShown]:
    """Show a case, never stale; as it was known at a time it is without its payment."""
    found = await context.load(CASE, case_id, as_of)
    state = ours(context, found.state)
    if not may_read(context, state.dossier):
        raise context.refuse(NoSuchCase())
    if as_of is not None:
        # One that was deleted since is not there, at no time.
        ours(context, (await context.load(CASE, case_id)).state)
        return context.show(shown(state, None), found, past=True)
    payment = await context.lookup(payments.lookup, case_id)
    proposed = await message_proposed(context, state)
    return context.show(shown(state, payment, proposed), found, beside=True)


@router.get("/cases/{case_id}/preview")
async def preview_case(case_id: Id, context: WriterContext) -> Answered[PageShown]:
    """Show a case as its customer will see it, once it may be sent; no reading."""
    state = await to_write(context, case_id)
    if not isinstance(state, case.Live):
        raise context.refuse(case.CaseIsClosed())
    if not state.dossier.is_stock and (missing := sending.missing_to_send(state.dossier)):
        raise context.refuse(missing)
    payment = await context.lookup(payments.lookup, case_id)
    return Answered(page_shown(state, None, payment))


@router.get("/cases/{case_id}/history")
async def case_history(
    case_id: Id, context: ReaderContext, part: HistoryPart
) -> Answered[CaseHistory]:
    """List every fact about a case, the customer's among them."""
    state = ours(context, (await context.load(CASE, case_id)).state)
    if not may_read(context, state.dossier):
        raise context.refuse(NoSuchCase())
    return await context.history(CASE, case_id, CaseHistory, part)


@router.put("/cases/{case_id}/closing")
async def close_case(case_id: Id, context: WriterContext) -> Answered[Recorded]:
    """Close a case, from any status and for good: nothing but deletion follows."""
    await to_write(context, case_id)
    who = context.principal
    command = case.CloseCase(
        organisation_id=who.organisation_id, by=who.subject, at=context.occurred_at
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}")
async def delete_case(case_id: Id, context: DeleterContext) -> Answered[Recorded]:
    """Delete a closed case, for good."""
    state = ours(context, (await context.load(CASE, case_id)).state)
    there = context.dealerships("administrative_agent", "dealership_manager")
    if state.dossier.created.dealership_id not in there:
        raise context.refuse(NoSuchCase())
    who = context.principal
    command = case.DeleteCase(
        organisation_id=who.organisation_id, by=who.subject, at=context.occurred_at
    )
    return await context.handle(CASE, case_id, command)


async def message_proposed(context: RequestContext, state: case.Created) -> Proposed | None:
    """The message that a case begins with which waits to be sent and has none."""
    if not isinstance(state, case.Pending) or state.dossier.message is not None:
        return None
    return await dealerships_predefined_message.proposed(context, state.dossier)


async def creation(
    context: RequestContext, body: CaseBody | DuplicateBody, copied: case.Copied | None
) -> case.CreateCase:
    """The command, with how the dealership works now. Raises the `Problem` of a field."""
    dealership = await dealerships.require(context, "dealership_id", body.dealership_id)
    context.require_dealership(body.dealership_id, *writers(body.module))
    brand = body.brand or dealership.brands[0].brand
    works = dealers.effective(dealership, brand)
    if works is None:
        raise unknown_reference("brand", "brand")
    if body.module not in {Module(one) for one in works.modules}:
        raise context.refuse(NotOfModule(body.module))
    who = context.principal
    author = body.author_id or who.subject
    if body.author_id is not None or "device" in who.roles:
        await users.require_at(context, "author_id", author, body.dealership_id)
    return case.CreateCase(
        case_id=context.new_id(readable_ids.CASE, body.key),
        organisation_id=who.organisation_id,
        dealership_id=body.dealership_id,
        brand=brand,
        module=body.module,
        reference=body.reference,
        author_id=author,
        currency=dealership.currency,
        vat_basis_points=works.vat_basis_points,
        time_zone=dealership.time_zone,
        language=works.default_language,
        copied=copied,
        by=who.subject,
        at=context.occurred_at,
    )


def copied_from(source: Dossier) -> case.Copied:
    """Its parts as they are; decisions, links, history, status and what colleagues were told stay
    behind."""
    return case.Copied(
        case_id=source.created.case_id,
        vehicle=source.vehicle,
        customer=source.customer,
        message=source.message,
        works=source.listed,
        media=tuple(one for one in source.placed if one.media_id not in source.internal_media),
    )

"""Templates of audits over HTTP: written by managers, read by devices."""

from typing import Annotated

from pydantic import Field

from contracts.audits import template_v1
from contracts.audits.template_v1 import TemplateDeleted, TemplateItem, TemplateSaved
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Line
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from services.audits import template
from services.audits.aggregates import TEMPLATE
from services.audits.audit import MOST_FINDINGS
from services.audits.http.access import MANAGERS, READERS, ManagerContext, ReaderContext, licensed
from services.audits.read_models import templates as rows_of
from services.audits.template import NoSuchAuditTemplate

router = Router("Templates")

Label = Annotated[Line, Field(max_length=200)]


class ItemBody(Body):
    """Something to look at."""

    item_id: Id
    """Stays while the label changes; unique in its template."""
    label: Label


class AuditTemplateBody(Body):
    """A template, whole."""

    title: Line
    items: Annotated[
        tuple[ItemBody, ...], Field(min_length=1, max_length=MOST_FINDINGS, strict=False)
    ]
    """In the order in which they are looked at."""


class TemplateItemShown(Answer):
    item_id: str
    label: str


class AuditTemplateShown(Answer):
    """A template, whole."""

    template_id: str
    title: str
    items: tuple[TemplateItemShown, ...]
    saved_by: str
    saved_at: Instant


class TemplateSavedFact(Answer):
    """A template was written."""

    template_id: str
    organisation_id: str
    dealership_id: str
    title: str
    items: tuple[TemplateItemShown, ...]
    saved_by: str
    saved_at: Instant


class AuditTemplateHistory(
    History,
    of=template_v1.contract,
    shows={
        TemplateSaved: TemplateSavedFact,
        TemplateDeleted: (
            *("template_id", "organisation_id", "dealership_id", "deleted_by", "deleted_at"),
        ),
    },
):
    """Every fact about a template, oldest first."""


@router.post("/dealerships/{dealership_id}/templates", status_code=201)
async def write_template(
    dealership_id: Id, body: AuditTemplateBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a template of audits of the dealership."""
    await licensed(context, dealership_id, *MANAGERS)
    template_id = context.new_id(readable_ids.AUDIT_TEMPLATE)
    command = saving(context, dealership_id, template_id, body)
    path = f"/audits/dealerships/{dealership_id}/templates/{template_id}"
    return await context.handle(TEMPLATE, template_id, command, created=path)


@router.put("/dealerships/{dealership_id}/templates/{template_id}")
async def change_template(
    dealership_id: Id, template_id: Id, body: AuditTemplateBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a template otherwise; the last word counts."""
    await licensed(context, dealership_id, *MANAGERS)
    of(context, (await context.load(TEMPLATE, template_id)).state, dealership_id)
    command = saving(context, dealership_id, template_id, body)
    return await context.handle(TEMPLATE, template_id, command)


@router.delete("/dealerships/{dealership_id}/templates/{template_id}")
async def delete_template(
    dealership_id: Id, template_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Delete a template; a device that still has it may say of audits that were begun by it."""
    await licensed(context, dealership_id, *MANAGERS)
    command = template.DeleteTemplate(
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(TEMPLATE, template_id, command)


@router.get("/dealerships/{dealership_id}/templates")
async def list_templates(
    dealership_id: Id, context: ReaderContext, page: Paging
) -> Answered[Listed[AuditTemplateShown]]:
    """List the templates of the dealership, whole, by title."""
    await licensed(context, dealership_id, *READERS)
    mine = context.principal.organisation_id
    rows = rows_of.templates.of(mine, dealership_id=dealership_id)
    return await page.show(rows, rows_of.BY_TITLE, shown)


@router.get("/dealerships/{dealership_id}/templates/{template_id}")
async def show_template(
    dealership_id: Id, template_id: Id, context: ReaderContext
) -> Answered[AuditTemplateShown]:
    """Show a template of the dealership."""
    await licensed(context, dealership_id, *READERS)
    found = await context.load(TEMPLATE, template_id)
    return context.show(shown(of(context, found.state, dealership_id)), found)


@router.get("/dealerships/{dealership_id}/templates/{template_id}/history")
async def template_history(
    dealership_id: Id, template_id: Id, context: ManagerContext, part: HistoryPart
) -> Answered[AuditTemplateHistory]:
    """List every fact about a template of the dealership, also of one that was deleted."""
    await licensed(context, dealership_id, *MANAGERS)
    state = (await context.load(TEMPLATE, template_id)).state
    if isinstance(state, template.Unwritten) or state.saved.dealership_id != dealership_id:
        raise context.refuse(NoSuchAuditTemplate())
    return await context.history(TEMPLATE, template_id, AuditTemplateHistory, part)


def saving(
    context: RequestContext, dealership_id: str, template_id: str, body: AuditTemplateBody
) -> template.SaveTemplate:
    items = tuple(TemplateItem(item_id=one.item_id, label=one.label) for one in body.items)
    return template.SaveTemplate(
        template_id=template_id,
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        title=body.title,
        items=items,
        by=context.principal.subject,
        at=context.at,
    )


def of(context: RequestContext, state: template.Template, dealership_id: str) -> TemplateSaved:
    """The template, if the dealership has it now. Raises a 404 `Problem`."""
    if isinstance(state, template.Saved) and state.saved.dealership_id == dealership_id:
        return state.saved
    raise context.refuse(NoSuchAuditTemplate())


def shown(saved: TemplateSaved | rows_of.Row) -> AuditTemplateShown:
    return AuditTemplateShown(
        template_id=saved.template_id,
        title=saved.title,
        items=tuple(map(TemplateItemShown.of, saved.items)),
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
    )

"""Templates over HTTP: written by managers for their dealership, or for all of the group."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from contracts import dealers
from contracts.dealerships import template_v1
from contracts.dealerships.template_v1 import (
    Module,
    TemplateDeleted,
    TemplateSaved,
    TemplateText,
)
from contracts.media.file_v1 import Purpose
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Language, Line, Named
from infra.http.pages import Paging
from infra.http.problems import invalid
from infra.http.request_context import RequestContext
from infra.lookups import files
from services.dealerships import template
from services.dealerships.aggregates import TEMPLATE
from services.dealerships.http.access import (
    MANAGERS,
    READERS,
    GroupManagerContext,
    ManagerContext,
    ReaderContext,
    brand_named,
    own,
)
from services.dealerships.http.fields import (
    MOST_LANGUAGES,
    BrandCode,
    TextBody,
    TextPicked,
    TextShown,
    text_picked,
)
from services.dealerships.read_models import templates as rows_of
from services.dealerships.template import NoSuchTemplate

router = Router("Templates")

ModuleName = Annotated[Module, Named()]


class TemplateBody(Body):
    """A template, whole."""

    brand: BrandCode
    module: ModuleName
    title: Line
    texts: Annotated[tuple[TextBody, ...], Field(max_length=MOST_LANGUAGES, strict=False)] = ()
    """One a language; the first one is shown where a customer's language has none."""
    banner_file_id: Id | None = None
    """A public image of the caller's, sent for the purpose `other`, or the one that is there."""
    advertising_file_id: Id | None = None
    """The same."""


class TemplateShown(Answer):
    """A template."""

    template_id: str
    group: bool
    """Whether it is for every dealership of the group."""
    brand: str
    module: ModuleName
    title: str
    texts: tuple[TextShown, ...]
    banner_file_id: str | None
    advertising_file_id: str | None
    saved_by: str
    saved_at: Instant


class TemplatePreview(Answer):
    """A template as a customer will see it."""

    template_id: str
    brand: str
    brand_name: str
    dealership_name: str
    website: str | None
    module: ModuleName
    text: TextPicked | None
    banner_file_id: str | None
    advertising_file_id: str | None


class TemplateHistory(
    History,
    of=template_v1.contract,
    shows={
        TemplateSaved: (
            *("template_id", "organisation_id", "dealership_id", "brand", "module", "title"),
            *("banner_file_id", "advertising_file_id", "saved_by", "saved_at"),
        ),
        TemplateDeleted: (
            *("template_id", "organisation_id", "dealership_id", "deleted_by", "deleted_at"),
        ),
    },
):
    """Every fact about a template, oldest first."""


# --- Routes of dealerships --------------------------------------------------


@router.post("/dealerships/{dealership_id}/templates", status_code=201)
async def write_template(
    dealership_id: Id, body: TemplateBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a template of the dealership for a brand and a module of it."""
    known = await own(context, dealership_id, *MANAGERS)
    brand_named(context, known, body.brand)
    await require_files(context, body, None)
    template_id = context.new_id(readable_ids.TEMPLATE)
    command = saving(context, dealership_id, template_id, body)
    path = f"/dealerships/dealerships/{dealership_id}/templates/{template_id}"
    return await context.handle(TEMPLATE, template_id, command, created=path)


@router.put("/dealerships/{dealership_id}/templates/{template_id}")
async def change_template(
    dealership_id: Id, template_id: Id, body: TemplateBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a template of the dealership otherwise; the last word counts."""
    known = await own(context, dealership_id, *MANAGERS)
    before = of(context, (await context.load(TEMPLATE, template_id)).state, dealership_id)
    brand_named(context, known, body.brand)
    await require_files(context, body, before)
    command = saving(context, dealership_id, template_id, body)
    return await context.handle(TEMPLATE, template_id, command)


@router.delete("/dealerships/{dealership_id}/templates/{template_id}")
async def delete_template(
    dealership_id: Id, template_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Delete a template of the dealership."""
    await own(context, dealership_id, *MANAGERS)
    return await context.handle(TEMPLATE, template_id, deleting(context, dealership_id))


@router.get("/dealerships/{dealership_id}/templates")
async def list_templates(
    dealership_id: Id, context: ReaderContext, page: Paging
) -> Answered[Listed[TemplateShown]]:
    """List the templates of the dealership and those of its group, by title."""
    await own(context, dealership_id, *READERS)
    rows = rows_of.of_dealership(context.principal.organisation_id, dealership_id)
    return await page.show(rows, rows_of.BY_TITLE, listed)


@router.get("/dealerships/{dealership_id}/templates/{template_id}")
async def show_template(
    dealership_id: Id, template_id: Id, context: ReaderContext
) -> Answered[TemplateShown]:
    """Show a template of the dealership or of its group, in all languages."""
    await own(context, dealership_id, *READERS)
    found = await context.load(TEMPLATE, template_id)
    return context.show(shown(of(context, found.state, dealership_id, None)), found)


@router.get("/dealerships/{dealership_id}/templates/{template_id}/preview")
async def preview_template(
    dealership_id: Id,
    template_id: Id,
    context: ReaderContext,
    language: Annotated[Language | None, Query(description="The customer's.")] = None,
) -> Answered[TemplatePreview]:
    """Show a template of the dealership or of its group as a customer will see it."""
    known = await own(context, dealership_id, *READERS)
    state = (await context.load(TEMPLATE, template_id)).state
    saved = of(context, state, dealership_id, None)
    brand = brand_named(context, known, saved.brand)
    effective = dealers.with_brand(known, brand)
    return Answered(
        TemplatePreview(
            template_id=template_id,
            brand=brand.brand,
            brand_name=brand.brand_name,
            dealership_name=effective.dealership_name,
            website=effective.website,
            module=saved.module,
            text=text_picked(saved.texts, language, effective.default_language),
            banner_file_id=saved.banner_file_id,
            advertising_file_id=saved.advertising_file_id,
        )
    )


@router.get("/dealerships/{dealership_id}/templates/{template_id}/history")
async def template_history(
    dealership_id: Id, template_id: Id, context: ManagerContext, part: HistoryPart
) -> Answered[TemplateHistory]:
    """List every fact about a template of the dealership, also of one that was deleted."""
    await own(context, dealership_id, *MANAGERS)
    state = (await context.load(TEMPLATE, template_id)).state
    if isinstance(state, template.Unwritten) or state.saved.dealership_id != dealership_id:
        raise context.refuse(NoSuchTemplate())
    return await context.history(TEMPLATE, template_id, TemplateHistory, part)


# --- Routes of the group ----------------------------------------------------


@router.post("/group-templates", status_code=201)
async def write_group_template(
    body: TemplateBody, context: GroupManagerContext
) -> Answered[Recorded]:
    """Write a template for every dealership of the group that has the brand."""
    await require_files(context, body, None)
    template_id = context.new_id(readable_ids.TEMPLATE)
    command = saving(context, None, template_id, body)
    path = f"/dealerships/group-templates/{template_id}"
    return await context.handle(TEMPLATE, template_id, command, created=path)


@router.put("/group-templates/{template_id}")
async def change_group_template(
    template_id: Id, body: TemplateBody, context: GroupManagerContext
) -> Answered[Recorded]:
    """Write a template of the group otherwise; the last word counts."""
    before = of(context, (await context.load(TEMPLATE, template_id)).state, None)
    await require_files(context, body, before)
    return await context.handle(TEMPLATE, template_id, saving(context, None, template_id, body))


@router.delete("/group-templates/{template_id}")
async def delete_group_template(
    template_id: Id, context: GroupManagerContext
) -> Answered[Recorded]:
    """Delete a template of the group."""
    return await context.handle(TEMPLATE, template_id, deleting(context, None))


@router.get("/group-templates")
async def list_group_templates(
    context: GroupManagerContext, page: Paging
) -> Answered[Listed[TemplateShown]]:
    """List the templates of the group, by title."""
    rows = rows_of.of_group(context.principal.organisation_id)
    return await page.show(rows, rows_of.BY_TITLE, listed)


@router.get("/group-templates/{template_id}")
async def show_group_template(
    template_id: Id, context: GroupManagerContext
) -> Answered[TemplateShown]:
    """Show a template of the group, in all languages."""
    found = await context.load(TEMPLATE, template_id)
    return context.show(shown(of(context, found.state, None)), found)


# --- What is asked, and what is shown ---------------------------------------


async def require_files(
    context: RequestContext, body: TemplateBody, before: TemplateSaved | None
) -> None:
    """Refuse a picture that customers could not see, or that is not the caller's. One that the
    template has stays, whoever sent it. Raises a 422 `Problem`."""
    kept = () if before is None else (before.banner_file_id, before.advertising_file_id)
    for field, file_id in (
        ("banner_file_id", body.banner_file_id),
        ("advertising_file_id", body.advertising_file_id),
    ):
        if file_id is None or file_id in kept:
            continue
        file = await files.require(context, field, file_id, {Purpose.OTHER})
        if not file.public:
            raise invalid(f"/{field}", "private_file", "private_file")


def saving(
    context: RequestContext, dealership_id: str | None, template_id: str, body: TemplateBody
) -> template.SaveTemplate:
    return template.SaveTemplate(
        template_id=template_id,
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        brand=body.brand,
        module=body.module,
        title=body.title,
        texts=tuple(TemplateText(language=one.language, text=one.text) for one in body.texts),
        banner_file_id=body.banner_file_id,
        advertising_file_id=body.advertising_file_id,
        by=context.principal.subject,
        at=context.at,
    )


def deleting(context: RequestContext, dealership_id: str | None) -> template.DeleteTemplate:
    return template.DeleteTemplate(
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        by=context.principal.subject,
        at=context.at,
    )


def of(context: RequestContext, state: template.Template, *owners: str | None) -> TemplateSaved:
    """The template, if it is of one of these: a dealership of the caller's organisation, or, with
    None, the organisation itself. Raises a 404 `Problem`."""
    if isinstance(state, template.Saved):
        saved = state.saved
        mine = saved.organisation_id == context.principal.organisation_id
        if mine and saved.dealership_id in owners:
            return saved
    raise context.refuse(NoSuchTemplate())


def shown(saved: TemplateSaved) -> TemplateShown:
    return TemplateShown(
        template_id=saved.template_id,
        group=saved.dealership_id is None,
        brand=saved.brand,
        module=saved.module,
        title=saved.title,
        texts=tuple(map(TextShown.of, saved.texts)),
        banner_file_id=saved.banner_file_id,
        advertising_file_id=saved.advertising_file_id,
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
    )


def listed(row: rows_of.Row) -> TemplateShown:
    return TemplateShown(
        template_id=row.template_id,
        group=not row.dealership_id,
        brand=row.brand,
        module=Module[row.module.upper()],
        title=row.title,
        texts=tuple(map(TextShown.of, row.texts)),
        banner_file_id=row.banner_file_id,
        advertising_file_id=row.advertising_file_id,
        saved_by=row.saved_by,
        saved_at=row.saved_at,
    )

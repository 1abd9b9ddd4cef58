"""The templates of dealerships and groups: one row a template that is not deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.dealerships.template_v1 import (
    TemplateDeleted,
    TemplateSaved,
    TemplateText,
    contract,
)
from infra.consumers.views import View
from infra.reading import Rows, Table
from infra.searching import filed_under

Reads = TemplateSaved | TemplateDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`dealership_id` is empty where the template is of the whole group."""

    template_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    module: str
    title: str
    filed_title: str
    """The title as titles are put in order."""
    texts: tuple[TemplateText, ...]
    banner_file_id: str | None
    advertising_file_id: str | None
    saved_by: str
    saved_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.template_id,)


def project(_: Row | None, event: Reads) -> Row | None:
    match event:
        case TemplateSaved():
            return Row(
                template_id=event.template_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id or "",
                brand=event.brand,
                module=event.module.name.lower(),
                title=event.title,
                filed_title=filed_under(event.title),
                texts=event.texts,
                banner_file_id=event.banner_file_id,
                advertising_file_id=event.advertising_file_id,
                saved_by=event.saved_by,
                saved_at=event.saved_at,
            )
        case TemplateDeleted():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="templates",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("template_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, filed_title, template_id)",),
)
templates = Table(view, "templates")
BY_TITLE = templates.order("by-title", "filed_title", "template_id")


def of_dealership(organisation_id: str, dealership_id: str) -> Rows[Row]:
    """Those of a dealership, and those of its whole group (FLB-140)."""
    return templates.of(organisation_id, dealership_id=("", dealership_id))


def of_group(organisation_id: str) -> Rows[Row]:
    """Those of the whole group."""
    return templates.of(organisation_id, dealership_id="")

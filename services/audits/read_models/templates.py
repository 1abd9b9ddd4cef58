"""The templates of dealerships: one row a template that is not deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.audits.template_v1 import TemplateDeleted, TemplateItem, TemplateSaved, contract
from infra.consumers.views import View
from infra.reading import Table
from infra.searching import filed_under

Reads = TemplateSaved | TemplateDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    template_id: str
    organisation_id: str
    dealership_id: str
    title: str
    filed_title: str
    """The title as titles are put in order."""
    items: tuple[TemplateItem, ...]
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
                dealership_id=event.dealership_id,
                title=event.title,
                filed_title=filed_under(event.title),
                items=event.items,
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
    indexes=("(dealership_id, filed_title, template_id)",),
)
templates = Table(view, "templates")
BY_TITLE = templates.order("by-title", "filed_title", "template_id")

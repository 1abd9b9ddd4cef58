"""Templates: what customers see around a case of a brand and a module (FLB-042, FLB-137)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.dealerships.template_v1 import (
    TemplateDeleted,
    TemplateSaved,
    TemplateText,
    contract,
)
from infra.catalogues import language_of
from infra.consumers.views import View
from infra.reading import First, Table

Reads = TemplateSaved | TemplateDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`dealership_id` is empty where the template is of the whole group."""

    template_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    module: str
    texts: tuple[TemplateText, ...]
    banner_file_id: str | None
    advertising_file_id: str | None
    saved_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.template_id,)


def project(_: Template | None, event: Reads) -> Template | None:
    match event:
        case TemplateSaved():
            return Template(
                template_id=event.template_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id or "",
                brand=event.brand,
                module=event.module.name.lower(),
                texts=event.texts,
                banner_file_id=event.banner_file_id,
                advertising_file_id=event.advertising_file_id,
                saved_at=event.saved_at,
            )
        case TemplateDeleted():
            return None
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="templates",
    contract=contract,
    reads=Reads,
    row=Template,
    primary_key=("template_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, brand, module)",),
)


templates = Table(lookup, "templates")
# The dealership's before that of its group, whose id is empty; then the one saved last.
CLOSEST = templates.order(
    "closest-template", "dealership_id", "saved_at", "template_id", descending=True
)


def of_case(organisation_id: str, dealership_id: str, brand: str, module: str) -> First[Template]:
    """The template of a brand and a module: the dealership's before that of its group, and the one
    that was saved last before the others."""
    rows = templates.of(
        organisation_id, dealership_id=("", dealership_id), brand=brand, module=module
    )
    return First(rows, CLOSEST)


def text_of(template: Template, language: str) -> str:
    """Its text in a language; the first one where it has none of it (FLB-138)."""
    own = (one.text for one in template.texts if language_of(one.language) == language)
    return next(own, template.texts[0].text if template.texts else "")

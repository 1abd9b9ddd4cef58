"""The checklists of dealerships and of manufacturers: one row a checklist that is not deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.dealerships.checklist_v1 import (
    ChecklistCategory,
    ChecklistDeleted,
    ChecklistSaved,
    contract,
)
from infra.consumers.views import View
from infra.reading import Rows, Table
from infra.searching import filed_under

Reads = ChecklistSaved | ChecklistDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`dealership_id` is empty where the checklist is of a manufacturer."""

    checklist_id: str
    organisation_id: str
    dealership_id: str
    brand: str | None
    title: str
    filed_title: str
    """The title as titles are put in order."""
    language: str
    categories: tuple[ChecklistCategory, ...]
    copy_of: str | None
    saved_by: str
    saved_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.checklist_id,)


def project(_: Row | None, event: Reads) -> Row | None:
    match event:
        case ChecklistSaved():
            return Row(
                checklist_id=event.checklist_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id or "",
                brand=event.brand,
                title=event.title,
                filed_title=filed_under(event.title),
                language=event.language,
                categories=event.categories,
                copy_of=event.copy_of,
                saved_by=event.saved_by,
                saved_at=event.saved_at,
            )
        case ChecklistDeleted():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="checklists",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("checklist_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, filed_title, checklist_id)",),
)
checklists = Table(view, "checklists")
BY_TITLE = checklists.order("by-title", "filed_title", "checklist_id")


def of_dealership(dealership_id: str, brands: Sequence[str]) -> Rows[Row]:
    """Those of a dealership, and those that manufacturers have for its brands (FLB-143)."""
    return checklists.of_every_organisation().where(
        "checklists.dealership_id = %(dealership)s"
        " or checklists.dealership_id = '' and checklists.brand = any(%(brands)s)",
        dealership=dealership_id,
        brands=list(brands),
    )


def of_manufacturers(organisation_id: str) -> Rows[Row]:
    """Those that an operator of the platform keeps for manufacturers."""
    return checklists.of(organisation_id, dealership_id="")

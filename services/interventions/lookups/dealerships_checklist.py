"""Checklists: the items that works of a case come from (FLB-043, FLB-143)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealerships import checklist_v1
from contracts.dealerships.checklist_v1 import (
    ChecklistDeleted,
    ChecklistItem,
    ChecklistSaved,
    contract,
)
from contracts.interventions.case_v1 import MeasurementUnit, Thresholds
from infra.consumers.views import View
from infra.http.request_context import RequestContext
from infra.reading import Table
from services.interventions.case.measuring import Scale

Reads = ChecklistSaved | ChecklistDeleted


@dataclass(frozen=True, slots=True)
class Measured:
    """The words of an item about a value: its unit, and the thresholds of each brand; those of all
    brands are those of the empty one."""

    unit: str
    thresholds: Mapping[str, Thresholds]

    def scale(self, brand: str) -> Scale:
        """The scale for a brand, whose own thresholds replace those for all (FLB-127)."""
        found = self.thresholds.get(brand) or self.thresholds.get("")
        return Scale(unit=MeasurementUnit[self.unit], thresholds=found)


@dataclass(frozen=True, slots=True)
class Item:
    """An item, and when it went; phones send later what they made before (FLB-031)."""

    item_id: str
    gone_at: datetime | None
    measured: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """`dealership_id` is empty where it is of a manufacturer, and `brand` where it is of all."""

    checklist_id: str
    organisation_id: str
    dealership_id: str
    brand: str
    items: tuple[Item, ...]

    def item(self, item_id: str, at: datetime) -> Item | None:
        """The item, if it was in it at that time or came later."""
        there = (one for one in self.items if one.gone_at is None or at < one.gone_at)
        return next((one for one in there if one.item_id == item_id), None)


def key(event: Reads) -> tuple[str]:
    return (event.checklist_id,)


def project(row: Checklist | None, event: Reads) -> Checklist:
    known = row.items if row else ()
    match event:
        case ChecklistSaved():
            there = [item_of(item) for category in event.categories for item in category.items]
            return Checklist(
                checklist_id=event.checklist_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id or "",
                brand=event.brand or "",
                items=(*there, *gone(known, there, event.saved_at)),
            )
        case ChecklistDeleted():
            return Checklist(
                checklist_id=event.checklist_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id or "",
                brand=row.brand if row else "",
                items=gone(known, [], event.deleted_at),
            )
        case unhandled:
            assert_never(unhandled)


def item_of(item: ChecklistItem) -> Item:
    said = item.measurement
    if said is None:
        return Item(item.item_id, None)
    thresholds = {one.brand: limits(one.thresholds) for one in said.brands}
    if said.thresholds is not None:
        thresholds[""] = limits(said.thresholds)
    return Item(item.item_id, None, Measured(said.unit.name, thresholds))


def limits(said: checklist_v1.Thresholds) -> Thresholds:
    return Thresholds(
        advised_below_thousandths=said.advised_below_thousandths,
        urgent_below_thousandths=said.urgent_below_thousandths,
        advised_due_days=said.advised_due_days,
        urgent_due_days=said.urgent_due_days,
    )


def gone(known: tuple[Item, ...], there: list[Item], at: datetime) -> tuple[Item, ...]:
    """The items that are not there any more, each from when it first went."""
    ids = {one.item_id for one in there}
    return tuple(replace(o, gone_at=o.gone_at or at) for o in known if o.item_id not in ids)


lookup = View(
    name="checklists",
    contract=contract,
    reads=Reads,
    row=Checklist,
    primary_key=("checklist_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, brand)",),
)
checklists = Table(lookup, "checklists")
BY_ID = checklists.order("checklist", "checklist_id")


async def item_named(
    context: RequestContext, item_id: str, dealership_id: str, brand: str
) -> Item | None:
    """The item of a checklist that the dealership has for the brand when this was said: its own
    ones, for the brand before those for all, and then the manufacturer's."""
    theirs = checklists.of_every_organisation().where(
        "(checklists.dealership_id = %(dealership)s and checklists.brand in ('', %(brand)s)"
        " or checklists.dealership_id = '' and checklists.brand = %(brand)s)"
        " and checklists.items @> jsonb_build_array(jsonb_build_object('item_id', %(item)s::text))",
        dealership=dealership_id,
        brand=brand,
        item=item_id,
    )
    found = await theirs.many(context.pool, BY_ID)
    nearest = sorted(found, key=lambda one: (not one.dealership_id, not one.brand))
    items = (one.item(item_id, context.occurred_at) for one in nearest)
    return next((one for one in items if one is not None), None)

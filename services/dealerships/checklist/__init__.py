"""A checklist: of a dealership, or of a manufacturer for all who have the brand (FLB-143).

Dealerships write and delete their own ones. A manufacturer's is kept by the operator of the
platform; a dealership takes a copy of it, which is its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.dealerships.checklist_v1 import (
    ChecklistCategory,
    ChecklistDeleted,
    ChecklistEvent,
    ChecklistItem,
    ChecklistSaved,
    ItemMeasurement,
    Translation,
)
from contracts.measures import DECIMALS, is_too_fine

MOST_ITEMS = 300
"""A checklist has no more."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveChecklist:
    """The last one that is saved counts, whole. `dealership_id` None: of a manufacturer.

    `currency` is that of the dealership.
    """

    checklist_id: str
    organisation_id: str
    dealership_id: str | None
    brand: str | None
    title: str
    language: str
    categories: tuple[ChecklistCategory, ...]
    currency: str | None
    copy_of: str | None = None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteChecklist:
    organisation_id: str
    dealership_id: str | None
    by: str
    at: datetime


Command = SaveChecklist | DeleteChecklist

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchChecklist:
    pass


@dataclass(frozen=True, slots=True)
class ChecklistOfManufacturer:
    """Dealerships read it and copy it."""


@dataclass(frozen=True, slots=True)
class ItemNamedTwice:
    field: ClassVar[str] = "categories"
    item_id: str


@dataclass(frozen=True, slots=True)
class LabelNamedTwice:
    """A label has two texts in one language."""

    field: ClassVar[str] = "categories"
    label: str
    language: str


@dataclass(frozen=True, slots=True)
class TooManyItems:
    field: ClassVar[str] = "categories"
    most: int


@dataclass(frozen=True, slots=True)
class PriceInOtherCurrency:
    field: ClassVar[str] = "categories"
    item_id: str
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class PriceOfManufacturer:
    """Each dealership says for itself what a work costs."""

    field: ClassVar[str] = "categories"
    item_id: str


@dataclass(frozen=True, slots=True)
class ThresholdsOutOfOrder:
    """A value that is urgent is advised as well."""

    field: ClassVar[str] = "categories"
    item_id: str


@dataclass(frozen=True, slots=True)
class ThresholdTooFine:
    """It has more decimals than are read off in that unit."""

    field: ClassVar[str] = "categories"
    item_id: str
    most: int


@dataclass(frozen=True, slots=True)
class BrandNamedTwice:
    field: ClassVar[str] = "categories"
    item_id: str
    brand: str


BadMeasurement = ThresholdsOutOfOrder | ThresholdTooFine | BrandNamedTwice
BadContent = (
    ItemNamedTwice
    | LabelNamedTwice
    | TooManyItems
    | PriceInOtherCurrency
    | PriceOfManufacturer
    | BadMeasurement
)
Rejection = NoSuchChecklist | ChecklistOfManufacturer | BadContent

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unwritten:
    pass


@dataclass(frozen=True, slots=True)
class Saved:
    saved: ChecklistSaved


@dataclass(frozen=True, slots=True)
class Deleted:
    saved: ChecklistSaved


Checklist = Unwritten | Saved | Deleted

initial: Checklist = Unwritten()


def evolve(checklist: Checklist, event: ChecklistEvent) -> Checklist:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case ChecklistSaved():
            return Saved(event)
        case ChecklistDeleted():
            return checklist if isinstance(checklist, Unwritten) else Deleted(checklist.saved)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[ChecklistEvent] | Rejection


def decide(command: Command, checklist: Checklist) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if not isinstance(checklist, Unwritten):
        known = checklist.saved
        if known.dealership_id is None and command.dealership_id is not None:
            return ChecklistOfManufacturer()
        owner = (known.organisation_id, known.dealership_id)
        if owner != (command.organisation_id, command.dealership_id):
            return NoSuchChecklist()
    match command:
        case SaveChecklist():
            return save(command, checklist)
        case DeleteChecklist():
            return delete(command, checklist)
        case unhandled:
            assert_never(unhandled)


def save(command: SaveChecklist, checklist: Checklist) -> Decision:
    if (bad := bad_content(command)) is not None:
        return bad
    event = ChecklistSaved(
        checklist_id=command.checklist_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        brand=command.brand,
        title=command.title,
        language=command.language,
        categories=command.categories,
        copy_of=command.copy_of,
        saved_by=command.by,
        saved_at=command.at,
    )
    if isinstance(checklist, Unwritten):
        return [event]
    # A copy stays one, however it is written afterwards.
    event = replace(event, copy_of=checklist.saved.copy_of)
    same = replace(checklist.saved, saved_by=command.by, saved_at=command.at)
    return [] if isinstance(checklist, Saved) and same == event else [event]


def bad_content(command: SaveChecklist) -> BadContent | None:
    """The fault of what is written, if it has one."""
    items = [item for category in command.categories for item in category.items]
    if len(items) > MOST_ITEMS:
        return TooManyItems(MOST_ITEMS)
    names = [item.item_id for item in items]
    for name in names:
        if names.count(name) > 1:
            return ItemNamedTwice(name)
    for label, translations in _labels(command.categories):
        languages = [command.language, *(one.language for one in translations)]
        for language in languages:
            if languages.count(language) > 1:
                return LabelNamedTwice(label, language)
    faults = (_bad_price(one, command.currency) or _bad_measurement(one) for one in items)
    return next((bad for bad in faults if bad is not None), None)


def _labels(
    categories: tuple[ChecklistCategory, ...],
) -> Iterator[tuple[str, tuple[Translation, ...]]]:
    for category in categories:
        yield category.label, category.translations
        yield from ((item.label, item.translations) for item in category.items)


def _bad_price(
    item: ChecklistItem, currency: str | None
) -> PriceInOtherCurrency | PriceOfManufacturer | None:
    if item.price is None:
        return None
    if currency is None:
        return PriceOfManufacturer(item.item_id)
    said = item.price.price.currency
    return None if said == currency else PriceInOtherCurrency(item.item_id, said, currency)


def _bad_measurement(item: ChecklistItem) -> BadMeasurement | None:
    said = item.measurement
    if said is None:
        return None
    brands = [one.brand for one in said.brands]
    twice = next((one for one in brands if brands.count(one) > 1), None)
    if twice is not None:
        return BrandNamedTwice(item.item_id, twice)
    return next(_bad_thresholds(item.item_id, said), None)


def _bad_thresholds(
    item_id: str, said: ItemMeasurement
) -> Iterator[ThresholdsOutOfOrder | ThresholdTooFine]:
    of_all = (said.thresholds,) if said.thresholds is not None else ()
    for one in (*of_all, *(brand.thresholds for brand in said.brands)):
        if one.urgent_below_thousandths > one.advised_below_thousandths:
            yield ThresholdsOutOfOrder(item_id)
        values = (one.advised_below_thousandths, one.urgent_below_thousandths)
        if any(is_too_fine(said.unit, value) for value in values):
            yield ThresholdTooFine(item_id, DECIMALS[said.unit.name])


def delete(command: DeleteChecklist, checklist: Checklist) -> Decision:
    match checklist:
        case Unwritten():
            return NoSuchChecklist()
        case Deleted():
            return []
        case Saved(saved=saved):
            return [
                ChecklistDeleted(
                    checklist_id=saved.checklist_id,
                    organisation_id=saved.organisation_id,
                    dealership_id=saved.dealership_id,
                    deleted_by=command.by,
                    deleted_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)

"""Checklists over HTTP: written by managers, and by the operator for manufacturers."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from contracts.dealers import Dealership
from contracts.dealerships import checklist_v1
from contracts.dealerships.checklist_v1 import (
    BrandThresholds,
    ChecklistCategory,
    ChecklistDeleted,
    ChecklistItem,
    ChecklistSaved,
    DefaultPrice,
    ItemMeasurement,
    MeasurementUnit,
    PriceMode,
    Thresholds,
    Translation,
    WorkLevel,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Id, Instant, Language, Line, Named
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from infra.lookups import organisations
from services.dealerships import checklist
from services.dealerships.aggregates import CHECKLIST
from services.dealerships.checklist import MOST_ITEMS, NoSuchChecklist
from services.dealerships.http.access import (
    MANAGERS,
    READERS,
    AdministrationContext,
    ManagerContext,
    ReaderContext,
    brand_named,
    own,
)
from services.dealerships.http.fields import MOST_LANGUAGES, AmountBody, BrandCode
from services.dealerships.read_models import checklists as rows_of

router = Router("Checklists")

MOST_CATEGORIES = 50
MOST_BRANDS = 100
MOST_THOUSANDTHS = 1_000_000
MOST_DUE_DAYS = 3_650
Level = Annotated[WorkLevel, Named()]
Unit = Annotated[MeasurementUnit, Named()]
Threshold = Annotated[int, Field(ge=0, le=MOST_THOUSANDTHS, examples=[1_600])]
DueDays = Annotated[int, Field(ge=0, le=MOST_DUE_DAYS)]
Mode = Annotated[PriceMode, Named()]
Label = Annotated[Line, Field(max_length=200)]

# --- Bodies -----------------------------------------------------------------


class TranslationBody(Body):
    """A label in another language."""

    language: Language
    label: Label


Translations = Annotated[
    tuple[TranslationBody, ...], Field(max_length=MOST_LANGUAGES, strict=False)
]


class PriceBody(Body):
    """The usual price of a work."""

    price: AmountBody
    mode: Mode


class ThresholdsBody(Body):
    """The meaning of a value that falls as a part wears, in thousandths of its unit: below the
    first a work is advised, below the second it is urgent."""

    advised_below_thousandths: Threshold
    urgent_below_thousandths: Threshold
    advised_due_days: DueDays | None = None
    """A work that is advised is due after so many days; null: no day is proposed."""
    urgent_due_days: DueDays | None = None

    def thresholds(self) -> Thresholds:
        """The contract's value."""
        return Thresholds(
            advised_below_thousandths=self.advised_below_thousandths,
            urgent_below_thousandths=self.urgent_below_thousandths,
            advised_due_days=self.advised_due_days,
            urgent_due_days=self.urgent_due_days,
        )


class BrandThresholdsBody(Body):
    """Those of a brand, in place of those for all."""

    brand: BrandCode
    thresholds: ThresholdsBody


class ItemMeasurementBody(Body):
    """A value to read off."""

    unit: Unit
    thresholds: ThresholdsBody | None = None
    """Null: the value is shown, and leads to nothing."""
    brands: Annotated[
        tuple[BrandThresholdsBody, ...], Field(max_length=MOST_BRANDS, strict=False)
    ] = ()

    def measurement(self) -> ItemMeasurement:
        """The contract's value."""
        return ItemMeasurement(
            unit=self.unit,
            thresholds=None if self.thresholds is None else self.thresholds.thresholds(),
            brands=tuple(
                BrandThresholds(brand=one.brand, thresholds=one.thresholds.thresholds())
                for one in self.brands
            ),
        )


class ItemBody(Body):
    """A work that is proposed."""

    item_id: Id
    """Stays while the label changes; unique in its checklist."""
    label: Label
    translations: Translations = ()
    level: Level | None = None
    price: PriceBody | None = None
    measurement: ItemMeasurementBody | None = None


class CategoryBody(Body):
    """Works that belong together."""

    label: Label
    translations: Translations = ()
    items: Annotated[tuple[ItemBody, ...], Field(max_length=MOST_ITEMS, strict=False)]


class ChecklistBody(Body):
    """A checklist, whole."""

    brand: BrandCode | None = None
    """Null: for every brand of the dealership."""
    title: Line
    language: Language
    """Of the labels."""
    categories: Annotated[tuple[CategoryBody, ...], Field(max_length=MOST_CATEGORIES, strict=False)]


class ManufacturerChecklistBody(Body):
    """A checklist of a manufacturer, whole; it says no prices."""

    brand: BrandCode
    title: Line
    language: Language
    """Of the labels."""
    categories: Annotated[tuple[CategoryBody, ...], Field(max_length=MOST_CATEGORIES, strict=False)]


class CopyBody(Body):
    """A copy to take of a checklist."""

    title: Line


# --- Answers ----------------------------------------------------------------


class TranslationShown(Answer):
    language: str
    label: str


class PriceShown(Answer):
    """The usual price of a work."""

    price: MoneyShown
    mode: Mode


class ThresholdsShown(Answer):
    """In thousandths of the unit; a value exactly on one is not below it."""

    advised_below_thousandths: int
    urgent_below_thousandths: int
    advised_due_days: int | None
    urgent_due_days: int | None


class BrandThresholdsShown(Answer):
    """Those of a brand, in place of those for all."""

    brand: str
    thresholds: ThresholdsShown


class ItemMeasurementShown(Answer):
    """A value to read off."""

    unit: Unit
    thresholds: ThresholdsShown | None
    brands: tuple[BrandThresholdsShown, ...]


class ItemShown(Answer):
    """A work that is proposed."""

    item_id: str
    label: str
    translations: tuple[TranslationShown, ...]
    level: Level | None
    price: PriceShown | None
    measurement: ItemMeasurementShown | None


class CategoryShown(Answer):
    """Works that belong together."""

    label: str
    translations: tuple[TranslationShown, ...]
    items: tuple[ItemShown, ...]


class ChecklistShown(Answer):
    """A checklist, whole."""

    checklist_id: str
    manufacturer: bool
    """Whether it is of a manufacturer: dealerships read it and copy it."""
    brand: str | None
    title: str
    language: str
    categories: tuple[CategoryShown, ...]
    copy_of: str | None
    saved_by: str
    saved_at: Instant


class ChecklistListed(Answer):
    """A checklist of a list."""

    checklist_id: str
    manufacturer: bool
    brand: str | None
    title: str
    language: str
    items: int
    copy_of: str | None
    saved_by: str
    saved_at: Instant


class ChecklistHistory(
    History,
    of=checklist_v1.contract,
    shows={
        ChecklistSaved: (
            *("checklist_id", "organisation_id", "dealership_id", "brand", "title", "language"),
            *("copy_of", "saved_by", "saved_at"),
        ),
        ChecklistDeleted: (
            *("checklist_id", "organisation_id", "dealership_id", "deleted_by", "deleted_at"),
        ),
    },
):
    """Every fact about a checklist, oldest first."""


# --- Routes of dealerships --------------------------------------------------


@router.post("/dealerships/{dealership_id}/checklists", status_code=201)
async def write_checklist(
    dealership_id: Id, body: ChecklistBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a checklist of the dealership."""
    known = await own(context, dealership_id, *MANAGERS)
    checklist_id = context.new_id(readable_ids.CHECKLIST)
    command = saving(context, known, checklist_id, body)
    path = f"/dealerships/dealerships/{dealership_id}/checklists/{checklist_id}"
    return await context.handle(CHECKLIST, checklist_id, command, created=path)


@router.put("/dealerships/{dealership_id}/checklists/{checklist_id}")
async def change_checklist(
    dealership_id: Id, checklist_id: Id, body: ChecklistBody, context: ManagerContext
) -> Answered[Recorded]:
    """Write a checklist otherwise; the last word counts. A manufacturer's is refused."""
    known = await own(context, dealership_id, *MANAGERS)
    visible(context, known, (await context.load(CHECKLIST, checklist_id)).state)
    command = saving(context, known, checklist_id, body)
    return await context.handle(CHECKLIST, checklist_id, command)


@router.delete("/dealerships/{dealership_id}/checklists/{checklist_id}")
async def delete_checklist(
    dealership_id: Id, checklist_id: Id, context: ManagerContext
) -> Answered[Recorded]:
    """Delete a checklist; where it was proposed, none is from then on."""
    known = await own(context, dealership_id, *MANAGERS)
    state = (await context.load(CHECKLIST, checklist_id)).state
    if isinstance(state, checklist.Saved):
        visible(context, known, state)
    return await context.handle(CHECKLIST, checklist_id, deleting(context, dealership_id))


@router.post("/dealerships/{dealership_id}/checklists/{checklist_id}/copies", status_code=201)
async def copy_checklist(
    dealership_id: Id, checklist_id: Id, body: CopyBody, context: ManagerContext
) -> Answered[Recorded]:
    """Take a copy of a checklist of the dealership or of a manufacturer, under its own name."""
    known = await own(context, dealership_id, *MANAGERS)
    source = visible(context, known, (await context.load(CHECKLIST, checklist_id)).state)
    copy_id = context.new_id(readable_ids.CHECKLIST)
    command = checklist.SaveChecklist(
        checklist_id=copy_id,
        organisation_id=known.organisation_id,
        dealership_id=dealership_id,
        brand=source.brand,
        title=body.title,
        language=source.language,
        categories=source.categories,
        currency=known.currency,
        copy_of=checklist_id,
        by=context.principal.subject,
        at=context.at,
    )
    path = f"/dealerships/dealerships/{dealership_id}/checklists/{copy_id}"
    return await context.handle(CHECKLIST, copy_id, command, created=path)


@router.get("/dealerships/{dealership_id}/checklists")
async def list_checklists(
    dealership_id: Id, context: ReaderContext, page: Paging
) -> Answered[Listed[ChecklistListed]]:
    """List the checklists of the dealership and those of the manufacturers of its brands."""
    known = await own(context, dealership_id, *READERS)
    rows = rows_of.of_dealership(dealership_id, [one.brand for one in known.brands])
    return await page.show(rows, rows_of.BY_TITLE, listed)


@router.get("/dealerships/{dealership_id}/checklists/{checklist_id}")
async def show_checklist(
    dealership_id: Id, checklist_id: Id, context: ReaderContext
) -> Answered[ChecklistShown]:
    """Show a checklist of the dealership, or of the manufacturer of one of its brands."""
    known = await own(context, dealership_id, *READERS)
    found = await context.load(CHECKLIST, checklist_id)
    return context.show(shown(visible(context, known, found.state)), found)


@router.get("/dealerships/{dealership_id}/checklists/{checklist_id}/history")
async def checklist_history(
    dealership_id: Id, checklist_id: Id, context: ManagerContext, part: HistoryPart
) -> Answered[ChecklistHistory]:
    """List every fact about a checklist of the dealership, also of one that was deleted."""
    await own(context, dealership_id, *MANAGERS)
    state = (await context.load(CHECKLIST, checklist_id)).state
    if isinstance(state, checklist.Unwritten) or state.saved.dealership_id != dealership_id:
        raise context.refuse(NoSuchChecklist())
    return await context.history(CHECKLIST, checklist_id, ChecklistHistory, part)


# --- Routes of the operator -------------------------------------------------


@router.post("/manufacturer-checklists", status_code=201)
async def write_manufacturer_checklist(
    body: ManufacturerChecklistBody, context: AdministrationContext
) -> Answered[Recorded]:
    """Write a checklist of a manufacturer; the operator of the platform does."""
    await organisations.require_operator(context)
    checklist_id = context.new_id(readable_ids.CHECKLIST)
    command = saving_for_manufacturer(context, checklist_id, body)
    path = f"/dealerships/manufacturer-checklists/{checklist_id}"
    return await context.handle(CHECKLIST, checklist_id, command, created=path)


@router.put("/manufacturer-checklists/{checklist_id}")
async def change_manufacturer_checklist(
    checklist_id: Id, body: ManufacturerChecklistBody, context: AdministrationContext
) -> Answered[Recorded]:
    """Write a checklist of a manufacturer otherwise; copies stay as they were taken."""
    await organisations.require_operator(context)
    of_manufacturer(context, (await context.load(CHECKLIST, checklist_id)).state)
    command = saving_for_manufacturer(context, checklist_id, body)
    return await context.handle(CHECKLIST, checklist_id, command)


@router.delete("/manufacturer-checklists/{checklist_id}")
async def delete_manufacturer_checklist(
    checklist_id: Id, context: AdministrationContext
) -> Answered[Recorded]:
    """Delete a checklist of a manufacturer; copies stay."""
    await organisations.require_operator(context)
    return await context.handle(CHECKLIST, checklist_id, deleting(context, None))


@router.get("/manufacturer-checklists")
async def list_manufacturer_checklists(
    context: AdministrationContext, page: Paging
) -> Answered[Listed[ChecklistListed]]:
    """List the checklists of manufacturers; the operator of the platform does."""
    await organisations.require_operator(context)
    rows = rows_of.of_manufacturers(context.principal.organisation_id)
    return await page.show(rows, rows_of.BY_TITLE, listed)


@router.get("/manufacturer-checklists/{checklist_id}")
async def show_manufacturer_checklist(
    checklist_id: Id, context: AdministrationContext
) -> Answered[ChecklistShown]:
    """Show a checklist of a manufacturer; the operator of the platform does."""
    await organisations.require_operator(context)
    found = await context.load(CHECKLIST, checklist_id)
    return context.show(shown(of_manufacturer(context, found.state)), found)


# --- What is asked, and what is shown ---------------------------------------


def saving(
    context: RequestContext, known: Dealership, checklist_id: str, body: ChecklistBody
) -> checklist.SaveChecklist:
    for brand in brands_named(body):
        brand_named(context, known, brand)
    return checklist.SaveChecklist(
        checklist_id=checklist_id,
        organisation_id=known.organisation_id,
        dealership_id=known.dealership_id,
        brand=body.brand,
        title=body.title,
        language=body.language,
        categories=tuple(map(category, body.categories)),
        currency=known.currency,
        by=context.principal.subject,
        at=context.at,
    )


def brands_named(body: ChecklistBody) -> Iterator[str]:
    """Every brand that the checklist is for, or has thresholds for."""
    if body.brand is not None:
        yield body.brand
    for category in body.categories:
        for item in category.items:
            if item.measurement is not None:
                yield from (one.brand for one in item.measurement.brands)


def saving_for_manufacturer(
    context: RequestContext, checklist_id: str, body: ManufacturerChecklistBody
) -> checklist.SaveChecklist:
    return checklist.SaveChecklist(
        checklist_id=checklist_id,
        organisation_id=context.principal.organisation_id,
        dealership_id=None,
        brand=body.brand,
        title=body.title,
        language=body.language,
        categories=tuple(map(category, body.categories)),
        currency=None,
        by=context.principal.subject,
        at=context.at,
    )


def deleting(context: RequestContext, dealership_id: str | None) -> checklist.DeleteChecklist:
    return checklist.DeleteChecklist(
        organisation_id=context.principal.organisation_id,
        dealership_id=dealership_id,
        by=context.principal.subject,
        at=context.at,
    )


def category(body: CategoryBody) -> ChecklistCategory:
    return ChecklistCategory(
        label=body.label,
        translations=translations(body.translations),
        items=tuple(map(item, body.items)),
    )


def item(body: ItemBody) -> ChecklistItem:
    price = body.price
    return ChecklistItem(
        item_id=body.item_id,
        label=body.label,
        translations=translations(body.translations),
        level=body.level,
        price=None if price is None else DefaultPrice(price=price.price.money(), mode=price.mode),
        measurement=body.measurement.measurement() if body.measurement else None,
    )


def translations(bodies: tuple[TranslationBody, ...]) -> tuple[Translation, ...]:
    return tuple(Translation(language=one.language, label=one.label) for one in bodies)


def visible(
    context: RequestContext, known: Dealership, state: checklist.Checklist
) -> ChecklistSaved:
    """The checklist, if it is of the dealership or of the manufacturer of one of its brands.

    Raises a 404 `Problem`.
    """
    if isinstance(state, checklist.Saved):
        saved = state.saved
        of_manufacturer = saved.dealership_id is None
        brands = {one.brand for one in known.brands}
        if saved.brand in brands if of_manufacturer else saved.dealership_id == known.dealership_id:
            return saved
    raise context.refuse(NoSuchChecklist())


def of_manufacturer(context: RequestContext, state: checklist.Checklist) -> ChecklistSaved:
    """The checklist, if it is of a manufacturer and the caller's organisation keeps it.

    Raises a 404 `Problem`.
    """
    mine = (context.principal.organisation_id, None)
    if isinstance(state, checklist.Saved) and (
        (state.saved.organisation_id, state.saved.dealership_id) == mine
    ):
        return state.saved
    raise context.refuse(NoSuchChecklist())


def shown(saved: ChecklistSaved) -> ChecklistShown:
    return ChecklistShown(
        checklist_id=saved.checklist_id,
        manufacturer=saved.dealership_id is None,
        brand=saved.brand,
        title=saved.title,
        language=saved.language,
        categories=tuple(map(CategoryShown.of, saved.categories)),
        copy_of=saved.copy_of,
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
    )


def listed(row: rows_of.Row) -> ChecklistListed:
    return ChecklistListed(
        checklist_id=row.checklist_id,
        manufacturer=not row.dealership_id,
        brand=row.brand,
        title=row.title,
        language=row.language,
        items=sum(len(one.items) for one in row.categories),
        copy_of=row.copy_of,
        saved_by=row.saved_by,
        saved_at=row.saved_at,
    )

"""Valid messages with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.common_v1 import Money
from contracts.dealers import NO_LIMITS, NOTHING_SAID
from contracts.dealerships import predefined_message_v1, template_v1
from contracts.dealerships.checklist_v1 import (
    ChecklistCategory,
    ChecklistDeleted,
    ChecklistItem,
    ChecklistSaved,
    DefaultPrice,
    ItemMeasurement,
    PriceMode,
    Translation,
    WorkLevel,
)
from contracts.dealerships.dealership_v1 import (
    BrandAdded,
    DealershipOpened,
    Licence,
    LicencesChanged,
    MediaLimits,
    MediaLimitsOverridden,
    NotifiedAddressesChanged,
    Settings,
    SettingsChanged,
    SubjectForgotten,
)
from contracts.dealerships.predefined_message_v1 import (
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    PredefinedText,
)
from contracts.dealerships.template_v1 import TemplateDeleted, TemplateSaved, TemplateText
from services.dealerships.checklist import DeleteChecklist, SaveChecklist
from services.dealerships.dealership import (
    AddBrand,
    ChangeLicences,
    ChangeNotifiedAddresses,
    ChangeSettings,
    ForgetDealership,
    OpenDealership,
    OverrideMediaLimits,
)
from services.dealerships.predefined_message import DeletePredefinedMessage, SavePredefinedMessage
from services.dealerships.template import DeleteTemplate, SaveTemplate

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
LAKE = "lake"
GROUP = "group"
SITE = replace(NOTHING_SAID, website="https://lake.example")


def limits(
    photos: int | None = None, video: int | None = None, videos: int | None = None
) -> MediaLimits:
    return MediaLimits(photos=photos, video_seconds=video, videos_seconds=videos)


# --- A dealership -----------------------------------------------------------


def open_dealership(name: str = "Lake", organisation: str = GROUP) -> OpenDealership:
    return OpenDealership(
        dealership_id=LAKE,
        organisation_id=organisation,
        dealership_name=name,
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        by="rose",
        at=NOON,
    )


def dealership_opened(
    name: str = "Lake", dealership: str = LAKE, organisation: str = GROUP
) -> DealershipOpened:
    return DealershipOpened(
        dealership_id=dealership,
        organisation_id=organisation,
        dealership_name=name,
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        main_brand="peugeot",
        main_brand_name="Peugeot",
        opened_by="rose",
        opened_at=NOON,
    )


def add_brand(name: str = "Opel") -> AddBrand:
    return AddBrand(brand="opel", brand_name=name, by="lea", at=LATER)


def brand_added(name: str = "Opel", dealership: str = LAKE) -> BrandAdded:
    return BrandAdded(
        dealership_id=dealership,
        organisation_id=GROUP,
        brand="opel",
        brand_name=name,
        added_by="lea",
        added_at=LATER,
    )


def change_settings(
    settings: Settings = SITE, brand: str | None = None, organisation: str = GROUP
) -> ChangeSettings:
    return ChangeSettings(
        organisation_id=organisation, brand=brand, settings=settings, by="ines", at=LATER
    )


def settings_changed(
    settings: Settings = SITE, brand: str | None = None, dealership: str = LAKE
) -> SettingsChanged:
    return SettingsChanged(
        dealership_id=dealership,
        organisation_id=GROUP,
        brand=brand,
        settings=settings,
        changed_by="ines",
        changed_at=LATER,
    )


def change_addresses(*addresses: str, organisation: str = GROUP) -> ChangeNotifiedAddresses:
    return ChangeNotifiedAddresses(
        organisation_id=organisation, addresses=addresses, by="ines", at=LATER
    )


def addresses_changed(addresses: str) -> NotifiedAddressesChanged:
    return NotifiedAddressesChanged(
        dealership_id=LAKE,
        organisation_id=GROUP,
        email_addresses=addresses,
        changed_by="ines",
        changed_at=LATER,
    )


def change_licences(*licences: Licence) -> ChangeLicences:
    return ChangeLicences(licences=frozenset(licences), by="lea", at=LATER)


def licences_changed(*licences: Licence) -> LicencesChanged:
    return LicencesChanged(
        dealership_id=LAKE,
        organisation_id=GROUP,
        licences=licences,
        changed_by="lea",
        changed_at=LATER,
    )


def override(media: MediaLimits = NO_LIMITS) -> OverrideMediaLimits:
    return OverrideMediaLimits(media=media, by="lea", at=LATER)


def overridden(media: MediaLimits = NO_LIMITS) -> MediaLimitsOverridden:
    return MediaLimitsOverridden(
        dealership_id=LAKE,
        organisation_id=GROUP,
        media=media,
        overridden_by="lea",
        overridden_at=LATER,
    )


def forget_dealership(organisation: str = GROUP) -> ForgetDealership:
    return ForgetDealership(dealership_id=LAKE, organisation_id=organisation, at=LATER)


def dealership_forgotten() -> SubjectForgotten:
    return SubjectForgotten(dealership_id=LAKE, forgotten_at=LATER)


# --- A checklist ------------------------------------------------------------


def item(
    name: str = "pads",
    price: Money | None = None,
    languages: tuple[str, ...] = (),
    level: WorkLevel | None = None,
    measurement: ItemMeasurement | None = None,
) -> ChecklistItem:
    return ChecklistItem(
        item_id=name,
        label="Pads",
        translations=tuple(Translation(language=one, label="Pads") for one in languages),
        level=level,
        price=DefaultPrice(price=price, mode=PriceMode.INCLUDING_VAT) if price else None,
        measurement=measurement,
    )


def category(*items: ChecklistItem, languages: tuple[str, ...] = ()) -> ChecklistCategory:
    return ChecklistCategory(
        label="Brakes",
        translations=tuple(Translation(language=one, label="Brakes") for one in languages),
        items=items,
    )


def save_checklist(
    *categories: ChecklistCategory,
    dealership: str | None = LAKE,
    organisation: str = GROUP,
    title: str = "Winter",
    copy_of: str | None = None,
) -> SaveChecklist:
    return SaveChecklist(
        checklist_id="c-1",
        organisation_id=organisation,
        dealership_id=dealership,
        brand="peugeot",
        title=title,
        language="fr",
        categories=categories,
        currency="EUR" if dealership else None,
        copy_of=copy_of,
        by="ines",
        at=LATER,
    )


def checklist_saved(
    *categories: ChecklistCategory,
    dealership: str | None = LAKE,
    organisation: str = GROUP,
    title: str = "Winter",
    copy_of: str | None = None,
) -> ChecklistSaved:
    return ChecklistSaved(
        checklist_id="c-1",
        organisation_id=organisation,
        dealership_id=dealership,
        brand="peugeot",
        title=title,
        language="fr",
        categories=categories,
        copy_of=copy_of,
        saved_by="ines",
        saved_at=LATER,
    )


def delete_checklist(dealership: str | None = LAKE, organisation: str = GROUP) -> DeleteChecklist:
    return DeleteChecklist(
        organisation_id=organisation, dealership_id=dealership, by="ines", at=LATER
    )


def checklist_deleted(dealership: str | None = LAKE) -> ChecklistDeleted:
    return ChecklistDeleted(
        checklist_id="c-1",
        organisation_id=GROUP,
        dealership_id=dealership,
        deleted_by="ines",
        deleted_at=LATER,
    )


# --- A template -------------------------------------------------------------


def save_template(
    *languages: str,
    dealership: str | None = LAKE,
    organisation: str = GROUP,
    title: str = "Spring",
    banner: str | None = None,
    advertising: str | None = None,
) -> SaveTemplate:
    return SaveTemplate(
        template_id="t-1",
        organisation_id=organisation,
        dealership_id=dealership,
        brand="peugeot",
        module=template_v1.Module.MECHANICAL,
        title=title,
        texts=tuple(TemplateText(language=one, text="Hello") for one in languages),
        banner_file_id=banner,
        advertising_file_id=advertising,
        by="ines",
        at=LATER,
    )


def template_saved(
    *languages: str,
    dealership: str | None = LAKE,
    title: str = "Spring",
    banner: str | None = None,
    advertising: str | None = None,
) -> TemplateSaved:
    return TemplateSaved(
        template_id="t-1",
        organisation_id=GROUP,
        dealership_id=dealership,
        brand="peugeot",
        module=template_v1.Module.MECHANICAL,
        title=title,
        texts=tuple(TemplateText(language=one, text="Hello") for one in languages),
        banner_file_id=banner,
        advertising_file_id=advertising,
        saved_by="ines",
        saved_at=LATER,
    )


def delete_template(dealership: str | None = LAKE, organisation: str = GROUP) -> DeleteTemplate:
    return DeleteTemplate(
        organisation_id=organisation, dealership_id=dealership, by="ines", at=LATER
    )


def template_deleted() -> TemplateDeleted:
    return TemplateDeleted(
        template_id="t-1",
        organisation_id=GROUP,
        dealership_id=LAKE,
        deleted_by="ines",
        deleted_at=LATER,
    )


# --- A predefined message ---------------------------------------------------


def save_message(
    *languages: str,
    dealership: str = LAKE,
    organisation: str = GROUP,
    module: predefined_message_v1.Module | None = None,
) -> SavePredefinedMessage:
    return SavePredefinedMessage(
        predefined_message_id="m-1",
        organisation_id=organisation,
        dealership_id=dealership,
        module=module,
        title="Ready",
        texts=texts(*languages),
        by="ines",
        at=LATER,
    )


def message_saved(
    *languages: str, module: predefined_message_v1.Module | None = None
) -> PredefinedMessageSaved:
    return PredefinedMessageSaved(
        predefined_message_id="m-1",
        organisation_id=GROUP,
        dealership_id=LAKE,
        module=module,
        title="Ready",
        texts=texts(*languages),
        saved_by="ines",
        saved_at=LATER,
    )


def texts(*languages: str) -> tuple[PredefinedText, ...]:
    """A text in each language, which names it."""
    return tuple(PredefinedText(language=one, text=f"Ready in {one}") for one in languages)


def delete_message(dealership: str = LAKE, organisation: str = GROUP) -> DeletePredefinedMessage:
    return DeletePredefinedMessage(
        organisation_id=organisation, dealership_id=dealership, by="ines", at=LATER
    )


def message_deleted() -> PredefinedMessageDeleted:
    return PredefinedMessageDeleted(
        predefined_message_id="m-1",
        organisation_id=GROUP,
        dealership_id=LAKE,
        deleted_by="ines",
        deleted_at=LATER,
    )

"""A dealership as its facts left it, how it works with each brand, and what it tells customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar, assert_never

from contracts.common_v1 import Money
from contracts.dealerships.dealership_v1 import (
    BrandAdded,
    CaseNotice,
    DealershipOpened,
    LicencesChanged,
    MediaLimits,
    MediaLimitsOverridden,
    Module,
    NotifiedAddressesChanged,
    Premises,
    Settings,
    SettingsChanged,
)

T = TypeVar("T")


class Mode(StrEnum):
    """The two ways in which a dealership uses the platform."""

    AFTER_SALES = "after_sales"
    SALES = "sales"


MODES: Mapping[Module, Mode] = {
    Module.MECHANICAL: Mode.AFTER_SALES,
    Module.BODYWORK: Mode.AFTER_SALES,
    Module.WARRANTY: Mode.AFTER_SALES,
    Module.WORK_REPORT: Mode.AFTER_SALES,
    Module.USED_VEHICLE_STOCK: Mode.SALES,
    Module.DIRECT_MESSAGE: Mode.SALES,
}
"""The mode of each module (FLB-035)."""

USUAL_MODULES = tuple(module for module in Module if module is not Module.WORK_REPORT)
"""In use until somebody says otherwise (FLB-131)."""
USUAL_PHOTOS = 50
USUAL_VIDEO_SECONDS = 300
USUAL_VIDEOS_SECONDS = 600
"""Of all videos of a case (FLB-059)."""
USUAL_LEAD_DAYS = 10
USUAL_GROUPING_DAYS = 31
"""Those of the examples of FLB-152 and FLB-153."""
USUAL_FOLLOW_UP_DAYS = 7

NOTHING_SAID = Settings(
    dealership_name=None,
    website=None,
    booking_link=None,
    premises=None,
    country=None,
    default_language=None,
    vat_basis_points=None,
    modules=None,
    after_sales_direct_send=None,
    sales_direct_send=None,
    sales_representative_notified=None,
    notices=None,
    media=None,
    code_above=None,
    link_days=None,
    statistics_shared=None,
    default_checklist_id=None,
    reminders_allowed=None,
    reminders_automatic=None,
    reminder_lead_days=None,
    reminder_grouping_days=None,
    reminder_follow_up_days=None,
    colour=None,
    visit_question_allowed=None,
    default_after_sales_message_id=None,
    default_sales_message_id=None,
)
NO_LIMITS = MediaLimits(photos=None, video_seconds=None, videos_seconds=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand of a dealership, and what was said about the work with it."""

    brand: str
    brand_name: str
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealership:
    """A dealership as its facts left it: the state of its decider, and the row of lookups.

    Its name, country, language and rate of VAT are those of the opening, which hold until settings
    say otherwise. The main brand is the first one.
    """

    dealership_id: str
    organisation_id: str
    dealership_name: str
    time_zone: str
    currency: str
    country: str
    default_language: str
    vat_basis_points: int
    brands: tuple[Brand, ...]
    settings: tuple[Settings, ...] = ()
    """What was said all in all, if anything was: one item."""
    licences: tuple[str, ...] = ()
    """The names of `Licence`, in small letters."""
    overridden: tuple[MediaLimits, ...] = ()
    """The limits of the platform, if there are any: one item."""
    notified_addresses: str = ""
    """Who is told of after-sales cases by e-mail, one a line; personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """How a dealership works with a brand, or all in all: whatever can be said is."""

    brand: str | None
    """None: all in all."""
    dealership_name: str
    website: str | None
    booking_link: str | None
    premises: Premises | None
    country: str
    default_language: str
    vat_basis_points: int
    modules: tuple[Module, ...]
    after_sales_direct_send: bool
    sales_direct_send: bool
    sales_representative_notified: bool
    notices: tuple[CaseNotice, ...]
    photos: int
    video_seconds: int
    videos_seconds: int
    code_above: Money | None
    """None: nobody is asked for a code."""
    link_days: int | None
    """None: for ever."""
    statistics_shared: bool
    default_checklist_id: str | None
    reminders_allowed: bool
    reminders_automatic: bool
    reminder_lead_days: int
    reminder_grouping_days: int
    reminder_follow_up_days: int
    colour: str | None
    """None: pages of customers have that of the platform."""
    visit_question_allowed: bool
    default_after_sales_message_id: str | None
    default_sales_message_id: str | None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes in use: those of the modules."""
        return tuple(mode for mode in Mode if mode in {MODES[one] for one in self.modules})

    def default_message_id(self, mode: Mode) -> str | None:
        """The predefined message that the message of a case begins with (FLB-086)."""
        match mode:
            case Mode.AFTER_SALES:
                return self.default_after_sales_message_id
            case Mode.SALES:
                return self.default_sales_message_id
            case unhandled:
                assert_never(unhandled)


Reads = (
    DealershipOpened
    | BrandAdded
    | SettingsChanged
    | NotifiedAddressesChanged
    | LicencesChanged
    | MediaLimitsOverridden
)


def opened(event: DealershipOpened) -> Dealership:
    """A dealership of which only the opening is known."""
    main = Brand(brand=event.main_brand, brand_name=event.main_brand_name, settings=NOTHING_SAID)
    return Dealership(
        dealership_id=event.dealership_id,
        organisation_id=event.organisation_id,
        dealership_name=event.dealership_name,
        time_zone=event.time_zone,
        currency=event.currency,
        country=event.country,
        default_language=event.default_language,
        vat_basis_points=event.vat_basis_points,
        brands=(main,),
    )


def changed(known: Dealership, event: Reads) -> Dealership:
    """The dealership after one fact more."""
    match event:
        case DealershipOpened():
            return opened(event)
        case BrandAdded():
            added = Brand(brand=event.brand, brand_name=event.brand_name, settings=NOTHING_SAID)
            return replace(known, brands=(*known.brands, added))
        case SettingsChanged(brand=None):
            return replace(known, settings=_said(event.settings))
        case SettingsChanged():
            return replace(
                known,
                brands=tuple(
                    replace(one, settings=event.settings) if one.brand == event.brand else one
                    for one in known.brands
                ),
            )
        case NotifiedAddressesChanged():
            return replace(known, notified_addresses=event.email_addresses)
        case LicencesChanged():
            return replace(known, licences=tuple(one.name.lower() for one in event.licences))
        case MediaLimitsOverridden():
            lifted = event.media == NO_LIMITS
            return replace(known, overridden=() if lifted else (event.media,))
        case unhandled:
            assert_never(unhandled)


def brand_of(dealership: Dealership, brand: str) -> Brand | None:
    """The brand, if the dealership has it."""
    return next((one for one in dealership.brands if one.brand == brand), None)


def effective(dealership: Dealership, brand: str | None = None) -> Effective | None:
    """How the dealership works with the brand, or all in all without one; None without that brand.

    What the platform limits counts before what is said of the brand, then what is said of the
    dealership, then what is usual (FLB-127, G-41).
    """
    if brand is None:
        return all_in_all(dealership)
    found = brand_of(dealership, brand)
    return None if found is None else with_brand(dealership, found)


def all_in_all(dealership: Dealership) -> Effective:
    """How the dealership works where no brand says otherwise."""
    return _effective(dealership, None, NOTHING_SAID)


def with_brand(dealership: Dealership, brand: Brand) -> Effective:
    """How the dealership works with one of its brands."""
    return _effective(dealership, brand.brand, brand.settings)


def _effective(dealership: Dealership, brand: str | None, special: Settings) -> Effective:
    own = dealership.settings[0] if dealership.settings else NOTHING_SAID
    limits = (*dealership.overridden, special.media or NO_LIMITS, own.media or NO_LIMITS)
    modules = special.modules or own.modules
    notices = special.notices or own.notices
    return Effective(
        brand=brand,
        dealership_name=_first(
            special.dealership_name, own.dealership_name, usual=dealership.dealership_name
        ),
        website=_first(special.website, own.website, usual=None),
        booking_link=_first(special.booking_link, own.booking_link, usual=None),
        premises=_first(special.premises, own.premises, usual=None),
        country=_first(special.country, own.country, usual=dealership.country),
        default_language=_first(
            special.default_language, own.default_language, usual=dealership.default_language
        ),
        vat_basis_points=_first(
            special.vat_basis_points, own.vat_basis_points, usual=dealership.vat_basis_points
        ),
        modules=modules.modules if modules else USUAL_MODULES,
        after_sales_direct_send=_first(
            special.after_sales_direct_send, own.after_sales_direct_send, usual=False
        ),
        sales_direct_send=_first(special.sales_direct_send, own.sales_direct_send, usual=False),
        sales_representative_notified=_first(
            special.sales_representative_notified, own.sales_representative_notified, usual=False
        ),
        notices=notices.notices if notices else tuple(CaseNotice),
        photos=_first(*(one.photos for one in limits), usual=USUAL_PHOTOS),
        video_seconds=_first(*(one.video_seconds for one in limits), usual=USUAL_VIDEO_SECONDS),
        videos_seconds=_first(*(one.videos_seconds for one in limits), usual=USUAL_VIDEOS_SECONDS),
        code_above=_first(special.code_above, own.code_above, usual=None),
        link_days=_first(special.link_days, own.link_days, usual=None),
        statistics_shared=_first(special.statistics_shared, own.statistics_shared, usual=False),
        default_checklist_id=_first(
            special.default_checklist_id, own.default_checklist_id, usual=None
        ),
        reminders_allowed=_first(special.reminders_allowed, own.reminders_allowed, usual=False),
        reminders_automatic=_first(
            special.reminders_automatic, own.reminders_automatic, usual=False
        ),
        reminder_lead_days=_first(
            special.reminder_lead_days, own.reminder_lead_days, usual=USUAL_LEAD_DAYS
        ),
        reminder_grouping_days=_first(
            special.reminder_grouping_days, own.reminder_grouping_days, usual=USUAL_GROUPING_DAYS
        ),
        reminder_follow_up_days=_first(
            special.reminder_follow_up_days,
            own.reminder_follow_up_days,
            usual=USUAL_FOLLOW_UP_DAYS,
        ),
        colour=_first(special.colour, own.colour, usual=None),
        visit_question_allowed=_first(
            special.visit_question_allowed, own.visit_question_allowed, usual=True
        ),
        default_after_sales_message_id=_first(
            special.default_after_sales_message_id,
            own.default_after_sales_message_id,
            usual=None,
        ),
        default_sales_message_id=_first(
            special.default_sales_message_id, own.default_sales_message_id, usual=None
        ),
    )


def _said(settings: Settings) -> tuple[Settings, ...]:
    return () if settings == NOTHING_SAID else (settings,)


def _first(*said: T | None, usual: T) -> T:
    """The first that is not None; 0 and False are said."""
    return next((one for one in said if one is not None), usual)


# --- Texts for customers ------------------------------------------------------------------------


class InLanguage(Protocol):
    """A text in one of several languages; the first one is their source."""

    @property
    def language(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The text that a customer is told."""

    language: str
    text: str
    translated: bool
    """Whether it is in the customer's language; else people are told that there is no translation
    (G-53)."""


def picked(texts: Sequence[InLanguage], customer: str | None, usual: str) -> Picked | None:
    """The text in the customer's language, else in that of the dealership, else the source (G-53).

    Both languages are BCP 47 tags; a text in `fr` is one for `fr-BE`. `customer` None: they said
    none, and are told in the dealership's (FLB-126). None without any text.
    """
    if (found := _spoken(texts, customer or usual)) is not None:
        return Picked(language=found.language, text=found.text, translated=True)
    if not texts:
        return None
    other = _spoken(texts, usual) or texts[0]
    return Picked(language=other.language, text=other.text, translated=False)


def _spoken(texts: Sequence[InLanguage], language: str) -> InLanguage | None:
    exact = (one for one in texts if one.language == language)
    wider = (one for one in texts if _main(one.language) == _main(language))
    return next(exact, None) or next(wider, None)


def _main(language: str) -> str:
    return language.partition("-")[0]

"""Dealerships over HTTP: opened, set up by their managers, given brands and licences."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from contracts import dealers
from contracts.dealers import Brand, Dealership, Mode
from contracts.dealerships import dealership_v1
from contracts.dealerships.dealership_v1 import (
    BrandAdded,
    CaseNotice,
    CaseNotices,
    DealershipOpened,
    Licence,
    LicencesChanged,
    MediaLimits,
    MediaLimitsOverridden,
    Module,
    Modules,
    NotifiedAddressesChanged,
    Premises,
    Settings,
    SettingsChanged,
)
from infra.http import readable_ids
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import (
    Body,
    Country,
    Currency,
    Email,
    Id,
    Instant,
    Language,
    Line,
    Named,
    TimeZone,
    WebPage,
)
from infra.http.pages import Paging, Typed
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import organisations
from services.dealerships import checklist, dealership, predefined_message
from services.dealerships.aggregates import CHECKLIST, DEALERSHIP, PREDEFINED_MESSAGE
from services.dealerships.dealership import NoSuchDealership, Open
from services.dealerships.http.access import (
    MANAGERS,
    READERS,
    AdministrationContext,
    ListContext,
    ManagerContext,
    SettingsContext,
    brand_named,
    own,
    seen,
)
from services.dealerships.http.fields import AmountBody, BrandCode
from services.dealerships.read_models import dealerships as found

router = Router("Dealerships")

LONE = "lone"
"""An organisation that is no group calls its dealership so."""
MOST_BASIS_POINTS = 10_000
MOST_PHOTOS = 500
MOST_VIDEO_SECONDS = 3_600
MOST_LINK_DAYS = 3_650
MOST_ADDRESSES = 50
MOST_REMINDER_DAYS = 365
MOST_FOLLOW_UP_DAYS = 60

Rate = Annotated[int, Field(ge=0, le=MOST_BASIS_POINTS, examples=[2000])]
"""2000 is 20 %."""
Colour = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{6}$"), Field(examples=["0b4a8f"])]
ModuleName = Annotated[Module, Named()]
NoticeName = Annotated[CaseNotice, Named()]
LicenceName = Annotated[Licence, Named()]

# --- Bodies -----------------------------------------------------------------


class OpeningBody(Body):
    """A dealership to open."""

    dealership_name: Line
    time_zone: TimeZone
    currency: Currency
    """Of its prices, for good."""
    country: Country
    default_language: Language
    """Of customers who said no other."""
    vat_basis_points: Rate
    main_brand: BrandCode
    main_brand_name: Line


class PremisesBody(Body):
    """Where a dealership is."""

    line: Line
    """The street and the number."""
    postcode: Line
    city: Line


class MediaLimitsBody(Body):
    """How much a case may hold; null: as it is without this."""

    photos: Annotated[int, Field(ge=1, le=MOST_PHOTOS)] | None = None
    video_seconds: Annotated[int, Field(ge=1, le=MOST_VIDEO_SECONDS)] | None = None
    """Of one video."""
    videos_seconds: Annotated[int, Field(ge=1, le=MOST_VIDEO_SECONDS)] | None = None
    """Of all videos of a case together."""

    def limits(self) -> MediaLimits:
        """The contract's value."""
        return MediaLimits(
            photos=self.photos,
            video_seconds=self.video_seconds,
            videos_seconds=self.videos_seconds,
        )


class SettingsBody(Body):
    """How a dealership works, or works with a brand, whole. What is null for a brand is as for the
    dealership, and what is null for the dealership is as it was opened, or usual."""

    dealership_name: Line | None = None
    website: WebPage | None = None
    booking_link: WebPage | None = None
    """Where customers make appointments."""
    premises: PremisesBody | None = None
    country: Country | None = None
    default_language: Language | None = None
    vat_basis_points: Rate | None = None
    modules: (
        Annotated[tuple[ModuleName, ...], Field(min_length=1, max_length=6, strict=False)] | None
    ) = None
    """Those in use; a mode is in use when one of its modules is."""
    after_sales_direct_send: bool | None = None
    """Whether devices send cases of after-sales without the web."""
    sales_direct_send: bool | None = None
    sales_representative_notified: bool | None = None
    """Of events on their own cases."""
    notices: Annotated[tuple[NoticeName, ...], Field(max_length=7, strict=False)] | None = None
    """The events that the notified addresses are told of; none means silence."""
    media: MediaLimitsBody | None = None
    code_above: AmountBody | None = None
    """Whoever accepts more than this is asked for a code."""
    link_days: Annotated[int, Field(ge=1, le=MOST_LINK_DAYS)] | None = None
    """How long the link of a customer holds."""
    statistics_shared: bool | None = None
    """Whether views and totals of the group include it."""
    default_checklist_id: Id | None = None
    """Proposed when a case of after-sales is created."""
    reminders_allowed: bool | None = None
    """Whether reminders of works are made at all."""
    reminders_automatic: bool | None = None
    """Whether they go out by themselves on their date."""
    reminder_lead_days: Annotated[int, Field(ge=1, le=MOST_REMINDER_DAYS)] | None = None
    """A reminder goes out so many days before its works are due."""
    reminder_grouping_days: Annotated[int, Field(ge=0, le=MOST_REMINDER_DAYS)] | None = None
    """Works that are due at most so many days after the first one are in one reminder; 0: on the
    same day."""
    reminder_follow_up_days: Annotated[int, Field(ge=1, le=MOST_FOLLOW_UP_DAYS)] | None = None
    """Who does not read or answer is written to once more after so many days."""
    colour: Colour | None = None
    """Of the pages of customers: red, green, blue. Texts on it and in it stay readable."""
    visit_question_allowed: bool | None = None
    """Whether customers are asked how the visit was, a day after their case is closed."""
    default_after_sales_message_id: Id | None = None
    """The predefined message that the message of a case of after-sales begins with."""
    default_sales_message_id: Id | None = None
    """That of a case of sales."""

    def settings(self) -> Settings:
        """The contract's value."""
        return Settings(
            dealership_name=self.dealership_name,
            website=self.website,
            booking_link=self.booking_link,
            premises=_premises(self.premises),
            country=self.country,
            default_language=self.default_language,
            vat_basis_points=self.vat_basis_points,
            modules=None if self.modules is None else Modules(tuple(sorted({*self.modules}))),
            after_sales_direct_send=self.after_sales_direct_send,
            sales_direct_send=self.sales_direct_send,
            sales_representative_notified=self.sales_representative_notified,
            notices=None if self.notices is None else CaseNotices(tuple(sorted({*self.notices}))),
            media=None if self.media is None else self.media.limits(),
            code_above=None if self.code_above is None else self.code_above.money(),
            link_days=self.link_days,
            statistics_shared=self.statistics_shared,
            default_checklist_id=self.default_checklist_id,
            reminders_allowed=self.reminders_allowed,
            reminders_automatic=self.reminders_automatic,
            reminder_lead_days=self.reminder_lead_days,
            reminder_grouping_days=self.reminder_grouping_days,
            reminder_follow_up_days=self.reminder_follow_up_days,
            colour=None if self.colour is None else self.colour.lower(),
            visit_question_allowed=self.visit_question_allowed,
            default_after_sales_message_id=self.default_after_sales_message_id,
            default_sales_message_id=self.default_sales_message_id,
        )


def _premises(body: PremisesBody | None) -> Premises | None:
    if body is None:
        return None
    return Premises(line=body.line, postcode=body.postcode, city=body.city)


class BrandBody(Body):
    """A brand to add."""

    brand_name: Line
    """As people write it."""


class AddressesBody(Body):
    """The people who are told of cases of after-sales by e-mail, all of them."""

    email_addresses: Annotated[tuple[Email, ...], Field(max_length=MOST_ADDRESSES, strict=False)]


class LicencesBody(Body):
    """All that the dealership is licensed for."""

    licences: Annotated[tuple[LicenceName, ...], Field(max_length=5, strict=False)]


# --- Answers ----------------------------------------------------------------


class PremisesShown(Answer):
    """Where a dealership is."""

    line: str
    postcode: str
    city: str


class MediaLimitsShown(Answer):
    """How much a case may hold; null: as it is without this."""

    photos: int | None
    video_seconds: int | None
    videos_seconds: int | None


def _modules(value: object) -> object:
    return value.modules if isinstance(value, Modules) else value


def _notices(value: object) -> object:
    return value.notices if isinstance(value, CaseNotices) else value


class SettingsShown(Answer):
    """All that was said; null: nothing."""

    dealership_name: str | None
    website: str | None
    booking_link: str | None
    premises: PremisesShown | None
    country: str | None
    default_language: str | None
    vat_basis_points: int | None
    modules: Annotated[tuple[ModuleName, ...] | None, BeforeValidator(_modules)]
    after_sales_direct_send: bool | None
    sales_direct_send: bool | None
    sales_representative_notified: bool | None
    notices: Annotated[tuple[NoticeName, ...] | None, BeforeValidator(_notices)]
    media: MediaLimitsShown | None
    code_above: MoneyShown | None
    link_days: int | None
    statistics_shared: bool | None
    default_checklist_id: str | None
    reminders_allowed: bool | None
    reminders_automatic: bool | None
    reminder_lead_days: int | None
    reminder_grouping_days: int | None
    reminder_follow_up_days: int | None
    colour: str | None
    visit_question_allowed: bool | None
    default_after_sales_message_id: str | None
    default_sales_message_id: str | None


class EffectiveShown(Answer):
    """How a dealership works, all in all or with a brand: what was said, else what is usual."""

    dealership_name: str
    website: str | None
    booking_link: str | None
    premises: PremisesShown | None
    country: str
    default_language: str
    vat_basis_points: int
    modes: tuple[Mode, ...]
    modules: tuple[ModuleName, ...]
    after_sales_direct_send: bool
    sales_direct_send: bool
    sales_representative_notified: bool
    notices: tuple[NoticeName, ...]
    photos: int
    video_seconds: int
    videos_seconds: int
    code_above: MoneyShown | None
    link_days: int | None
    statistics_shared: bool
    default_checklist_id: str | None
    reminders_allowed: bool
    reminders_automatic: bool
    reminder_lead_days: int
    reminder_grouping_days: int
    reminder_follow_up_days: int
    colour: str | None
    visit_question_allowed: bool
    default_after_sales_message_id: str | None
    default_sales_message_id: str | None


class BrandShown(Answer):
    """A brand of a dealership."""

    brand: str
    brand_name: str
    settings: SettingsShown
    effective: EffectiveShown


class DealershipShown(Answer):
    """A dealership, with all that was said of it and how it works therefore."""

    dealership_id: str
    organisation_id: str
    time_zone: str
    currency: str
    settings: SettingsShown
    effective: EffectiveShown
    brands: tuple[BrandShown, ...]
    """The main one first."""
    licences: tuple[LicenceName, ...]
    media_limits: MediaLimitsShown | None
    """Those of the platform, which hold whatever settings say."""
    email_addresses: tuple[str, ...]


class BrandListed(Answer):
    brand: str
    brand_name: str


class DealershipListed(Answer):
    """A dealership of a list."""

    dealership_id: str
    organisation_id: str
    dealership_name: str
    country: str
    currency: str
    time_zone: str
    brands: tuple[BrandListed, ...]
    modules: tuple[ModuleName, ...]
    licences: tuple[LicenceName, ...]


class SettingsFact(Answer):
    """The dealership works otherwise, all in all or with one of its brands."""

    dealership_id: str
    organisation_id: str
    brand: str | None
    settings: SettingsShown
    changed_by: str
    changed_at: Instant


class LimitsFact(Answer):
    """The operator of the platform limits media otherwise than the dealership does."""

    dealership_id: str
    organisation_id: str
    media: MediaLimitsShown
    overridden_by: str
    overridden_at: Instant


class DealershipHistory(
    History,
    of=dealership_v1.contract,
    shows={
        DealershipOpened: (
            *("dealership_id", "organisation_id", "dealership_name", "time_zone", "currency"),
            *("country", "default_language", "vat_basis_points", "main_brand"),
            *("main_brand_name", "opened_by", "opened_at"),
        ),
        BrandAdded: (
            *("dealership_id", "organisation_id", "brand", "brand_name", "added_by", "added_at"),
        ),
        SettingsChanged: SettingsFact,
        NotifiedAddressesChanged: (
            *("dealership_id", "organisation_id", "email_addresses", "changed_by", "changed_at"),
        ),
        LicencesChanged: (
            *("dealership_id", "organisation_id", "licences", "changed_by", "changed_at"),
        ),
        MediaLimitsOverridden: LimitsFact,
    },
):
    """Every fact about a dealership, oldest first."""


# --- Routes -----------------------------------------------------------------


@router.post("/dealerships", status_code=201)
async def open_dealership(body: OpeningBody, context: AdministrationContext) -> Answered[Recorded]:
    """Open a dealership: one more of a group, or the only one of an organisation that is none."""
    organisation = await organisations.require_dealer(context)
    lone = organisation.kind != organisations.DEALER_GROUP
    dealership_id = context.new_id(readable_ids.DEALERSHIP, LONE if lone else None)
    command = dealership.OpenDealership(
        dealership_id=dealership_id,
        organisation_id=context.principal.organisation_id,
        dealership_name=body.dealership_name,
        time_zone=body.time_zone,
        currency=body.currency,
        country=body.country,
        default_language=body.default_language,
        vat_basis_points=body.vat_basis_points,
        main_brand=body.main_brand,
        main_brand_name=body.main_brand_name,
        by=context.principal.subject,
        at=context.at,
    )
    path = f"/dealerships/dealerships/{dealership_id}"
    return await context.handle(DEALERSHIP, dealership_id, command, created=path)


@router.get("/dealerships")
async def list_dealerships(
    context: ListContext, page: Paging, q: Typed = ""
) -> Answered[Listed[DealershipListed]]:
    """List the dealerships that the caller has something to do with, by name.

    The operator of the platform sees those of every organisation.
    """
    table, who = found.dealerships, context.principal
    if "administration" in who.roles:
        operates = await organisations.is_operator(context)
        mine = table.of_every_organisation() if operates else table.of(who.organisation_id)
    else:
        mine = table.of(who.organisation_id)
        if not (there := context.dealerships(*READERS)).everywhere:
            mine = mine.only(dealership_id=there.ids)
    return await page.show(mine.searched(q), found.BY_NAME, listed)


@router.get("/dealerships/{dealership_id}")
async def show_dealership(dealership_id: Id, context: SettingsContext) -> Answered[DealershipShown]:
    """Show how a dealership works, all in all and with each brand, never stale."""
    await seen(context, dealership_id)
    known = await context.load(DEALERSHIP, dealership_id)
    if not isinstance(known.state, Open):
        raise context.refuse(NoSuchDealership())
    return context.show(shown(known.state.dealership), known)


@router.get("/dealerships/{dealership_id}/history")
async def dealership_history(
    dealership_id: Id, context: SettingsContext, part: HistoryPart
) -> Answered[DealershipHistory]:
    """List every fact about a dealership."""
    await seen(context, dealership_id)
    if not isinstance((await context.load(DEALERSHIP, dealership_id)).state, Open):
        raise context.refuse(NoSuchDealership())
    return await context.history(DEALERSHIP, dealership_id, DealershipHistory, part)


@router.put("/dealerships/{dealership_id}/settings")
async def change_settings(
    dealership_id: Id, body: SettingsBody, context: ManagerContext
) -> Answered[Recorded]:
    """Say how the dealership works where no brand says otherwise."""
    known = await own(context, dealership_id, *MANAGERS)
    await require_defaults(context, known, None, body)
    return await context.handle(DEALERSHIP, dealership_id, changing(context, None, body))


@router.put("/dealerships/{dealership_id}/brands/{brand}/settings")
async def change_settings_of_brand(
    dealership_id: Id, brand: BrandCode, body: SettingsBody, context: ManagerContext
) -> Answered[Recorded]:
    """Say how the dealership works with a brand: what is said replaces what is said for all."""
    known = await own(context, dealership_id, *MANAGERS)
    brand_named(context, known, brand)
    await require_defaults(context, known, brand, body)
    return await context.handle(DEALERSHIP, dealership_id, changing(context, brand, body))


@router.put("/dealerships/{dealership_id}/notified-addresses")
async def change_notified_addresses(
    dealership_id: Id, body: AddressesBody, context: ManagerContext
) -> Answered[Recorded]:
    """Say who is told of the cases of after-sales by e-mail."""
    await own(context, dealership_id, *MANAGERS)
    command = dealership.ChangeNotifiedAddresses(
        organisation_id=context.principal.organisation_id,
        addresses=body.email_addresses,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(DEALERSHIP, dealership_id, command)


@router.put("/dealerships/{dealership_id}/brands/{brand}")
async def add_brand(
    dealership_id: Id, brand: BrandCode, body: BrandBody, context: AdministrationContext
) -> Answered[Recorded]:
    """Add a brand; the operator of the platform does."""
    await organisations.require_operator(context)
    command = dealership.AddBrand(
        brand=brand, brand_name=body.brand_name, by=context.principal.subject, at=context.at
    )
    return await context.handle(DEALERSHIP, dealership_id, command)


@router.put("/dealerships/{dealership_id}/licences")
async def change_licences(
    dealership_id: Id, body: LicencesBody, context: AdministrationContext
) -> Answered[Recorded]:
    """Say what the dealership is licensed for; the operator of the platform does."""
    await organisations.require_operator(context)
    command = dealership.ChangeLicences(
        licences=frozenset(body.licences), by=context.principal.subject, at=context.at
    )
    return await context.handle(DEALERSHIP, dealership_id, command)


@router.put("/dealerships/{dealership_id}/media-limits")
async def override_media_limits(
    dealership_id: Id, body: MediaLimitsBody, context: AdministrationContext
) -> Answered[Recorded]:
    """Limit media whatever the settings say; the operator of the platform does."""
    await organisations.require_operator(context)
    command = dealership.OverrideMediaLimits(
        media=body.limits(), by=context.principal.subject, at=context.at
    )
    return await context.handle(DEALERSHIP, dealership_id, command)


# --- What is asked, and what is shown ---------------------------------------


def changing(
    context: RequestContext, brand: str | None, body: SettingsBody
) -> dealership.ChangeSettings:
    return dealership.ChangeSettings(
        organisation_id=context.principal.organisation_id,
        brand=brand,
        settings=body.settings(),
        by=context.principal.subject,
        at=context.at,
    )


async def require_defaults(
    context: RequestContext, known: Dealership, brand: str | None, body: SettingsBody
) -> None:
    """Refuse defaults that the dealership does not have. Raises a 422 `Problem`."""
    await require_checklist(context, known, brand, body.default_checklist_id)
    for field, message_id, mode in (
        ("default_after_sales_message_id", body.default_after_sales_message_id, Mode.AFTER_SALES),
        ("default_sales_message_id", body.default_sales_message_id, Mode.SALES),
    ):
        if message_id is not None:
            await require_message(context, field, known, message_id, mode)


async def require_message(
    context: RequestContext, field: str, known: Dealership, message_id: str, mode: Mode
) -> None:
    """Refuse what is no predefined message of the dealership, or is one for a module of the other
    mode (FLB-086). Raises the 422 `Problem` of the field."""
    state = (await context.load(PREDEFINED_MESSAGE, message_id)).state
    if not isinstance(state, predefined_message.Saved) or (
        state.saved.dealership_id != known.dealership_id
    ):
        raise unknown_reference(field, "predefined_message")
    module = state.saved.module
    if module is not None and dealers.MODES[Module(module)] is not mode:
        raise unknown_reference(field, "predefined_message")


async def require_checklist(
    context: RequestContext, known: Dealership, brand: str | None, checklist_id: str | None
) -> None:
    """Refuse a default that is no checklist for that brand: the dealership's own one or its
    manufacturer's; one for every brand, all in all (FLB-133). Raises a 422 `Problem`."""
    if checklist_id is None:
        return
    state = (await context.load(CHECKLIST, checklist_id)).state
    if not isinstance(state, checklist.Saved) or state.saved.brand not in (None, brand):
        raise unknown_reference("default_checklist_id", "checklist")
    if state.saved.dealership_id not in (None, known.dealership_id):
        raise unknown_reference("default_checklist_id", "checklist")


def shown(known: Dealership) -> DealershipShown:
    overridden, addresses = known.overridden, known.notified_addresses
    return DealershipShown(
        dealership_id=known.dealership_id,
        organisation_id=known.organisation_id,
        time_zone=known.time_zone,
        currency=known.currency,
        settings=SettingsShown.of(known.settings[0] if known.settings else dealers.NOTHING_SAID),
        effective=EffectiveShown.of(dealers.all_in_all(known)),
        brands=tuple(brand_shown(known, one) for one in known.brands),
        licences=tuple(Licence[one.upper()] for one in known.licences),
        media_limits=MediaLimitsShown.of(overridden[0]) if overridden else None,
        email_addresses=tuple(addresses.split("\n")) if addresses else (),
    )


def brand_shown(known: Dealership, brand: Brand) -> BrandShown:
    return BrandShown(
        brand=brand.brand,
        brand_name=brand.brand_name,
        settings=SettingsShown.of(brand.settings),
        effective=EffectiveShown.of(dealers.with_brand(known, brand)),
    )


def listed(row: found.Row) -> DealershipListed:
    known = row.known[0]
    effective = dealers.all_in_all(known)
    return DealershipListed(
        dealership_id=row.dealership_id,
        organisation_id=row.organisation_id,
        dealership_name=row.dealership_name,
        country=effective.country,
        currency=known.currency,
        time_zone=known.time_zone,
        brands=tuple(map(BrandListed.of, known.brands)),
        modules=effective.modules,
        licences=tuple(Licence[one.upper()] for one in known.licences),
    )

"""A dealership: opened by its organisation, given brands and licences by the operator.

Its manager says how it works, all in all and with each brand (FLB-126, FLB-127).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.dealers import Dealership, brand_of, changed, effective, opened
from contracts.dealerships.dealership_v1 import (
    BrandAdded,
    DealershipEvent,
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

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDealership:
    dealership_id: str
    organisation_id: str
    dealership_name: str
    time_zone: str
    currency: str
    country: str
    default_language: str
    vat_basis_points: int
    main_brand: str
    main_brand_name: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBrand:
    """The operator of the platform adds brands, whosever the dealership is (FLB-127)."""

    brand: str
    brand_name: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings:
    """`brand` None: all in all. What is None in the settings is said no more."""

    organisation_id: str
    brand: str | None
    settings: Settings
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeNotifiedAddresses:
    organisation_id: str
    addresses: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLicences:
    """The operator of the platform says which ones there are, whosever the dealership is."""

    licences: frozenset[Licence]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideMediaLimits:
    """The operator of the platform, too; without any number the dealership's own ones hold."""

    media: MediaLimits
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetDealership:
    dealership_id: str
    organisation_id: str
    at: datetime


OfManager = ChangeSettings | ChangeNotifiedAddresses | ForgetDealership
OfOperator = AddBrand | ChangeLicences | OverrideMediaLimits
Command = OpenDealership | OfManager | OfOperator

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchDealership:
    pass


@dataclass(frozen=True, slots=True)
class DealershipIsOpen:
    """The organisation has opened it otherwise; one that is no group has one (ADR 68)."""

    dealership_id: str


@dataclass(frozen=True, slots=True)
class NoSuchBrand:
    brand: str


@dataclass(frozen=True, slots=True)
class BrandIsThere:
    """It is there under another name."""

    brand_name: str


@dataclass(frozen=True, slots=True)
class AddressNamedTwice:
    field: ClassVar[str] = "email_addresses"


@dataclass(frozen=True, slots=True)
class DealershipIsForgotten:
    """Its key was destroyed, so nothing personal can be kept of it any more."""


@dataclass(frozen=True, slots=True)
class OtherCurrency:
    """The dealership has its prices in the expected one."""

    field: ClassVar[str] = "code_above"
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class VideoLongerThanAll:
    """One video may be no longer than all of a case together, whatever the brand."""

    video_seconds: int
    videos_seconds: int


Rejection = (
    NoSuchDealership
    | DealershipIsOpen
    | NoSuchBrand
    | BrandIsThere
    | AddressNamedTwice
    | DealershipIsForgotten
    | OtherCurrency
    | VideoLongerThanAll
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unopened:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    dealership: Dealership
    forgotten: bool = False
    """Whether whom it told by e-mail was forgotten."""


State = Unopened | Open

initial: State = Unopened()


def evolve(state: State, event: DealershipEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, DealershipOpened):
        return Open(opened(event))
    if isinstance(state, Unopened):
        return state
    if isinstance(event, SubjectForgotten):
        return Open(state.dealership, forgotten=True)
    return Open(changed(state.dealership, event), state.forgotten)


# --- Decisions --------------------------------------------------------------

Decision = list[DealershipEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, OpenDealership):
        return open_dealership(command, state)
    if isinstance(state, Unopened):
        return NoSuchDealership()
    match command:
        case AddBrand():
            return add_brand(command, state.dealership)
        case ChangeLicences():
            return change_licences(command, state.dealership)
        case OverrideMediaLimits():
            return override_media_limits(command, state.dealership)
        case ChangeSettings() | ChangeNotifiedAddresses() | ForgetDealership():
            if command.organisation_id != state.dealership.organisation_id:
                return NoSuchDealership()
            return manage(command, state)
        case unhandled:
            assert_never(unhandled)


def open_dealership(command: OpenDealership, state: State) -> Decision:
    event = DealershipOpened(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        dealership_name=command.dealership_name,
        time_zone=command.time_zone,
        currency=command.currency,
        country=command.country,
        default_language=command.default_language,
        vat_basis_points=command.vat_basis_points,
        main_brand=command.main_brand,
        main_brand_name=command.main_brand_name,
        opened_by=command.by,
        opened_at=command.at,
    )
    match state:
        case Unopened():
            return [event]
        case Open(dealership=known) if known.organisation_id != command.organisation_id:
            return NoSuchDealership()
        case Open(dealership=known):
            same = _as_opened(known) == _as_opened(opened(event))
            return [] if same else DealershipIsOpen(command.dealership_id)
        case unhandled:
            assert_never(unhandled)


def _as_opened(dealership: Dealership) -> tuple[object, ...]:
    main = dealership.brands[0]
    return (
        *(dealership.dealership_name, dealership.time_zone, dealership.currency),
        *(dealership.country, dealership.default_language, dealership.vat_basis_points),
        *(main.brand, main.brand_name),
    )


def add_brand(command: AddBrand, dealership: Dealership) -> Decision:
    if (known := brand_of(dealership, command.brand)) is not None:
        same = known.brand_name == command.brand_name
        return [] if same else BrandIsThere(known.brand_name)
    return [
        BrandAdded(
            dealership_id=dealership.dealership_id,
            organisation_id=dealership.organisation_id,
            brand=command.brand,
            brand_name=command.brand_name,
            added_by=command.by,
            added_at=command.at,
        )
    ]


def change_licences(command: ChangeLicences, dealership: Dealership) -> Decision:
    event = LicencesChanged(
        dealership_id=dealership.dealership_id,
        organisation_id=dealership.organisation_id,
        licences=tuple(sorted(command.licences)),
        changed_by=command.by,
        changed_at=command.at,
    )
    return [] if changed(dealership, event) == dealership else [event]


def override_media_limits(command: OverrideMediaLimits, dealership: Dealership) -> Decision:
    event = MediaLimitsOverridden(
        dealership_id=dealership.dealership_id,
        organisation_id=dealership.organisation_id,
        media=command.media,
        overridden_by=command.by,
        overridden_at=command.at,
    )
    after = changed(dealership, event)
    return [] if after == dealership else bad_limits(after) or [event]


def manage(command: OfManager, state: Open) -> Decision:
    match command:
        case ChangeSettings():
            return change_settings(command, state.dealership)
        case ChangeNotifiedAddresses():
            return change_notified_addresses(command, state)
        case ForgetDealership():
            if state.forgotten:
                return []
            return [SubjectForgotten(dealership_id=command.dealership_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)


def change_settings(command: ChangeSettings, dealership: Dealership) -> Decision:
    if command.brand is not None and brand_of(dealership, command.brand) is None:
        return NoSuchBrand(command.brand)
    above = command.settings.code_above
    if above is not None and above.currency != dealership.currency:
        return OtherCurrency(above.currency, dealership.currency)
    event = SettingsChanged(
        dealership_id=dealership.dealership_id,
        organisation_id=dealership.organisation_id,
        brand=command.brand,
        settings=command.settings,
        changed_by=command.by,
        changed_at=command.at,
    )
    after = changed(dealership, event)
    return [] if after == dealership else bad_limits(after) or [event]


def change_notified_addresses(command: ChangeNotifiedAddresses, state: Open) -> Decision:
    if state.forgotten:
        return DealershipIsForgotten()
    if len(set(command.addresses)) < len(command.addresses):
        return AddressNamedTwice()
    event = NotifiedAddressesChanged(
        dealership_id=state.dealership.dealership_id,
        organisation_id=state.dealership.organisation_id,
        email_addresses="\n".join(command.addresses),
        changed_by=command.by,
        changed_at=command.at,
    )
    return [] if changed(state.dealership, event) == state.dealership else [event]


def bad_limits(dealership: Dealership) -> VideoLongerThanAll | None:
    """The fault of the limits that hold for a brand, or all in all, if they have one."""
    for brand in (None, *(one.brand for one in dealership.brands)):
        limits = effective(dealership, brand)
        if limits is not None and limits.video_seconds > limits.videos_seconds:
            return VideoLongerThanAll(limits.video_seconds, limits.videos_seconds)
    return None

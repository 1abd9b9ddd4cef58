"""A partner driver: who they are, what they are qualified for, when they are free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

from contracts.common_v1 import Point
from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEngaged,
    DriverEvent,
    DriverRegistered,
    DriverReinstated,
    DriverReleased,
    DriverSuspended,
    HomeChanged,
    PhoneChanged,
    QualificationKind,
    QualificationObtained,
    SubjectForgotten,
    TrainingStarted,
)
from services.missions import terms
from services.missions.driver import availability
from services.missions.driver.availability import Availability

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDriver:
    driver_id: str
    organisation_id: str
    name: str
    phone: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    street: str
    postal_code: str
    city: str
    location: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHome:
    driver_id: str
    organisation_id: str
    home: Home
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePhone:
    driver_id: str
    organisation_id: str
    phone: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTraining:
    driver_id: str
    organisation_id: str
    kind: QualificationKind
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTraining:
    """The training provider or staff says so; nobody need have recorded the start."""

    driver_id: str
    organisation_id: str
    kind: QualificationKind
    code: str
    valid_until: date | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Engage:
    """Follows from an assigned mission and so speaks for no organisation."""

    driver_id: str
    trip_id: str
    from_day: date
    until_day: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Follows from a confirmed delivery and so speaks for no organisation."""

    driver_id: str
    trip_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetDriver:
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Follows from an account that a driver may use."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """Follows from an account that may not be used any more."""

    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowProfile:
    """Follows from what a user told of themselves; what is None was not told (HIF-39, HIF-05)."""

    driver_id: str
    organisation_id: str
    home: Home | None
    phone: str | None
    at: datetime


AccountCommand = Admit | Suspend | FollowProfile
PartnerCommand = (
    ChangeHome
    | ChangePhone
    | StartTraining
    | CompleteTraining
    | availability.Command
    | Engage
    | Release
    | ForgetDriver
)
Command = RegisterDriver | AccountCommand | PartnerCommand

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchDriver:
    pass


@dataclass(frozen=True, slots=True)
class DriverIdTaken:
    driver_id: str


@dataclass(frozen=True, slots=True)
class DriverIsForgotten:
    pass


@dataclass(frozen=True, slots=True)
class DriverIsSuspended:
    pass


@dataclass(frozen=True, slots=True)
class AlreadyQualified:
    code: str


Unfit = NoSuchDriver | DriverIsForgotten | DriverIsSuspended
Rejection = Unfit | DriverIdTaken | AlreadyQualified | availability.Rejection

# --- State ------------------------------------------------------------------

Skill = tuple[QualificationKind, str]


@dataclass(frozen=True, slots=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Availabilities and engagements are what happened to them last, by their id and trip_id."""

    registration: DriverRegistered
    phone: str | None
    home: HomeChanged | None
    in_training: frozenset[Skill]
    qualified_until: Mapping[Skill, date | None]
    availabilities: Mapping[str, Availability]
    engagements: Mapping[str, DriverEngaged | DriverReleased]
    suspended: bool = False

    @property
    def organisation_id(self) -> str:
        return self.registration.organisation_id


@dataclass(frozen=True, slots=True)
class Forgotten:
    organisation_id: str


Driver = Unregistered | Partner | Forgotten

initial: Driver = Unregistered()


def evolve(driver: Driver, event: DriverEvent) -> Driver:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, DriverRegistered):
        return Partner(
            registration=event,
            phone=event.phone,
            home=None,
            in_training=frozenset(),
            qualified_until={},
            availabilities={},
            engagements={},
        )
    if not isinstance(driver, Partner):
        return driver
    match event:
        case HomeChanged():
            return replace(driver, home=event)
        case PhoneChanged():
            return replace(driver, phone=event.phone)
        case TrainingStarted():
            return replace(driver, in_training=driver.in_training | {(event.kind, event.code)})
        case QualificationObtained():
            skill = (event.kind, event.code)
            return replace(
                driver,
                in_training=driver.in_training - {skill},
                qualified_until={**driver.qualified_until, skill: event.valid_until},
            )
        case AvailabilityDeclared() | AvailabilityWithdrawn():
            latest = {**driver.availabilities, event.availability_id: event}
            return replace(driver, availabilities=latest)
        case DriverEngaged() | DriverReleased():
            return replace(driver, engagements={**driver.engagements, event.trip_id: event})
        case DriverSuspended() | DriverReinstated():
            return replace(driver, suspended=isinstance(event, DriverSuspended))
        case SubjectForgotten():
            return Forgotten(driver.organisation_id)
        case unhandled:
            assert_never(unhandled)


def held(driver: Driver, on: date) -> frozenset[terms.Qualification]:
    """The qualifications that open missions on that day."""
    if not isinstance(driver, Partner):
        return frozenset()
    return frozenset(
        (kind.name.lower(), code)
        for (kind, code), until in driver.qualified_until.items()
        if until is None or on <= until
    )


def unfit(driver: Driver, organisation_id: str) -> Unfit | None:
    """Why the driver is given no trip of the organisation."""
    if isinstance(driver, Unregistered) or driver.organisation_id != organisation_id:
        return NoSuchDriver()
    if isinstance(driver, Forgotten):
        return DriverIsForgotten()
    return DriverIsSuspended() if driver.suspended else None


# --- Decisions --------------------------------------------------------------

Decision = list[DriverEvent] | Rejection


def decide(command: Command, driver: Driver) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, RegisterDriver):
        return register(command, driver)
    if isinstance(command, AccountCommand):
        return follow(command, driver)
    if isinstance(driver, Unregistered):
        return NoSuchDriver()
    if (
        not isinstance(command, Engage | Release)
        and command.organisation_id != driver.organisation_id
    ):
        return NoSuchDriver()
    if isinstance(driver, Forgotten):
        # Nothing occupies a forgotten driver, and nobody need forget them again.
        return [] if isinstance(command, Release | ForgetDriver) else DriverIsForgotten()
    return decide_for_partner(command, driver)


def decide_for_partner(command: PartnerCommand, driver: Partner) -> Decision:
    match command:
        case ChangeHome():
            return change_home(command, command.home, driver)
        case ChangePhone():
            return change_phone(command, command.phone, driver)
        case StartTraining():
            return start_training(command, driver)
        case CompleteTraining():
            return complete_training(command, driver)
        case availability.DeclareAvailability() | availability.WithdrawAvailability():
            return availability.decide(command, driver.availabilities)
        case Engage():
            return engage(command, driver)
        case Release():
            return release(command, driver)
        case ForgetDriver():
            return [SubjectForgotten(driver_id=command.driver_id, forgotten_at=command.at)]
        case unhandled:
            assert_never(unhandled)


def register(command: RegisterDriver, driver: Driver) -> Decision:
    match driver:
        case Unregistered():
            return [registered(command)]
        case Partner():
            earlier = driver.registration
            repeated = registered(replace(command, at=earlier.registered_at)) == earlier
            return [] if repeated else DriverIdTaken(command.driver_id)
        case Forgotten(organisation_id=owner) if owner == command.organisation_id:
            return DriverIsForgotten()
        case Forgotten():
            return DriverIdTaken(command.driver_id)
        case unhandled:
            assert_never(unhandled)


def follow(command: AccountCommand, driver: Driver) -> list[DriverEvent]:
    """Never refuses: nothing follows for somebody who is no driver of the organisation."""
    if isinstance(driver, Unregistered):
        return [registered(command)] if isinstance(command, Admit) else []
    if isinstance(driver, Forgotten) or driver.organisation_id != command.organisation_id:
        return []
    match command:
        case Admit():
            back = DriverReinstated(driver_id=command.driver_id, reinstated_at=command.at)
            return [back] if driver.suspended else []
        case Suspend():
            gone = DriverSuspended(driver_id=command.driver_id, suspended_at=command.at)
            return [] if driver.suspended else [gone]
        case FollowProfile():
            moved = change_home(command, command.home, driver) if command.home else []
            other_phone = change_phone(command, command.phone, driver) if command.phone else []
            return [*moved, *other_phone]
        case unhandled:
            assert_never(unhandled)


def change_home(
    command: ChangeHome | FollowProfile, home: Home, driver: Partner
) -> list[DriverEvent]:
    changed = HomeChanged(
        driver_id=command.driver_id,
        street=home.street,
        postal_code=home.postal_code,
        city=home.city,
        location=home.location,
        changed_at=command.at,
    )
    repeated = driver.home is not None and replace(driver.home, changed_at=command.at) == changed
    return [] if repeated else [changed]


def change_phone(
    command: ChangePhone | FollowProfile, phone: str, driver: Partner
) -> list[DriverEvent]:
    if phone == driver.phone:
        return []
    return [PhoneChanged(driver_id=command.driver_id, phone=phone, changed_at=command.at)]


def start_training(command: StartTraining, driver: Partner) -> Decision:
    skill = (command.kind, command.code)
    if skill in driver.in_training:
        return []
    # A qualification that ends some day may be renewed before it does.
    if skill in driver.qualified_until and driver.qualified_until[skill] is None:
        return AlreadyQualified(command.code)
    return [
        TrainingStarted(
            driver_id=command.driver_id,
            kind=command.kind,
            code=command.code,
            started_at=command.at,
        )
    ]


def complete_training(command: CompleteTraining, driver: Partner) -> Decision:
    skill = (command.kind, command.code)
    held_already = skill in driver.qualified_until and skill not in driver.in_training
    if held_already and driver.qualified_until[skill] == command.valid_until:
        return []
    return [
        QualificationObtained(
            driver_id=command.driver_id,
            kind=command.kind,
            code=command.code,
            valid_until=command.valid_until,
            obtained_at=command.at,
        )
    ]


def engage(command: Engage, driver: Partner) -> Decision:
    if command.trip_id in driver.engagements:
        return []
    return [
        DriverEngaged(
            driver_id=command.driver_id,
            trip_id=command.trip_id,
            from_day=command.from_day,
            until_day=command.until_day,
            engaged_at=command.at,
        )
    ]


def release(command: Release, driver: Partner) -> Decision:
    if not isinstance(driver.engagements.get(command.trip_id), DriverEngaged):
        return []
    return [
        DriverReleased(driver_id=command.driver_id, trip_id=command.trip_id, released_at=command.at)
    ]


def registered(command: RegisterDriver | Admit) -> DriverRegistered:
    return DriverRegistered(
        driver_id=command.driver_id,
        organisation_id=command.organisation_id,
        name=command.name,
        phone=command.phone,
        registered_at=command.at,
    )

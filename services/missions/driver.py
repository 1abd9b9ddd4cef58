"""A partner driver: who they are, what they are qualified for, when they are free."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

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
from services.missions import availability, terms

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterDriver:
    """`fact` is what shall be recorded, here and in every command that has one."""

    fact: DriverRegistered


@dataclass(frozen=True, slots=True)
class ChangeHome:
    fact: HomeChanged
    organisation_id: str


@dataclass(frozen=True, slots=True)
class ChangePhone:
    fact: PhoneChanged
    organisation_id: str


@dataclass(frozen=True, slots=True)
class StartTraining:
    fact: TrainingStarted
    organisation_id: str


@dataclass(frozen=True, slots=True)
class CompleteTraining:
    """The training provider or staff says so; nobody need have recorded the start."""

    fact: QualificationObtained
    organisation_id: str


@dataclass(frozen=True, slots=True)
class Engage:
    """Follows from an assigned mission and so speaks for no organisation."""

    fact: DriverEngaged


@dataclass(frozen=True, slots=True)
class Release:
    """Follows from a confirmed delivery and so speaks for no organisation."""

    fact: DriverReleased


@dataclass(frozen=True, slots=True)
class ForgetDriver:
    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Admit:
    """Follows from an account that a driver may use."""

    fact: DriverRegistered

    @property
    def organisation_id(self) -> str:
        return self.fact.organisation_id


@dataclass(frozen=True, slots=True)
class Suspend:
    """Follows from an account that may not be used any more."""

    driver_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowProfile:
    """Follows from what a user told of themselves (HIF-39, HIF-05)."""

    driver_id: str
    organisation_id: str
    facts: tuple[HomeChanged | PhoneChanged, ...]


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


@dataclass(frozen=True, slots=True)
class Partner:
    """Availabilities and engagements are what happened to them last, by their id and trip_id."""

    registration: DriverRegistered
    phone: str | None
    home: HomeChanged | None
    in_training: frozenset[Skill]
    qualified_until: Mapping[Skill, date | None]
    availabilities: Mapping[str, availability.Availability]
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
        return Partner(event, event.phone, None, frozenset(), {}, {}, {})
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
            known = {**driver.availabilities, event.availability_id: event}
            return replace(driver, availabilities=known)
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
        case ChangeHome() | ChangePhone():
            return [command.fact] if is_news(command.fact, driver) else []
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
    asked = command.fact
    match driver:
        case Unregistered():
            return [asked]
        case Partner():
            known = driver.registration
            repeated = replace(asked, registered_at=known.registered_at) == known
            return [] if repeated else DriverIdTaken(asked.driver_id)
        case Forgotten(organisation_id=owner) if owner == asked.organisation_id:
            return DriverIsForgotten()
        case Forgotten():
            return DriverIdTaken(asked.driver_id)
        case unhandled:
            assert_never(unhandled)


def follow(command: AccountCommand, driver: Driver) -> list[DriverEvent]:
    """Never refuses: nothing follows for who is no driver of the organisation."""
    if isinstance(driver, Unregistered):
        return [command.fact] if isinstance(command, Admit) else []
    if isinstance(driver, Forgotten) or driver.organisation_id != command.organisation_id:
        return []
    match command:
        case Admit(fact=fact):
            back = DriverReinstated(driver_id=fact.driver_id, reinstated_at=fact.registered_at)
            return [back] if driver.suspended else []
        case Suspend():
            gone = DriverSuspended(driver_id=command.driver_id, suspended_at=command.at)
            return [] if driver.suspended else [gone]
        case FollowProfile():
            return [fact for fact in command.facts if is_news(fact, driver)]
        case unhandled:
            assert_never(unhandled)


def is_news(fact: HomeChanged | PhoneChanged, driver: Partner) -> bool:
    if isinstance(fact, PhoneChanged):
        return fact.phone != driver.phone
    return driver.home is None or replace(driver.home, changed_at=fact.changed_at) != fact


def start_training(command: StartTraining, driver: Partner) -> Decision:
    skill = (command.fact.kind, command.fact.code)
    if skill in driver.in_training:
        return []
    # A qualification that ends some day may be renewed before it does.
    if skill in driver.qualified_until and driver.qualified_until[skill] is None:
        return AlreadyQualified(command.fact.code)
    return [command.fact]


def complete_training(command: CompleteTraining, driver: Partner) -> Decision:
    skill = (command.fact.kind, command.fact.code)
    held_already = skill in driver.qualified_until and skill not in driver.in_training
    if held_already and driver.qualified_until[skill] == command.fact.valid_until:
        return []
    return [command.fact]


def engage(command: Engage, driver: Partner) -> Decision:
    return [] if command.fact.trip_id in driver.engagements else [command.fact]


def release(command: Release, driver: Partner) -> Decision:
    engaged = isinstance(driver.engagements.get(command.fact.trip_id), DriverEngaged)
    return [command.fact] if engaged else []

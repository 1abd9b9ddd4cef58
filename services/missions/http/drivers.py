"""Drivers: taken in, qualified, and free on certain days."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from contracts.missions import driver_v1
from contracts.missions.driver_v1 import (
    AvailabilityDeclared,
    AvailabilityWithdrawn,
    DriverEngaged,
    DriverRegistered,
    DriverReinstated,
    DriverReleased,
    DriverSuspended,
    HomeChanged,
    Period,
    PhoneChanged,
    QualificationKind,
    QualificationObtained,
    SubjectForgotten,
    TrainingStarted,
)
from infra.http.answers import Answer, Answered, PointShown, Recorded, Router
from infra.http.history import AsOf, History, HistoryPart
from infra.http.models import Body, Coded, Day, Id, Instant, Line, Named, Phone, PointBody, Text
from infra.lookups import users
from services.missions import clearance, driver
from services.missions.aggregates import CLEARANCE, DRIVER
from services.missions.driver.availability import DeclareAvailability, WithdrawAvailability
from services.missions.http.access import AnyContext, StaffContext, only_own
from services.missions.http.fields import Code, Codes, PostalCode

router = Router("Drivers")

# --- Bodies -----------------------------------------------------------------


class DriverBody(Body):
    driver_id: Id
    """The id of the driver's user account in the organisation, active or only invited."""
    name: Line
    phone: Phone


class HomeBody(Body):
    street: Line
    postal_code: PostalCode
    city: Line
    location: PointBody

    def home(self) -> driver.Home:
        """The value of the commands."""
        return driver.Home(
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            location=self.location.point(),
        )


class PhoneBody(Body):
    phone: Phone


class TrainingBody(Body):
    kind: Annotated[QualificationKind, Named()]
    code: Annotated[Code, Coded("AdditionalService")]


class QualificationBody(TrainingBody):
    valid_until: Day | None = None


class RequirementBody(Body):
    """All the papers a driver has to hold, by name; papers once accepted are required besides."""

    kinds: Codes


class AvailabilityBody(Body):
    period: Annotated[Period, Named()]
    starting: Day
    reason: Text | None = None


# --- Answers ----------------------------------------------------------------

Kind = Annotated[QualificationKind, Named()]


class RegistrationShown(Answer):
    """The driver as they became a partner."""

    driver_id: str
    organisation_id: str
    name: str
    phone: str | None
    registered_at: Instant


class HomeShown(Answer):
    """The address that trips near home are measured from."""

    driver_id: str
    street: str
    postal_code: str
    city: str
    location: PointShown | None
    changed_at: Instant


class QualificationShown(Answer):
    """A qualification, through its last day where it has one."""

    kind: Kind
    code: Annotated[str, Coded("AdditionalService")]
    valid_until: Day | None


class DeclaredAvailability(Answer):
    """Days on which the driver can be called, both included."""

    driver_id: str
    availability_id: str
    period: Annotated[Period, Named()]
    from_day: Day
    until_day: Day
    reason: str | None
    declared_at: Instant


class WithdrawnAvailability(Answer):
    """An availability that the driver took back."""

    driver_id: str
    availability_id: str
    withdrawn_at: Instant


class Engaged(Answer):
    """A mission that occupies the driver on these days, both included."""

    driver_id: str
    trip_id: str
    from_day: Day
    until_day: Day
    engaged_at: Instant


class Released(Answer):
    """A mission that does not occupy the driver any more."""

    driver_id: str
    trip_id: str
    released_at: Instant


class DriverStatus(StrEnum):
    PARTNER = "partner"
    SUSPENDED = "suspended"


class ForgottenDriver(Answer):
    """A driver who asked to be forgotten."""

    status: Literal["forgotten"]
    required_papers: tuple[str, ...]
    lacking_papers: tuple[str, ...]


class TrainingUnderWay(Answer):
    """A training that was begun and not completed."""

    kind: Kind
    code: Annotated[str, Coded("AdditionalService")]


class DriverShown(Answer):
    """A driver to themselves and to staff."""

    status: DriverStatus
    registration: RegistrationShown
    phone: str | None
    home: HomeShown | None
    in_training: tuple[TrainingUnderWay, ...]
    qualifications: tuple[QualificationShown, ...]
    availabilities: tuple[DeclaredAvailability | WithdrawnAvailability, ...]
    engagements: tuple[Engaged | Released, ...]
    required_papers: tuple[str, ...]
    """The papers that the driver has to hold for new work."""
    lacking_papers: tuple[str, ...]
    """Those of them that the driver does not hold today."""


class DriverHistory(
    History,
    of=driver_v1.contract,
    shows={
        DriverRegistered: RegistrationShown,
        HomeChanged: HomeShown,
        PhoneChanged: ("driver_id", "phone", "changed_at"),
        TrainingStarted: ("driver_id", "kind", "code", "started_at"),
        QualificationObtained: ("driver_id", "kind", "code", "valid_until", "obtained_at"),
        AvailabilityDeclared: DeclaredAvailability,
        AvailabilityWithdrawn: WithdrawnAvailability,
        DriverEngaged: Engaged,
        DriverReleased: Released,
        DriverSuspended: ("driver_id", "suspended_at"),
        DriverReinstated: ("driver_id", "reinstated_at"),
        SubjectForgotten: ("driver_id", "forgotten_at"),
    },
):
    """Every fact about a driver, oldest first."""


def driver_shown(
    state: driver.Partner | driver.Forgotten, cleared: clearance.Clearance, today: date
) -> DriverShown | ForgottenDriver:
    """A driver with the papers that their organisation asks of them."""
    required = clearance.required(cleared, state.organisation_id)
    lacking = clearance.lacking(cleared, state.organisation_id, today)
    if isinstance(state, driver.Forgotten):
        return ForgottenDriver(status="forgotten", required_papers=required, lacking_papers=lacking)
    return DriverShown(
        status=DriverStatus.SUSPENDED if state.suspended else DriverStatus.PARTNER,
        registration=RegistrationShown.of(state.registration),
        phone=state.phone,
        home=HomeShown.of(state.home) if state.home else None,
        in_training=tuple(
            TrainingUnderWay(kind=kind, code=code) for kind, code in sorted(state.in_training)
        ),
        qualifications=tuple(
            QualificationShown(kind=kind, code=code, valid_until=until)
            for (kind, code), until in sorted(state.qualified_until.items())
        ),
        availabilities=tuple(map(availability_shown, state.availabilities.values())),
        engagements=tuple(map(engagement_shown, state.engagements.values())),
        required_papers=required,
        lacking_papers=lacking,
    )


def availability_shown(
    availability: AvailabilityDeclared | AvailabilityWithdrawn,
) -> DeclaredAvailability | WithdrawnAvailability:
    if isinstance(availability, AvailabilityDeclared):
        return DeclaredAvailability.of(availability)
    return WithdrawnAvailability.of(availability)


def engagement_shown(engagement: DriverEngaged | DriverReleased) -> Engaged | Released:
    if isinstance(engagement, DriverEngaged):
        return Engaged.of(engagement)
    return Released.of(engagement)


# --- Routes -----------------------------------------------------------------


@router.post("/drivers", status_code=201)
async def register_driver(body: DriverBody, context: StaffContext) -> Answered[Recorded]:
    """Take a driver in as a partner of the organisation; the driver is one of its users.

    The same name and phone again are a repetition. With others it is 409 `driver-id-taken`: the
    user is a driver already, whose phone has a route of its own.
    """
    await users.require(context, "driver_id", body.driver_id)
    command = driver.RegisterDriver(
        driver_id=body.driver_id,
        organisation_id=context.principal.organisation_id,
        name=body.name,
        phone=context.phone("phone", body.phone),
        at=context.occurred_at,
    )
    created = f"/missions/drivers/{body.driver_id}"
    return await context.handle(DRIVER, body.driver_id, command, created=created)


@router.get("/drivers/{driver_id}")
async def show_driver(
    driver_id: Id, context: AnyContext, as_of: AsOf = None
) -> Answered[DriverShown | ForgottenDriver]:
    """Show the driver, never stale; drivers see themselves only."""
    only_own(context, driver_id)
    found = await context.load(DRIVER, driver_id, as_of)
    if (
        isinstance(found.state, driver.Unregistered)
        or found.state.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(driver.NoSuchDriver())
    cleared = (await context.load(CLEARANCE, driver_id, as_of)).state
    shown = driver_shown(found.state, cleared, context.today)
    return context.show(shown, found, beside=True)


@router.get("/drivers/{driver_id}/history")
async def driver_history(
    driver_id: Id, context: AnyContext, part: HistoryPart
) -> Answered[DriverHistory]:
    """List every fact about the driver: who, what, when."""
    await show_driver(driver_id, context)
    return await context.history(DRIVER, driver_id, DriverHistory, part)


@router.put("/drivers/{driver_id}/home")
async def change_home(driver_id: Id, body: HomeBody, context: AnyContext) -> Answered[Recorded]:
    """The address that trips near home are measured from."""
    only_own(context, driver_id)
    command = driver.ChangeHome(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        home=body.home(),
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


@router.put("/drivers/{driver_id}/phone")
async def change_phone(driver_id: Id, body: PhoneBody, context: AnyContext) -> Answered[Recorded]:
    """The number the driver is called under."""
    only_own(context, driver_id)
    command = driver.ChangePhone(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        phone=context.phone("phone", body.phone),
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


@router.post("/drivers/{driver_id}/trainings")
async def start_training(
    driver_id: Id, body: TrainingBody, context: AnyContext
) -> Answered[Recorded]:
    """Go to the training of a client process or of an additional service."""
    only_own(context, driver_id)
    command = driver.StartTraining(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        kind=body.kind,
        code=body.code,
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


@router.post("/drivers/{driver_id}/qualifications")
async def complete_training(
    driver_id: Id, body: QualificationBody, context: StaffContext
) -> Answered[Recorded]:
    """The training is completed: the driver is qualified."""
    command = driver.CompleteTraining(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        kind=body.kind,
        code=body.code,
        valid_until=body.valid_until,
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


@router.put("/drivers/{driver_id}/required-papers")
async def require_papers(
    driver_id: Id, body: RequirementBody, context: StaffContext
) -> Answered[Recorded]:
    """Say which papers the driver needs to quote and to be given trips."""
    await show_driver(driver_id, context)
    command = clearance.RequirePapers(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        kinds=body.kinds,
        at=context.occurred_at,
    )
    return await context.handle(CLEARANCE, driver_id, command)


@router.post("/drivers/{driver_id}/availabilities", status_code=201)
async def declare_availability(
    driver_id: Id, body: AvailabilityBody, context: AnyContext
) -> Answered[Recorded]:
    """Be available for a day, a week or a month."""
    only_own(context, driver_id)
    availability_id = context.new_id("A")
    command = DeclareAvailability(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        availability_id=availability_id,
        period=body.period,
        starting=body.starting,
        reason=body.reason,
        today=context.today,
        at=context.occurred_at,
    )
    created = f"/missions/drivers/{driver_id}/availabilities/{availability_id}"
    return await context.handle(DRIVER, driver_id, command, created=created)


@router.delete("/drivers/{driver_id}/availabilities/{availability_id}")
async def withdraw_availability(
    driver_id: Id, availability_id: Id, context: AnyContext
) -> Answered[Recorded]:
    """Take an availability back."""
    only_own(context, driver_id)
    command = WithdrawAvailability(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        availability_id=availability_id,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)

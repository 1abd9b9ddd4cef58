"""Drivers: taken in, qualified, and free on certain days."""

from datetime import date
from typing import Annotated, Any, assert_never

from fastapi import APIRouter
from starlette.responses import Response

from contracts.missions.driver_v1 import Period, QualificationKind
from infra.http.models import Body, Day, Id, Line, Named, Phone, PointBody, Text
from services.missions import clearance, driver
from services.missions.aggregates import CLEARANCE, DRIVER
from services.missions.driver.availability import DeclareAvailability, WithdrawAvailability
from services.missions.http.access import AnyContext, AsOf, StaffContext, only_own
from services.missions.http.fields import Code, Codes, PostalCode
from services.missions.http.readable_ids import readable_id

router = APIRouter()

# --- Bodies -----------------------------------------------------------------


class DriverBody(Body):
    driver_id: Id
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
    code: Code


class QualificationBody(TrainingBody):
    valid_until: Day | None = None


class RequirementBody(Body):
    """All the papers a driver has to hold, by name; papers once accepted are required besides."""

    kinds: Codes


class AvailabilityBody(Body):
    period: Annotated[Period, Named()]
    starting: Day
    reason: Text | None = None


# --- What is shown ----------------------------------------------------------


def papers_shown(cleared: clearance.Clearance, organisation_id: str, on: date) -> dict[str, Any]:
    """Which papers the driver has to hold for new work, and which of them they do not."""
    return {
        "required_papers": clearance.required(cleared, organisation_id),
        "lacking_papers": clearance.lacking(cleared, organisation_id, on),
    }


def driver_shown(found: driver.Driver) -> dict[str, Any]:
    """A driver to themselves and to staff."""
    match found:
        case driver.Unregistered():
            return {}
        case driver.Forgotten():
            return {"status": "forgotten"}
        case driver.Partner():
            return {
                "status": "suspended" if found.suspended else "partner",
                "registration": found.registration,
                "phone": found.phone,
                "home": found.home,
                "in_training": sorted(found.in_training),
                "qualifications": [
                    {"kind": kind, "code": code, "valid_until": until}
                    for (kind, code), until in sorted(found.qualified_until.items())
                ],
                "availabilities": list(found.availabilities.values()),
                "engagements": list(found.engagements.values()),
            }
        case unhandled:
            assert_never(unhandled)


# --- Routes -----------------------------------------------------------------


@router.post("/drivers", status_code=201)
async def register_driver(body: DriverBody, context: StaffContext) -> Response:
    """Take a driver in as a partner of the organisation."""
    command = driver.RegisterDriver(
        driver_id=body.driver_id,
        organisation_id=context.principal.organisation_id,
        name=body.name,
        phone=body.phone,
        at=context.occurred_at,
    )
    created = f"/missions/drivers/{body.driver_id}"
    return await context.handle(DRIVER, body.driver_id, command, created=created)


@router.get("/drivers/{driver_id}")
async def show_driver(driver_id: Id, context: AnyContext, as_of: AsOf = None) -> Response:
    """The driver, never stale; drivers see themselves only."""
    only_own(context, driver_id)
    found = await context.load(DRIVER, driver_id, as_of)
    if (
        isinstance(found.state, driver.Unregistered)
        or found.state.organisation_id != context.principal.organisation_id
    ):
        raise context.refuse(driver.NoSuchDriver())
    cleared = (await context.load(CLEARANCE, driver_id, as_of)).state
    papers = papers_shown(cleared, context.principal.organisation_id, context.today)
    return context.show(driver_shown(found.state) | papers, found)


@router.get("/drivers/{driver_id}/history")
async def driver_history(driver_id: Id, context: AnyContext) -> Response:
    """Every fact about the driver: who, what, when."""
    await show_driver(driver_id, context)
    return await context.history(DRIVER, driver_id)


@router.put("/drivers/{driver_id}/home")
async def change_home(driver_id: Id, body: HomeBody, context: AnyContext) -> Response:
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
async def change_phone(driver_id: Id, body: PhoneBody, context: AnyContext) -> Response:
    """The number the driver is called under."""
    only_own(context, driver_id)
    command = driver.ChangePhone(
        driver_id=driver_id,
        organisation_id=context.principal.organisation_id,
        phone=body.phone,
        at=context.occurred_at,
    )
    return await context.handle(DRIVER, driver_id, command)


@router.post("/drivers/{driver_id}/trainings")
async def start_training(driver_id: Id, body: TrainingBody, context: AnyContext) -> Response:
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
) -> Response:
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
async def require_papers(driver_id: Id, body: RequirementBody, context: StaffContext) -> Response:
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
) -> Response:
    """Be available for a day, a week or a month."""
    only_own(context, driver_id)
    availability_id = readable_id("A", context.command_context.command_id)
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
) -> Response:
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

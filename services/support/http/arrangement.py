"""The desk over HTTP: when it is open, and how soon it wants to answer."""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.accounts.user_v1 import Role
from contracts.support import desk_v1
from contracts.support.desk_v1 import DeskArranged, Opening, Priority, RequestType, TargetTimes
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.history import History, HistoryPart
from infra.http.models import Body, Day, Id, Instant, Named
from infra.http.request_context import RequestContext, requires
from infra.lookups import organisations, users
from services.support import desk
from services.support.aggregates import DESK
from services.support.http.access import SupportContext

router = Router("Desk")
SupervisorContext = Annotated[RequestContext, requires("administration")]

MOST_OPENINGS = 50
MOST_HOLIDAYS = 400
MOST_MINUTES = 60_000
"""A thousand hours in which the desk is open."""
Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]

# --- Bodies and answers -----------------------------------------------------


class OpeningBody(Body):
    """A part of a day of the week in which the desk is open."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    """1 is Monday."""
    from_minute: Annotated[int, Field(ge=0, lt=1440)]
    """Minutes after midnight."""
    until_minute: Annotated[int, Field(ge=1, le=1440)]


class TargetBody(Body):
    """How soon requests of a type and priority are answered and resolved, in opening time."""

    type: Annotated[RequestType, Named()]
    priority: Annotated[Priority, Named()]
    first_response_minutes: Minutes | None = None
    resolution_minutes: Minutes | None = None


class DeskBody(Body):
    """The hours and targets of the desk, all of them."""

    time_zone: ZoneName
    openings: Annotated[tuple[OpeningBody, ...], Field(max_length=MOST_OPENINGS, strict=False)]
    holidays: Annotated[tuple[Day, ...], Field(max_length=MOST_HOLIDAYS, strict=False)] = ()
    targets: Annotated[tuple[TargetBody, ...], Field(max_length=24, strict=False)]
    """A type and priority that is not here has none."""
    warned_at_percent: Annotated[int, Field(ge=1, le=99)] = 80
    """The part of a target's time after which somebody is warned."""
    supervisor_id: Id
    """Somebody of the administration, who is told of what was missed."""


class OpeningShown(Answer):
    weekday: int
    from_minute: int
    until_minute: int


class TargetShown(Answer):
    type: Annotated[RequestType, Named()]
    priority: Annotated[Priority, Named()]
    first_response_minutes: int | None
    resolution_minutes: int | None


class Desk(Answer):
    """The hours and targets of the desk."""

    time_zone: str
    openings: tuple[OpeningShown, ...]
    holidays: tuple[Day, ...]
    targets: tuple[TargetShown, ...]
    warned_at_percent: int
    supervisor_id: str
    arranged_by: str
    arranged_at: Instant


class ArrangedFact(Desk):
    """The desk was arranged anew."""

    desk_id: str
    organisation_id: str


class DeskHistory(History, of=desk_v1.contract, shows={DeskArranged: ArrangedFact}):
    """Every arrangement of the desk, the oldest first."""


# --- Routes -----------------------------------------------------------------


@router.get("/desk")
async def show_desk(context: SupportContext) -> Answered[Desk]:
    """Show when support is open, and how soon it wants to answer."""
    await organisations.require_operator(context)
    found = await context.load(DESK, desk.DESK)
    return context.show(Desk.of(arranged(context, found.state).arranged), found)


@router.put("/desk")
async def arrange_desk(body: DeskBody, context: SupervisorContext) -> Answered[Recorded]:
    """Say when support is open, and how soon it wants to answer.

    It counts for what happens from then on; clocks that run are not set anew by it.
    """
    await organisations.require_operator(context)
    await users.require_active(context, "supervisor_id", body.supervisor_id, Role.ADMINISTRATION)
    command = desk.ArrangeDesk(
        organisation_id=context.principal.organisation_id,
        time_zone=body.time_zone,
        openings=tuple(
            Opening(weekday=one.weekday, from_minute=one.from_minute, until_minute=one.until_minute)
            for one in body.openings
        ),
        holidays=tuple(sorted(set(body.holidays))),
        targets=tuple(
            TargetTimes(
                type=one.type,
                priority=one.priority,
                first_response_minutes=one.first_response_minutes,
                resolution_minutes=one.resolution_minutes,
            )
            for one in body.targets
        ),
        warned_at_percent=body.warned_at_percent,
        supervisor_id=body.supervisor_id,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(DESK, desk.DESK, command)


@router.get("/desk/history")
async def desk_history(context: SupportContext, part: HistoryPart) -> Answered[DeskHistory]:
    """List every arrangement of the desk."""
    await organisations.require_operator(context)
    arranged(context, (await context.load(DESK, desk.DESK)).state)
    return await context.history(DESK, desk.DESK, DeskHistory, part)


def arranged(context: RequestContext, state: desk.Desk) -> desk.Arranged:
    """The desk, if it was arranged. Raises 404."""
    if isinstance(state, desk.Unarranged):
        raise context.refuse(desk.DeskIsNotArranged())
    return state

"""The appointments that a dealership offers on a day, over HTTP (R7)."""

from datetime import date, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from contracts.dealers import Dealership
from infra.http.answers import Answer, Answered, Recorded, Router
from infra.http.models import Body, Day, Id, Instant
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from infra.tokens import Role
from services.reminders import workday
from services.reminders.aggregates import WORKDAY
from services.reminders.http.access import READERS, WRITERS, ReaderContext, WriterContext

router = Router("Appointments")
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

# --- Bodies and answers -----------------------------------------------------


class SlotBody(Body):
    """A time at which so many vehicles can come, by the dealership's clock."""

    begins: Annotated[Clock, Field(examples=["09:00"])]
    ends: Annotated[Clock, Field(examples=["10:00"])]
    places: Annotated[int, Field(ge=1, le=workday.MOST_PLACES)]


class SlotsBody(Body):
    """All slots of the day."""

    slots: Annotated[tuple[SlotBody, ...], Field(max_length=workday.MOST_SLOTS, strict=False)]


class SlotShown(Answer):
    starts_at: Instant
    ends_at: Instant
    places: int
    reminders: tuple[str, ...]
    """Those by which customers took places."""


class WorkdayShown(Answer):
    """The appointments of a dealership on a day."""

    dealership_id: str
    day: Day
    slots: tuple[SlotShown, ...]


# --- Routes -----------------------------------------------------------------


@router.get("/workdays/{dealership_id}/{day}")
async def show_workday(
    dealership_id: Id, day: Day, context: ReaderContext
) -> Answered[WorkdayShown]:
    """Show the slots that a dealership offers on a day, and whose appointments there are."""
    await own_house(context, dealership_id, READERS)
    found = await context.load(WORKDAY, workday.id_of(dealership_id, day))
    return context.show(shown(dealership_id, day, found.state), found)


@router.put("/workdays/{dealership_id}/{day}/slots")
async def offer_slots(
    dealership_id: Id, day: Day, body: SlotsBody, context: WriterContext
) -> Answered[Recorded]:
    """Say which slots customers can choose on the page of a reminder, all of the day. Those with
    appointments keep their places."""
    house, who = await own_house(context, dealership_id, WRITERS), context.principal
    command = workday.OfferSlots(
        workday_id=workday.id_of(dealership_id, day),
        organisation_id=who.organisation_id,
        dealership_id=dealership_id,
        day=day,
        time_zone=house.time_zone,
        openings=tuple(opening(one) for one in body.slots),
        today=context.at.astimezone(ZoneInfo(house.time_zone)).date(),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(WORKDAY, command.workday_id, command)


@router.delete("/workdays/{dealership_id}/{day}/appointments/{reminder_id}")
async def cancel_appointment(
    dealership_id: Id, day: Day, reminder_id: Id, context: WriterContext
) -> Answered[Recorded]:
    """Cancel the appointment of a customer, whose page then says so; the place is free again."""
    await own_house(context, dealership_id, WRITERS)
    who = context.principal
    command = workday.FreePlace(
        workday_id=workday.id_of(dealership_id, day),
        organisation_id=who.organisation_id,
        reminder_id=reminder_id,
        by=who.subject,
        at=context.at,
    )
    return await context.handle(WORKDAY, command.workday_id, command)


async def own_house(
    context: RequestContext, dealership_id: str, roles: tuple[Role, ...]
) -> Dealership:
    """The dealership, if the caller has one of the roles there. Raises the same 404 for any
    other."""
    house = await context.lookup(dealerships.lookup, dealership_id)
    mine = house is not None and house.organisation_id == context.principal.organisation_id
    if house is None or not mine or dealership_id not in context.dealerships(*roles):
        raise context.refuse(workday.NoSuchWorkday())
    return house


def opening(body: SlotBody) -> workday.Opening:
    return workday.Opening(
        begins=time.fromisoformat(body.begins),
        ends=time.fromisoformat(body.ends),
        places=body.places,
    )


def shown(dealership_id: str, day: date, state: workday.Workday) -> WorkdayShown:
    """The day as it is now; without slots where nothing was offered."""
    offered = state.offered.slots if isinstance(state, workday.Offered) else ()
    taken = [*state.taken.values()] if isinstance(state, workday.Offered) else []
    return WorkdayShown(
        dealership_id=dealership_id,
        day=day,
        slots=tuple(
            SlotShown(
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                places=one.places,
                reminders=tuple(o.reminder_id for o in taken if o.starts_at == one.starts_at),
            )
            for one in offered
        ),
    )

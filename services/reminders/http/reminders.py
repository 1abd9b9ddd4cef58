"""Reminders over HTTP: made by hand, shown, and changed until they are read."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from contracts.media.file_v1 import Purpose
from contracts.reminders.reminder_v1 import Attachment, DueWork
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.history import HistoryPart
from infra.http.models import Body, ChosenId, Day, Id, Reference
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import customers, dealerships, files
from services.reminders.adapters.terms import About, person_of
from services.reminders.aggregates import REMINDER
from services.reminders.http.access import (
    READERS,
    WRITERS,
    ReaderContext,
    WriterContext,
    ours,
    terms_at,
    to_write,
)
from services.reminders.http.answers import ReminderHistory, ReminderShown, shown
from services.reminders.http.fields import AttachmentBody, Brand, WorkBody, Written
from services.reminders.lookups import interventions_case
from services.reminders.reminder import content
from services.reminders.reminder.hours import send_time
from services.reminders.reminder.matter import Matter

router = Router("Reminders")

Works = Annotated[tuple[WorkBody, ...], Field(min_length=1, max_length=100, strict=False)]
Attachments = Annotated[tuple[AttachmentBody, ...], Field(max_length=20, strict=False)]

# --- Bodies -----------------------------------------------------------------


class ReminderBody(Body):
    """A reminder to make by hand."""

    key: ChosenId
    """What the client calls it, unique in its organisation: sent again, it is the same one."""
    dealership_id: Id
    customer_id: Id
    send_on: Day
    """Where the dealership is; today at the earliest."""
    brand: Brand
    reference: Reference
    """What the case is called."""
    case_id: Id | None = None
    """The case itself, where there is one."""
    works: Works


class WorksBody(Body):
    """All works of a reminder."""

    works: Works


class MessageBody(Body):
    message: Written | None
    """Null takes it out."""


class AttachmentsBody(Body):
    """All files that go with a reminder, in their order."""

    attachments: Attachments


# --- Routes -----------------------------------------------------------------


@router.post("/reminders", status_code=201)
async def create_reminder(body: ReminderBody, context: WriterContext) -> Answered[Recorded]:
    """Make a reminder by hand. Where the dealership sends by itself, it goes out on its day."""
    house = await dealerships.require(context, "dealership_id", body.dealership_id)
    context.require_dealership(body.dealership_id, *WRITERS)
    if body.brand not in {one.brand for one in house.brands}:
        raise unknown_reference("brand", "brand")
    await customers.require(context, "customer_id", body.customer_id, body.dealership_id)
    if body.case_id is not None:
        await require_case(context, body.case_id, body.dealership_id)
    zone, who = ZoneInfo(house.time_zone), context.principal
    command = content.CreateReminder(
        reminder_id=context.new_id(readable_ids.REMINDER, body.key),
        organisation_id=who.organisation_id,
        dealership_id=body.dealership_id,
        brand=body.brand,
        customer_id=body.customer_id,
        reference=body.reference,
        case_id=body.case_id,
        currency=house.currency,
        time_zone=house.time_zone,
        works=tuple(due_work(one, None) for one in body.works),
        send_on=body.send_on,
        send_at=send_time(body.send_on, zone),
        today=context.at.astimezone(zone).date(),
        allowed=terms_at(house, body.brand).reminders_allowed,
        by=who.subject,
        at=context.at,
    )
    where = f"/reminders/reminders/{command.reminder_id}"
    return await context.handle(REMINDER, command.reminder_id, command, created=where)


@router.get("/reminders/{reminder_id}")
async def show_reminder(reminder_id: Id, context: ReaderContext) -> Answered[ReminderShown]:
    """Show a reminder, never stale."""
    found = await context.load(REMINDER, reminder_id)
    return context.show(shown(ours(context, found.state, READERS)), found)


@router.get("/reminders/{reminder_id}/history")
async def reminder_history(
    reminder_id: Id, context: ReaderContext, part: HistoryPart
) -> Answered[ReminderHistory]:
    """List every fact about a reminder, the customer's among them."""
    ours(context, (await context.load(REMINDER, reminder_id)).state, READERS)
    return await context.history(REMINDER, reminder_id, ReminderHistory, part)


@router.put("/reminders/{reminder_id}/works")
async def change_works(
    reminder_id: Id, body: WorksBody, context: WriterContext
) -> Answered[Recorded]:
    """Say of which works the customer is reminded, all of them. When a work of a case is due is
    changed in the plan of the case."""
    held = (await to_write(context, reminder_id)).matter
    who = context.principal
    command = content.ChangeWorks(
        organisation_id=who.organisation_id,
        works=tuple(due_work(one, held) for one in body.works),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)


@router.put("/reminders/{reminder_id}/message")
async def compose_message(
    reminder_id: Id, body: MessageBody, context: WriterContext
) -> Answered[Recorded]:
    """Write the customer a message, which is on the page."""
    held = (await to_write(context, reminder_id)).matter
    person = await person_of(context.lookups, about(held), context.at)
    who = context.principal
    command = content.ComposeMessage(
        organisation_id=who.organisation_id,
        customer_id=person.customer_id,
        message=body.message,
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)


@router.put("/reminders/{reminder_id}/attachments")
async def change_attachments(
    reminder_id: Id, body: AttachmentsBody, context: WriterContext
) -> Answered[Recorded]:
    """Say which photos, videos and documents go with the reminder, all of them."""
    held = (await to_write(context, reminder_id)).matter
    for one in body.attachments:
        if one.file_id not in held.files:
            await files.require(context, "attachments", one.file_id, {Purpose.OTHER})
    who = context.principal
    command = content.ChangeAttachments(
        organisation_id=who.organisation_id,
        attachments=tuple(Attachment(file_id=o.file_id, kind=o.kind) for o in body.attachments),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)


def due_work(body: WorkBody, held: Matter | None) -> DueWork:
    """The contract's value; a work that is there comes from the case that it came from."""
    known = {one.work_id: one for one in held.works} if held else {}
    before = known.get(body.work_id)
    return DueWork(
        work_id=body.work_id,
        label=body.label,
        level=body.level,
        price=body.price.money() if body.price else None,
        due_on=body.due_on,
        due_mileage_km=body.due_mileage_km,
        case_id=before.case_id if before else None,
        case_work_id=before.case_work_id if before else None,
    )


def about(held: Matter) -> About:
    """The reminder, for who is to be written to."""
    created = held.created
    return About(
        reminder_id=created.reminder_id,
        dealership_id=created.dealership_id,
        brand=created.brand,
        customer_id=created.customer_id,
        case_id=created.case_id,
    )


async def require_case(context: RequestContext, case_id: str, dealership_id: str) -> None:
    """Refuse a case that is none of the dealership. Raises the 422 `Problem` of the field."""
    found = await context.lookup(interventions_case.lookup, case_id)
    mine = (context.principal.organisation_id, dealership_id)
    if found is None or (found.organisation_id, found.dealership_id) != mine:
        raise unknown_reference("case_id", "case")

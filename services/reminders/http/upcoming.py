"""Messages that go out by themselves, over HTTP: moved to another day, held and released (FLB-155,
R4)."""

from zoneinfo import ZoneInfo

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Day, Id
from services.reminders.aggregates import REMINDER
from services.reminders.http.access import WriterContext, to_write
from services.reminders.reminder import content, sending
from services.reminders.reminder.hours import send_time

router = Router("Sending")


class DayBody(Body):
    send_on: Day
    """Where the dealership is; today at the earliest."""


@router.put("/reminders/{reminder_id}/send-day")
async def plan_sending(
    reminder_id: Id, body: DayBody, context: WriterContext
) -> Answered[Recorded]:
    """Send it on another day, while it was not sent."""
    held = (await to_write(context, reminder_id)).matter
    zone, who = ZoneInfo(held.created.time_zone), context.principal
    command = content.PlanSending(
        organisation_id=who.organisation_id,
        send_on=body.send_on,
        send_at=send_time(body.send_on, zone),
        today=context.at.astimezone(zone).date(),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)


@router.put("/reminders/{reminder_id}/follow-up-day")
async def plan_follow_up(
    reminder_id: Id, body: DayBody, context: WriterContext
) -> Answered[Recorded]:
    """Send the message that follows by itself on another day, once the reminder was sent."""
    held = (await to_write(context, reminder_id)).matter
    zone, who = ZoneInfo(held.created.time_zone), context.principal
    command = sending.PlanFollowUp(
        organisation_id=who.organisation_id,
        send_on=body.send_on,
        send_at=send_time(body.send_on, zone),
        today=context.at.astimezone(zone).date(),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)


@router.put("/reminders/{reminder_id}/hold")
async def hold_reminder(reminder_id: Id, context: WriterContext) -> Answered[Recorded]:
    """Keep it, or what follows it, from going out by itself until it is released."""
    await to_write(context, reminder_id)
    who = context.principal
    command = sending.HoldReminder(
        organisation_id=who.organisation_id, by=who.subject, at=context.at
    )
    return await context.handle(REMINDER, reminder_id, command)


@router.delete("/reminders/{reminder_id}/hold")
async def release_reminder(reminder_id: Id, context: WriterContext) -> Answered[Recorded]:
    """Let messages go out by themselves again: on their day, or today where that is over."""
    held = (await to_write(context, reminder_id)).matter
    zone, who = ZoneInfo(held.created.time_zone), context.principal
    day = max(held.send_on, context.at.astimezone(zone).date())
    command = sending.ReleaseReminder(
        organisation_id=who.organisation_id,
        send_on=day,
        send_at=send_time(day, zone),
        by=who.subject,
        at=context.at,
    )
    return await context.handle(REMINDER, reminder_id, command)

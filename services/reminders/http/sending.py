"""Reminders over HTTP: sent now, merged, answered by hand, deleted (FLB-155, FLB-162, R4)."""

from typing import Annotated

from pydantic import Field

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, MoneyBody
from infra.http.problems import unknown_reference
from services.reminders import reminder
from services.reminders.adapters.links import Addresses
from services.reminders.adapters.terms import person_of, terms_of
from services.reminders.aggregates import REMINDER
from services.reminders.http.access import WRITERS, WriterContext, to_write
from services.reminders.http.fields import Count, WorkId
from services.reminders.http.reminders import about
from services.reminders.reminder import answering, ending, sending
from services.reminders.reminder.matter import Matter

# --- Bodies -----------------------------------------------------------------


class SendingBody(Body):
    """The reminder as it was seen; 412 when it is another one now."""

    works: Count
    """Those that the customer is still reminded of."""
    proposed: MoneyBody
    """The sum of those that have a price."""


class MergerBody(Body):
    into_reminder_id: Id
    """Another reminder of the customer, which waits to be sent as well."""
    works: Count
    """Those that go over, as they were seen."""


class ChoiceBody(Body):
    """An answer that came by other ways than the page."""

    accepted: Annotated[tuple[WorkId, ...], Field(max_length=100, strict=False)]
    """The works that were accepted; all others are refused."""
    works: Count
    """Those that there are to decide on, as they were seen."""


# --- Routes -----------------------------------------------------------------


def router(addresses: Addresses) -> Router:
    """The routes, over what knows the addresses of pages."""
    routes = Router("Sending")

    @routes.post("/reminders/{reminder_id}/sending")
    async def send_now(
        reminder_id: Id, body: SendingBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Send it now, also once more while nobody has read it. It goes by e-mail and by text
        message, as far as the customer has these and wants them."""
        held = (await to_write(context, reminder_id)).matter
        terms = await terms_of(context.lookups, addresses, about(held), context.at)
        if terms is None:
            raise unknown_reference("dealership_id", "dealership")
        who = context.principal
        command = sending.SendNow(
            organisation_id=who.organisation_id,
            sending_id=context.new_id("S"),
            seen=sending.Seen(works=body.works, proposed=body.proposed.money()),
            terms=terms,
            by=who.subject,
            at=context.at,
        )
        return await context.handle(REMINDER, reminder_id, command)

    @routes.post("/reminders/{reminder_id}/merger")
    async def merge_reminder(
        reminder_id: Id, body: MergerBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Put its works into another reminder of the customer; this one ends."""
        held = (await to_write(context, reminder_id)).matter
        await require_same_customer(context, held, body.into_reminder_id)
        who = context.principal
        command = ending.MergeReminder(
            organisation_id=who.organisation_id,
            into_reminder_id=body.into_reminder_id,
            seen=body.works,
            by=who.subject,
            at=context.at,
        )
        return await context.handle(REMINDER, reminder_id, command)

    @routes.put("/reminders/{reminder_id}/choice")
    async def take_down_choice(
        reminder_id: Id, body: ChoiceBody, context: WriterContext
    ) -> Answered[Recorded]:
        """Enter what the customer said to an adviser; it is final."""
        await to_write(context, reminder_id)
        who = context.principal
        command = answering.TakeDownChoice(
            organisation_id=who.organisation_id,
            accepted=body.accepted,
            seen=body.works,
            by=who.subject,
            at=context.at,
        )
        return await context.handle(REMINDER, reminder_id, command)

    @routes.delete("/reminders/{reminder_id}/contact-request")
    async def handle_contact(reminder_id: Id, context: WriterContext) -> Answered[Recorded]:
        """Say that the customer was called."""
        await to_write(context, reminder_id)
        who = context.principal
        command = answering.HandleContact(
            organisation_id=who.organisation_id, by=who.subject, at=context.at
        )
        return await context.handle(REMINDER, reminder_id, command)

    @routes.delete("/reminders/{reminder_id}")
    async def close_reminder(reminder_id: Id, context: WriterContext) -> Answered[Recorded]:
        """Delete it, for good, while nobody has read it."""
        await to_write(context, reminder_id)
        who = context.principal
        command = ending.CloseReminder(
            organisation_id=who.organisation_id, by=who.subject, at=context.at
        )
        return await context.handle(REMINDER, reminder_id, command)

    return routes


async def require_same_customer(context: WriterContext, held: Matter, into: str) -> None:
    """Refuse a reminder that is of somebody else, of another dealership, or went out. Raises the
    422 `Problem` of the field."""
    other = (await context.load(REMINDER, into)).state
    if not isinstance(other, reminder.Pending):
        raise unknown_reference("into_reminder_id", "reminder")
    theirs, own = other.matter.created, held.created
    place = (own.organisation_id, own.dealership_id, own.currency)
    if (theirs.organisation_id, theirs.dealership_id, theirs.currency) != place:
        raise unknown_reference("into_reminder_id", "reminder")
    assert theirs.dealership_id in context.dealerships(*WRITERS)
    first = await person_of(context.lookups, about(held), context.at)
    second = await person_of(context.lookups, about(other.matter), context.at)
    if first.customer_id != second.customer_id:
        raise unknown_reference("into_reminder_id", "reminder")

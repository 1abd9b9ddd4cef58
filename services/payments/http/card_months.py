"""The books of card payments month by month: taken over as a file, and closed."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from infra.http.answers import Answer, Answered, Listed, Recorded, Router
from infra.http.models import Body, Day, Id, Instant
from infra.http.pages import Paging
from infra.http.request_context import RequestContext
from services.payments.account.periods import ClosePeriod
from services.payments.aggregates import ACCOUNT
from services.payments.http.card_access import MANAGERS, READERS, ManagerContext, ReaderContext, own
from services.payments.read_models.card_months import (
    IN_ORDER,
    SETTLED,
    Month,
    PostingListed,
    first_month,
    posting_listed,
    postings_of,
    summed_up,
)


class ClosingBody(Body):
    """The month as it was seen."""

    entries: Annotated[int, Field(ge=0, le=10_000_000)]
    """How many entries it has; 412 when there are others now."""


class MonthShown(Answer):
    """A month of the books. Once it is closed nothing comes into it any more."""

    dealership_id: str
    begins_on: date
    ends_on: date
    entries: int
    unnumbered: int
    """Entries whose invoice or credit note has no number yet."""
    digest: str
    """SHA-256 of the entries in hexadecimal digits: the same as long as they are the same."""
    closed_at: Instant | None
    closed_by: str | None
    closed_digest: str | None
    """The digest when the month was closed."""


router = Router("Card payments")


async def month_of(context: RequestContext, dealership_id: str, day: date) -> Month:
    """The month of a day where the dealership is. Raises a 404 `Problem`."""
    known = await own(context, dealership_id, *READERS)
    zone = ZoneInfo(known.time_zone)
    return Month(dealership_id=dealership_id, begins_on=day.replace(day=1), zone=zone)


@router.get("/card-books/{dealership_id}/months/{day}")
async def show_card_month(
    dealership_id: Id, day: Day, context: ReaderContext
) -> Answered[MonthShown]:
    """Show the month of a day: how many entries it has, and whether it is closed."""
    month = await month_of(context, dealership_id, day)
    account = (await context.load(ACCOUNT, dealership_id)).state
    closed = account.closed.get(month.begins_on)
    summary = await summed_up(context.pool, month)
    return Answered(
        MonthShown(
            dealership_id=dealership_id,
            begins_on=month.begins_on,
            ends_on=month.ends_on,
            entries=summary.entries,
            unnumbered=summary.unnumbered,
            digest=summary.digest,
            closed_at=closed.closed_at if closed else None,
            closed_by=closed.closed_by if closed else None,
            closed_digest=closed.digest if closed else None,
        )
    )


@router.get("/card-books/{dealership_id}/months/{day}/postings")
async def postings_of_card_month(
    dealership_id: Id, day: Day, context: ReaderContext, page: Paging
) -> Answered[Listed[PostingListed]]:
    """List every posting of the month of a day, with the columns of the French file of entries."""
    month = await month_of(context, dealership_id, day)
    account = (await context.load(ACCOUNT, dealership_id)).state
    closed = account.closed.get(month.begins_on)
    closed_on = closed.closed_at.astimezone(month.zone).date() if closed else None
    return await page.show(
        postings_of(month), IN_ORDER, lambda row: posting_listed(row, month.zone, closed_on)
    )


@router.post("/card-books/{dealership_id}/months/{day}/closing")
async def close_card_month(
    dealership_id: Id, day: Day, body: ClosingBody, context: ManagerContext
) -> Answered[Recorded]:
    """Close the month of a day, the months before it first. What is learnt later is in a later
    month."""
    await own(context, dealership_id, *MANAGERS)
    month = await month_of(context, dealership_id, day)
    summary = await summed_up(context.pool, month)
    connected = (await context.load(ACCOUNT, dealership_id)).state.connected
    command = ClosePeriod(
        dealership_id=dealership_id,
        organisation_id=context.principal.organisation_id,
        begins_on=month.begins_on,
        ends_on=month.ends_on,
        settled_at=month.ends + SETTLED,
        first_on=await first_month(context.pool, month),
        compared_from=connected.connected_at.astimezone(month.zone).date() if connected else None,
        seen=body.entries,
        entries=summary.entries,
        unnumbered=summary.unnumbered,
        digest=summary.digest,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(ACCOUNT, dealership_id, command)

"""The questions about oneself: account, papers, calendar."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from infra.http.models import to_json
from infra.http.problems import Problem
from infra.store.postgres import Pool
from services.views.partner import account, calendar, drivers, papers
from services.views.partner.api import DriverCall


class CalendarResponse(Response):
    """iCalendar, RFC 5545."""

    media_type = "text/calendar"


def router(pool: Pool) -> APIRouter:
    """The routes, over the tables of whichever generation is active."""
    made = APIRouter()

    @made.get("/account")
    async def my_account(call: DriverCall) -> Response:
        """Who one is to the platform, with address, licence and roles (HIF-39, HIF-40)."""
        who = call.principal
        found = await account.account_of(pool, who.organisation_id, who.subject)
        if found is None:
            raise Problem(404, "no-such-account", "There is no such account.")
        return answer(found)

    @made.get("/papers")
    async def my_papers(call: DriverCall) -> Response:
        """One's papers, which of them hold, and until when (HIF-42)."""
        who = call.principal
        found = await papers.papers_of(pool, who.organisation_id, who.subject)
        return answer({"items": [paper(row, call.today) for row in found]})

    async def driver(call: DriverCall) -> drivers.Driver:
        who = call.principal
        found = await drivers.profile(pool, who.organisation_id, who.subject)
        if found is None:
            raise Problem(404, "no-such-driver", "There is no such driver.")
        return found

    @made.get("/calendar")
    async def my_calendar(call: DriverCall) -> Response:
        """When one is available and when a mission occupies one (HIF-32)."""
        found = await driver(call)
        return answer({"availabilities": found.availabilities, "engagements": found.engagements})

    @made.get("/calendar.ics", response_class=CalendarResponse)
    async def my_calendar_as_ics(call: DriverCall) -> Response:
        """The same for a calendar program, in whole days (HIF-32)."""
        return CalendarResponse(calendar.ics(await driver(call), call.at))

    return made


def answer(body: object) -> Response:
    return Response(to_json(body), media_type="application/json")


def paper(row: papers.Paper, today: date) -> dict[str, Any]:
    """A paper as it was shown last, and the one of its kind that holds."""
    return {
        "paper_id": row.paper_id,
        "kind": row.kind,
        "status": row.status,
        "file_id": row.file_id,
        "issued_on": row.issued_on,
        "expires_on": row.expires_on,
        "refusal_reason": row.refusal_reason,
        "added_at": row.added_at,
        "decided_at": row.decided_at,
        "holds": row.holds(today),
        "held_file_id": row.held_file_id,
        "held_until": row.held_until,
        "days_left": (row.held_until - today).days if row.held_until else None,
    }

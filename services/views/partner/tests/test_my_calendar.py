"""When am I free and when busy, as JSON and for calendar programs?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import get_args

import httpx
import pytest
from icalendar import Calendar

from infra.http.app import admissions, create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.request_context import AppState
from infra.tokens import Role, SigningKey, issue, jwks
from services.views.partner import my_calendar
from services.views.partner.service import service
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    DAY,
    FROM,
    LATER,
    NOON,
    UNTIL,
    declared,
    engaged,
    registered,
)

KEY = SigningKey.generate()
ROLES: tuple[Role, ...] = get_args(Role)
PATHS = [route.path for route, _ in admissions(my_calendar.router.routes)]


@asynccontextmanager
async def served(partner: Partner, at: datetime = NOON) -> AsyncIterator[httpx.AsyncClient]:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    app_state = AppState(verifier, wording=service.wording, pool=partner.pool, now=lambda: at)
    app = create_app("partner", [my_calendar.router], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield client


def by(who: str = "ada", role: Role = "driver", org: str = "hiflow") -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(KEY, who, org, [role])}"}


class TestWhoMay:
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_without_a_token(self, partner: Partner, path: str) -> None:
        async with served(partner) as client:
            assert (await client.get(path)).status_code == 401

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("path", PATHS)
    async def test_only_drivers(self, partner: Partner, path: str, role: Role) -> None:
        await partner.saw(registered())
        async with served(partner) as client:
            expected = 200 if role == "driver" else 403
            assert (await client.get(path, headers=by(role=role))).status_code == expected

    @pytest.mark.parametrize(("who", "org"), [("bob", "hiflow"), ("ada", "stranger")])
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_else_sees_anything(
        self, partner: Partner, path: str, who: str, org: str
    ) -> None:
        await partner.saw(registered(), declared())
        async with served(partner) as client:
            shown = await client.get(path, headers=by(who, org=org))
            assert shown.status_code == 404


class TestShown:
    @pytest.mark.requirement("HIF-32")
    async def test_the_calendar_has_whole_days_free_and_busy(self, partner: Partner) -> None:
        await partner.saw(registered(), declared(), engaged())
        async with served(partner) as client:
            asked = {**by(), "Accept-Language": "de"}
            shown = await client.get("/calendar.ics", headers=asked)
            assert shown.headers["content-type"] == "text/calendar; charset=utf-8"
            read = Calendar.from_ical(shown.content)
            events = [
                (
                    str(event["summary"]),
                    event.decoded("dtstart"),
                    event.decoded("dtend"),
                    str(event["transp"]),
                )
                for event in read.walk("VEVENT")
            ]
            assert events == [
                ("Verfügbar", FROM, UNTIL + DAY, "TRANSPARENT"),
                ("Auftrag t-1", FROM, FROM + DAY + DAY, "OPAQUE"),
            ]

    async def test_an_event_of_the_calendar_keeps_its_name(self, partner: Partner) -> None:
        await partner.saw(registered(), declared())
        names = []
        for at in (NOON, LATER):
            async with served(partner, at) as client:
                shown = await client.get("/calendar.ics", headers=by())
                [event] = Calendar.from_ical(shown.content).walk("VEVENT")
                names.append((event["uid"], at == event.DTSTAMP))
        assert names == [("ada.a-1@availability.relais", True)] * 2

    async def test_the_calendar_of_a_driver_who_is_never_free_is_empty(
        self, partner: Partner
    ) -> None:
        await partner.saw(registered())
        async with served(partner) as client:
            shown = await client.get("/calendar", headers=by())
            assert shown.json() == {"availabilities": [], "engagements": []}
            read = Calendar.from_ical((await client.get("/calendar.ics", headers=by())).content)
            assert read.walk("VEVENT") == []

"""My account, my papers, my calendar."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import reduce
from typing import Any, get_args

import httpx
import pytest
from icalendar import Calendar

from contracts.accounts import user_v1 as user
from contracts.papers import paper_v1 as paper
from contracts.papers.paper_v1 import PaperEvent
from infra.consumers.views import OutOfOrder
from infra.http.app import admissions, create_app
from infra.http.auth import PublishedKeys, Role, SigningKey, Verifier, issue, jwks
from infra.http.call import Kit
from services.views.partner import account, mine, papers
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    DAY,
    FROM,
    LATER,
    NOON,
    TODAY,
    UNTIL,
    declared,
    engaged,
    registered,
)

KEY = SigningKey.generate()
ROLES: tuple[Role, ...] = get_args(Role)
PATHS = [
    route.path
    for route, _ in admissions(mine.router(None).routes)  # type: ignore[arg-type]
]
INSURANCE = paper.PaperKind.LIABILITY_INSURANCE


def invited(id: str = "ada", organisation: str = "hiflow") -> user.UserInvited:
    given = (f"{id}@example.org", "Ada Lovelace", "fr", (user.Role.DRIVER,), None, "lea")
    return user.UserInvited(id, organisation, *given, NOON)


def signed() -> user.AgreementSigned:
    return user.AgreementSigned("ada", "hiflow", None, TODAY, NOON)


def activated() -> user.UserActivated:
    given = ("ada@example.org", "Ada Lovelace", "fr", (user.Role.DRIVER,))
    return user.UserActivated("ada", "hiflow", *given, NOON)


def deactivated() -> user.UserDeactivated:
    return user.UserDeactivated("ada", "hiflow", "lea", NOON)


def roles_changed() -> user.RolesChanged:
    return user.RolesChanged("ada", "hiflow", (user.Role.LOGISTICS,), "lea", NOON)


def profile_changed() -> user.ProfileChanged:
    address = ("1 rue de Rivoli", "75001", "Paris", "FR", None)
    return user.ProfileChanged("ada", "hiflow", "en", "+33612345678", "photo-1", *address, NOON)


def licence_changed() -> user.LicenceChanged:
    return user.LicenceChanged("ada", "hiflow", "12AB34567", "FR", ("B",), FROM, UNTIL, NOON)


def enrolled() -> user.TotpEnrolled:
    return user.TotpEnrolled("ada", "hiflow", NOON)


def factor_removed() -> user.TotpRemoved:
    return user.TotpRemoved("ada", "hiflow", "lea", NOON)


def forgotten() -> user.SubjectForgotten:
    return user.SubjectForgotten("ada", LATER)


def paper_added(file: str = "file-1", expires_on: date | None = UNTIL) -> paper.PaperAdded:
    given = ("ada", "hiflow", INSURANCE, file, TODAY, expires_on, "ada")
    return paper.PaperAdded("ada:insurance", *given, NOON)


def paper_accepted(expires_on: date | None = UNTIL) -> paper.PaperAccepted:
    given = ("ada", "hiflow", INSURANCE, "file-1", expires_on, "Europe/Paris", "lea")
    return paper.PaperAccepted("ada:insurance", *given, LATER)


def paper_refused() -> paper.PaperRefused:
    given = ("ada", "hiflow", INSURANCE, "file-2", "not readable", "lea")
    return paper.PaperRefused("ada:insurance", *given, LATER)


def paper_expired() -> paper.PaperExpired:
    return paper.PaperExpired("ada:insurance", "ada", "hiflow", INSURANCE, UNTIL, LATER)


def noticed() -> paper.ExpiryNoticeGiven:
    given = ("ada", "hiflow", INSURANCE, UNTIL, 7)
    return paper.ExpiryNoticeGiven("ada:insurance", *given, LATER)


def account_of(*events: user.UserEvent) -> account.Account:
    empty: account.Account | None = None
    row = reduce(account.project, events, empty)
    assert row is not None
    return row


def paper_of(*events: PaperEvent) -> papers.Paper:
    empty: papers.Paper | None = None
    row = reduce(papers.project, events, empty)
    assert row is not None
    return row


@asynccontextmanager
async def served(partner: Partner, at: Any = NOON) -> AsyncIterator[httpx.AsyncClient]:
    verifier = Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais")
    app = create_app("partner", [mine.router(partner.pool)], Kit(verifier, now=lambda: at))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield client


def by(who: str = "ada", role: Role = "driver", org: str = "hiflow") -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(KEY, who, org, [role])}"}


class TestAccount:
    @pytest.mark.requirement("HIF-02")
    def test_its_status_goes_from_the_invitation_to_the_end(self) -> None:
        events: list[user.UserEvent] = [invited(), signed(), activated(), deactivated()]
        statuses = [account_of(*events[:n]).status for n in range(1, 5)]
        assert statuses == ["invited", "signed", "active", "deactivated"]
        assert account_of(invited(), signed(), activated(), signed()).status == "active"

    @pytest.mark.requirement("HIF-39", "HIF-40")
    def test_profile_and_licence_are_the_latest(self) -> None:
        row = account_of(invited(), profile_changed(), licence_changed(), roles_changed())
        assert (row.phone, row.photo_file_id, row.city) == ("+33612345678", "photo-1", "Paris")
        assert (row.licence_number, row.licence_expires_on) == ("12AB34567", UNTIL)
        assert (row.language, row.roles) == ("en", ("logistics",))

    def test_a_second_factor_is_there_until_removed(self) -> None:
        assert account_of(invited(), enrolled()).second_factor
        assert not account_of(invited(), enrolled(), factor_removed()).second_factor

    def test_of_a_forgotten_user_nothing_personal_is_left(self) -> None:
        row = account_of(invited(), profile_changed(), licence_changed(), forgotten())
        left = {row.name, row.email, row.phone, row.street, row.city, row.licence_number}
        assert left <= {"", None}

    @pytest.mark.parametrize("event", [signed(), activated(), profile_changed(), forgotten()])
    def test_an_event_before_the_invitation_is_out_of_order(self, event: user.UserEvent) -> None:
        with pytest.raises(OutOfOrder):
            account_of(event)

    @pytest.mark.parametrize("event", [signed(), profile_changed(), licence_changed()])
    def test_seeing_an_event_twice_changes_nothing(self, event: user.UserEvent) -> None:
        assert account_of(invited(), event, event) == account_of(invited(), event)


class TestPaper:
    @pytest.mark.requirement("HIF-42")
    def test_what_was_accepted_holds_through_its_last_day(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), noticed())
        assert (row.holds(UNTIL), row.holds(UNTIL + DAY)) == (True, False)
        assert paper_of(paper_added(expires_on=None), paper_accepted(None)).holds(UNTIL + DAY)

    def test_it_holds_while_a_newer_version_waits_or_is_refused(self) -> None:
        row = paper_of(paper_added(), paper_accepted(), paper_added("file-2"))
        assert (row.status, row.file_id, row.held_file_id) == ("to_check", "file-2", "file-1")
        row = papers.project(row, paper_refused())
        assert (row.status, row.refusal_reason, row.holds(TODAY)) == (
            "refused",
            "not readable",
            True,
        )

    def test_a_paper_nobody_accepted_does_not_hold(self) -> None:
        assert not paper_of(paper_added()).holds(TODAY)
        assert not paper_of(paper_added(), paper_accepted(), paper_expired()).holds(TODAY)

    @pytest.mark.parametrize("event", [paper_accepted(), paper_refused(), paper_expired()])
    def test_an_event_before_the_first_version_is_out_of_order(self, event: PaperEvent) -> None:
        with pytest.raises(OutOfOrder):
            paper_of(event)


class TestWhoMay:
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_without_a_token(self, partner: Partner, path: str) -> None:
        async with served(partner) as client:
            assert (await client.get(path)).status_code == 401

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("path", PATHS)
    async def test_only_drivers(self, partner: Partner, path: str, role: Role) -> None:
        await partner.saw(invited(), paper_added(), registered())
        async with served(partner) as client:
            expected = 200 if role == "driver" else 403
            assert (await client.get(path, headers=by(role=role))).status_code == expected

    @pytest.mark.parametrize(("who", "org"), [("bob", "hiflow"), ("ada", "stranger")])
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_else_sees_anything(
        self, partner: Partner, path: str, who: str, org: str
    ) -> None:
        await partner.saw(invited(), paper_added(), registered(), declared())
        async with served(partner) as client:
            shown = await client.get(path, headers=by(who, org=org))
            if path == "/papers":
                assert shown.json() == {"items": []}
            else:
                assert shown.status_code == 404


class TestShown:
    @pytest.mark.requirement("HIF-39", "HIF-40")
    async def test_the_account_comes_with_profile_licence_and_roles(self, partner: Partner) -> None:
        await partner.saw(invited(), profile_changed(), licence_changed())
        async with served(partner) as client:
            shown = (await client.get("/account", headers=by())).json()
            assert (shown["name"], shown["roles"]) == ("Ada Lovelace", ["driver"])
            assert (shown["city"], shown["licence_categories"]) == ("Paris", ["B"])

    @pytest.mark.requirement("HIF-42")
    async def test_a_paper_comes_with_the_days_it_has_left(self, partner: Partner) -> None:
        await partner.saw(invited(), paper_added(), paper_accepted())
        async with served(partner) as client:
            [shown] = (await client.get("/papers", headers=by())).json()["items"]
            assert (shown["holds"], shown["days_left"]) == (True, (UNTIL - TODAY).days)

    async def test_why_a_paper_was_refused_is_forgotten_with_its_user(
        self, partner: Partner
    ) -> None:
        await partner.saw(invited(), paper_added("file-2"), paper_refused())
        await partner.saw(forgotten())
        [row] = await papers.papers_of(partner.pool, "hiflow", "ada")
        assert row.refusal_reason == "XXXX"

    @pytest.mark.requirement("HIF-32")
    async def test_the_calendar_has_whole_days_free_and_busy(self, partner: Partner) -> None:
        await partner.saw(registered(), declared(), engaged())
        async with served(partner) as client:
            shown = await client.get("/calendar.ics", headers=by())
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
                ("Available", FROM, UNTIL + DAY, "TRANSPARENT"),
                ("Mission t-1", FROM, FROM + DAY + DAY, "OPAQUE"),
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

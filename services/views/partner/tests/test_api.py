"""The partner's questions over HTTP: who may ask, what is shown, page by page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from contracts.common_v1 import Money, Rule
from contracts.missions.driver_v1 import DriverReinstated, DriverSuspended
from contracts.missions.trip_v1 import CounterOffered, Stop
from infra.consumers.views import Generations
from infra.http.app import create_app
from infra.http.auth import PublishedKeys, Verifier
from infra.http.positions import Positions, Tokens
from infra.http.readable_ids import TRIP, referenced_id
from infra.http.request_context import AppState
from infra.http.versions import OpaqueVersions
from infra.signals import Signal
from infra.testing import serving
from infra.testing.following import follow
from infra.testing.routes import Existing
from infra.testing.serving import served as served_alone
from infra.tokens import Role, SigningKey, issue, jwks
from services.views.partner.service import router, service
from services.views.partner.tests.conftest import Partner
from services.views.partner.tests.make import (
    HOUR,
    LYON,
    NOON,
    PARIS,
    VERSAILLES,
    assigned,
    declared,
    delivered,
    engaged,
    home_changed,
    published,
    qualified,
    refused,
    registered,
    submitted,
    training,
)

KEY = SigningKey.generate()
TOKENS = Tokens()
NO_HEADERS: Mapping[str, str] = {}
ROUTES: Any = router(100.0).routes
PATHS = [route.path for route in ROUTES if isinstance(route, APIRoute)]
OF_DRIVERS = [path for path in PATHS if "/logistics/" not in path]
DAYS = "from_day=2030-05-06&until_day=2030-05-10"


@dataclass
class Caller:
    """Asks as anybody; a driver `ada` of `hiflow` unless told otherwise."""

    client: httpx.AsyncClient

    async def get(
        self,
        path: str,
        who: str = "ada",
        role: Role = "driver",
        org: str = "hiflow",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        token = issue(KEY, who, org, [role])
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.get(path, headers=given)

    async def ids(self, path: str, **asking: Any) -> list[str]:
        """The trips of a list."""
        return [item["trip_id"] for item in (await self.get(path, **asking)).json()["items"]]


@asynccontextmanager
async def served(partner: Partner) -> AsyncIterator[Caller]:
    generations = Generations("partner", service.views, partner.pool)
    app_state = AppState(
        wording=service.wording,
        verifier=Verifier(PublishedKeys(jwks(KEY)), "relais-accounts", "relais"),
        positions=Positions(
            generations.seen, Signal("seen_partner", partner.pool), ["missions.trip"], within=0.05
        ),
        tokens=TOKENS,
        versions=OpaqueVersions(bytes(32)),
        pool=partner.pool,
        now=lambda: NOON,
    )
    app = create_app("partner", [router(100.0)], app_state)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais") as client:
        yield Caller(client)


def concrete(path: str) -> str:
    named = path.replace("{trip_id}", "t-1")
    return f"{named}?{DAYS}" if "available" in path else named


EXISTING = Existing(
    ids={
        "trip_id": "trip-of-hiflow",
        "more": "more-of-hiflow",
        "mission": "mission-of-ada",
        "driver_id": "ada",
        "availability": "free-of-ada",
        "skill": "skill-of-hiflow",
    },
    queries={"GET /logistics/drivers/available": DAYS},
    owners={"driver": "ada", "logistics": "lea"},
)
EXISTING_EVENTS = (
    registered(),
    home_changed(),
    declared("free-of-ada"),
    training("atlas"),
    published("trip-of-hiflow"),
    submitted("ada", trip="trip-of-hiflow"),
    published("more-of-hiflow", process="skill-of-hiflow"),
    published("mission-of-ada"),
    assigned("ada", trip="mission-of-ada"),
    registered("eve", organisation="strangers"),
)


class TestWhoMay:
    @pytest.mark.parametrize("path", PATHS)
    async def test_nobody_without_a_token(self, partner: Partner, path: str) -> None:
        async with served(partner) as api:
            assert (await api.client.get(concrete(path))).status_code == 401

    @pytest.mark.parametrize("path", PATHS)
    async def test_only_the_role_a_screen_is_for(self, partner: Partner, path: str) -> None:
        admitted, other = ("driver", "logistics")
        if path not in OF_DRIVERS:
            admitted, other = other, admitted
        await partner.saw(registered(), home_changed(), published())
        async with served(partner) as api:
            roles: Any = (admitted, other, "analyst")
            answers = [await api.get(concrete(path), role=role) for role in roles]
            assert [answer.status_code for answer in answers] == [200, 403, 403]

    @pytest.mark.requirement("G-01")
    async def test_another_organisation_sees_nothing(self, database: str) -> None:
        async with served_alone(service, database, serving.Caller) as caller:
            await follow(caller.running, *EXISTING_EVENTS)
            await EXISTING.is_hidden_from(caller, "eve", "strangers")


class TestTrips:
    @pytest.mark.requirement("HIF-05", "G-10")
    async def test_near_home_are_those_within_the_radius_nearest_first(
        self, partner: Partner
    ) -> None:
        await partner.saw(registered(), home_changed())
        for id, departure in (("far", LYON), ("next", VERSAILLES), ("here", PARIS)):
            await partner.saw(published(id, departure))
        async with served(partner) as api:
            assert await api.ids("/trips/near-home") == ["here", "next"]

    @pytest.mark.requirement("HIF-05", "G-10")
    async def test_without_a_home_there_is_a_hint(self, partner: Partner) -> None:
        await partner.saw(registered(), published())
        async with served(partner) as api:
            shown = (await api.get("/trips/near-home", headers={"Accept-Language": "fr"})).json()
            assert (shown["items"], "votre adresse" in shown["hint"]) == ([], True)

    @pytest.mark.requirement("HIF-06", "HIF-07", "HIF-17", "HIF-33", "G-19")
    async def test_a_gated_trip_names_the_qualification_it_needs(self, partner: Partner) -> None:
        await partner.saw(registered(), published("free"), published("gated", process="atlas"))
        async with served(partner) as api:
            [more] = (await api.get("/trips/more")).json()["items"]
            assert more["missing_qualifications"] == ["client_process:atlas"]
            assert await api.ids("/trips") == ["free"]
            await partner.saw(qualified("atlas"))
            assert (await api.ids("/trips"), await api.ids("/trips/more")) == (
                ["gated", "free"],
                [],
            )

    @pytest.mark.requirement("HIF-08")
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("evry", ["t-1"]),
            ("ÉVRY", ["t-1"]),
            ("t-2", ["t-2"]),
            ("100%", ["t-2"]),
            ("%", ["t-2", "t-1"]),
            ("_", ["t-2", "t-1"]),
            ("\\", ["t-2", "t-1"]),
            ("' or 1=1 --", []),
        ],
    )
    async def test_text_is_found_as_people_type_it(
        self, partner: Partner, text: str, found: list[str]
    ) -> None:
        evry = Stop(city="Évry", postal_code="91000", point=PARIS.point)
        await partner.saw(registered(), published("t-1", evry), published("t-2", brand="100%_Auto"))
        async with served(partner) as api:
            shown = await api.get(str(httpx.URL("/trips", params={"q": text})))
            assert [item["trip_id"] for item in shown.json()["items"]] == found

    @pytest.mark.requirement("HIF-15")
    async def test_the_number_of_quotes_is_a_bucket_wherever_it_shows(
        self, partner: Partner
    ) -> None:
        await partner.saw(registered(), published())
        async with served(partner) as api:
            told = [(await api.get("/trips/t-1")).text, (await api.get("/trips")).text]
            await partner.saw(submitted("bob"), submitted("eve"))
            assert told == [(await api.get("/trips/t-1")).text, (await api.get("/trips")).text]
            await partner.saw(submitted("dan"))
            assert (await api.get("/trips/t-1")).json()["quotes"] == "3-5"

    @pytest.mark.requirement("G-09")
    async def test_pages_have_neither_doubles_nor_gaps_while_trips_are_added(
        self, partner: Partner
    ) -> None:
        await partner.saw(
            registered(), *[published(f"t-{n}", at=NOON + HOUR * n) for n in range(7)]
        )
        async with served(partner) as api:
            path, found = "/trips?limit=2", list[str]()
            while path:
                page = await api.get(path)
                found += [item["trip_id"] for item in page.json()["items"]]
                path = page.links["next"]["url"] if "next" in page.links else ""
                await partner.saw(published(f"new-{len(found)}", at=NOON + HOUR * 99))
            assert found == [f"t-{n}" for n in reversed(range(7))]


class TestOwn:
    @pytest.mark.requirement("HIF-19", "HIF-20")
    async def test_a_refusal_is_read_with_its_reason(self, partner: Partner) -> None:
        await partner.saw(registered(), published(), submitted(), refused(reason="too dear"))
        await partner.saw(submitted("bob"))
        async with served(partner) as api:
            [quote] = (await api.get("/quotes")).json()["items"]
            assert (quote["status"], quote["refusal_reason"]) == ("refused", "too dear")

    @pytest.mark.requirement("HIF-20", "FLB-009", "G-13")
    @pytest.mark.parametrize("recorded", ["", "trip assigned"])
    async def test_a_refusal_by_a_rule_is_read_in_ones_language_also_after_another_quote(
        self, partner: Partner, recorded: str
    ) -> None:
        by_rule = refused(reason=recorded, rule=Rule("trip-assigned", 1, ()))
        french = {"Accept-Language": "fr"}
        why = "le trajet a été confié à un autre conducteur"
        await partner.saw(registered(), published(), submitted(), by_rule)
        async with served(partner) as api:
            answer = await api.get("/quotes", headers=french)
            [quote] = answer.json()["items"]
            assert (quote["refusal_reason"], quote["refusal_rule"]) == (why, "trip-assigned")
            assert answer.headers["Content-Language"] == "fr"
            assert "Accept-Language" in answer.headers["Vary"]
            await partner.saw(submitted())
            on_trip = await api.get("/logistics/trips/t-1/quotes", role="logistics", headers=french)
            [quote] = on_trip.json()["items"]
            assert [(one["reason"], one["rule"]) for one in quote["earlier"]] == [
                (why, "trip-assigned")
            ]

    async def test_a_counter_offer_is_read_by_whom_it_was_made(self, partner: Partner) -> None:
        countered = CounterOffered(
            trip_id="t-1",
            driver_id="ada",
            price=Money(700, "EUR"),
            offered_at=NOON,
            offered_by=None,
        )
        await partner.saw(registered(), published(), submitted(), submitted("bob"), countered)
        async with served(partner) as api:
            [quote] = (await api.get("/quotes")).json()["items"]
            assert quote["counter_offer"] == {
                "status": "offered",
                "price": {"amount_minor": 700, "currency": "EUR"},
            }

    @pytest.mark.requirement("HIF-22", "HIF-23", "G-18")
    async def test_a_mission_is_for_its_driver_alone_and_stays(self, partner: Partner) -> None:
        await partner.saw(registered(), registered("bob"), published(), submitted(), assigned())
        await partner.saw(delivered())
        async with served(partner) as api:
            [mission] = (await api.get("/missions")).json()["items"]
            assert mission["status"] == "confirmed"
            named = ("client_process", "expenses", "extra_costs", "attachments")
            assert [mission[name] for name in named] == [None, [], [], []]
            assert await api.ids("/missions", who="bob") == []
            assert await api.ids("/trips", who="bob") == []

    async def test_a_mission_is_found_by_its_reference(self, partner: Partner) -> None:
        referenced = referenced_id(TRIP, "hiflow", "4711")
        await partner.saw(registered())
        for id in (referenced, "t-2"):
            events = published(), submitted(), assigned()
            await partner.saw(*(replace(event, trip_id=id) for event in events))
        async with served(partner) as api:
            assert len(await api.ids("/missions")) == 2
            assert await api.ids("/missions?reference=4711") == [referenced]
            assert await api.ids("/missions?reference=4712") == []

    @pytest.mark.requirement("HIF-37", "G-11")
    async def test_the_page_of_qualifications_offers_what_opens_trips(
        self, partner: Partner
    ) -> None:
        await partner.saw(registered(), qualified("atlas"), training("orion"))
        await partner.saw(published("a", process="atlas"), published("b", process="orion"))
        await partner.saw(published("c", process="orion", services=("wash",)))
        async with served(partner) as api:
            shown = (await api.get("/qualifications")).json()
            waiting = (await api.get("/logistics/trainings", role="logistics")).json()["items"]
        assert [one["code"] for one in shown["held"]] == ["atlas"]
        assert [one["code"] for one in shown["in_training"]] == ["orion"]
        assert shown["offered"] == [
            {"kind": "client_process", "code": "orion", "open_trips": 2, "more": False},
            {"kind": "additional_service", "code": "wash", "open_trips": 1, "more": False},
        ]
        assert [(one["driver_id"], one["code"]) for one in waiting] == [("ada", "orion")]

    @pytest.mark.requirement("HIF-37")
    async def test_qualifications_are_offered_page_by_page(self, partner: Partner) -> None:
        await partner.saw(registered(), published("a", process="atlas"))
        await partner.saw(published("b", process="atlas", services=("wash",)))
        await partner.saw(published("c", services=("handover",)))
        async with served(partner) as api:
            whole = (await api.get("/qualifications/offered")).json()["items"]
            first = (await api.get("/qualifications/offered?limit=2")).json()
            rest = (await api.get(f"/qualifications/offered?limit=2&cursor={first['next']}")).json()
            sheet = await api.get("/qualifications/offered?format=csv")
            assert whole == (await api.get("/qualifications")).json()["offered"]
        assert [(one["code"], one["open_trips"]) for one in whole] == [
            ("atlas", 2),
            ("handover", 1),
            ("wash", 1),
        ]
        assert (first["items"], rest) == (whole[:2], {"items": whole[2:], "next": None})
        assert len(sheet.text.splitlines()) == 1 + len(whole)

    @pytest.mark.requirement("HIF-34", "HIF-36")
    async def test_the_profile_lists_what_was_obtained(self, partner: Partner) -> None:
        await partner.saw(registered(), qualified("atlas"))
        async with served(partner) as api:
            shown = (await api.get("/profile")).json()
            assert [q["code"] for q in shown["qualifications"]] == ["atlas"]

    async def test_who_is_no_driver_has_no_profile(self, partner: Partner) -> None:
        async with served(partner) as api:
            assert (await api.get("/profile", who="nobody")).status_code == 404


@pytest.mark.requirement("HIF-32", "G-17")
async def test_logistics_finds_who_is_free(partner: Partner) -> None:
    await partner.saw(registered("ada"), registered("bob"))
    await partner.saw(declared("a-1"), declared("a-2", driver="bob"), engaged(driver="bob"))
    async with served(partner) as api:
        shown = await api.get(f"/logistics/drivers/available?{DAYS}", role="logistics")
        assert [driver["driver_id"] for driver in shown.json()["items"]] == ["ada"]
        await partner.saw(DriverSuspended(driver_id="ada", suspended_at=NOON))
        shown = await api.get(f"/logistics/drivers/available?{DAYS}", role="logistics")
        assert shown.json()["items"] == []
        await partner.saw(DriverReinstated(driver_id="ada", reinstated_at=NOON))
        shown = await api.get(f"/logistics/drivers/available?{DAYS}", role="logistics")
        assert len(shown.json()["items"]) == 1


class TestAsking:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/trips?limit=0", 422),
            ("/trips?limit=201", 422),
            ("/trips?limit=many", 422),
            ("/trips?cursor=made-up", 400),
            (f"/trips?q={'x' * 101}", 422),
            ("/trips?q=%00", 400),
            ("/trips/not%20an%20id", 422),
        ],
    )
    async def test_what_cannot_be_read_is_refused(
        self, partner: Partner, path: str, status: int
    ) -> None:
        await partner.saw(registered())
        async with served(partner) as api:
            assert (await api.get(path)).status_code == status

    @pytest.mark.parametrize("days", ["", "from_day=2030-05-06", "from_day=2&until_day=3",
                                      "from_day=2030-05-07&until_day=2030-05-06"])  # fmt: skip
    async def test_days_have_an_order(self, partner: Partner, days: str) -> None:
        async with served(partner) as api:
            shown = await api.get(f"/logistics/drivers/available?{days}", role="logistics")
            assert shown.status_code == 422

    async def test_a_cursor_of_another_list_is_refused(self, partner: Partner) -> None:
        await partner.saw(registered(), home_changed(), published("a"), published("b"))
        async with served(partner) as api:
            near = (await api.get("/trips/near-home?limit=1")).json()["next"]
            assert (await api.get(f"/trips?cursor={near}")).status_code == 400

    @pytest.mark.requirement("HIF-15")
    async def test_a_driver_cannot_probe_positions_by_number(self, partner: Partner) -> None:
        async with served(partner) as api:
            asked = {"Relais-Min-Position": "missions.trip/t-1@1"}
            assert (await api.get("/quotes", headers=asked)).status_code == 400

    async def test_facts_not_shown_in_time_are_too_early(self, partner: Partner) -> None:
        async with served(partner) as api:
            asked = {"Relais-Min-Position": TOKENS.tell("hiflow", "missions.trip/t-1", 5)}
            early = await api.get("/quotes", headers=asked)
            assert (early.status_code, early.headers["Retry-After"]) == (425, "1")

"""The routes of missions, over a real store."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi.routing import APIRoute

from contracts.media.file_v1 import Purpose
from infra.commands import CommandContext, Done
from infra.http.app import admissions
from infra.testing import serving
from infra.testing.following import file, follow, user
from infra.testing.routes import Existing
from infra.testing.serving import KEY, NO_HEADERS
from infra.tokens import Role, issue
from services.missions.aggregates import TRIP
from services.missions.http import router
from services.missions.http.trips import TripBody
from services.missions.service import service

PRICE = {"price": {"amount_minor": 20_000, "currency": "EUR"}}
AWARD = {"driver_id": "ada", "quote": PRICE}


class Caller(serving.Caller):
    """Asks as Lea of logistics, or as a driver."""

    async def driver(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        return await self.ask(method, path, body, who, ("driver",), headers=headers)

    async def world(self, *drivers: str, trip: str = "T1") -> None:
        """A published trip, and drivers of the organisation."""
        await self.published(offer(trip))
        await follow(self.running, *map(user, drivers))
        for driver in drivers:
            await self.ask(
                "POST", "/drivers", {"driver_id": driver, "name": "A B", "phone": "0465710000"}
            )

    async def published(self, offered: Mapping[str, Any]) -> None:
        """An offer whose id is its reference, as ids were before the service made them."""
        body = TripBody.model_validate_json(json.dumps(offered))
        assert body.reference is not None
        command = body.command(
            trip_id=body.reference,
            organisation_id=self.organisation,
            time_zone="Europe/Paris",
            today=today(),
            at=datetime.now(UTC),
        )
        id = uuid4()
        context = CommandContext(id, "c", str(id), self.user, self.organisation, command.at, "")
        done = await self.running.commands.handle(TRIP, body.reference, command, context)
        assert isinstance(done, Done)


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Paris")).date()


def offer(reference: str | None = "T1", **changed: Any) -> dict[str, Any]:
    stop = {"postal_code": "75001", "point": {"latitude": 48.85, "longitude": 2.35}}
    return {
        "reference": reference,
        "client_brand": "Atlas",
        "departure": {"city": "Paris", **stop},
        "arrival": {"city": "Lyon", **stop},
        "from_slot": {"date": today().isoformat()},
        "until_slot": {"date": (today() + timedelta(2)).isoformat()},
        "vehicle": {"make": "Renault", "model": "Clio"},
        "delivery_type": "home",
        "distance_km": 465,
        "duration_minutes": 290,
        **changed,
    }


@asynccontextmanager
async def served(database: str) -> AsyncIterator[Caller]:
    """The API, with files of Ada that may be named: two here, one in another organisation."""
    async with serving.served(service, database, Caller) as caller:
        mine = [file(id, purpose=Purpose.MISSION) for id in ("f-1", "f-2")]
        elsewhere = file("f-9", organisation="stranger", purpose=Purpose.MISSION)
        await follow(caller.running, *mine, elsewhere)
        yield caller


@pytest.mark.requirement("HIF-18", "HIF-20", "HIF-24", "G-13", "G-14", "G-17")
async def test_a_trip_goes_from_offer_to_delivery(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        for who in ("ada", "bob"):
            assert (await api.driver(who, "POST", "/trips/T1/quote", PRICE)).status_code == 201
        reason = {"reason": "too dear", "quote": PRICE}
        assert (await api.ask("POST", "/trips/T1/quotes/bob/refusal", reason)).is_success
        assert (await api.ask("POST", "/trips/T1/award", AWARD)).is_success
        path = "/trips/T1/delivery-confirmation"
        first = await api.driver("ada", "POST", path, {"channel": "app"})
        again = await api.driver("ada", "POST", path, {"channel": "portal"})
        assert (first.status_code, again.headers["ETag"]) == (200, first.headers["ETag"])


@pytest.mark.requirement("G-07")
async def test_a_quote_that_changed_is_neither_awarded_nor_refused(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await api.driver("ada", "POST", "/trips/T1/quote", PRICE)
        dearer = {"price": {"amount_minor": 90_000, "currency": "EUR"}}
        assert (await api.driver("ada", "PUT", "/trips/T1/quote", dearer)).is_success
        refusal = {"reason": "too dear", "quote": PRICE}
        for path, body in (("award", AWARD), ("quotes/ada/refusal", refusal)):
            stale = await api.ask("POST", f"/trips/T1/{path}", body)
            told = stale.json()
            assert (stale.status_code, told["type"]) == (412, "urn:relais:problem:changed")
            assert told["now"] == {"/quote/price": dearer["price"]}
            assert [error["field"] for error in told["errors"]] == ["/quote/price"]
        seen = AWARD | {"quote": dearer}
        assert (await api.ask("POST", "/trips/T1/award", seen)).is_success


@pytest.mark.requirement("HIF-15")
async def test_a_driver_cannot_tell_how_many_others_quoted(database: str) -> None:
    async with served(database) as api:
        answers: list[str] = []
        # No id that an instant could contain: T1 stands in 2026-11-23T12:51.
        for trip, others in (("few-0", 0), ("few-2", 2)):
            await api.world("ada", trip=trip)
            for n in range(others):
                await api.driver(f"other-{n}", "POST", f"/trips/{trip}/quote", PRICE)
            quoted = await api.driver("ada", "POST", f"/trips/{trip}/quote", PRICE)
            shown = await api.driver("ada", "GET", f"/trips/{trip}")
            told = quoted.text + shown.text + quoted.headers["Relais-Position"]
            answers.append(told.replace(trip, "few"))
            probed = await api.driver(
                "ada", "DELETE", f"/trips/{trip}/quote", headers={"If-Match": '"2"'}
            )
            assert probed.status_code == 400
        lengths = {len(answer) for answer in answers}
        assert len(lengths) == 1
        assert not any(f'"version":{n}' in answer for answer in answers for n in range(9))


@pytest.mark.requirement("G-07")
async def test_a_driver_hands_a_sealed_version_back(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        etag = (await api.driver("ada", "POST", "/trips/T1/quote", PRICE)).headers["ETag"]
        other = {"price": {"amount_minor": 19_000, "currency": "EUR"}}
        path = "/trips/T1/quote"
        assert (await api.driver("ada", "PUT", path, other, headers={"If-Match": etag})).is_success
        stale = await api.driver("ada", "PUT", path, PRICE, headers={"If-Match": etag})
        assert (stale.status_code, "version" in stale.json()["detail"]) == (412, False)


async def test_staff_see_and_name_plain_versions(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await api.driver("ada", "POST", "/trips/T1/quote", PRICE)
        shown = await api.ask("GET", "/trips/T1")
        assert shown.headers["ETag"] == '"2"'
        late = {"If-Match": '"1"'}
        refused = await api.ask("POST", "/trips/T1/award", AWARD, headers=late)
        assert refused.status_code == 412


EXTRA = {"kind": "taxi", "amount": PRICE["price"], "reason": "no bus", "photo_file_id": "f-1"}
GOOD: dict[str, Any] = {
    "quote": PRICE,
    "refusal": {"reason": "too dear"},
    "{driver_id}/refusal": {"reason": "too dear", "quote": PRICE},
    "counter-offer": PRICE | {"quote": PRICE},
    "counter-offer/acceptance": PRICE,
    "counter-offer/refusal": PRICE,
    "award": AWARD,
    "proposals": {"driver_id": "ada"},
    "assignment": {"driver_id": "ada"},
    "delivery-confirmation": {"channel": "app"},
    "{end}": {"street": "1 quai Rambaud"},
    "client": {"name": "Eve Roux", "email": "eve@example.org"},
    "plate": {"plate": "AB-123-CD"},
    "extra-costs": EXTRA,
    "acceptance": {},
    "attachments": {"file_id": "f-2", "label": "Delivery note"},
    "home": {
        "street": "1 rue de Rivoli",
        "postal_code": "75001",
        "city": "Paris",
        "location": {"latitude": 48.85, "longitude": 2.35},
    },
    "phone": {"phone": "0465710001"},
    "trainings": {"kind": "client_process", "code": "atlas"},
    "qualifications": {"kind": "client_process", "code": "atlas"},
    "required-papers": {"kinds": []},
}
"""A body that each route would take, by the end of its path; the longest end counts."""


def good(path: str) -> dict[str, Any] | None:
    bodies = GOOD | {"availabilities": week()}
    found = [end for end in bodies if path.endswith(f"/{end}")]
    return bodies[max(found, key=len)] if found else None


def week() -> dict[str, str]:
    """A week from tomorrow on, because today may be over when the request is read."""
    return {"period": "week", "starting": (today() + timedelta(1)).isoformat()}


PRINTED = ("client_brand", "departure/city", "arrival/city", "vehicle/make", "vehicle/model")
"""Texts that stand on the invoice of the trip, or may."""


def called(field: str, name: str) -> dict[str, Any]:
    """An offer with that name in a field."""
    whole = offer()
    outer, _, inner = field.partition("/")
    return whole | {outer: {**whole[outer], inner: name} if inner else name}


@pytest.mark.parametrize("name", ["Orléans", "Łódź", "Ελλάδα", "شركة"])
@pytest.mark.parametrize("field", PRINTED)
def test_names_that_documents_can_show_are_taken(field: str, name: str) -> None:
    taken = TripBody.model_validate_json(json.dumps(called(field, name)))
    assert name in taken.model_dump_json()


@pytest.mark.parametrize("field", PRINTED)
async def test_a_name_that_no_font_has_is_refused_with_its_field(database: str, field: str) -> None:
    async with served(database) as api:
        answer = await api.ask("POST", "/trips", called(field, "Atlas 株式"))
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], "株 式" in error["detail"]) == (f"/{field}", True)


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_trips_and_drivers(database: str) -> None:
    async with served(database) as api:
        quoted = str((await api.ask("POST", "/trips", offer("quoted"))).json()["id"])
        await api.world("ada", trip="driven")
        await api.driver("ada", "POST", f"/trips/{quoted}/quote", PRICE)
        await api.ask("POST", "/trips/driven/assignment", {"driver_id": "ada"})
        asked = await api.driver("ada", "POST", "/trips/driven/extra-costs", EXTRA)
        note = {"file_id": "f-2", "label": "Delivery note"}
        assert (await api.driver("ada", "POST", "/trips/driven/attachments", note)).is_success
        ids = {"driver_id": "ada", "request_id": str(asked.json()["id"]), "file_id": "f-2"}
        for trip in (quoted, "driven"):
            await known(ids | {"trip_id": trip}).is_hidden_from(api, "ada", "stranger")
        untouched = await api.ask("GET", f"/trips/{quoted}")
        assert untouched.headers["ETag"] == '"2"'


def known(ids: Mapping[str, str]) -> Existing:
    """Things of the organisation, which calls one of its trips by the reference `quoted`."""
    return Existing(
        ids={**ids, "availability_id": "A1"},
        words={"end": "arrival"},
        bodies=dict(taken()),
        queries={"GET /trips": "reference=quoted"},
        owners={"logistics": "lea"},
        for_all=["GET /trips"] if ids["trip_id"] == "driven" else [],
    )


def taken() -> Iterator[tuple[str, dict[str, Any]]]:
    """By each command, a body that it would take from a stranger, whose own file is f-9."""
    for route in COMMANDS:
        method = next(iter(route.methods or ()))
        if (body := good(route.path)) is not None:
            yield (
                f"{method} {route.path}",
                {name: "f-9" if "file_id" in name else body[name] for name in body},
            )


ROUTES = [route for route in router.routes if isinstance(route, APIRoute)]
COMMANDS = [route for route in ROUTES if route.methods != {"GET"}]
EVERY_ROLE: tuple[Role, ...] = ("driver", "logistics", "administration", "analyst", "operator")


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_every_route_wants_a_token_and_a_role(database: str, route: APIRoute) -> None:
    path = route.path.replace("{", "").replace("}", "")
    method = next(iter(route.methods or ()))
    async with served(database) as api:
        nobody = await api.client.request(method, path)
        wrong = await api.ask(method, path, roles=("analyst",))
        assert (nobody.status_code, wrong.status_code) == (401, 403)


@pytest.mark.requirement("G-07")
async def test_a_repeated_request_is_answered_as_before(database: str) -> None:
    async with served(database) as api:
        key = {"Idempotency-Key": "once"}
        first = await api.ask("POST", "/trips", offer(), headers=key)
        again = await api.ask("POST", "/trips", offer(), headers=key)
        other = await api.ask("POST", "/trips", offer(distance_km=466), headers=key)
        assert again.text == first.text
        assert other.status_code == 422
        assert other.json()["type"].endswith("idempotency-key-reused")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"distance_km": 0}, "distance_km"),
        ({"distance_km": "465"}, "/distance_km"),
        ({"client_brand": ""}, "/client_brand"),
        ({"from_slot": {"date": "2020-02-30"}}, "/from_slot/date"),
        ({"surprise": 1}, "/surprise"),
        ({"departure": {"city": "Paris"}}, "/departure/postal_code"),
    ],
)
async def test_a_bad_offer_is_told_which_field(
    database: str, changed: dict[str, Any], field: str
) -> None:
    async with served(database) as api:
        answer = await api.ask("POST", "/trips", offer(**changed))
        assert (answer.status_code, field in answer.text) == (422, True)


async def test_a_reference_is_one_trips_in_an_organisation(database: str) -> None:
    async with served(database) as api:
        ours = [await api.ask("POST", "/trips", offer("2026/118 B")) for _ in range(2)]
        theirs = await api.ask("POST", "/trips", offer("2026/118 B"), org="rival")
        ids = [answer.json()["id"] for answer in (*ours, theirs)]
        assert [answer.status_code for answer in (*ours, theirs)] == [201, 201, 201]
        assert ids[0] == ids[1] != ids[2]
        other = await api.ask("POST", "/trips", offer("2026/118 B", distance_km=466))
        assert (other.status_code, other.json()["type"][-13:]) == (409, "trip-id-taken")
        shown = (await api.ask("GET", f"/trips/{ids[0]}")).json()
        assert shown["offer"]["reference"] == "2026/118 B"
        unnamed = await api.ask("POST", "/trips", offer(reference=None))
        assert unnamed.json()["id"] not in ids


async def test_a_trip_is_found_by_the_reference_of_its_organisation(database: str) -> None:
    async with served(database) as api:
        ours = (await api.ask("POST", "/trips", offer("2026/118 B"))).json()["id"]
        path = "/trips?reference=2026%2F118%20B"
        found = (await api.ask("GET", path)).json()
        assert [one["offer"]["trip_id"] for one in found["items"]] == [ours]
        assert (await api.ask("GET", path, org="rival")).json() == {"items": [], "next": None}
        other = await api.ask("GET", "/trips?reference=2026%2F118%20b")
        assert other.json()["items"] == []
        without = await api.ask("GET", "/trips")
        fault = without.json()["errors"][0]["field"]
        assert (without.status_code, fault) == (422, "query:reference")
        assert (await api.driver("ada", "GET", path)).status_code == 403


async def test_an_id_is_never_the_callers_to_choose(database: str) -> None:
    async with served(database) as api:
        refused = await api.ask("POST", "/trips", offer(trip_id="T1"))
        assert (refused.status_code, "/trip_id" in refused.text) == (422, True)


async def test_drivers_change_nobody_but_themselves(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        phone = {"phone": "0465710001"}
        assert (await api.driver("ada", "PUT", "/drivers/ada/phone", phone)).is_success
        assert (await api.driver("ada", "PUT", "/drivers/bob/phone", phone)).status_code == 404
        assert (await api.driver("ada", "GET", "/drivers/bob")).status_code == 404


async def test_the_past_is_shown_as_it_was(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await api.driver("ada", "POST", "/trips/T1/quote", PRICE)
        [_, quoted] = (await api.ask("GET", "/trips/T1/history")).json()["items"]
        await api.ask("POST", "/trips/T1/award", AWARD)
        then = await api.ask("GET", f"/trips/T1?as_of={quoted['recorded_at']}")
        now = await api.ask("GET", "/trips/T1")
        assert (then.json()["status"], now.json()["status"]) == ("open", "assigned")


@pytest.mark.requirement("HIF-15")
async def test_a_driver_cannot_count_by_looking_at_the_past(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        etags = []
        for who in ("ada", "bob"):
            await api.driver(who, "POST", "/trips/T1/quote", PRICE)
            now = datetime.now(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")
            then = await api.driver("ada", "GET", f"/trips/T1?as_of={now}")
            etags.append(then.headers["ETag"])
        assert etags == [etags[0]] * 2
        assert etags[0].startswith("W/")


async def test_a_role_we_do_not_know_shows_no_versions(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        roles: Any = ("driver", "something-new")
        shown = await api.ask("GET", "/trips/T1", who="ada", roles=roles)
        assert shown.headers["ETag"] != '"1"'


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_a_route_admits_the_roles_it_names_and_no_other(
    database: str, route: APIRoute
) -> None:
    [(_, admission)] = admissions([route])
    path = route.path.replace("{", "").replace("}", "")
    method = next(iter(route.methods or ()))
    async with served(database) as api:
        answers = {role: await api.ask(method, path, {}, roles=(role,)) for role in EVERY_ROLE}
        refused = {role for role, answer in answers.items() if answer.status_code == 403}
        assert refused == set(EVERY_ROLE) - (admission.roles or set())


@pytest.mark.requirement("G-07")
@pytest.mark.parametrize("route", COMMANDS, ids=str)
async def test_a_command_needs_an_idempotency_key(database: str, route: APIRoute) -> None:
    path = route.path.replace("{", "").replace("}", "")
    roles: tuple[Role, ...] = ("driver", "logistics")
    token = {"Authorization": f"Bearer {issue(KEY, 'ada', 'hiflow', roles)}"}
    async with served(database) as api:
        method = next(iter(route.methods or ()))
        answer = await api.client.request(method, path, json={}, headers=token)
        assert (answer.status_code, "Idempotency-Key" in answer.text) == (400, True)


TRAINING = {"kind": "client_process", "code": "atlas"}


@pytest.mark.requirement("HIF-05", "HIF-31", "HIF-37")
@pytest.mark.parametrize(
    ("method", "own"),
    [
        ("PUT", "home"),
        ("PUT", "phone"),
        ("POST", "trainings"),
        ("POST", "availabilities"),
        ("GET", "history"),
    ],
)
async def test_a_drivers_own_things_are_theirs_alone(database: str, method: str, own: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        path = f"/drivers/ada/{own}"
        assert (await api.driver("ada", method, path, good(path))).is_success
        assert (await api.driver("bob", method, path, good(path))).status_code == 404


@pytest.mark.requirement("HIF-17", "HIF-33", "HIF-35", "G-11")
async def test_a_qualification_opens_a_gated_trip(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        await api.published(offer("T2", client_process="atlas"))
        missing = await api.driver("ada", "POST", "/trips/T2/quote", PRICE)
        assert (missing.status_code, "atlas" in missing.json()["detail"]) == (409, True)
        assert (await api.ask("POST", "/drivers/ada/qualifications", TRAINING)).is_success
        assert (await api.driver("ada", "POST", "/trips/T2/quote", PRICE)).status_code == 201


@pytest.mark.requirement("HIF-21", "G-13")
async def test_a_quote_is_modified_and_withdrawn_by_its_driver_alone(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        await api.driver("ada", "POST", "/trips/T1/quote", PRICE)
        less = {"price": {"amount_minor": 19_000, "currency": "EUR"}}
        assert (await api.driver("bob", "PUT", "/trips/T1/quote", less)).status_code == 404
        assert (await api.driver("ada", "PUT", "/trips/T1/quote", less)).is_success
        assert (await api.driver("bob", "DELETE", "/trips/T1/quote")).status_code == 404
        assert (await api.driver("ada", "DELETE", "/trips/T1/quote")).is_success


@pytest.mark.requirement("HIF-16")
async def test_a_counter_offer_goes_to_its_driver_and_back(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        soon = (datetime.now(ZoneInfo("UTC")) + timedelta(hours=1)).isoformat()
        await api.driver("ada", "POST", "/trips/T1/quote", {**PRICE, "valid_until": soon})
        await api.driver("bob", "POST", "/trips/T1/quote", PRICE)
        counter = {"price": {"amount_minor": 18_000, "currency": "EUR"}}
        offer = counter | {"quote": PRICE}
        made = await api.ask("POST", "/trips/T1/quotes/ada/counter-offer", offer)
        assert made.status_code == 200
        seen = (await api.driver("bob", "GET", "/trips/T1")).json()["quote"]
        assert seen["counter_offer"] is None
        answer = "/trips/T1/quote/counter-offer"
        assert (await api.driver("bob", "POST", f"{answer}/refusal", counter)).status_code == 404
        assert (await api.driver("ada", "POST", f"{answer}/acceptance", counter)).status_code == 200
        quote = (await api.driver("ada", "GET", "/trips/T1")).json()["quote"]
    assert quote["counter_offer"]["status"] == "accepted"
    assert (quote["status"], quote["last"]["price"]) == ("submitted", counter["price"])


@pytest.mark.requirement("HIF-23", "G-17")
async def test_an_assigned_trip_shows_its_mission_to_its_driver_alone(database: str) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        assert (await api.ask("POST", "/trips/T1/assignment", {"driver_id": "ada"})).is_success
        mine = (await api.driver("ada", "GET", "/trips/T1")).json()
        other = (await api.driver("bob", "GET", "/trips/T1")).json()
        assert ("mission" in mine, "mission" in other) == (True, False)


async def test_street_contact_and_phone_are_for_the_driver_of_the_mission_alone(
    database: str,
) -> None:
    async with served(database) as api:
        await api.world("ada", "bob")
        await api.driver("ada", "POST", "/trips/T1/quote", PRICE)
        told = {"street": "1 quai Rambaud", "contact_name": "Eve Roux", "phone": "0465710000"}
        assert (await api.ask("PUT", "/trips/T1/stops/departure", told)).status_code == 200
        assert (await api.ask("PUT", "/trips/T1/plate", {"plate": "ab-123-cd"})).is_success
        before = (await api.driver("ada", "GET", "/trips/T1")).text
        await api.ask("POST", "/trips/T1/award", AWARD)
        mine = (await api.driver("ada", "GET", "/trips/T1")).json()
        theirs = (await api.driver("bob", "GET", "/trips/T1")).text
        ours = (await api.ask("GET", "/trips/T1")).json()
    for hidden in (before, theirs):
        assert "Paris" in hidden
        assert not any(
            word in hidden for word in ("Rambaud", "Eve", "+33465710000", "48.85", "AB-1")
        )
    for shown in (mine, ours):
        assert told.items() - {("phone", "0465710000")} <= shown["stops"]["departure"].items()
        assert shown["stops"]["departure"]["phone"] == "+33465710000"
        assert shown["stops"]["arrival"] is None
        assert (shown["identified"]["plate"], shown["identified"]["country"]) == ("AB-123-CD", "FR")


async def test_the_client_is_for_logistics_alone(database: str) -> None:
    async with served(database) as api:
        await api.world("ada")
        client = {"name": "Eve Roux", "email": "eve@example.org", "language": "nl"}
        assert (await api.ask("PUT", "/trips/T1/client", client)).status_code == 200
        wrong = await api.ask("PUT", "/trips/T1/client", client | {"email": "eve"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "/email")
        await api.ask("POST", "/trips/T1/assignment", {"driver_id": "ada"})
        ours = (await api.ask("GET", "/trips/T1")).json()
        mine = (await api.driver("ada", "GET", "/trips/T1")).text
    assert client.items() <= ours["client"].items()
    assert not any(word in mine for word in ("Eve Roux", "eve@example.org"))


@pytest.mark.parametrize(
    ("end", "body", "status"),
    [
        ("midway", {"street": "1 quai Rambaud"}, 422),
        ("unspecified", {"street": "1 quai Rambaud"}, 422),
        ("arrival", {"street": ""}, 422),
        ("arrival", {"contact_name": "Eve Roux"}, 422),
        ("arrival", {"street": "1 quai Rambaud", "phone": "12"}, 422),
        ("arrival", {"street": "1 quai Rambaud"}, 200),
    ],
)
async def test_an_end_is_told_as_it_should_be(
    database: str, end: str, body: Any, status: int
) -> None:
    async with served(database) as api:
        await api.world()
        assert (await api.ask("PUT", f"/trips/T1/stops/{end}", body)).status_code == status


@pytest.mark.requirement("HIF-23")
async def test_a_plate_is_in_the_form_of_its_country(database: str) -> None:
    async with served(database) as api:
        await api.world()
        german = {"plate": "B-XY 1234", "country": "DE"}
        assert (await api.ask("PUT", "/trips/T1/plate", german)).status_code == 200
        for wrong, field in (
            ({"plate": "B-XY 1234"}, "/plate"),
            ({"plate": "B/1", "country": "DE"}, "/plate"),
            ({"plate": "B-XY 1234", "country": "Germany"}, "/country"),
            ({"country": "DE"}, "/plate"),
        ):
            refused = await api.ask("PUT", "/trips/T1/plate", wrong)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
        assert (await api.ask("GET", "/trips/T1")).json()["identified"]["plate"] == "B-XY 1234"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/trips/T1/quote", {}, 422),
        ("/trips/T1/quote", {"price": {"amount_minor": 1.5, "currency": "EUR"}}, 422),
        ("/trips/T1/quote", {"price": {"amount_minor": 0, "currency": "EUR"}}, 422),
        ("/trips/T1/quote", {"price": {"amount_minor": 1, "currency": "USD"}}, 422),
        ("/trips/T1/quote", PRICE | {"pickup_on": "tomorrow"}, 422),
        ("/trips/T1/delivery-confirmation", {"channel": "unspecified"}, 422),
        ("/trips/T1/delivery-confirmation", {"channel": "pigeon"}, 422),
        ("/drivers/ada/trainings", {"kind": "client_process", "code": "No Code"}, 422),
    ],
)
async def test_a_body_that_is_not_as_it_should_be_is_refused(
    database: str, path: str, body: Any, status: int
) -> None:
    async with served(database) as api:
        await api.world("ada")
        assert (await api.driver("ada", "POST", path, body)).status_code == status


@pytest.mark.parametrize("changed", [{"period": "year"}, {"reason": "x" * 256}])
async def test_an_availability_that_is_not_as_it_should_be_is_refused(
    database: str, changed: dict[str, str]
) -> None:
    async with served(database) as api:
        await api.world("ada")
        path = "/drivers/ada/availabilities"
        assert (await api.driver("ada", "POST", path, week() | changed)).status_code == 422

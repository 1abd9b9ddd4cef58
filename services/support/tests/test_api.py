"""The routes of support, over a real store, and the people who ask."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx
import pytest

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.accounts.user_v1 import Role
from contracts.depot_tours import returned_v1
from contracts.media.file_v1 import Purpose
from contracts.runtime import REDACTED
from contracts.support import request_v1
from infra.consumers.reactions import ReactionHandler
from infra.testing import serving
from infra.testing.deliveries import deliveries
from infra.testing.following import NOON, activated, file, follow, organisation, user
from services.support.service import service
from services.support.tests.make import discrepancy, rated
from services.support.tests.things import MISSION, ORDER, OUT, RETURN, TOUR, TRIP

BODY: dict[str, Any] = {"type": "problem", "subject": "A tour", "message": "Where is it?"}


DESK: dict[str, Any] = {
    "time_zone": "Africa/Casablanca",
    "openings": [{"weekday": day, "from_minute": 0, "until_minute": 1440} for day in range(1, 8)],
    "holidays": ["2030-05-01"],
    "targets": [
        {
            "type": "problem",
            "priority": "normal",
            "first_response_minutes": 60,
            "resolution_minutes": None,
        }
    ],
    "warned_at_percent": 80,
    "supervisor_id": "sara",
}


class Caller(serving.Caller):
    """Asks as Omar, an operator of a depot, or as Lea of support, whom Sara supervises."""

    async def lea(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "lea", ("logistics",), "relais")

    async def sara(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.ask(method, path, body, "sara", ("administration",), "relais")

    async def made(self, **changed: Any) -> str:
        """The path of a request of Omar's."""
        answer = await self.ask("POST", "/requests", BODY | changed)
        assert answer.status_code == 201, answer.text
        return f"/requests/{answer.json()['id']}"

    async def seen(self, path: str) -> Any:
        return (await self.ask("GET", path)).json()

    async def reacted(self, name: str, contract: Any, event: Any) -> None:
        """The workers see an event."""
        [reaction] = [one for one in service.reactions if one.name == name]
        batch = deliveries([contract], [event], count(1), NOON)
        handler = ReactionHandler(reaction, self.running.commands, service.name)
        async with self.running.pool.connection() as connection, connection.transaction():
            assert await handler.handle(connection, batch) == {}


@asynccontextmanager
async def served(database: str, **named: Any) -> AsyncIterator[Caller]:
    """The API, with a depot that has a tour, and the operator of the platform."""
    async with serving.served(service, database, Caller, **named) as caller:
        caller.user, caller.roles, caller.organisation = "omar", ("operator",), "maarif"
        await follow(
            caller.running,
            organisation("maarif", OrganisationKind.DEPOT),
            organisation("relais", OrganisationKind.MARKETPLACE_OPERATOR),
            *(user(one, "relais", Role.LOGISTICS) for one in ("lea", "idle")),
            activated("lea", "relais", Role.LOGISTICS),
            user("sara", "relais", Role.ADMINISTRATION),
            activated("sara", "relais", Role.ADMINISTRATION),
            user("karim", "maarif", Role.COURIER),
            activated("karim", "maarif", Role.COURIER),
            file("f-1", "omar", "maarif", Purpose.OTHER),
        )
        await follow(caller.running, TOUR)
        yield caller


@pytest.mark.requirement("EXX-27", "EXX-28", "EXX-29", "G-28")
async def test_a_request_goes_back_and_forth_until_it_is_closed(database: str) -> None:
    async with served(database) as api:
        path = await api.made(file_ids=["f-1"])
        reply = {"message": "Look again.", "messages": 0}
        assert (await api.lea("POST", f"{path}/answers", reply)).is_success
        assert (await api.seen(path))["status"] == "answered"
        assert (await api.ask("POST", f"{path}/messages", {"message": "Still."})).is_success
        assert (await api.seen(path))["status"] == "new"
        stale = await api.lea("PUT", f"{path}/closure", {"messages": 1})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/messages": 2})
        assert (await api.lea("PUT", f"{path}/closure", {"messages": 2})).is_success
        late = await api.ask("POST", f"{path}/messages", {"message": "Again."})
        assert late.json()["type"] == "urn:relais:problem:request-is-closed"


async def test_nobody_waits_longer_by_a_clock_of_their_own(database: str) -> None:
    async with served(database, support_whatsapp="212522000000") as api:
        early = {"Relais-Occurred-At": "1970-01-01T00:00:00Z"}
        asked = await api.ask("POST", "/requests", BODY, headers=early)
        path = f"/requests/{asked.json()['id']}"
        await api.ask("POST", f"{path}/messages", {"message": "!"}, headers=early)
        seen = await api.seen(path)
        assert "2026" < seen["opened_at"] < seen["messages"][0]["written_at"]
        asked = await api.ask("POST", "/whatsapp-requests", {"tour_id": "R1"}, headers=early)
        assert (await api.seen(f"/requests/{asked.json()['request_id']}"))["opened_at"] > "2026"


def untimed(seen: dict[str, Any]) -> dict[str, Any]:
    """An answer without the times and ids of this run, each of which it has."""
    [message] = seen["messages"]
    assert min(message.pop("written_at"), seen.pop("opened_at"), seen.pop("closed_at")) > "2026"
    assert message.pop("message_id").startswith("M")
    assert seen.pop("request_id").startswith("Q")
    return seen


ABOUT = {"kind": "tour", "object_id": "R1", "called": "R1", "status": "ready"}
CLOSED = {
    **BODY,
    "status": "closed",
    "channel": "form",
    "follows": None,
    "split_from": None,
    "merged_into": None,
    "merged": [],
}


async def test_the_requester_sees_every_field_but_who_of_support_wrote(database: str) -> None:
    async with served(database) as api:
        path = await api.made(file_ids=["f-1"], about={"kind": "tour", "id": "R1"})
        reply = {"message": "Look again.", "messages": 0}
        assert (await api.lea("POST", f"{path}/answers", reply)).is_success
        assert (await api.lea("PUT", f"{path}/closure", {"messages": 1})).is_success
        assert (await api.ask("PUT", f"{path}/rating", {"mark": 4})).is_success
        assert untimed(await api.seen(path)) == CLOSED | {
            "messages": [{"side": "support", "message": "Look again.", "file_ids": []}],
            "file_ids": ["f-1"],
            "about": ABOUT,
            "closed_by": "support",
            "mark": 4,
            "read": 0,
        }


SAID = {"side": "requester", "message": "Still.", "file_ids": ["f-1"], "written_by": "omar"}
FOR_SUPPORT = CLOSED | {
    "organisation_id": "maarif",
    "user_id": "omar",
    "language": "en",
    "claim_id": None,
    "escalated": False,
    "assignee_id": "lea",
    "file_ids": [],
    "messages": [SAID],
    "about": {**ABOUT, "version": 1, "carrier_id": "karim"},
    "closed_by": "requester",
    "mark": 1,
    "mark_reason": "Nobody came.",
    "priority": "normal",
    "dues": [],
    "missed": [],
}


async def test_support_sees_every_field(database: str) -> None:
    async with served(database) as api:
        path = await api.made(about={"kind": "tour", "id": "R1"})
        await api.ask("POST", f"{path}/messages", {"message": "Still.", "file_ids": ["f-1"]})
        assert (await api.lea("PUT", f"{path}/assignee", {"user_id": "lea"})).is_success
        await api.ask("PUT", f"{path}/closure", {"messages": 1})
        await api.ask("PUT", f"{path}/rating", {"mark": 1, "reason": "Nobody came."})
        assert untimed((await api.lea("GET", path)).json()) == FOR_SUPPORT


async def test_the_thing_stays_as_it_stood(database: str) -> None:
    async with served(database) as api:
        path = await api.made(about={"kind": "tour", "id": "R1"})
        await follow(api.running, TOUR, OUT)
        assert (await api.seen(path))["about"]["status"] == "ready"
        later = await api.made(about={"kind": "tour", "id": "R1"})
        seen = (await api.lea("GET", later)).json()["about"]
        assert (seen["status"], seen["version"]) == ("out", 2)


async def test_a_request_may_be_about_each_kind_of_thing(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, TRIP, ORDER, RETURN)
        for kind, id, called in [
            ("trip", "T1", "T1"),
            ("tour", "R1", "R1"),
            ("order", "p-1", "CASA-2041"),
            ("return", "p-1", "CASA-2041"),
        ]:
            about = (await api.seen(await api.made(about={"kind": kind, "id": id})))["about"]
            assert (about["kind"], about["object_id"], about["called"]) == (kind, id, called)


async def test_nobody_attaches_what_they_may_not_see(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, TRIP, MISSION, RETURN)
        for kind, id, who, role, org in [
            ("tour", "R9", "omar", "operator", "maarif"),
            ("tour", "R1", "nadia", "operator", "elsewhere"),
            ("tour", "R1", "hassan", "courier", "maarif"),
            ("trip", "T1", "bob", "driver", "maarif"),
            ("order", "R1", "omar", "operator", "maarif"),
        ]:
            body = BODY | {"about": {"kind": kind, "id": id}}
            refused = await api.ask("POST", "/requests", body, who, (role,), org)  # type: ignore[arg-type]
            assert refused.status_code == 422, (kind, id, who)
            assert refused.json()["errors"][0]["field"] == "/about/id"
        for kind, id, who, role in [
            ("trip", "T1", "ada", "driver"),
            ("return", "p-1", "karim", "courier"),
        ]:
            body = BODY | {"about": {"kind": kind, "id": id}}
            assert (await api.ask("POST", "/requests", body, who, (role,))).is_success  # type: ignore[arg-type]


@pytest.mark.parametrize("others", [[], [file("f-9", "nadia", "maarif", Purpose.OTHER)]])
async def test_a_file_is_ones_own(database: str, others: list[Any]) -> None:
    async with served(database) as api:
        await follow(api.running, *others)
        refused = await api.ask("POST", "/requests", BODY | {"file_ids": ["f-1", "f-9"]})
        assert refused.json()["errors"][0]["field"] == "/file_ids/1"
        path = await api.made()
        refused = await api.ask("POST", f"{path}/messages", {"message": "!", "file_ids": ["f-9"]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/file_ids/0")
        body = {"message": "!", "messages": 0, "file_ids": ["f-1"]}
        assert (await api.lea("POST", f"{path}/answers", body)).status_code == 422


@pytest.mark.requirement("EXX-19", "G-25", "N-08")
async def test_the_button_stores_a_request_and_answers_the_link(database: str) -> None:
    async with served(database, support_whatsapp="212522000000") as api:
        body = {"tour_id": "R1"}
        answer = await api.ask("POST", "/whatsapp-requests", body, headers={"Idempotency-Key": "w"})
        again = await api.ask("POST", "/whatsapp-requests", body, headers={"Idempotency-Key": "w"})
        assert answer.json() == again.json()
        request_id = answer.json()["request_id"]
        assert answer.json()["link"] == (
            f"https://wa.me/212522000000?text=tour%20R1%20%28{request_id}%29"
        )
        seen = await api.seen(f"/requests/{request_id}")
        assert (seen["type"], seen["channel"], seen["message"]) == ("route", "whatsapp", None)
        assert seen["about"]["object_id"] == "R1"
        strange = await api.ask("POST", "/whatsapp-requests", {"tour_id": "R2"})
        assert strange.json()["errors"][0]["field"] == "/tour_id"


async def test_without_a_number_there_is_no_link_and_no_request(database: str) -> None:
    async with served(database) as api:
        refused = await api.ask("POST", "/whatsapp-requests", {"tour_id": "R1"})
        assert refused.json()["type"] == "urn:relais:problem:no-whatsapp"


@pytest.mark.requirement("G-26")
async def test_a_discrepancy_is_a_request_of_who_counted(database: str) -> None:
    async with served(database) as api:
        for _ in range(2):
            await api.reacted("discrepancies", returned_v1.contract, discrepancy())
        seen = await api.seen("/requests/Q-p-1-c-1")
        assert (seen["type"], seen["status"]) == ("discrepancy", "new")
        assert seen["about"]["called"] == "CASA-2041"


@pytest.mark.requirement("G-28")
async def test_the_bad_mark_of_somebody_forgotten_is_looked_at_without_their_words(
    database: str,
) -> None:
    async with served(database) as api:
        await api.running.keyring.keys_to_write(["omar"])
        await api.running.keyring.forget("omar", "lea")
        await api.reacted("follow_ups", request_v1.contract, rated(1, REDACTED))
        seen = (await api.sara("GET", "/requests/Q1-F")).json()
        assert (seen["follows"], seen["message"], seen["escalated"]) == ("Q1", None, True)


@pytest.mark.requirement("G-20")
@pytest.mark.parametrize("standing", ["pending", "rejected"])
async def test_who_is_not_let_in_yet_may_write(database: str, standing: Any) -> None:
    async with served(database) as api:
        asked = await api.ask("POST", "/requests", BODY, "nadia", (standing,), "anfa")
        assert asked.status_code == 201
        path = f"/requests/{asked.json()['id']}"
        assert (await api.ask("GET", path, None, "nadia", (standing,), "anfa")).is_success
        refused = await api.ask("PUT", f"{path}/assignee", {}, "nadia", (standing,), "anfa")
        assert refused.status_code == 403


@pytest.mark.requirement("G-01")
async def test_others_find_no_trace_of_a_request(database: str) -> None:
    async with served(database) as api:
        path = await api.made()
        for who, role, org in [
            ("nadia", "administration", "maarif"),
            ("omar", "operator", "elsewhere"),
            ("idle", "billing", "relais"),
        ]:
            for method, route, body in [
                ("GET", path, None),
                ("POST", f"{path}/messages", {"message": "!"}),
                ("PUT", f"{path}/closure", {"messages": 0}),
                ("PUT", f"{path}/rating", {"mark": 1}),
                ("PUT", f"{path}/read", {"messages": 1}),
            ]:
                asked = await api.ask(method, route, body, who, (role,), org)  # type: ignore[arg-type]
                assert asked.status_code == 404, (who, route)


async def test_only_the_operators_people_answer(database: str) -> None:
    async with served(database) as api:
        path = await api.made()
        routes = [
            ("PUT", f"{path}/assignee", {"user_id": "lea"}),
            ("POST", f"{path}/answers", {"message": "!", "messages": 0}),
            ("GET", f"{path}/history", None),
            ("PUT", f"{path}/merger", {"into": "Q2", "messages": 0}),
            ("POST", f"{path}/parting", {"was_in": "Q2"}),
            ("POST", f"{path}/splits", {"type": "question", "subject": "!"}),
            ("PUT", f"{path}/priority", {"priority": "low", "instead_of": "normal"}),
            ("GET", "/desk", None),
            ("PUT", "/desk", DESK),
            ("GET", "/desk/history", None),
            ("POST", "/replies", {"title": "T", "texts": [{"language": "fr", "text": "!"}]}),
            ("PUT", "/replies/A1", {"title": "T", "texts": [{"language": "fr", "text": "!"}]}),
            ("DELETE", "/replies/A1", None),
            ("GET", "/replies/A1", None),
            ("GET", "/replies/A1/history", None),
        ]
        for method, route, body in routes:
            asked = await api.ask(method, route, body, "nadia", ("administration",), "maarif")
            assert asked.status_code == 403, route
            assert asked.json()["type"].endswith("not-the-operator")


async def test_a_request_is_given_to_somebody_of_support(database: str) -> None:
    async with served(database) as api:
        path = await api.made()
        for who in ("idle", "karim", "nobody-known"):
            refused = await api.sara("PUT", f"{path}/assignee", {"user_id": who})
            assert refused.json()["errors"][0]["field"] == "/user_id"
        assert (await api.sara("PUT", f"{path}/assignee", {"user_id": "lea"})).is_success
        stale = await api.sara("PUT", f"{path}/assignee", {"user_id": "sara"})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/instead_of": "lea"})
        body = {"user_id": "sara", "instead_of": "lea"}
        assert (await api.lea("PUT", f"{path}/assignee", body)).is_success
        items = (await api.lea("GET", f"{path}/history")).json()["items"]
        assert [one["actor"] for one in items] == ["omar", "sara", "lea"]


@pytest.mark.parametrize(("mark", "status"), [(0, 422), (1, 200), (5, 200), (6, 422)])
async def test_a_mark_is_one_to_five(database: str, mark: int, status: int) -> None:
    async with served(database) as api:
        path = await api.made()
        await api.ask("PUT", f"{path}/closure", {"messages": 0})
        assert (await api.ask("PUT", f"{path}/rating", {"mark": mark})).status_code == status


async def test_a_reply_is_kept_shown_and_dropped(database: str) -> None:
    async with served(database) as api:
        body = {"title": "Refresh", "texts": [{"language": "fr", "text": "Rafraîchissez."}]}
        made = await api.lea("POST", "/replies", body)
        path = f"/replies/{made.json()['id']}"
        assert (await api.sara("PUT", path, body | {"title": "Reload"})).is_success
        shown = (await api.lea("GET", path)).json()
        assert shown.pop("kept_at")
        id = path.rpartition("/")[2]
        assert shown == body | {"title": "Reload", "reply_id": id, "kept_by": "sara"}
        assert (await api.lea("DELETE", path)).is_success
        assert (await api.lea("GET", path)).status_code == 404
        assert (await api.lea("PUT", "/replies/A-unknown", body)).status_code == 404
        items = (await api.lea("GET", f"{path}/history")).json()["items"]
        assert [one["actor"] for one in items] == ["lea", "sara", "lea"]

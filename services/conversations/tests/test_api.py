"""Threads over HTTP."""

from typing import Any

import httpx
import pytest

from contracts.dispatch.request_v1 import RequestCancelled, SubjectForgotten
from contracts.interventions.case_v1 import CaseClosed, CaseDeleted, LinkRevoked
from infra.http.customer_pages import threads
from infra.testing.following import follow
from infra.testing.routes import Existing
from infra.tokens import Role
from services.conversations.adapters.ending import Ending
from services.conversations.tests.make import CASE, GROUP, LILLE
from services.conversations.tests.serving import (
    Caller,
    counts,
    end_mission,
    fact,
    licensed,
    served,
    show_threads,
    subscription,
    written,
)

SHOWN: dict[str, Any] = {
    "kind": "customer",
    "status": "open",
    "matter": {"kind": "case", "matter_id": CASE},
    "dealership_id": LILLE,
    "counterpart_id": "customer",
    "title": None,
    "customer": {
        "recipient_id": "customer",
        "name": "Claire Moreau",
        "language": "fr",
        "reachable": True,
    },
    "member_ids": ["lea"],
    "read": 1,
    "unread": 0,
    "read_by_others": 0,
    "opened_by": "lea",
    "closed_at": None,
    "end": None,
}


@pytest.mark.requirement("FLB-124", "G-51")
async def test_a_thread_with_a_customer_shows_every_field(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread()
        body = {"message": "The parts are here.", "file_ids": ["f-1"], "read": 0}
        assert (await caller.says("lea", "POST", f"{path}/messages", body)).is_success
        shown = await caller.shown("lea", path)
        [message] = shown.pop("messages")
        [sent] = message.pop("files")
        assert sent["file_id"] == "f-1"
        assert sent["url"].startswith("/media/links/p.f-1.")
        times = {shown.pop("opened_at"), message.pop("written_at")}
        assert all(one.startswith("20") for one in times)
        number = {"message_id": message["message_id"], "number": 1, "author_id": "lea"}
        assert message == {**number, "message": "The parts are here."}
        assert shown == SHOWN | {"thread_id": path.rpartition("/")[2]}


@pytest.mark.requirement("FLB-124")
async def test_whoever_works_on_the_case_sees_its_thread_and_nobody_else(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread("marc")
        assert await caller.thread("lea") == path
        statuses = {
            who: (await caller.says(who, "GET", path)).status_code
            for who in ("lea", "marc", "maya", "sami", "paul")
        }
        assert statuses == {"lea": 200, "marc": 200, "maya": 200, "sami": 404, "paul": 404}
        body = {"message": "Hello", "read": 0}
        for who in ("maya", "paul", "sami"):
            refused = await caller.says(who, "POST", f"{path}/messages", body)
            assert refused.status_code == 404, (who, refused.text)
        stranger = await caller.ask("GET", path, who="eve", org="hiflow")
        assert stranger.status_code == 404


@pytest.mark.requirement("FLB-124", "G-79")
async def test_without_a_licence_nothing_is_written_and_all_is_read(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread()
        await follow(caller.running, licensed())
        body = {"message": "Hello", "read": 0}
        for refused in (
            await caller.says("lea", "POST", f"{path}/messages", body),
            await caller.says("lea", "POST", "/customer-threads", {"case_id": CASE}),
        ):
            assert refused.status_code == 403, refused.text
            assert refused.json()["facts"] == {"licence": "chat"}
        assert (await caller.says("lea", "GET", path)).status_code == 200


@pytest.mark.requirement("FLB-124")
async def test_a_thread_is_opened_with_who_was_shown_the_case_alone(database: str) -> None:
    async with served(database) as caller:
        other = await caller.thread(recipient_id="driver")
        assert other != await caller.thread()
        shown = (await caller.shown("lea", other))["customer"]
        assert shown == {
            "recipient_id": "driver",
            "name": "Omar",
            "language": "ar",
            "reachable": False,
        }
        for body, pointer in (
            ({"case_id": CASE, "recipient_id": "owner"}, "/recipient_id"),
            ({"case_id": "J404"}, "/case_id"),
        ):
            refused = await caller.says("lea", "POST", "/customer-threads", body)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == pointer
        assert (
            await caller.says("sami", "POST", "/customer-threads", {"case_id": CASE})
        ).status_code == 422


@pytest.mark.requirement("N-16", "FLB-125")
async def test_users_of_the_dealership_who_want_to_be_told_at_once_are(database: str) -> None:
    async with served(database) as caller:
        everybody = ("lea", "marc", "sami", "maya", "paul")
        await follow(caller.running, *map(subscription, everybody))
        path = await caller.thread()
        answer = await caller.fills_in(f"{caller.page()}/messages", message="Can it wait?")
        assert answer.status_code == 303
        [message] = await written(caller, path)
        assert message.told_ids == ("lea", "marc")
        await caller.writes("lea", path, "Until June.", 1)
        assert (await written(caller, path))[1].told_ids == ("marc",)


async def test_unread_messages_are_counted_for_each_reader(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread()
        for n in range(3):
            await caller.fills_in(f"{caller.page()}/messages", f"k-{n}", message=f"Message {n}")
        reading = {"messages": 2}
        assert (await caller.says("lea", "PUT", f"{path}/reading", reading)).is_success
        counted = {who: await counts(caller, who, path) for who in ("lea", "marc")}
        assert counted == {"lea": (2, 1), "marc": (0, 3)}


@pytest.mark.requirement("FLB-124", "G-51")
async def test_colleagues_of_a_dealership_write_to_each_other(database: str) -> None:
    async with served(database) as caller:
        body = {"title": "Spring tyres", "dealership_id": LILLE, "member_ids": ["marc"]}
        made = await caller.says("lea", "POST", "/threads", body)
        assert made.status_code == 201, made.text
        path = f"/threads/{made.json()['id']}"
        await caller.writes("marc", path, "Ordered.")
        assert (await caller.says("maya", "GET", path)).status_code == 404
        added = await caller.says("marc", "POST", f"{path}/members", {"user_id": "maya"})
        assert added.is_success
        shown = await caller.shown("maya", path)
        assert (shown["member_ids"], shown["unread"]) == (["lea", "marc", "maya"], 1)
        assert (await caller.says("maya", "DELETE", f"{path}/members/maya")).is_success
        assert (await caller.says("maya", "GET", path)).status_code == 404
        gone = await caller.says("lea", "DELETE", f"{path}/members/maya")
        assert gone.status_code == 404
        assert (await caller.says("lea", "PUT", f"{path}/closure")).is_success
        closed = await caller.says(
            "marc", "POST", f"{path}/messages", {"message": "Late", "read": 1}
        )
        assert closed.status_code == 409


@pytest.mark.requirement("FLB-124")
async def test_a_thread_among_colleagues_is_refused_where_it_cannot_be(database: str) -> None:
    async with served(database) as caller:
        at = {"title": "Tyres", "dealership_id": LILLE, "member_ids": []}
        for who, body, status in (
            ("lea", at | {"member_ids": ["paul"]}, 422),
            ("lea", at | {"member_ids": ["nobody1"]}, 422),
            ("lea", at | {"dealership_id": None}, 422),
            ("lea", at | {"title": None}, 422),
            ("lea", at | {"dealership_id": "GMETZ"}, 404),
            ("paul", at | {"dealership_id": "GMETZ"}, 403),
            ("sami", {"case_id": CASE, "member_ids": []}, 422),
            ("maya", {"case_id": CASE, "member_ids": ["lea"]}, 201),
        ):
            answer = await caller.says(who, "POST", "/threads", body)
            assert answer.status_code == status, (who, body, answer.text)


async def test_files_are_ones_own_and_were_sent_for_it(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread()
        body = {"message": "See", "file_ids": ["f-1", "f-2"], "read": 0}
        refused = await caller.says("lea", "POST", f"{path}/messages", body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "/file_ids/1"


@pytest.mark.requirement("N-26")
async def test_a_driver_and_those_who_give_the_mission_have_one_thread(database: str) -> None:
    async with served(database) as caller:
        body = {"trip_id": "T1"}
        paths = []
        asks: tuple[tuple[str, Role], ...] = (("ada", "driver"), ("rose", "logistics"))
        for who, role in asks:
            made = await caller.ask(
                "POST", "/mission-threads", body, who=who, roles=(role,), org="hiflow"
            )
            assert made.status_code == 201, made.text
            paths.append(f"/threads/{made.json()['id']}")
        assert paths[0] == paths[1]
        await end_mission(caller, paths[0])
        shown = await caller.ask("GET", paths[0], who="rose", roles=("logistics",), org="hiflow")
        assert (shown.json()["status"], shown.json()["end"]) == ("closed", "matter_over")


async def test_the_thread_of_a_mission_is_hidden_from_other_drivers(database: str) -> None:
    async with served(database) as caller:
        body = {"trip_id": "T1"}
        made = await caller.ask(
            "POST", "/mission-threads", body, who="ada", roles=("driver",), org="hiflow"
        )
        path = f"/threads/{made.json()['id']}"
        other = await caller.ask(
            "POST", "/mission-threads", body, who="ben", roles=("driver",), org="hiflow"
        )
        assert other.status_code == 422
        hidden = await caller.ask("GET", path, who="ben", roles=("driver",), org="hiflow")
        assert hidden.status_code == 404
        stranger = await caller.ask("GET", path, who="ada", roles=("driver",), org="other")
        assert stranger.status_code == 404


@pytest.mark.requirement("G-50")
async def test_a_thread_ends_with_its_case_and_is_erased_with_it(database: str) -> None:
    async with served(database) as caller:
        path = await caller.thread()
        await show_threads(caller, path)
        await follow(caller.running, fact(CaseClosed, case_id=CASE))
        await Ending(caller.running).turn()
        assert (await caller.shown("lea", path))["status"] == "closed"
        await follow(caller.running, fact(CaseDeleted, case_id=CASE))
        await Ending(caller.running).turn()
        assert (await caller.says("lea", "GET", path)).status_code == 404
        await Ending(caller.running).turn()


@pytest.mark.requirement("G-51")
async def test_a_link_that_was_taken_back_opens_no_thread(database: str) -> None:
    async with served(database) as caller:
        page = caller.page()
        assert (await caller.client.get(page)).status_code == 200
        made_up = f"{threads.PAGE.removeprefix('/conversations')}/{CASE}.customer.1.AAAA"
        assert (await caller.client.get(made_up)).status_code == 404
        revoked = fact(LinkRevoked, case_id=CASE, link_id="customer.1")
        await follow(caller.running, revoked)
        assert (await caller.client.get(page)).status_code == 410
        again = await caller.fills_in(f"{page}/messages", message="Hello?")
        assert again.status_code == 410
        assert GROUP not in again.text


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_a_thread(database: str) -> None:
    async with served(database) as caller:
        body = {"trip_id": "T1"}
        await caller.ask(
            "POST", "/mission-threads", body, who="ada", roles=("driver",), org="hiflow"
        )
        made = await caller.ask(
            "POST", "/mission-threads", body, who="rose", roles=("logistics",), org="hiflow"
        )
        caller.organisation = "hiflow"
        existing = Existing(
            ids={"thread_id": made.json()["id"], "user_id": "ada"},
            bodies={
                "POST /threads/{thread_id}/messages": {"message": "Hello", "read": 0},
                "PUT /threads/{thread_id}/reading": {"messages": 1},
                "POST /threads/{thread_id}/members": {"user_id": "ada"},
            },
            owners={"driver": "ada", "logistics": "rose"},
        )
        for who, org in (("stranger", "strangers"), ("ada", "strangers")):
            await existing.is_hidden_from(caller, who, org)
        await existing.is_hidden_from(caller, "ben", "hiflow", ("driver",))


OPERATOR: Any = {"who": "sophie", "roles": ("marketplace_manager",), "org": "agora"}
ECLAT: Any = {"who": "yann", "roles": ("provider_manager",), "org": "eclat"}
VITREX: Any = {"who": "marion", "roles": ("provider_manager",), "org": "vitrex"}


async def of_request(caller: Caller, provider_id: str, **who: Any) -> httpx.Response:
    body = {"request_id": "Q1", "provider_id": provider_id}
    return await caller.ask("POST", "/request-threads", body, **who)


@pytest.mark.requirement("OGU-28", "N-26", "G-69")
async def test_a_marketplace_and_a_provider_have_one_thread_about_a_request(database: str) -> None:
    async with served(database) as caller:
        asked = ((ECLAT, "eclat"), (OPERATOR, "eclat"), (VITREX, "vitrex"))
        made = [await of_request(caller, provider, **who) for who, provider in asked]
        assert [one.status_code for one in made] == [201] * 3, made[-1].text
        ids = [one.json()["id"] for one in made]
        assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)
        path = f"/threads/{ids[0]}"
        first = {"message": "Is there a lift?", "read": 0}
        assert (await caller.ask("POST", f"{path}/messages", first, **ECLAT)).is_success
        shown = (await caller.ask("GET", path, **OPERATOR)).json()
        assert (shown["unread"], shown["member_ids"]) == (1, ["sophie", "yann"])
        assert shown["matter"] == {"kind": "request", "matter_id": "Q1"}
        assert (await caller.ask("GET", path, **VITREX)).status_code == 404
        others = OPERATOR | {"who": "olga"}
        answer = {"message": "Two of them.", "read": 1}
        assert (await caller.ask("POST", f"{path}/messages", answer, **others)).is_success


@pytest.mark.requirement("G-69")
async def test_a_thread_about_a_request_is_for_both_who_have_to_do_with_it(database: str) -> None:
    async with served(database) as caller:
        for provider_id, who in (
            ("nobody", OPERATOR),
            ("eclat", VITREX),
            ("vitrex", ECLAT),
            ("eclat", OPERATOR | {"org": "elsewhere"}),
            ("eclat", OPERATOR | {"org": "eclat"}),
            ("eclat", ECLAT | {"org": "agora"}),
        ):
            refused = await of_request(caller, provider_id, **who)
            assert refused.status_code == 422, (provider_id, who)
            assert refused.json()["errors"][0]["field"] == "/request_id"
        driver = OPERATOR | {"roles": ("driver",)}
        assert (await of_request(caller, "eclat", **driver)).status_code == 403


@pytest.mark.requirement("G-50", "OGU-28")
async def test_a_thread_ends_with_its_request_and_is_erased_with_its_customer(
    database: str,
) -> None:
    async with served(database) as caller:
        path = f"/threads/{(await of_request(caller, 'eclat', **ECLAT)).json()['id']}"
        body = {"message": "Is there a lift?", "read": 0}
        assert (await caller.ask("POST", f"{path}/messages", body, **ECLAT)).is_success
        [message] = await written(caller, path)
        assert message.user_id == "Q1"
        await show_threads(caller, path)
        await follow(caller.running, fact(RequestCancelled, request_id="Q1"))
        await Ending(caller.running).turn()
        assert (await caller.ask("GET", path, **ECLAT)).json()["end"] == "matter_over"
        assert (await of_request(caller, "eclat", **OPERATOR)).status_code == 409
        await follow(caller.running, fact(SubjectForgotten, request_id="Q1"))
        await Ending(caller.running).turn()
        assert (await caller.ask("GET", path, **ECLAT)).status_code == 404

"""The routes of messaging: who may, what they show, what they refuse."""

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute

from contracts.messaging.message_v1 import Channel, Fact, MessageQueued, Topic
from contracts.messaging.preferences_v1 import NoticesRead
from infra.http.app import admissions
from infra.testing.routes import Existing
from infra.tokens import Role
from services.messaging.adapters.outbound import receipts, sink
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.adapters.outbound.sms import signature
from services.messaging.aggregates import PREFERENCES
from services.messaging.tests import make
from services.messaging.tests.stage import (
    SECRET,
    SENDER,
    Stage,
    by_mail,
    mail_server,
    staged,
)

EVERY_ROLE: tuple[Role, ...] = get_args(Role)
CHOICE = {"choices": [], "time_zone": "Europe/Paris"}
TEXTED = receipts.Taken(
    key="m-1.sms", messages=["m-1"], channel="sms", reference="sms-1", delivered=False
)
LINK = "https://portal.example/password?token=abc"


def fresh(message_id: str = "m-1", **changed: Any) -> MessageQueued:
    end = datetime.now(UTC) + timedelta(days=1)
    return make.queued(message_id=message_id, expires_at=end, **changed)


async def sent(stage: Stage, *messages: MessageQueued) -> None:
    await stage.meet()
    await stage.meet("bob", "bob@example.org")
    for one in messages:
        await stage.queue(one)
    await stage.round()


@pytest.mark.requirement("G-06")
async def test_staff_see_how_every_message_stands(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.refused = {"bob@example.org"}
        await sent(stage, fresh(), fresh("m-2", user="bob"))
        answer = await stage.ask("GET", "/messages", who="lea", roles=("logistics",))
        shown = {
            one["message_id"]: (one["status"], one["reason"]) for one in answer.json()["items"]
        }
        assert shown == {"m-1": ("sent", None), "m-2": ("failed", "refused")}
        path = "/messages?status=failed&about=trip/t-1"
        some = await stage.ask("GET", path, who="lea", roles=("billing",))
        assert [one["message_id"] for one in some.json()["items"]] == ["m-2"]
        for query, found in {
            "user_id=bob": ["m-2"],
            "user_id=eve": [],
            "channel=email&user_id=ada": ["m-1"],
            "channel=sms": [],
            "topic=quotes&user_id=ada": ["m-1"],
            "topic=papers": [],
        }.items():
            some = await stage.ask("GET", f"/messages?{query}", who="lea", roles=("billing",))
            assert [one["message_id"] for one in some.json()["items"]] == found, query


@pytest.mark.requirement("G-06")
async def test_staff_see_each_attempt_that_failed(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.answers = ["451 4.7.1 ada@example.org has to wait"]
        await sent(stage, fresh())
        answer = await stage.ask("GET", "/messages/m-1", who="lea", roles=("logistics",))
        [tried] = answer.json()["failed_attempts"]
        assert (tried["channel"], tried["number"], tried["why"]) == ("email", 1, "busy")
        # Without what names people.
        assert tried["said"] == "451 4.7.1"
        assert answer.json()["attempts"] == 1


@pytest.mark.requirement("G-06")
async def test_staff_send_again_what_failed(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.refused = {"ada@example.org"}
        await sent(stage, fresh())
        path = "/messages/m-1/repetition"
        staff: tuple[Role, ...] = ("administration",)
        statuses = [
            (await stage.ask("POST", path)).status_code,
            (await stage.ask("POST", path, who="lea", roles=staff, org="stranger")).status_code,
            (await stage.ask("POST", path, who="lea", roles=staff)).status_code,
        ]
        assert statuses == [403, 404, 200]
        server.refused = set()
        await stage.round()
        assert [mail["Message-ID"] for mail in server.mails] == ["<m-1.1.email@relais.example>"]
        shown = (await stage.ask("GET", "/messages/m-1", who="lea", roles=staff)).json()
        assert [one["by"] for one in shown["sent_again"]] == ["lea"]
        assert len(shown["events"]) == 5
        refused = await stage.ask("POST", path, who="lea", roles=staff)
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "urn:relais:problem:message-was-sent",
        )
        missing = await stage.ask("POST", "/messages/m-9/repetition", who="lea", roles=staff)
        assert missing.status_code == 404


async def test_a_message_is_not_sent_again_after_its_end(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, make.queued(expires_at=datetime.now(UTC)))
        path = "/messages/m-1/repetition"
        refused = await stage.ask("POST", path, who="lea", roles=("billing",))
        assert refused.json()["type"] == "urn:relais:problem:message-is-out-of-date"


async def test_messages_come_page_by_page(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, *(fresh(f"m-{n}") for n in range(3)))
        first = (await stage.ask("GET", "/messages/mine?limit=2")).json()
        second = await stage.ask("GET", f"/messages/mine?limit=2&cursor={first['next']}")
        ids = [one["message_id"] for one in first["items"] + second.json()["items"]]
        assert (ids, second.json()["next"]) == (["m-2", "m-1", "m-0"], None)


async def test_people_see_their_own_messages_alone(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, fresh(), fresh("m-2", user="bob"))
        mine = await stage.ask("GET", "/messages/mine")
        assert [one["message_id"] for one in mine.json()["items"]] == ["m-1"]
        assert (await stage.ask("GET", "/messages/m-1")).status_code == 200
        assert (await stage.ask("GET", "/messages/m-2")).status_code == 404
        assert (await stage.ask("GET", "/messages/m-9")).status_code == 404


async def test_messages_are_unread_until_their_recipient_read_them(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, fresh(), fresh("m-2"), fresh("m-3", user="bob"))
        assert (await stage.ask("GET", "/messages/mine/unread")).json() == {"messages": 2}
        read = "/messages/{}/reading"
        for _ in range(2):
            assert (await stage.ask("PUT", read.format("m-1"))).status_code == 200
        for other in ("m-3", "m-9"):
            assert (await stage.ask("PUT", read.format(other))).status_code == 404
        await stage.catch_up()
        assert (await stage.ask("GET", "/messages/mine/unread")).json() == {"messages": 1}
        for asked, ids in (("true", ["m-1"]), ("false", ["m-2"])):
            items = (await stage.ask("GET", f"/messages/mine?read={asked}")).json()["items"]
            assert [one["message_id"] for one in items] == ids
        assert (await stage.ask("GET", "/messages/m-1")).json()["read"] is True


async def test_all_that_was_seen_is_read_at_once_and_what_came_later_is_not(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, fresh(), fresh("m-2"), fresh("m-3", user="bob"))
        [newest, _] = (await stage.ask("GET", "/messages/mine")).json()["items"]
        until, path = {"until": newest["queued_at"]}, "/messages/mine/reading"
        early = await stage.ask("PUT", path, {"until": "2020-01-01T00:00:00Z"})
        assert early.json() == {"messages": 0, "more": False}
        done = await stage.ask("PUT", path, until)
        assert done.json() == {"messages": 2, "more": False}
        await stage.catch_up()
        assert (await stage.ask("GET", "/messages/mine/unread")).json() == {"messages": 0}
        assert (await stage.ask("PUT", path, until)).json() == {"messages": 0, "more": False}
        bobs = await stage.ask("GET", "/messages/mine/unread", who="bob")
        assert bobs.json() == {"messages": 1}


@pytest.mark.requirement("EXX-30", "N-07")
async def test_somebody_says_until_when_they_have_read_the_notices(database: str) -> None:
    async with staged(database) as stage:
        path, body = "/notices/reading", {"until": "2026-01-02T03:04:05.000006Z"}
        assert (await stage.ask("PUT", path, body)).status_code == 404
        await stage.meet()
        assert (await stage.ask("PUT", path, body, org="strangers")).status_code == 404
        done = await stage.ask("PUT", path, body, roles=("pending",))
        assert (done.status_code, done.json()["id"]) == (200, "ada")
        earlier = await stage.ask("PUT", path, {"until": "2026-01-02T03:04:05.000005Z"})
        assert earlier.json() == done.json()
        entries = await stage.running.commands.history(PREFERENCES, "ada")
        read = entries[-1].holds
        assert isinstance(read, NoticesRead)
        assert read == NoticesRead(
            user_id="ada",
            organisation_id="hiflow",
            until=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            read_at=read.read_at,
        )


@pytest.mark.requirement("EXX-30")
@pytest.mark.parametrize("body", [{}, {"until": None}, {"until": "noon"}])
async def test_a_reading_of_notices_says_a_time(database: str, body: dict[str, Any]) -> None:
    async with staged(database) as stage:
        await stage.meet()
        refused = await stage.ask("PUT", "/notices/reading", body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/until")


EXISTING = Existing(
    ids={"message_id": "m-1"},
    owners={"driver": "ada", "administration": "lea"},
    # Templates are the same for everybody; choices name nothing, and the next test tries them, as
    # test_push.py tries browsers.
    for_all=(
        "GET /browsers",
        "GET /push-key",
        "GET /messages/mine/unread",
        "GET /templates",
        "GET /templates/{name}/preview",
        "GET /preferences",
    ),
)


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_a_message(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.refused = {"ada@example.org"}
        await sent(stage, fresh())
        for who, org in (("stranger", "strangers"), ("ada", "strangers"), ("bob", "hiflow")):
            roles: tuple[Role, ...] = EVERY_ROLE if org == "strangers" else ("driver",)
            await EXISTING.is_hidden_from(stage, who, org, roles)


@pytest.mark.requirement("G-20", "N-09")
@pytest.mark.parametrize("role", ["pending", "rejected"])
async def test_who_is_not_let_in_yet_reads_their_own_messages_and_nobody_elses(
    database: str, role: Role
) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, fresh(), fresh("m-2", user="bob"))
        mine = await stage.ask("GET", "/messages/mine", roles=(role,))
        assert [one["message_id"] for one in mine.json()["items"]] == ["m-1"]
        assert (await stage.ask("GET", "/messages/m-1", roles=(role,))).json()["letter"]
        assert (await stage.ask("GET", "/messages/m-2", roles=(role,))).status_code == 404
        assert (await stage.ask("GET", "/messages", roles=(role,))).status_code == 403


async def test_choices_of_another_organisation_are_neither_shown_nor_changed(database: str) -> None:
    async with staged(database) as stage:
        await stage.meet()
        for method, body in (("GET", None), ("PUT", CHOICE)):
            for org, status in (("strangers", 404), ("hiflow", 200)):
                answer = await stage.ask(method, "/preferences", body, org=org)
                assert (method, org, answer.status_code) == (method, org, status)


@pytest.mark.requirement("HIF-04")
async def test_the_words_of_a_message_are_for_its_recipient_alone(database: str) -> None:
    private = json.dumps({"link": LINK})
    one = fresh(topic=Topic.SECURITY, template="password_reset", facts=(), private=private)
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await sent(stage, one)
        own = await stage.ask("GET", "/messages/m-1")
        assert LINK in own.json()["letter"]["text"]
        for role in ("logistics", "administration", "billing"):
            seen = await stage.ask("GET", "/messages/m-1", who="lea", roles=(role,))
            assert (seen.status_code, "token=abc" in seen.text) == (200, False)


@pytest.mark.requirement("HIF-41")
async def test_somebody_chooses_and_sees_the_whole_matrix(database: str) -> None:
    async with staged(database) as stage:
        await stage.meet()
        daily = {"topic": "quotes", "channel": "email", "immediacy": "daily"}
        quiet = {"from_minute": 1320, "until_minute": 420}
        body = {"choices": [daily], "quiet_hours": quiet, "time_zone": "America/Montreal"}
        assert (await stage.ask("PUT", "/preferences", body)).status_code == 200
        shown = (await stage.ask("GET", "/preferences")).json()
        assert (shown["time_zone"], shown["quiet_hours"]) == ("America/Montreal", quiet)
        cells = {(one["topic"], one["channel"]): one for one in shown["choices"]}
        words = (t.name.lower() for t in Topic), (c.name.lower() for c in Channel)
        assert cells.keys() == set(product(*words))
        assert cells["quotes", "email"]["immediacy"] == "daily"
        assert cells["security", "email"]["compulsory"]


@pytest.mark.parametrize(
    "changed",
    [
        {"time_zone": "Mars/Base"},
        {"time_zone": "../etc"},
        {"quiet_hours": {"from_minute": 60, "until_minute": 60}},
        {"quiet_hours": {"from_minute": -1, "until_minute": 60}},
        {"quiet_hours": {"from_minute": 0, "until_minute": 1440}},
        {"choices": [{"topic": "gossip", "channel": "email", "immediacy": "now"}]},
        {"choices": [{"topic": "quotes", "channel": "pigeon", "immediacy": "now"}]},
        {"choices": [{"topic": "quotes", "channel": "email", "immediacy": "never"}] * 2},
        {"choices": None},
        {"surprise": 1},
    ],
)
async def test_a_choice_that_cannot_be_is_refused(database: str, changed: dict[str, Any]) -> None:
    async with staged(database) as stage:
        await stage.meet()
        answer = await stage.ask("PUT", "/preferences", CHOICE | changed)
        assert answer.status_code == 422


async def test_somebody_we_do_not_know_has_no_preferences(database: str) -> None:
    async with staged(database) as stage:
        assert (await stage.ask("GET", "/preferences")).status_code == 404
        assert (await stage.ask("PUT", "/preferences", CHOICE)).status_code == 404


@pytest.mark.requirement("FLB-009")
async def test_templates_are_listed_and_previewed(database: str) -> None:
    staff: tuple[Role, ...] = ("administration",)
    async with staged(database) as stage:
        listed = (await stage.ask("GET", "/templates", roles=staff)).json()
        assert {"name": "activated", "version": 1, "facts": ["name"]} in listed["items"]
        path = "/templates/activated/preview"
        shown = await stage.ask("GET", f"{path}?language=sv&version=1", roles=staff)
        assert shown.json()["letter"]["subject"] == "Ditt konto är aktivt"
        for missing in (f"{path}?version=9", "/templates/nothing/preview"):
            assert (await stage.ask("GET", missing, roles=staff)).status_code == 404
        assert (await stage.ask("GET", f"{path}?language=pl", roles=staff)).status_code == 422


def receipt(status: str = "delivered", reference: str = "m-1.sms") -> bytes:
    return json.dumps({"reference": reference, "status": status}).encode()


async def post(stage: Stage, body: bytes, signed: str) -> int:
    headers = {"Relais-Signature": signed, "Content-Type": "application/json"}
    key = {"Idempotency-Key": f"r{next(stage.numbers)}"}
    path = "/receipts/sms"
    answer = await stage.client.post(path, content=body, headers={**headers, **key})
    return answer.status_code


async def test_a_signed_receipt_is_taken_as_often_as_it_comes(database: str) -> None:
    async with staged(database) as stage:
        pool = stage.running.pool
        await receipts.keep(pool, TEXTED)
        for status in ("delivered", "delivered", "failed"):
            body = receipt(status)
            assert await post(stage, body, signature(SECRET, body, datetime.now(UTC))) == 202
        found = await receipts.find(pool, "m-1.sms")
        assert found is not None
        assert found.outcome == "delivered"


async def test_good_news_after_bad_news_counts(database: str) -> None:
    async with staged(database) as stage:
        pool = stage.running.pool
        await receipts.keep(pool, TEXTED)
        for status in ("failed", "delivered"):
            assert await receipts.settle(pool, "m-1.sms", "sms", status, "as told")
        found = await receipts.find(pool, "m-1.sms")
        assert found is not None
        assert found.outcome == "delivered"


async def test_a_receipt_without_its_signature_changes_nothing(database: str) -> None:
    async with staged(database) as stage:
        pool = stage.running.pool
        await receipts.keep(pool, TEXTED)
        body, now = receipt(), datetime.now(UTC)
        old = signature(SECRET, body, now - timedelta(minutes=6))
        for wrong in ("", "nonsense", old, signature("another", body, now)):
            assert await post(stage, body, wrong) == 401
        found = await receipts.find(pool, "m-1.sms")
        assert found is not None
        assert found.outcome is None


async def test_a_receipt_of_an_absurd_time_is_malformed(database: str) -> None:
    async with staged(database) as stage:
        assert await post(stage, receipt(), "t=999999999999,v1=00") == 400


async def test_a_receipt_that_came_too_early_is_to_come_again(database: str) -> None:
    async with staged(database) as stage:
        body = receipt()
        assert await post(stage, body, signature(SECRET, body, datetime.now(UTC))) == 404


async def test_the_inbox_shows_mail_as_text(database: str) -> None:
    async with staged(database) as stage, sink.listening(stage.running.pool) as url:
        stage.sender.transports = {Channel.EMAIL: Mail(url, SENDER, kept=True)}
        await sent(
            stage,
            fresh(facts=(Fact(name="trip", value="t-1"), Fact(name="reason", value="<b>no</b>"))),
        )
        page = await stage.client.get("/inbox")
        assert page.headers["content-type"].startswith("text/html")
        assert ("&lt;b&gt;no&lt;/b&gt;" in page.text, "<b>" in page.text) == (True, False)


async def test_what_came_to_an_address_is_found_however_much_came_to_others_since(
    database: str,
) -> None:
    async with staged(database) as stage:
        pool, bob = stage.running.pool, "bob@example.org"
        await sink.keep(pool, "first", ["ann@example.org"], b"Subject: for Ann\n\nHello")
        for n in range(sink.MOST_SHOWN):
            await sink.keep(pool, f"other {n}", [f"x.{bob}", bob], b"Subject: for Bob\n\nHello")
        everything = (await stage.client.get("/inbox")).text
        assert ("for Ann" in everything, everything.count("<article")) == (False, sink.MOST_SHOWN)
        of_ann = (await stage.client.get("/inbox", params={"to": "ann@example.org"})).text
        assert ("for Ann" in of_ann, of_ann.count("<article")) == (True, 1)
        assert "<article" not in (await stage.client.get("/inbox?to=nn@example.org")).text


@pytest.mark.parametrize(
    ("settings", "url", "headers"),
    [
        ({"smtp": "smtp://mail.example:25"}, "/inbox", {}),
        ({"host": "0.0.0.0"}, "/inbox", {}),  # noqa: S104
        ({}, "http://relais.example/inbox", {}),
        ({}, "/inbox", {"X-Forwarded-For": "192.0.2.1"}),
    ],
)
async def test_the_inbox_is_for_this_machine_alone(
    database: str, settings: dict[str, Any], url: str, headers: dict[str, str]
) -> None:
    async with staged(database, **settings) as stage:
        assert (await stage.client.get(url, headers=headers)).status_code == 404


async def test_every_route_admits_the_roles_it_names_and_no_other(database: str) -> None:
    async with staged(database) as stage:
        for route, admission in admissions(stage.routes):
            if admission.roles is None:
                assert route.path in {"/inbox", "/receipts/sms", "/replies/sms"}
                continue
            path = route.path.replace("{", "").replace("}", "")
            method = next(iter(route.methods or ()))
            assert (await stage.client.request(method, path)).status_code == 401
            answers = {
                role: await stage.ask(method, path, {}, roles=(role,)) for role in EVERY_ROLE
            }
            refused = {role for role, answer in answers.items() if answer.status_code == 403}
            assert refused == set(EVERY_ROLE) - admission.roles


async def test_a_command_needs_an_idempotency_key(database: str) -> None:
    async with staged(database) as stage:
        commands = [r for r in stage.routes if isinstance(r, APIRoute) and r.methods != {"GET"}]
        assert {route.path for route in commands} == {
            "/preferences",
            "/browsers",
            "/browsers/{browser_id}",
            "/messages/mine/reading",
            "/notices/reading",
            "/messages/{message_id}/reading",
            "/messages/{message_id}/repetition",
            "/receipts/sms",
            "/replies/sms",
        }
        for route in commands:
            method = next(iter(route.methods or ()))
            answer = await stage.ask(
                method,
                route.path,
                {},
                roles=("billing", "driver"),
                headers={"Idempotency-Key": " "},
            )
            assert (answer.status_code, "Idempotency-Key" in answer.text) == (400, True)

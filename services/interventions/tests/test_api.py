"""Cases over HTTP."""

from typing import Any

import pytest

from contracts.common_v1 import Money
from infra.testing.following import follow
from services.interventions.tests.make import LILLE
from services.interventions.tests.serving import (
    BODY,
    CUSTOMER,
    METZ,
    SENDING,
    WORK,
    served,
    settings,
)


@pytest.mark.requirement("FLB-040", "FLB-050", "FLB-054", "FLB-080")
async def test_a_case_comes_from_a_phone_in_parts_and_shows_every_field(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made("tablet", author_id="karim")
        early = {"Relais-Occurred-At": "2020-05-06T08:00:00Z"}
        for part, body in (
            ("assignee", {"assignee_id": "lea"}),
            ("vehicle", {"plate": "GH-482-KL", "mileage_km": 48_120}),
            ("works/pads", WORK),
            ("media/m-1", {"file_id": "f-photo", "work_id": "pads"}),
            ("media/m-2", {"file_id": "f-video", "private": True}),
            ("internal-message", {"kind": "text", "message": "Old scratch"}),
            ("answer-asked", {"answer_by": {"day": "2030-05-06", "time": "09:30"}}),
            ("completion", {"works": 2, "media": 2}),
        ):
            answer = await caller.says("tablet", "PUT", f"{path}/{part}", body, early)
            assert answer.status_code == 200, (part, answer.text)
        shown = await caller.shown(path)
        assert (shown["status"], shown["author_id"], shown["assignee_id"]) == (
            *("pending_send", "karim"),
            "lea",
        )
        assert (shown["missing_works"], shown["missing_media"]) == (1, 0)
        assert shown["proposed"]["including_vat"] == {"amount_minor": 10_800, "currency": "EUR"}
        assert [one["length_milliseconds"] for one in shown["media"]] == [None, 12_000]
        assert shown["answer_by"] == "2030-05-06T07:30:00Z"


@pytest.mark.requirement("FLB-031")
async def test_the_same_creation_is_the_same_case_and_a_part_before_it_is_sent_again(
    database: str,
) -> None:
    async with served(database) as caller:
        path = await caller.made("tablet", author_id="karim")
        assert await caller.made("tablet", author_id="karim") == path
        unknown = await caller.says("tablet", "PUT", "/cases/J404/works/pads", WORK)
        assert unknown.status_code == 404
        other = await caller.says("tablet", "POST", "/cases", BODY | {"author_id": "paul"})
        assert other.status_code == 422


@pytest.mark.requirement("FLB-019", "FLB-023", "FLB-035")
async def test_each_role_makes_the_cases_that_are_its_own(database: str) -> None:
    async with served(database) as caller:
        for who, changed, status in (
            ("lea", {}, 201),
            ("sami", {"key": "k2"}, 404),
            ("sami", {"key": "k2", "module": "direct_message"}, 201),
            ("paul", {"key": "k3"}, 404),
            ("maya", {"key": "k3"}, 403),
            ("lea", {"key": "k4", "module": "work_report"}, 409),
            ("lea", {"key": "k5", "brand": "fiat"}, 422),
        ):
            answer = await caller.says(who, "POST", "/cases", BODY | changed)
            assert answer.status_code == status, (who, changed, answer.text)


@pytest.mark.requirement("G-89", "FLB-110")
async def test_sellers_of_the_group_read_and_duplicate_a_stock_case(database: str) -> None:
    async with served(database) as caller:
        stock = await caller.made("sami", module="used_vehicle_stock")
        mechanical = await caller.made("lea", key="case-2")
        assert (await caller.says("sofia", "GET", stock)).status_code == 200
        assert (await caller.says("sofia", "GET", mechanical)).status_code == 404
        refused = await caller.says("sofia", "PUT", f"{stock}/message", {"message": "Hello"})
        assert refused.status_code == 404
        body = BODY | {"key": "k9", "dealership_id": METZ, "module": "direct_message"}
        made = await caller.says("sofia", "POST", f"{stock}/duplicates", body)
        assert made.status_code == 201
        shown = (await caller.says("sofia", "GET", f"/cases/{made.json()['id']}")).json()
        assert shown["duplicated_from"] == stock.rpartition("/")[2]
        assert shown["dealership_id"] == METZ


@pytest.mark.requirement("FLB-096", "FLB-071", "SM-13")
async def test_a_case_is_sent_read_and_answered_once(database: str) -> None:
    async with served(database) as caller:
        path, page = await caller.sent()
        assert (await caller.shown(path))["status"] == "sent"
        seen = (await caller.anybody("GET", f"{page}/case")).json()
        assert (seen["version"], seen["works"][0]["label"], seen["may_answer"]) == (
            *(1, "Front brake pads"),
            True,
        )
        assert (await caller.shown(path))["status"] == "sent"
        assert (await caller.anybody("PUT", f"{page}/reading")).status_code == 200
        assert (await caller.shown(path))["status"] == "read"
        decided = {"version": 1, "accepted": ["pads"]}
        assert (await caller.anybody("PUT", f"{page}/answer", decided)).status_code == 200
        answer = (await caller.shown(path))["answer"]
        assert (answer["origin"], answer["lines"][0]["accepted"]) == ("link", True)
        refused = await caller.anybody(
            "PUT", f"{page}/answer", {"version": 1, "accepted": [], "risks_acknowledged": ["pads"]}
        )
        assert refused.status_code == 409


@pytest.mark.requirement("FLB-106", "FLB-107", "FLB-083", "G-86")
async def test_a_closed_case_shows_nothing_to_its_customer_and_is_deleted(database: str) -> None:
    async with served(database) as caller:
        path, page = await caller.sent()
        early = await caller.says("maya", "DELETE", path)
        assert early.status_code == 409
        assert (await caller.says("lea", "PUT", f"{path}/closing")).is_success
        assert (await caller.anybody("GET", f"{page}/case")).status_code == 409
        history = (await caller.says("lea", "GET", f"{path}/history")).json()["items"]
        assert history[-1]["type"] == "relais.interventions.case.v1.closed"
        assert (await caller.says("maya", "DELETE", path)).is_success
        assert (await caller.says("lea", "GET", path)).status_code == 404


async def test_a_new_version_says_what_changed_and_the_old_link_says_that_it_is_void(
    database: str,
) -> None:
    async with served(database) as caller:
        path, page = await caller.sent()
        begun = await caller.says("lea", "POST", f"{path}/revisions", {"version": 1})
        assert begun.is_success
        assert (await caller.anybody("GET", f"{page}/case")).status_code == 410
        cheaper = WORK | {"label": "Front brake pads and discs"}
        tyres = WORK | {"label": "Tyres", "level": "advised", "ordinal": 2}
        for part, body in (("pads", cheaper), ("tyres", tyres)):
            assert (await caller.says("lea", "PUT", f"{path}/works/{part}", body)).is_success
        stale = await caller.says("lea", "POST", f"{path}/sending", SENDING)
        assert stale.status_code == 412
        seen: dict[str, Any] = {
            **SENDING["seen"],
            "works": 2,
            "proposed": {"amount_minor": 21_600, "currency": "EUR"},
        }
        sent = await caller.says("lea", "POST", f"{path}/sending", SENDING | {"seen": seen})
        assert sent.is_success, sent.text
        shown = (await caller.anybody("GET", f"{await caller.page(path)}/case")).json()
        assert [one["change"] for one in shown["works"]] == ["changed", "new"]
        assert shown["version"] == 2


@pytest.mark.requirement("FLB-058", "FLB-130", "FLB-136", "G-40")
async def test_a_device_sends_where_the_dealership_lets_it(database: str) -> None:
    async with served(database) as caller:
        path = await caller.filled()
        off = await caller.says("tablet", "POST", f"{path}/sending", SENDING)
        assert off.status_code == 403
        again = {"channels": ["email"], "version": 1}
        others = (("links/customer", None), ("sending/repetitions", again))
        for part, body in others:
            handed = await caller.says("tablet", "POST", f"{path}/{part}", body)
            assert handed.status_code == 403, part
        await follow(caller.running, settings(after_sales_direct_send=True))
        on = await caller.says("tablet", "POST", f"{path}/sending", SENDING)
        assert on.is_success, on.text
        for part, body in others:
            assert (await caller.says("tablet", "POST", f"{path}/{part}", body)).is_success


async def test_above_the_amount_of_the_dealership_a_code_is_asked_and_mistakes_count(
    database: str,
) -> None:
    async with served(database) as caller:
        await follow(caller.running, settings(code_above=Money(100, "EUR")))
        _, page = await caller.sent()
        assert (await caller.anybody("PUT", f"{page}/reading")).is_success
        body: dict[str, Any] = {"version": 1, "accepted": ["pads"]}
        needed = await caller.anybody("PUT", f"{page}/answer", body)
        assert needed.json()["type"].endswith("code-is-needed")
        assert (await caller.anybody("POST", f"{page}/codes")).is_success
        for _ in range(5):
            wrong = await caller.anybody("PUT", f"{page}/answer", body | {"code": "000000"})
            assert wrong.json()["type"].endswith("answer-code-is-wrong"), wrong.text
        often = await caller.anybody("PUT", f"{page}/answer", body | {"code": "000000"})
        assert often.json()["type"].endswith("code-tried-too-often")


@pytest.mark.requirement("FLB-101", "FLB-070", "G-43")
async def test_the_past_is_shown_as_it_was_and_before_it_there_is_nothing(database: str) -> None:
    async with served(database) as api:
        path, page = await api.sent()
        facts = (await api.says("lea", "GET", f"{path}/history")).json()["items"]
        decided = {"version": 1, "accepted": ["pads"]}
        assert (await api.anybody("PUT", f"{page}/answer", decided)).is_success
        then = await api.shown(f"{path}?as_of={facts[-1]['recorded_at']}")
        now = await api.shown(path)
        assert (then["status"], then["answer"]) == ("sent", None)
        assert now["status"] == "answered"
        assert (then["version"], then["works"]) == (now["version"], now["works"])
        before = f"{path}?as_of=2020-01-01T00:00:00Z"
        assert (await api.says("lea", "GET", before)).status_code == 404


async def test_a_case_that_was_deleted_is_shown_as_of_no_time(database: str) -> None:
    async with served(database) as api:
        path = await api.made()
        facts = (await api.says("lea", "GET", f"{path}/history")).json()["items"]
        before = f"{path}?as_of={facts[-1]['recorded_at']}"
        assert (await api.says("lea", "GET", before)).status_code == 200
        assert (await api.says("lea", "PUT", f"{path}/closing")).is_success
        assert (await api.says("maya", "DELETE", path)).is_success
        assert (await api.says("lea", "GET", path)).status_code == 404
        assert (await api.says("lea", "GET", before)).status_code == 404


async def test_a_preview_is_no_reading_and_a_made_up_link_is_none(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made()
        assert (await caller.says("lea", "GET", f"{path}/preview")).status_code == 422
        for part, body in (("customer", CUSTOMER), ("works/pads", WORK)):
            assert (await caller.says("lea", "PUT", f"{path}/{part}", body)).is_success
        preview = await caller.says("lea", "GET", f"{path}/preview")
        assert preview.json()["works"][0]["label"] == "Front brake pads"
        page = await caller.page(path)
        assert (await caller.shown(path))["status"] == "pending_send"
        forged = page[:-4] + "AAAA"
        assert (await caller.anybody("GET", f"{forged}/case")).status_code == 404
        assert (await caller.says("lea", "DELETE", f"{path}/links/customer")).is_success
        assert (await caller.anybody("GET", f"{page}/case")).status_code == 410


@pytest.mark.requirement("FLB-002")
async def test_a_link_leads_to_the_page_and_into_no_app(database: str) -> None:
    async with served(database, portal="https://relais.example.org/app") as caller:
        path = await caller.filled()
        answer = await caller.says("lea", "POST", f"{path}/links/customer")
        page = await caller.page(path)
    assert answer.json()["url"] == f"https://relais.example.org/interventions{page}"


@pytest.mark.requirement("FLB-103", "FLB-111")
async def test_an_answer_by_phone_and_a_reply_to_a_seller_are_answers(database: str) -> None:
    async with served(database) as caller:
        path = await caller.filled()
        body = {"version": 0, "accepted": ["pads"], "origin": "phone"}
        assert (await caller.says("lea", "PUT", f"{path}/answer", body)).is_success
        shown = await caller.shown(path)
        assert (shown["status"], shown["answer"]["taken_down_by"]) == ("answered", "lea")
        sales = await caller.made("sami", key="s-1", module="direct_message")
        assert (await caller.says("sami", "PUT", f"{sales}/customer", CUSTOMER)).is_success
        page = await caller.page(sales)
        assert (await caller.anybody("PUT", f"{page}/reading")).is_success
        reply = {"version": 1, "reply": "Is it still there?"}
        assert (await caller.anybody("PUT", f"{page}/reply", reply)).is_success
        answered = (await caller.says("sami", "GET", sales)).json()
        assert (answered["status"], answered["answer"]["reply"]) == ("answered", reply["reply"])
        assert answered["dealership_id"] == LILLE


@pytest.mark.requirement("G-83")
async def test_a_wish_to_be_called_is_handled_by_a_colleague(database: str) -> None:
    async with served(database) as caller:
        path, page = await caller.sent()
        assert (await caller.anybody("PUT", f"{page}/reading")).is_success
        assert (await caller.anybody("PUT", f"{page}/contact-request")).is_success
        assert (await caller.shown(path))["contact"] == "requested"
        assert (await caller.says("lea", "DELETE", f"{path}/contact-request")).is_success
        assert (await caller.shown(path))["contact"] == "handled"


@pytest.mark.requirement("G-38", "G-92")
async def test_what_colleagues_were_told_is_in_no_duplicate(database: str) -> None:
    async with served(database) as caller:
        path = await caller.made("tablet", author_id="karim")
        for part, body in (
            ("media/m-1", {"file_id": "f-photo"}),
            ("media/m-2", {"file_id": "f-video"}),
            ("internal-message", {"kind": "text_video", "media_id": "m-2"}),
        ):
            assert (await caller.says("tablet", "PUT", f"{path}/{part}", body)).is_success
        copy = BODY | {"key": "copy", "reference": "OR-2"}
        made = await caller.says("lea", "POST", f"{path}/duplicates", copy)
        shown = await caller.shown(f"/cases/{made.json()['id']}")
        assert [one["media_id"] for one in shown["media"]] == ["m-1"]


@pytest.mark.requirement("FLB-103")
async def test_nobody_takes_down_that_a_customer_answered_on_the_page(database: str) -> None:
    async with served(database) as caller:
        path = await caller.filled()
        body = {"version": 0, "accepted": ["pads"], "origin": "link"}
        refused = await caller.says("lea", "PUT", f"{path}/answer", body)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == ["/origin"]


async def test_customers_of_two_cases_may_use_one_idempotency_key(database: str) -> None:
    async with served(database) as caller:
        for number in (1, 2):
            _, page = await caller.sent(key=f"case-{number}")
            beside = {"Idempotency-Key": "the-same"}
            answer = await caller.anybody("PUT", f"{page}/reading", None, beside)
            assert answer.is_success, answer.text

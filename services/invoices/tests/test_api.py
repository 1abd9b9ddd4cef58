"""The routes of invoices, over a real store."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from contracts.media.file_v1 import FileRemoved, Purpose
from infra.testing.following import file, follow
from infra.testing.routes import Existing
from infra.tokens import Role
from services.invoices.tests.make import LATER, note, prepare
from services.invoices.tests.stage import BUYER, COMPANY, NET, OWN_INVOICE, RECEIPT, TOLL, served

REASON = {"amount": TOLL["amount"], "reason": "The receipt says less"}
LESS = {"amount": {"amount_minor": 3_000, "currency": "EUR"}, "explanation": "As on the receipt"}
INVOICE = "/invoices/inv-t-1"
PARTIES = {"invoice_id": "inv-t-1", "organisation_id": "hiflow", "driver_id": "ada"}


def euro(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def compared(kind: str, allowed: int, declared: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "allowed": euro(allowed),
        "allowed_minor": allowed,
        "declared": euro(declared),
        "declared_minor": declared,
    }


def part(rate: int, net: int, vat: int) -> dict[str, Any]:
    return {"country": "FR", "parts": [{"rate": rate, "net": euro(net), "vat": euro(vat)}]}


def type_of(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("urn:relais:problem:")


SERVICE_ALONE = {"net": euro(30_000)}
SETTLEMENT = LESS | {"contested_at": "2030-05-01T12:00:00Z", "instead_of": TOLL["amount"]}
APPROVAL = PARTIES | {
    "trip_id": "t-1",
    "description": "Renault Clio, Paris - Lyon",
    "net": euro(33_480),
    "tax": {"category": "standard", "rate": 2_000, "amount": euro(6_696)},
    "total": euro(40_176),
    "self_billed": True,
    "seller_version": 2,
    "buyer_version": 1,
    "version": 7,
    "time_zone": "Europe/Paris",
    "waits_for_own_invoice": False,
}
SHOWN = {
    "invoice_id": "inv-t-1",
    "trip_id": "t-1",
    "driver_id": "ada",
    "description": "Renault Clio, Paris - Lyon",
    "status": "approved",
    "disputed": False,
    "number": "HIFLOW-000001",
    "currency": "EUR",
    "lines": [
        {
            "line_id": "service",
            "kind": None,
            "amount": euro(30_000),
            "fact": {"stream": "invoice-inv-t-1", "version": 2},
            "expense": None,
            "contest": None,
        },
        {
            "kind": "toll",
            "amount": euro(3_480),
            "fact": {"stream": "invoice-inv-t-1", "version": 5},
            "contest": None,
        },
    ],
    "compared": [
        compared("toll", allowed=3_500, declared=3_480),
        compared("taxi", allowed=1_800, declared=0),
    ],
    "net": euro(33_480),
    "settlements": [],
    "own_invoices": [],
    "payment": None,
    "delivered_at": "2030-05-01T12:00:00Z",
}


@pytest.mark.requirement("HIF-27", "HIF-28", "HIF-29", "G-15")
async def test_an_invoice_goes_from_the_delivery_to_the_approval(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await api.numbered()
        shown = (await api.driver("GET", INVOICE)).json()
        assert (shown["status"], shown["number"]) == ("approved", "HIFLOW-000001")
        assert shown["approval"]["total"] == {"amount_minor": 40_176, "currency": "EUR"}
        toll = shown["lines"][1]
        assert toll["fact"] == {"stream": "invoice-inv-t-1", "version": 5}
        assert toll["expense"]["receipt_file_id"] == "f-1"
        facts = (await api.driver("GET", f"{INVOICE}/history")).json()["items"]
        assert facts[4]["what"]["amount"] == toll["amount"]


@pytest.mark.requirement("HIF-29")
async def test_an_invoice_is_shown_whole(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await api.numbered()
        shown = (await api.driver("GET", INVOICE)).json()
    approved_on = date.fromisoformat(shown["approval"]["approved_at"][:10])
    due_on = date.fromisoformat(shown["approval"].pop("due_on"))
    # Forty-five days from the day in Paris, which may be the next one.
    assert due_on - approved_on in {timedelta(days=45), timedelta(days=46)}
    expense = shown["lines"][1].pop("expense")
    assert expense.pop("expense_id") == shown["lines"][1].pop("line_id")
    assert expense.pop("added_at") <= shown.pop("validated_at")
    assert approved_on.isoformat() == shown["approval"].pop("approved_at")[:10]
    assert expense == PARTIES | TOLL | {"receipt": RECEIPT}
    assert shown["approval"].pop("lines")[0] == {
        "line_id": "service",
        "kind": None,
        "amount": euro(30_000),
        "version": 2,
    }
    assert shown.pop("approval") == APPROVAL
    assert shown == SHOWN


async def test_a_receipt_that_cannot_be_so_is_refused_by_field(database: str) -> None:
    declared: dict[str, Any] = TOLL | {"receipt": RECEIPT}
    refusals = [
        (RECEIPT, euro(3_481), "over-receipt", "/amount"),
        (part(2_500, 100, 25), euro(100), "no-such-rate", "/receipt/parts"),
        (part(2_000, 100, 80), euro(100), "vat-differs", "/receipt/parts"),
        (part(2_000, -1, 0), euro(100), "amount-not-possible", "/receipt/parts/0/net"),
        ({"country": "FR", "parts": []}, euro(100), "invalid-request", "/receipt/parts"),
        (RECEIPT | {"country": "France"}, euro(100), "invalid-request", "/receipt/country"),
    ]
    async with served(database) as api:
        await api.delivered()
        early = await api.driver("POST", f"{INVOICE}/expenses", declared)
        assert (early.status_code, type_of(early)) == (409, "company-missing")
        assert (await api.driver("PUT", "/sellers/ada/company", COMPANY)).is_success
        for said, amount, slug, field in refusals:
            body = declared | {"receipt": said, "amount": amount}
            refused = await api.driver("POST", f"{INVOICE}/expenses", body)
            assert (refused.status_code, type_of(refused)) == (422, slug)
            assert [error["field"] for error in refused.json()["errors"]] == [field]
        assert (await api.driver("POST", f"{INVOICE}/expenses", declared)).status_code == 201


@pytest.mark.requirement("HIF-29")
async def test_nobody_sees_an_invoice_before_the_delivery(database: str) -> None:
    async with served(database) as api:
        await api.follow(note(), prepare())
        for path in (INVOICE, f"{INVOICE}/history", f"{INVOICE}/document"):
            assert (await api.driver("GET", path)).status_code == 404
            assert (await api.ask("GET", path)).status_code == 404


async def test_expenses_are_shown_beside_what_was_quoted(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        await api.driver("POST", f"{INVOICE}/expenses", TOLL)
        over = await api.driver("POST", f"{INVOICE}/expenses", TOLL)
        said = "That would be €69.60 for toll; €35.00 were quoted or accepted."
        assert (over.status_code, over.json()["detail"]) == (422, said)
        shown = (await api.driver("GET", INVOICE)).json()["compared"]
        assert shown == [
            compared("toll", allowed=3_500, declared=3_480),
            compared("taxi", allowed=1_800, declared=0),
        ]


@pytest.mark.requirement("HIF-28")
async def test_an_expense_is_taken_back_until_validated(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        made = await api.driver("POST", f"{INVOICE}/expenses", TOLL)
        expense = made.headers["Location"].removeprefix("/invoices")
        assert (await api.driver("DELETE", expense, who="bob")).status_code == 404
        assert (await api.driver("DELETE", expense)).is_success
        stale = await api.driver("POST", f"{INVOICE}/validation", NET)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/net": euro(30_000)})
        assert (await api.driver("POST", f"{INVOICE}/validation", SERVICE_ALONE)).is_success
        late = await api.driver("POST", f"{INVOICE}/expenses", TOLL)
        assert (late.status_code, "locked" in late.text) == (409, True)


@pytest.mark.requirement("HIF-28")
async def test_billing_lets_a_driver_declare_what_was_forgotten(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        assert (await api.driver("POST", f"{INVOICE}/validation", SERVICE_ALONE)).is_success
        assert (await api.driver("POST", f"{INVOICE}/reopening")).status_code == 403
        assert (await api.ask("POST", f"{INVOICE}/reopening")).is_success
        open_again = (await api.driver("GET", INVOICE)).json()
        assert (open_again["status"], open_again["validated_at"]) == ("to_complete", None)
        assert (await api.driver("POST", f"{INVOICE}/expenses", TOLL)).is_success


async def test_an_approval_is_of_the_expenses_that_were_seen(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        instants = []
        for _ in range(2):
            assert (await api.driver("POST", f"{INVOICE}/validation", SERVICE_ALONE)).is_success
            instants.append((await api.ask("GET", INVOICE)).json()["validated_at"])
            assert (await api.ask("POST", f"{INVOICE}/reopening")).is_success
        assert (await api.driver("POST", f"{INVOICE}/validation", SERVICE_ALONE)).is_success
        now = (await api.ask("GET", INVOICE)).json()["validated_at"]
        assert len({*instants, now}) == 3
        seen = SERVICE_ALONE | {"validated_at": instants[0]}
        stale = await api.ask("POST", f"{INVOICE}/approval", seen)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/validated_at": now})


async def test_a_line_is_contested_and_settled(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        shown = (await api.driver("GET", INVOICE)).json()
        line = f"{INVOICE}/lines/{shown['lines'][1]['line_id']}"
        assert (await api.driver("POST", f"{line}/contest", REASON)).is_success
        assert (await api.driver("GET", INVOICE)).json()["disputed"]
        assert (await api.ask("POST", f"{line}/settlement", await api.seen(LESS))).is_success
        shown = (await api.driver("GET", INVOICE)).json()
        assert not shown["disputed"]
        [settled] = shown["settlements"]
        assert settled["adjustment"]["amount_minor"] == -480
        assert settled["adjustment_vat"]["amount_minor"] == -96
        assert settled.keys() == {
            *PARTIES,
            *("line_id", "amount", "explanation", "adjustment", "adjustment_vat"),
            *("version", "trip_id", "settled_at", "number", "waits_for_own_invoice"),
        }


@pytest.mark.requirement("G-15")
async def test_a_settlement_after_the_approval_has_a_document_of_its_own(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await api.numbered()
        line = f"{INVOICE}/lines/{(await api.driver('GET', INVOICE)).json()['lines'][1]['line_id']}"
        await api.driver("POST", f"{line}/contest", REASON)
        assert (await api.ask("POST", f"{line}/settlement", await api.seen(LESS))).is_success
        [before] = (await api.driver("GET", INVOICE)).json()["settlements"]
        path = f"{INVOICE}/corrections/{before['version']}/document"
        assert before["number"] is None
        assert (await api.driver("GET", path)).status_code == 409
        await api.numbered()
        [after] = (await api.driver("GET", INVOICE)).json()["settlements"]
        assert after["number"] == "HIFLOW-000002"
        found = await api.driver("GET", path)
        assert (found.status_code, found.headers["Content-Type"]) == (200, "application/pdf")
        assert (await api.driver("GET", path, who="bob")).status_code == 404
        assert (await api.driver("GET", f"{INVOICE}/corrections/1/document")).status_code == 404


async def test_who_bills_and_drives_contests_their_own_invoice_as_its_driver(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        contest = f"{INVOICE}/lines/service/contest"
        about = REASON | {"amount": euro(30_000)}
        assert (await api.ask("POST", contest, about)).status_code == 409
        both: tuple[Role, ...] = ("billing", "driver")
        assert (await api.ask("POST", contest, about, "ada", both)).is_success
        lines = (await api.driver("GET", INVOICE)).json()["lines"]
        assert [line["contest"]["by"] for line in lines if line["contest"]] == ["driver"]


async def test_billing_agrees_a_price_where_the_award_had_none(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        price = {"price": {"amount_minor": 1, "currency": "EUR"}}
        frozen = await api.ask("PUT", f"{INVOICE}/price", price)
        said = "The price is €300.00 since the mission was assigned."
        assert (frozen.status_code, frozen.json()["detail"]) == (409, said)


@pytest.mark.requirement("HIF-43")
async def test_a_seller_is_seen_by_themselves_and_by_billing(database: str) -> None:
    async with served(database) as api:
        assert (await api.driver("GET", "/sellers/ada")).status_code == 404
        assert (await api.driver("PUT", "/sellers/ada/company", COMPANY)).is_success
        for path in ("/sellers/ada", "/sellers/ada/history"):
            assert (await api.driver("GET", path)).is_success
            assert (await api.ask("GET", path)).is_success
            assert (await api.driver("GET", path, who="bob")).status_code == 404
            assert (await api.ask("GET", path, org="other")).status_code == 404
        shown = (await api.driver("GET", "/sellers/ada")).json()["company"]
        assert shown.pop("declared_at")
        assert shown == COMPANY | {
            "driver_id": "ada",
            "organisation_id": "hiflow",
            "company_number": "73282932000074",
            "charges_vat": True,
        }
        assert (await api.driver("DELETE", "/sellers/ada/mandate")).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/sellers/ada/company", COMPANY),
        ("PUT", "/sellers/ada/mandate", None),
        ("DELETE", "/sellers/ada/mandate", None),
    ],
)
async def test_nobody_sells_for_somebody_else(
    database: str, method: str, path: str, body: Any
) -> None:
    async with served(database) as api:
        assert (await api.driver(method, path, body, who="bob")).status_code == 404
        both: tuple[Role, ...] = ("driver", "billing")
        assert (await api.ask(method, path, body, "bob", both)).status_code == 404
        await api.driver("PUT", "/sellers/ada/company", COMPANY)
        stranger = await api.ask(method, path, body, "ada", ("driver",), org="other")
        assert stranger.status_code == 404


EXISTING = Existing(
    ids={"invoice_id": "inv-t-1", "driver_id": "ada"},
    words={"expense_id": "e-1", "line_id": "service", "version": "9"},
    bodies={
        "PUT /invoices/{invoice_id}/price": {"price": TOLL["amount"]},
        "POST /invoices/{invoice_id}/expenses": TOLL,
        "POST /invoices/{invoice_id}/lines/{line_id}/contest": REASON,
        "POST /invoices/{invoice_id}/lines/{line_id}/settlement": SETTLEMENT,
        "POST /invoices/{invoice_id}/validation": NET,
        "POST /invoices/{invoice_id}/approval": NET | {"validated_at": "2030-05-01T12:00:00Z"},
        "POST /invoices/{invoice_id}/own-invoice": OWN_INVOICE,
        "POST /invoices/{invoice_id}/own-invoice/acceptance": {
            "file_id": "f-9",
            "total": TOLL["amount"],
        },
        "POST /invoices/{invoice_id}/own-invoice/refusal": {"file_id": "f-9", "reason": "Why"},
        "PUT /sellers/{driver_id}/company": COMPANY,
    },
    owners={"driver": "ada", "billing": "lea"},
    for_all=(
        "GET /information",
        "GET /buyer",
        "GET /buyer/history",
        # Files, which the next test tries.
        "GET /invoices/{invoice_id}/document",
        "GET /invoices/{invoice_id}/corrections/{version}/document",
    ),
)


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_an_invoice(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await api.numbered()
        await EXISTING.is_hidden_from(api)
        await EXISTING.is_hidden_from(api, "bob", "hiflow", ("driver",))
        for who, org in (("bob", "hiflow"), ("ada", "other")):
            document = await api.ask("GET", f"{INVOICE}/document", None, who, ("driver",), org)
            assert document.status_code == 404


def removed(file_id: str) -> FileRemoved:
    return FileRemoved(
        file_id=file_id,
        organisation_id="hiflow",
        user_id="ada",
        removed_by="ada",
        removed_at=LATER,
    )


def fields_at_fault(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["rule"]) for error in answer.json()["errors"]]


async def test_a_receipt_is_a_stored_file_of_the_drivers_own(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        await follow(
            api.running,
            file("bobs", "bob", purpose=Purpose.RECEIPT),
            file("elsewhere", organisation="other", purpose=Purpose.RECEIPT),
            file("removed", purpose=Purpose.RECEIPT),
            removed("removed"),
        )
        for id in ("never-sent", "bobs", "elsewhere", "removed"):
            body = TOLL | {"receipt_file_id": id}
            answer = await api.driver("POST", f"{INVOICE}/expenses", body)
            assert fields_at_fault(answer) == [("/receipt_file_id", "unknown_reference")], id
        assert (await api.driver("POST", f"{INVOICE}/expenses", TOLL)).is_success


@pytest.mark.parametrize("purpose", [Purpose.PAPER, Purpose.MISSION, Purpose.PHOTO, Purpose.OTHER])
async def test_only_what_was_sent_as_a_receipt_is_one(database: str, purpose: Purpose) -> None:
    async with served(database) as api:
        await api.delivered()
        await api.photographed("f-2", purpose)
        body = TOLL | {"receipt_file_id": "f-2"}
        answer = await api.driver("POST", f"{INVOICE}/expenses", body)
        assert fields_at_fault(answer) == [("/receipt_file_id", "purpose")]


async def test_a_receipt_that_is_still_on_its_way_is_waited_for(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        for file_id, status in (("f-1", 201), ("f-3", 425)):
            headers = {"Relais-Min-Position": api.position(f"media.file/{file_id}", 1)}
            asked = await api.ask(
                "POST", f"{INVOICE}/expenses", TOLL, "ada", ("driver",), "", headers
            )
            assert asked.status_code == status


async def test_a_removed_receipt_does_not_change_a_repeated_answer(database: str) -> None:
    async with served(database) as api:
        await api.delivered()
        key = {"Idempotency-Key": "once"}
        path = f"{INVOICE}/expenses"
        first = await api.ask("POST", path, TOLL, "ada", ("driver",), headers=key)
        await follow(api.running, removed("f-1"))
        again = await api.ask("POST", path, TOLL, "ada", ("driver",), headers=key)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.headers["Location"] == again.headers["Location"]


async def test_a_buyer_is_their_own_organisation(database: str) -> None:
    async with served(database) as api:
        assert (await api.ask("PUT", "/buyer", BUYER)).is_success
        shown = (await api.ask("GET", "/buyer")).json()["buyer"]
        assert shown.pop("declared_at")
        kept = {"organisation_id": "hiflow", "company_number": "73282932000074"}
        assert shown == BUYER | kept
        assert (await api.ask("GET", "/buyer", org="other")).json() == {"buyer": None}


@pytest.mark.requirement("G-05")
async def test_an_approval_names_an_entry_of_the_buyer_s_history(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        version = (await api.ask("GET", INVOICE)).json()["approval"]["buyer_version"]
        await api.ask("PUT", "/buyer", BUYER | {"city": "Dijon"})
        facts = (await api.ask("GET", "/buyer/history")).json()["items"]
        cities = {one["version"]: one["what"]["city"] for one in facts}
        assert cities == {version: BUYER["city"], version + 1: "Dijon"}
        assert (await api.ask("GET", "/buyer/history", org="other")).json()["items"] == []


@pytest.mark.requirement("HIF-30")
async def test_anybody_reads_how_invoicing_works(database: str) -> None:
    async with served(database) as api:
        told = (await api.client.get("/information")).json()
        assert told["states"] == ["to_complete", "validated", "approved", "paid"]
        assert "toll" in told["expense_kinds"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/invoices/inv-t-1/expenses", TOLL | {"kind": "unspecified"}),
        ("/invoices/inv-t-1/expenses", TOLL | {"receipt_file_id": ""}),
        ("/invoices/inv-t-1/expenses", {k: v for k, v in TOLL.items() if "receipt" not in k}),
        ("/invoices/inv-t-1/expenses", TOLL | {"amount": {"amount_minor": 1.5, "currency": "EUR"}}),
        ("/invoices/inv-t-1/lines/service/contest", REASON | {"reason": ""}),
        ("/invoices/inv-t-1/lines/service/contest", {}),
    ],
)
async def test_a_body_that_is_not_as_it_should_be_is_refused(
    database: str, path: str, body: Any
) -> None:
    async with served(database) as api:
        await api.delivered()
        assert (await api.driver("POST", path, body)).status_code == 422

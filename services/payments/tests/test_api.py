"""The routes of payments, over a real store."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.media.file_v1 import FileRemoved, Purpose
from infra.commands import Aggregate, CommandContext, Done
from infra.testing.eventually import eventually
from infra.testing.following import file, follow
from infra.testing.routes import Existing
from infra.timers import Timers
from infra.tokens import Role
from services.payments.aggregates import ACCOUNT, CHARGE, PAYEE, SETTLEMENT
from services.payments.payee.bank_details import HOLD
from services.payments.service import service
from services.payments.tests import make_settlements as settlements
from services.payments.tests.cards_stage import COMPANY, KEYS
from services.payments.tests.cards_stage import opened as dealership_opened
from services.payments.tests.make import (
    NEW,
    NOON,
    OLD,
    adjust,
    change,
    closed,
    credit,
    credited,
)
from services.payments.tests.make_account import difference, found, paid_out, reconcile
from services.payments.tests.make_cards import HOUSE, MINE, declare, offered, paid, pay
from services.payments.tests.make_debts import deferred
from services.payments.tests.stage import BANK, DUE, Caller, opened, served

OTHER = BANK | {"iban": NEW}
PAID = {"reference": "SEPA-1", "iban": OLD}
ANSWER = {"answer": "Tomorrow"}
BODIES = {
    "POST /card-accounts/{dealership_id}/differences/{difference_id}/resolution": {
        "resolution": "cost_of_provider"
    },
    "POST /card-books/{dealership_id}/months/{day}/closing": {"entries": 1},
    "PUT /card-accounts/{dealership_id}/mode": {"live": True},
    "PUT /card-accounts/{dealership_id}/company": COMPANY,
    "PUT /card-accounts/{dealership_id}/keys": KEYS,
    "POST /charges/{charge_id}/refunds": {
        "parts": [{"work_id": "pads", "amount": {"amount_minor": 1, "currency": "EUR"}}],
        "reason": "mistake",
        "rest": {"amount_minor": 1, "currency": "EUR"},
    },
}
DETAILS = "/payees/ada/bank-details"
SERVICE_LINE = {
    "kind": "service",
    "invoice_id": "inv-t-1",
    "line_id": "service",
    "trip_id": "t-1",
    "amount": {"amount_minor": 30_000, "currency": "EUR"},
    "fact": {"stream": "invoice-inv-t-1", "version": 2},
    "contest": "/invoices/invoices/inv-t-1/lines/service/contest",
}
POSTINGS = [
    ("costs:services", 30_000, "invoice-inv-t-1", 2),
    ("costs:expenses", 3_500, "invoice-inv-t-1", 4),
    ("vat:deductible", 6_700, "invoice-inv-t-1", 6),
    ("payable:ada", -40_200, "invoice-inv-t-1", 6),
]


@pytest.mark.requirement("HIF-43")
async def test_bank_details_are_kept_in_one_form_and_sealed(database: str) -> None:
    async with served(database) as api:
        spaced = BANK | {"iban": "fr14 2004 1010 0505 0001 3m02 606", "bic": "PSSTFRPPLYO"}
        assert (await api.driver("PUT", DETAILS, spaced)).is_success
        shown = (await api.driver("GET", "/payees/ada")).json()["bank_details"]
        assert (shown["iban"], shown["bic"]) == (OLD, "PSSTFRPPLYO")
        async with api.running.pool.connection() as connection:
            cursor = await connection.execute("select data from es.event")
            stored = b"".join([bytes(row[0]) for row in await cursor.fetchall()])
        assert OLD.encode() not in stored


@pytest.mark.parametrize(
    "changed",
    [
        {"iban": OLD[:-1] + "7"},
        {"iban": "FR1420041010050500013M0260"},
        {"iban": "XX00"},
        {"bic": "NOBANK"},
        {"holder": ""},
        {"proof_file_id": ""},
    ],
)
async def test_bank_details_that_cannot_be_are_refused(
    database: str, changed: dict[str, str]
) -> None:
    async with served(database) as api:
        assert (await api.driver("PUT", DETAILS, BANK | changed)).status_code == 422


async def test_a_change_needs_proof_and_a_fresh_sign_in(database: str) -> None:
    async with served(database) as api:
        await api.driver("PUT", DETAILS, BANK)
        without = {name: value for name, value in OTHER.items() if name != "proof_file_id"}
        assert (await api.driver("PUT", DETAILS, without)).status_code == 422
        for old in (None, 660.0):
            late = await api.driver("PUT", DETAILS, OTHER, signed_in=old)
            assert (late.status_code, "Sign in again" in late.text) == (403, True)
        assert (await api.driver("PUT", DETAILS, OTHER, signed_in=540.0)).is_success


async def test_payouts_wait_while_bank_details_change(database: str) -> None:
    async with served(database) as api:
        statement = await api.closed()
        missing = await api.ask("POST", f"{statement}/payment", PAID)
        assert (missing.status_code, "bank details" in missing.text) == (409, True)
        await api.driver("PUT", DETAILS, BANK)
        await api.driver("PUT", DETAILS, OTHER)
        held = await api.ask("POST", f"{statement}/payment", PAID)
        assert (held.status_code, "payouts wait" in held.text) == (409, True)
        waiting = (await api.driver("GET", "/payees/ada")).json()["bank_change"]
        change = f"/payees/ada/bank-changes/{waiting['change_id']}"
        assert (await api.driver("DELETE", change, who="bob")).status_code == 404
        assert (await api.driver("DELETE", change)).is_success
        assert (await api.ask("POST", f"{statement}/payment", PAID)).is_success


async def test_the_timer_ends_the_hold(database: str) -> None:
    async with served(database) as api:
        await api.driver("PUT", DETAILS, BANK)
        begun = datetime.now(UTC) - HOLD
        context = CommandContext(uuid4(), "c", "c", "ada", "hiflow", begun, "")
        command = change(shown=begun, at=begun)
        await api.running.commands.handle(PAYEE, "ada", command, context)
        timers = Timers("payments", api.running.commands, service.aggregates)
        task = asyncio.create_task(timers.run())

        async def ended() -> None:
            shown = (await api.driver("GET", "/payees/ada")).json()
            assert (shown["bank_change"], shown["bank_details"]["iban"]) == (None, NEW)

        await eventually(ended)
        timers.stop()
        await task


@pytest.mark.requirement("HIF-30")
async def test_billing_answers_a_question_and_its_driver_sees_it(database: str) -> None:
    async with served(database) as api:
        body = {"question": "When?", "invoice_id": "inv-t-1"}
        assert (await api.driver("POST", "/payees/ada/questions", body)).status_code == 201
        assert (await api.driver("POST", "/payees/ada/questions", {"question": ""})).is_error
        [found] = (await api.ask("GET", "/payees/ada")).json()["questions"]
        assert (found["question"], found["answer"]) == ("When?", None)
        path = f"/payees/ada/questions/{found['question_id']}/answer"
        assert (await api.driver("POST", path, ANSWER)).status_code == 403
        assert (await api.ask("POST", path, ANSWER)).is_success
        assert (await api.ask("POST", path, {"answer": "Never"})).status_code == 409
        [found] = (await api.driver("GET", "/payees/ada")).json()["questions"]
        assert (found["answer"]["answer"], found["answer"]["answered_by"]) == ("Tomorrow", "lea")


@pytest.mark.requirement("G-05")
async def test_figures_of_a_statement_name_entries_of_a_history(database: str) -> None:
    async with served(database) as api:
        path = await api.closed()
        await api.driver("PUT", DETAILS, BANK)
        await api.ask("POST", f"{path}/payment", PAID)
        shown = (await api.driver("GET", path)).json()
        for who in ("driver", "billing"):
            roles: tuple[Any, ...] = (who,)
            name = "ada" if who == "driver" else "lea"
            read = await api.ask("GET", "/payees/ada/payouts/history", None, name, roles)
            facts = {one["version"]: one["what"] for one in read.json()["items"]}
            assert facts[shown["version"]]["net"] == shown["net"]
            assert facts[shown["payment"]["version"]]["reference"] == "SEPA-1"


async def test_a_statement_shows_each_figure_with_its_fact(database: str) -> None:
    async with served(database) as api:
        path = await api.closed()
        shown = (await api.driver("GET", path)).json()
        assert [shown[name]["amount_minor"] for name in ("gross", "expenses", "adjustments")] == [
            30_000,
            3_500,
            -500,
        ]
        assert (shown["vat"]["amount_minor"], shown["net"]["amount_minor"]) == (6_600, 39_600)
        assert shown["lines"][0] == SERVICE_LINE
        assert [line["contest"] is None for line in shown["lines"]] == [
            line["line_id"] == "vat" for line in shown["lines"]
        ]
        nothing = {"amount_minor": 0, "currency": "EUR"}
        assert (shown["carried_in"], shown["carried_out"]) == (nothing, nothing)
        assert (shown["carried_from"], shown["payment"]) == (None, None)
        assert (shown["stream"], shown["version"]) == ("payout-ada", 3)
        assert path.endswith(shown["payout_id"])


async def test_what_is_due_and_paid_is_shown_whole(database: str) -> None:
    async with served(database) as api:
        await api.owed()
        due = (await api.driver("GET", "/payees/ada/payouts")).json()["due"]
        path = (await api.ask("POST", "/payees/ada/payouts", DUE)).headers["Location"]
        await api.driver("PUT", DETAILS, BANK)
        assert (await api.ask("POST", path.removeprefix("/payments") + "/payment", PAID)).is_success
        shown = (await api.driver("GET", "/payees/ada/payouts")).json()
    [statement] = shown.pop("statements")
    assert shown == {"due": []}
    lines = [{k: v for k, v in line.items() if k != "contest"} for line in statement["lines"]]
    assert lines == due
    payment = statement["payment"]
    assert payment.pop("paid_at") >= statement["closed_at"]
    assert payment == {
        "driver_id": "ada",
        "organisation_id": "hiflow",
        "payout_id": statement["payout_id"],
        "net": statement["net"],
        "reference": "SEPA-1",
        "invoice_ids": ["inv-t-1"],
        "payee_version": 1,
        "version": 4,
    }


async def test_a_billing_profile_is_shown_whole(database: str) -> None:
    async with served(database) as api:
        await api.driver("PUT", DETAILS, BANK)
        await api.driver("PUT", DETAILS, OTHER)
        shown = (await api.driver("GET", "/payees/ada")).json()
    given, change = shown["bank_details"], shown["bank_change"]
    assert given.pop("given_at") <= change.pop("requested_at") < change.pop("effective_at")
    assert change.pop("change_id").startswith("b-")
    assert change.pop("authenticated_at")
    who = {"driver_id": "ada", "organisation_id": "hiflow", "bic": None}
    assert (given, change) == (BANK | who, OTHER | who)
    assert shown["questions"] == []


def euros(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


async def test_an_entry_of_the_books_is_shown_whole(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, credited())
        [entry] = (await api.ask("GET", "/ledger/entries")).json()["items"]
        balances = (await api.ask("GET", "/ledger/accounts")).json()["items"]
    whole = entry.pop("postings")
    postings = [
        (one["account"], one["amount_minor"], one["stream"], one["version"]) for one in whole
    ]
    assert postings == POSTINGS
    assert [one["amount"] for one in whole] == [euros(one["amount_minor"]) for one in whole]
    assert entry == {
        "driver_id": "ada",
        "entry_id": "invoice:inv-t-1",
        "organisation_id": "hiflow",
        "currency": "EUR",
        "booked_at": "2030-05-01T12:00:00Z",
    }
    assert {one["account"]: one["balance_minor"] for one in balances} == {
        account: amount for account, amount, _, _ in postings
    }
    assert {one["currency"] for one in balances} == {"EUR"}
    assert [one["balance"] for one in balances] == [euros(one["balance_minor"]) for one in balances]


async def test_a_payout_is_paid_once(database: str) -> None:
    async with served(database) as api:
        path = await api.closed()
        await api.driver("PUT", DETAILS, BANK)
        first = await api.ask("POST", f"{path}/payment", PAID)
        again = await api.ask("POST", f"{path}/payment", PAID)
        other = await api.ask("POST", f"{path}/payment", PAID | {"reference": "SEPA-2"})
        assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
        shown = (await api.driver("GET", "/payees/ada/payouts")).json()
        assert shown["due"] == []
        assert shown["statements"][0]["payment"]["reference"] == "SEPA-1"
        assert (await api.driver("GET", "/payees/ada/payouts/p-9")).status_code == 404


async def test_a_statement_is_of_what_was_seen_to_be_owed(database: str) -> None:
    async with served(database) as api:
        await api.follow(credit())
        seen = {"due": {"amount_minor": 40_200, "currency": "EUR"}}
        await api.follow(adjust())
        stale = await api.ask("POST", "/payees/ada/payouts", seen)
        assert (stale.status_code, stale.json()["now"]) == (412, {"/due": DUE["due"]})
        assert (await api.driver("GET", "/payees/ada/payouts")).json()["statements"] == []
        assert (await api.ask("POST", "/payees/ada/payouts", DUE)).status_code == 201


async def test_a_payment_names_the_account_that_the_money_went_to(database: str) -> None:
    async with served(database) as api:
        path = await api.closed()
        await api.driver("PUT", DETAILS, BANK)
        stale = await api.ask("POST", f"{path}/payment", PAID | {"iban": NEW})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/iban": OLD})
        assert (await api.driver("GET", path)).json()["payment"] is None
        spaced = PAID | {"iban": "fr14 2004 1010 0505 0001 3m02 606"}
        assert (await api.ask("POST", f"{path}/payment", spaced)).is_success


async def test_nobody_pays_out_to_themselves(database: str) -> None:
    async with served(database) as api:
        await api.owed()
        mine = await api.ask("POST", "/payees/ada/payouts", DUE, who="ada")
        assert mine.status_code == 403


async def charged(api: Caller, payout_id: str) -> None:
    """A dealership takes cards, its books have a payment, a payout and a difference, a company owed
    it; a provider of a marketplace was paid for a job, and its commission was invoiced."""
    await follow(
        api.running,
        replace(dealership_opened(), organisation_id="hiflow"),
        replace(offered(), organisation_id="hiflow"),
        replace(deferred(), organisation_id="hiflow"),
        replace(paid(version=2), organisation_id="hiflow"),
        replace(found(), organisation_id="hiflow"),
        replace(paid_out(2), organisation_id="hiflow"),
        replace(settlements.credited(), organisation_id="hiflow"),
    )
    invoiced = replace(settlements.pay(id=payout_id), parties=settlements.PARTIES)
    known: list[tuple[Aggregate[Any, Any, Any, Any], str, Any]] = [
        (ACCOUNT, HOUSE, replace(declare(), organisation_id="hiflow")),
        (ACCOUNT, HOUSE, replace(reconcile(difference()), organisation_id="hiflow")),
        (CHARGE, MINE, pay(organisation="hiflow")),
        (
            SETTLEMENT,
            settlements.ID,
            replace(settlements.credit(), organisation_id="hiflow"),
        ),
        (SETTLEMENT, settlements.ID, invoiced),
    ]
    for aggregate, id, command in known:
        context = CommandContext(uuid4(), "c", "c", "gina", "hiflow", NOON, "")
        done = await api.running.commands.handle(aggregate, id, command, context)
        assert isinstance(done, Done)


OTHERS = {
    "charge_id": MINE,
    "dealership_id": HOUSE,
    "difference_id": "txn_9",
    "settlement_id": settlements.ID,
    "provider_id": "eclat",
    "case_id": "J1",
}
OWNERS: dict[Role, str] = {
    "driver": "ada",
    "billing": "lea",
    "group_manager": "gina",
    "marketplace_manager": "sophie",
}
EUROS = {"amount_minor": 35_000, "currency": "EUR"}
OF_PAYEES = {
    "PUT /payees/{driver_id}/bank-details": BANK,
    "PUT /cases/{case_id}/payment-elsewhere": {
        "amount": EUROS,
        "means": "cash",
        "reference": "12",
        "paid_on": "2026-11-02",
    },
    "PUT /cases/{case_id}/deferral": {
        "amount": EUROS,
        "invoice_number": "F-1",
        "email": "a@example.org",
        "invoiced_on": "2026-11-02",
        "due_on": "2026-12-02",
    },
    "POST /charges/{charge_id}/dispute": {"reason": "Nothing was done."},
    "POST /charges/{charge_id}/dispute/settlement": {"owed": True},
    "POST /payees/{driver_id}/questions": {"question": "When?"},
    "POST /payees/{driver_id}/questions/{question_id}/answer": ANSWER,
    "POST /payees/{driver_id}/payouts": DUE,
    "POST /payees/{driver_id}/payouts/{payout_id}/payment": PAID,
    "POST /settlements/{settlement_id}/payouts": {**DUE, **PAID},
}


@pytest.mark.requirement("G-01")
async def test_strangers_find_no_trace_of_a_payee(database: str) -> None:
    async with served(database) as api:
        await api.driver("PUT", DETAILS, BANK)
        await api.driver("POST", "/payees/ada/questions", {"question": "When?"})
        statement = await api.closed()
        await follow(api.running, credited(), closed(id="p-9"))
        payout_id = statement.rpartition("/")[2]
        await charged(api, payout_id)
        existing = Existing(
            ids={**OTHERS, "driver_id": "ada", "payout_id": payout_id},
            words={"day": "2030-05-06", "change_id": "b-1", "question_id": "q-1"},
            bodies={**OF_PAYEES, **BODIES},
            owners=OWNERS,
        )
        await existing.is_hidden_from(api)
        await existing.is_hidden_from(api, "bob", "hiflow", ("driver",))


async def test_nobody_gives_bank_details_for_somebody_else(database: str) -> None:
    async with served(database) as api:
        both: tuple[Role, ...] = ("driver", "billing")
        for method, path, body in (
            ("PUT", DETAILS, BANK),
            ("POST", "/payees/ada/questions", {"question": "When?"}),
        ):
            assert (await api.ask(method, path, body, "bob", both)).status_code == 404


def removed(file_id: str) -> FileRemoved:
    return FileRemoved(
        file_id=file_id,
        organisation_id="hiflow",
        user_id="ada",
        removed_by="ada",
        removed_at=NOON,
    )


def fields_at_fault(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["rule"]) for error in answer.json()["errors"]]


async def test_a_proof_is_a_stored_file_of_the_drivers_own(database: str) -> None:
    async with served(database) as api:
        await follow(
            api.running,
            file("bobs", "bob"),
            file("elsewhere", organisation="other"),
            file("removed"),
            removed("removed"),
        )
        for id in ("never-sent", "bobs", "elsewhere", "removed"):
            answer = await api.driver("PUT", DETAILS, BANK | {"proof_file_id": id})
            assert fields_at_fault(answer) == [("/proof_file_id", "unknown_reference")], id
        assert (await api.driver("PUT", DETAILS, BANK)).is_success


@pytest.mark.parametrize(
    ("purpose", "fits"),
    [
        (Purpose.PAPER, True),
        (Purpose.OTHER, True),
        (Purpose.RECEIPT, False),
        (Purpose.PHOTO, False),
        (Purpose.MISSION, False),
    ],
)
async def test_a_proof_was_sent_as_one(database: str, purpose: Purpose, fits: bool) -> None:
    async with served(database) as api:
        await api.proven("f-2", purpose)
        answer = await api.driver("PUT", DETAILS, BANK | {"proof_file_id": "f-2"})
        assert answer.is_success or fields_at_fault(answer) == [("/proof_file_id", "purpose")]
        assert answer.is_success is fits


async def test_a_proof_that_is_still_on_its_way_is_waited_for(database: str) -> None:
    async with served(database) as api:
        for file_id, status in (("f-1", 200), ("f-3", 425)):
            headers = {"Relais-Min-Position": api.position(f"media.file/{file_id}", 1)}
            asked = await api.ask("PUT", DETAILS, BANK, "ada", ("driver",), headers=headers)
            assert asked.status_code == status


async def test_a_question_is_about_an_invoice_of_the_drivers_own(database: str) -> None:
    async with served(database) as api:
        await follow(
            api.running,
            opened("bobs", "bob", "hiflow"),
            opened("elsewhere", "ada", "other"),
        )
        path = "/payees/ada/questions"
        for id in ("never-made", "bobs", "elsewhere"):
            answer = await api.driver("POST", path, {"question": "When?", "invoice_id": id})
            assert fields_at_fault(answer) == [("/invoice_id", "unknown_reference")], id
        own = await api.driver("POST", path, {"question": "When?", "invoice_id": "inv-t-1"})
        assert own.status_code == 201


async def test_the_books_of_another_organisation_are_empty(database: str) -> None:
    async with served(database) as api:
        for path in ("/ledger/accounts", "/ledger/entries"):
            answer = await api.ask("GET", path, org="other")
            assert (answer.status_code, answer.json()["items"]) == (200, [])

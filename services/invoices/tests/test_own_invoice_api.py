"""A driver's own invoice over HTTP, from the file to what billing decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import httpx
import pytest
from pypdf import PdfWriter

from contracts.media.file_v1 import Purpose
from infra.http.problems import Problem
from infra.lookups.files import original
from infra.objects import objects_of
from services.invoices.adapters.own_invoices import MOST_BYTES, compare
from services.invoices.http.own_invoices import answered
from services.invoices.tests.stage import Caller, served
from services.invoices.tests.test_own_documents import FACTURX, TEXT, expected, plain

OWN = "/invoices/inv-t-1/own-invoice"
NAMES = TEXT[:3]
AMOUNTS = ["Total HT 334,80 €", "TVA 20 % 66,96 €", "Total TTC 401,76 €"]
BODY = {"file_id": "f-9", "number": "2030-14", "issued_on": "2026-05-02"}
TOTAL = {"amount_minor": 40_176, "currency": "EUR"}


def text(*lines: str) -> bytes:
    return plain("Facture 2030-14 du 02/05/2026", *NAMES[1:], *lines)


@asynccontextmanager
async def approved(database: str) -> AsyncIterator[Caller]:
    """An invoice that billing approved and that the driver has to write."""
    async with served(database) as api:
        await api.approved(mandate=False)
        yield api


async def upload(api: Caller, pdf: bytes, purpose: Purpose = Purpose.OTHER) -> None:
    await objects_of(api.running.settings).put(original("f-9"), pdf)
    await api.photographed("f-9", purpose, len(pdf))


async def shown(api: Caller) -> dict[str, Any]:
    [own] = (await api.driver("GET", "/invoices/inv-t-1")).json()["own_invoices"]
    found: dict[str, Any] = own
    return found


async def test_one_that_agrees_is_accepted_as_it_comes(database: str) -> None:
    async with approved(database) as api:
        invoice = (await api.driver("GET", "/invoices/inv-t-1")).json()
        assert (invoice["own_invoices"], invoice["approval"]["self_billed"]) == ([], False)
        assert invoice["approval"]["waits_for_own_invoice"] is True
        await upload(api, text(*AMOUNTS))
        assert (await api.driver("POST", OWN, BODY)).is_success
        accepted = (await shown(api))["accepted"]
        assert (accepted["number"], accepted["total"]) == ("2030-14", TOTAL)
        assert accepted["accepted_by"] is None


async def test_what_is_not_found_waits_for_billing(database: str) -> None:
    async with approved(database) as api:
        await upload(api, text(*AMOUNTS[:2]))
        assert (await api.driver("POST", OWN, BODY)).is_success
        sent = (await shown(api))["sent"]
        assert sent["differences"] == [{"field": "total", "expected": "401.76", "found": None}]
        acceptance = {"file_id": "f-9", "total": TOTAL}
        own = await api.ask("POST", f"{OWN}/acceptance", acceptance, "ada", ("driver", "billing"))
        assert own.status_code == 403
        assert (await api.ask("POST", f"{OWN}/acceptance", acceptance)).is_success
        assert (await shown(api))["accepted"]["accepted_by"] == "lea"
        facts = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"]
        assert [one["type"].rpartition(".")[2] for one in facts[-2:]] == [
            "own_invoice_sent",
            "own_invoice_accepted",
        ]


async def test_billing_sends_one_back_with_a_reason(database: str) -> None:
    async with approved(database) as api:
        await upload(api, text())
        assert (await api.driver("POST", OWN, BODY)).is_success
        refusal = {"file_id": "f-9", "reason": "No amounts"}
        assert (await api.ask("POST", f"{OWN}/refusal", refusal | {"reason": ""})).is_error
        assert (await api.ask("POST", f"{OWN}/refusal", refusal)).is_success
        assert (await shown(api))["refused"]["reason"] == "No amounts"


def at_fault(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["rule"]) for error in answer.json()["errors"]]


async def test_a_document_has_to_be_there_to_be_a_pdf_and_to_be_meant(database: str) -> None:
    async with approved(database) as api:
        unknown = await api.driver("POST", OWN, BODY)
        assert at_fault(unknown) == [("/file_id", "unknown_reference")]
        await upload(api, text(), Purpose.RECEIPT)
        assert at_fault(await api.driver("POST", OWN, BODY)) == [("/file_id", "purpose")]
        await upload(api, b"no document")
        assert at_fault(await api.driver("POST", OWN, BODY)) == [("/file_id", "readable")]


def of_size(size: int) -> bytes:
    """An invoice that agrees, with a file of the size that is left attached."""
    filler = 0
    while True:
        writer, content = PdfWriter(clone_from=BytesIO(text(*AMOUNTS))), BytesIO()
        writer.add_attachment("filler", b"x" * filler)
        writer.write(content)
        if content.tell() == size:
            return content.getvalue()
        filler += size - content.tell()


async def test_an_invoice_has_a_largest_size(database: str) -> None:
    async with approved(database) as api:
        await api.photographed("f-9", Purpose.OTHER, MOST_BYTES + 1)
        assert at_fault(await api.driver("POST", OWN, BODY)) == [("/file_id", "size")]
        await upload(api, of_size(MOST_BYTES))
        assert (await api.driver("POST", OWN, BODY)).is_success
        assert (await shown(api))["accepted"]


async def test_one_that_costs_too_much_is_refused_and_on_a_busy_machine_it_may_be_sent_again() -> (
    None
):
    with pytest.raises(Problem) as costly:
        await answered(compare(FACTURX, expected(), processor=0.001))
    assert [(one.field, one.rule) for one in costly.value.errors] == [("/file_id", "readable")]
    with pytest.raises(Problem) as busy:
        await answered(compare(FACTURX, expected(), wall=0.01))
    assert (busy.value.status_code, busy.value.slug) == (503, "unavailable")


async def test_while_files_are_out_of_reach_it_may_be_sent_again(database: str) -> None:
    async with approved(database) as api:
        await api.photographed("f-8", Purpose.OTHER)
        answer = await api.driver("POST", OWN, BODY | {"file_id": "f-8"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


async def test_an_invoice_of_tomorrow_names_its_day(database: str) -> None:
    async with approved(database) as api:
        await upload(api, text(*AMOUNTS))
        later = await api.driver("POST", OWN, BODY | {"issued_on": "2199-01-01"})
        assert at_fault(later) == [("/issued_on", "not-yet-issued")]


async def test_with_a_mandate_none_is_wanted(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await upload(api, text(*AMOUNTS))
        assert (await api.driver("POST", OWN, BODY)).status_code == 409


async def test_a_number_is_of_letters_that_every_platform_takes(database: str) -> None:
    async with approved(database) as api:
        await upload(api, text(*AMOUNTS))
        for number in ("", "-14", "x" * 36, "№ 14"):
            assert (await api.driver("POST", OWN, BODY | {"number": number})).status_code == 422
        assert (await api.driver("POST", OWN, BODY | {"number": "F" * 35})).is_success

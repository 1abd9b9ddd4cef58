"""Orders that come in a file, over a real store."""

from typing import Any

import httpx
import pytest

from infra.testing.serving import KEY
from infra.tokens import issue
from services.depot_tours.http.imports import MOST_LINES
from services.depot_tours.tests.serving import Caller, served
from services.depot_tours.tests.test_order_files import HEADER, LINE

GOOD = f"{LINE};349,00"
FILE = f"{HEADER};cash_on_delivery\n{GOOD}\n"
PATH = "/orders/imports"


async def sent(api: Caller, text: str, key: str = "", language: str = "en") -> httpx.Response:
    """A file that Omar sends."""
    api.count += 1
    headers = {
        "Authorization": f"Bearer {issue(KEY, 'omar', 'maarif', ('operator',), country='MA')}",
        "Idempotency-Key": key or f"f{api.count}",
        "Accept-Language": language,
        "Content-Type": "text/csv",
    }
    return await api.client.post(PATH, content=text.encode(), headers=headers)


async def report(api: Caller, text: str, **asked: str) -> Any:
    answer = await sent(api, text, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def outcomes(told: Any) -> list[str]:
    return [one["outcome"] for one in told["lines"]]


async def test_a_line_is_an_order_as_if_it_came_alone(database: str) -> None:
    async with served(database) as api:
        told = await report(api, FILE)
        [line] = told.pop("lines")
        assert told == {"registered": 1, "known": 0, "refused": 0}
        order_id = line.pop("order_id")
        assert line == {
            "line": 2,
            "outcome": "registered",
            "tracking_number": "CASA-1",
            "problem": None,
            "detail": None,
            "cells": [],
        }
        order = (await api.omar("GET", f"/orders/{order_id}")).json()
        assert (order["recipient"]["name"], order["recipient"]["phone"]) == (
            *("سلمى الإدريسي", "+212612345678"),
        )
        assert order["parcel_codes"] == ["CASA-1/1", "CASA-1/2"]
        assert order["cash_on_delivery"] == {"amount_minor": 34_900, "currency": "MAD"}


async def test_the_same_file_again_changes_nothing(database: str) -> None:
    async with served(database) as api:
        first = await report(api, FILE, key="one")
        assert await report(api, FILE, key="one") == first
        again = await report(api, FILE, key="two")
        assert (outcomes(again), again["known"]) == (["known"], 1)
        path = f"/orders/{again['lines'][0]['order_id']}/history"
        assert len((await api.omar("GET", path)).json()["items"]) == 1


async def test_a_key_that_came_with_another_order_is_the_fault_of_the_whole_line(
    database: str,
) -> None:
    async with served(database) as api:
        await report(api, FILE, key="one")
        for other in (FILE.replace("Fès", "Rabat"), FILE.replace("CASA-1", "CASA-2")):
            told = await report(api, other, key="one")
            assert told["lines"][0]["problem"] == "urn:relais:problem:idempotency-key-reused"
            [cell] = told["lines"][0]["cells"]
            assert (cell["column"], cell["rule"]) == ("", "reused")


MIXED = [
    GOOD,
    GOOD.replace("0612345678", "06"),
    GOOD.replace("CASA-1", "casa 2"),
    ";;x;0612345678;y;1;-5",
    GOOD.replace("CASA-1", "CASA-2").replace("349,00", "100001"),
    GOOD.replace("Fès", "Rabat"),
    GOOD,
    GOOD.replace("CASA-1", "CASA-3"),
]


async def test_bad_lines_are_told_with_their_rules_and_stop_no_other(database: str) -> None:
    async with served(database) as api:
        told = await report(api, "\n".join([f"{HEADER};cash_on_delivery", *MIXED]))
    faults = [
        (one["line"], one["outcome"], [(cell["column"], cell["rule"]) for cell in one["cells"]])
        for one in told["lines"]
    ]
    assert faults == [
        (2, "registered", []),
        (3, "refused", [("recipient_phone", "value_error")]),
        (4, "refused", [("tracking_number", "string_pattern_mismatch")]),
        (5, "refused", [("cash_on_delivery", "dirhams"), *lacking("tracking_number", "city")]),
        (6, "refused", [("cash_on_delivery", "cash-not-possible")]),
        (7, "refused", []),
        (8, "known", []),
        (9, "registered", []),
    ]
    assert told["lines"][5]["problem"] == "urn:relais:problem:tracking-number-taken"
    assert (told["registered"], told["known"], told["refused"]) == (2, 1, 5)


def lacking(*columns: str) -> list[tuple[str, str]]:
    return [(column, "missing") for column in columns]


async def test_a_report_speaks_the_language_of_its_reader(database: str) -> None:
    async with served(database) as api:
        text = FILE.replace("349,00", "x")
        [cell] = (await report(api, text, language="fr"))["lines"][0]["cells"]
        assert cell["detail"] == "Ce doit être un montant en dirhams, comme 349,00."
        [cell] = (await report(api, text, language="ar"))["lines"][0]["cells"]
        assert "بالدرهم" in cell["detail"]


SSCC = "340123450000000000"


async def test_a_code_belongs_to_the_first_line_that_has_it(database: str) -> None:
    header = f"{HEADER};ssccs"
    lines = [f"{LINE.replace('CASA-1', one)[:-1]};{SSCC}" for one in ("CASA-1", "CASA-2")]
    async with served(database) as api:
        told = await report(api, "\n".join([header, *lines]))
        assert outcomes(told) == ["registered", "refused"]
        assert told["lines"][1]["problem"] == "urn:relais:problem:parcel-code-taken"
        wrong = await report(api, f"{header}\n{LINE[:-1]};123\n")
        assert wrong["lines"][0]["cells"][0]["column"] == "ssccs"


async def test_a_cell_with_many_bad_codes_is_told_once(database: str) -> None:
    async with served(database) as api:
        ssccs = f"{SSCC} {'1 ' * 90}"
        told = await report(api, f"{HEADER};ssccs\n{LINE[:-1]};{ssccs}\n")
        assert [one["column"] for one in told["lines"][0]["cells"]] == ["ssccs"]
        assert told["lines"][0]["detail"] == "Not as it should be: ssccs."


@pytest.mark.parametrize(
    ("text", "status", "problem"),
    [
        ("a;b\n", 422, "wrong-header"),
        (f'{HEADER}\n"', 422, "line-unreadable"),
        ("\n".join([HEADER, *[";;;;;x"] * (MOST_LINES + 1)]), 422, "too-many-lines"),
        ("\n".join([HEADER, *[LINE] * 1_000_000]), 413, "body-too-large"),
        (f"{HEADER}\n\0", 400, "malformed-request"),
    ],
    ids=["header", "quotation", "lines", "a million lines", "nul"],
)
async def test_of_a_bad_file_nothing_is_taken(
    database: str, text: str, status: int, problem: str
) -> None:
    async with served(database) as api:
        answer = await sent(api, text)
        assert (answer.status_code, answer.json()["type"]) == (
            *(status, f"urn:relais:problem:{problem}"),
        )


async def test_a_file_of_the_most_lines_is_taken(database: str) -> None:
    async with served(database) as api:
        told = await report(api, "\n".join([HEADER, *[";;;;;x"] * MOST_LINES]))
        assert told["refused"] == MOST_LINES
        assert (await report(api, HEADER))["lines"] == []

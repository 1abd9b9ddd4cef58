"""A case on paper: all of it, and what was decided."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.interventions.case_v1 import WorkLevel
from infra.catalogues import LANGUAGES
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from infra.printing import printed
from services.interventions import case
from services.interventions.http.prints.routes import TEMPLATE, TEXTS
from services.interventions.http.prints.sheets import Sheets
from services.interventions.tests.make import (
    LATER,
    PENDING,
    answer,
    close,
    create,
    list_work,
    name_customer,
    open_page,
    place,
    send,
    state,
    take_down,
)
from services.interventions.tests.serving import served

TWO = (*PENDING, list_work("tyres", WorkLevel.ADVISED), send(works=2, proposed=24_000))
DECIDED = (*TWO, open_page(), answer("tyres", risks=("pads",)))


def sheets(*commands: case.Command, language: str = "en") -> Sheets:
    found = state(*commands)
    assert isinstance(found, case.Created)
    words = Words(TEXTS, language)
    return Sheets(
        state=found, house=House(name="Lumen Lille", brand="Peugeot"), words=words, at=LATER
    )


def plain(shown: Any) -> Any:
    """The same without the direction of each text."""
    if isinstance(shown, list):
        return [plain(one) for one in shown]
    if isinstance(shown, dict):
        found = {name: plain(value) for name, value in shown.items()}
        return found["text"] if found.keys() == {"text", "rtl"} else found
    return shown


FACTS = [
    ["Status", "answered"],
    ["Kind", "mechanical"],
    ["Version", "1"],
    ["Sent", "Monday, May 6, 2030, 10:00\N{NARROW NO-BREAK SPACE}AM"],
    ["Answered", "Monday, May 6, 2030, 10:40\N{NARROW NO-BREAK SPACE}AM"],
    ["Answer given by", "customer page"],
    ["Customer", "Claire Moreau"],
    ["Phone", "+33612345678"],
    ["E-mail", "claire@example.org"],
]
TOTALS = [["Total including VAT", "€240.00"], ["Accepted, including VAT", "€120.00"]]


@pytest.mark.requirement("FLB-105")
def test_the_summary_says_all_of_the_case_in_the_language_of_who_prints() -> None:
    assert plain(sheets(*DECIDED).summary()) == {
        "language": "en",
        "rtl": False,
        "dealership": "Lumen Lille Peugeot",
        "title": "Case OR-48213",
        "facts": FACTS,
        "message": "",
        "columns": ["Work", "Level", "Price shown", "Decision"],
        "rows": [
            [["Pads"], ["Urgent"], ["€120.00"], ["refused", "The risk was acknowledged."]],
            [["Tyres"], ["Advised"], ["€120.00"], ["accepted"]],
        ],
        "totals": TOTALS,
        "footer": "Printed Monday, May 6, 2030, 10:40\N{NARROW NO-BREAK SPACE}AM",
    }


@pytest.mark.requirement("FLB-071")
def test_the_record_of_consent_has_the_words_prices_and_place_of_each_decision() -> None:
    shown = plain(sheets(*DECIDED).consent())
    price = ["€120.00", "Excluding VAT €100.00", "VAT 20\N{NO-BREAK SPACE}% €20.00"]
    assert shown["title"] == "Decisions on the case OR-48213"
    assert shown["facts"] == [
        *FACTS,
        ["Decided by", "Claire Moreau"],
        ["Internet address", "203.0.113.9"],
        ["Device", "phone"],
    ]
    assert shown["rows"] == [
        [["Pads"], ["urgent"], price, ["refused", "The risk was acknowledged."]],
        [["Tyres"], ["advised"], price, ["accepted"]],
    ]
    assert shown["totals"] == TOTALS


@pytest.mark.requirement("FLB-071")
def test_the_record_names_the_files_that_were_shown_and_who_took_it_down() -> None:
    photo = replace(place(), work_id="pads")
    shown = plain(
        sheets(
            create(), name_customer(), list_work(), photo, take_down("pads", version=0)
        ).consent()
    )
    assert shown["rows"][0][0] == ["Pads", "Files shown: file-m-1"]
    assert ["Taken down by", "lea"] in shown["facts"]
    assert ["Answer given by", "phone"] in shown["facts"]


@pytest.mark.requirement("FLB-105", "G-44")
def test_a_case_is_printed_before_it_is_sent_and_after_it_was_closed() -> None:
    pending, closed = sheets(*PENDING).summary(), sheets(*DECIDED, close()).summary()
    assert plain(pending)["facts"][0] == ["Status", "waiting to be sent"]
    assert plain(pending)["totals"] == [["Total including VAT", "€120.00"]]
    assert plain(closed)["facts"][0] == ["Status", "closed"]
    assert plain(closed)["rows"] == plain(sheets(*DECIDED).summary())["rows"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_are_set_in_every_language(language: str) -> None:
    case = sheets(*DECIDED, language=language)
    for shown in (case.summary(), case.consent()):
        assert printed(TEMPLATE, shown, LATER).startswith(b"%PDF-")


@pytest.mark.requirement("FLB-105")
async def test_whoever_reads_the_case_prints_it(database: str) -> None:
    async with served(database) as caller:
        path = await caller.filled()
        printed_case = await caller.says("maya", "GET", f"{path}/summary.pdf")
        assert printed_case.content.startswith(b"%PDF-")
        assert printed_case.headers["Content-Language"] == "en"
        assert (await caller.says("paul", "GET", f"{path}/summary.pdf")).status_code == 404
        none = await caller.says("lea", "GET", f"{path}/consent.pdf")
        assert (none.status_code, none.json()["type"]) == (
            404,
            "urn:relais:problem:nothing-decided",
        )
        down = {"version": 0, "accepted": ["pads"], "origin": "phone"}
        assert (await caller.says("lea", "PUT", f"{path}/answer", down)).is_success
        for who, status in (("lea", 200), ("paul", 404)):
            assert (await caller.says(who, "GET", f"{path}/consent.pdf")).status_code == status

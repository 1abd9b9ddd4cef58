"""The page of a work report: what was done, and what is to be planned, by level (FLB-117)."""

from dataclasses import replace

import pytest

from contracts.interventions.case_v1 import ContactRequested, WorkLevel
from infra.testing.pages import words
from services.interventions.tests.make import (
    eur,
    list_work,
    name_customer,
    price,
    send,
    take_down,
)
from services.interventions.tests.test_work_reports import (
    NOVEMBER,
    REPORT,
    answered,
    bring,
    line,
)
from services.interventions.tests.visiting import visiting

LINES = (line("oil"), line("pads", paid=True))
SENDING = send(works=6, proposed=36_000)
SENT = (
    *REPORT,
    name_customer(),
    bring(answered("J1", *LINES, line("tyres", accepted=False, due_on=NOVEMBER))),
    list_work("wash", WorkLevel.COMPLIMENTARY, price(3_000), carried_out=True),
    list_work("battery", WorkLevel.ADVISED, price(9_000)),
    list_work("wipers", WorkLevel.URGENT, price(15_000), due_on=NOVEMBER),
    replace(SENDING, seen=replace(SENDING.seen, carried_out=eur(12_000))),
)
BOOKING = "https://lumen.example/rendez-vous"


@pytest.mark.requirement("FLB-112", "FLB-113", "FLB-115", "FLB-116", "FLB-175", "M-10")
async def test_a_report_says_what_was_done_and_what_is_to_be_planned_by_level(
    database: str,
) -> None:
    async with visiting(database, *SENT) as claire:
        said = words(await claire.look())
    done, _, planned = said.partition("À planifier ")
    assert done.index("Oil") < done.index("Pads") < done.index("Wash")
    assert "Pads Urgent Payé en ligne 0,00" in done
    assert done.split("Fait, total TTC ")[1].startswith("120,00")
    assert planned.index("Tyres") < planned.index("Wipers") < planned.index("Battery")
    assert "À faire avant le 6 novembre 2030, ou à 95 000 km" in planned
    assert planned.count("À faire avant le 6 novembre 2030") == 2
    assert planned.split("À planifier, total TTC ")[1].startswith("360,00")


@pytest.mark.requirement("FLB-117", "N-19")
async def test_the_customer_of_a_report_asks_to_be_called_or_books(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        assert 'action="/interventions/page/' in page.text
        assert "/answer" not in page.text
        assert f'<a href="{BOOKING}"' in page.text.partition("</main>")[0]
        assert (await claire.send("contact", page)).status_code == 303
        assert len(await claire.recorded(ContactRequested)) == 1
        assert "Vous avez demandé à être rappelé" in words(await claire.look())


async def test_an_answer_to_a_report_is_not_taken(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        chosen = {f"work__{id}": "refuse" for id in ("J1-tyres", "wipers", "battery")}
        assert (await claire.send("answer", page, **chosen)).status_code == 409


@pytest.mark.requirement("SM-16")
async def test_what_the_customer_wants_after_all_is_on_the_page(database: str) -> None:
    wanted = replace(take_down("wipers"), risks_acknowledged=("J1-tyres",))
    async with visiting(database, *SENT, wanted) as claire:
        said = words(await claire.look())
    assert "Accepté : Wipers" in said
    assert "Refusé : Tyres" in said

"""Queues show the person: who it is, how far away, which papers lack, which missions were done."""

from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any

from contracts.missions import clearance_v1
from services.views.backoffice import clearances
from services.views.backoffice.clearances import Clearance, lacking
from services.views.backoffice.tests.make import (
    DAY,
    LATER,
    NOON,
    TODAY,
    asked,
    assigned,
    contested,
    delivered,
    driver_forgotten,
    extra_requested,
    home_changed,
    invited,
    opened,
    paper_added,
    published,
    registered,
    submitted,
    user_forgotten,
    validated,
)
from services.views.backoffice.tests.stage import Office, served

ADA = {"driver_id": "ada", "name": "Ada Lovelace", "phone": "+33612345678"}
LIABILITY, TAX = "liability_insurance", "tax_certificate"


def required(*kinds: str, organisation: str = "hiflow") -> clearance_v1.PapersRequired:
    return clearance_v1.PapersRequired(
        driver_id="ada", organisation_id=organisation, kinds=kinds, required_at=NOON
    )


def held(until: date | None, kind: str = LIABILITY) -> clearance_v1.PaperHeld:
    return clearance_v1.PaperHeld(
        driver_id="ada", organisation_id="hiflow", kind=kind, valid_until=until, held_at=NOON
    )


def lapsed(until: date) -> clearance_v1.PaperLapsed:
    return clearance_v1.PaperLapsed(
        driver_id="ada",
        organisation_id="hiflow",
        kind=LIABILITY,
        valid_until=until,
        lapsed_at=LATER,
    )


def cleared(*events: clearances.Reads) -> Clearance:
    nothing: Clearance | None = None
    row = reduce(clearances.project, events, nothing)
    assert row is not None
    return row


def test_a_paper_lacks_that_was_asked_for_and_is_not_held() -> None:
    row = cleared(required(TAX, LIABILITY), held(None))
    assert lacking(row, TODAY) == [TAX]
    assert lacking(cleared(required(TAX), required()), TODAY) == []


def test_a_paper_once_accepted_is_held_through_its_last_day_and_lacks_from_then_on() -> None:
    row = cleared(held(TODAY))
    assert lacking(row, TODAY) == []
    assert lacking(row, TODAY + DAY) == [LIABILITY]
    assert lacking(clearances.project(row, lapsed(TODAY)), TODAY) == [LIABILITY]
    assert lacking(cleared(held(TODAY), lapsed(TODAY), held(None)), TODAY + DAY) == []


async def test_who_quotes_is_shown_with_way_papers_and_missions(office: Office) -> None:
    await office.saw(registered(), home_changed(), required(TAX, organisation="other"))
    await office.saw(required(TAX, LIABILITY), held(TODAY), published(), submitted("ada"))
    for id in ("past", "runs"):
        await office.saw(published(id), replace(assigned(), trip_id=id))
    await office.saw(replace(delivered(), trip_id="past"), submitted("bob"))
    async with served(office) as api:
        [trip] = await api.items("/quotes/to-process", role="logistics")
        ada, bob = (quote["driver"] for quote in trip["quotes"])
        assert ada == {
            **ADA,
            "city": "Paris",
            # From the first arrondissement to the twelfth.
            "kilometres_away": 2.5,
            "record": {"papers_lacking": [TAX], "missions_delivered": 1, "missions_under_way": 1},
        }
        assert (bob["driver_id"], bob["name"], bob["kilometres_away"]) == ("bob", "", None)
        on_trip = (await api.get("/trips/t-1/quotes", role="logistics")).json()["quotes"]
        assert [quote["driver"] for quote in on_trip] == [ada, bob]
        await office.saw(driver_forgotten())
        [trip] = await api.items("/quotes/to-process", role="logistics")
        forgotten = trip["quotes"][0]["driver"]
        texts = [forgotten[name] for name in ("name", "phone", "city", "kilometres_away")]
        assert texts == ["", "", "", None]


async def test_whose_paper_waits_is_shown_with_the_others_that_lack(office: Office) -> None:
    await office.saw(invited(), paper_added(), required(TAX, LIABILITY))
    async with served(office) as api:
        [waiting] = await api.items("/papers/to-check", role="administration")
        assert waiting["partner"] == {
            "name": "Ada Lovelace",
            "phone": "+33612345678",
            "record": {
                "papers_lacking": [LIABILITY, TAX],
                "missions_delivered": 0,
                "missions_under_way": 0,
            },
        }
        await office.saw(user_forgotten())
        [waiting] = await api.items("/papers/to-check", role="administration")
        assert (waiting["partner"]["name"], waiting["partner"]["phone"]) == ("", "")


async def test_every_queue_about_money_names_the_driver_until_they_are_forgotten(
    office: Office,
) -> None:
    await office.saw(registered(), published(), assigned(), extra_requested(), asked())
    await office.saw(opened(), validated(), opened("loud"), validated("loud"))
    await office.saw(contested(invoice="loud"), opened("open", price=None))
    queues: dict[str, Any] = {
        "/extras/to-decide": "logistics",
        "/questions/open": "billing",
        "/lines/contested": "billing",
        "/expenses/to-check": "billing",
        "/invoices/to-approve": "billing",
        "/invoices/to-price": "billing",
    }
    async with served(office) as api:
        for path, role in queues.items():
            for item in await api.items(path, role=role):
                assert item["driver"] == ADA, path
        await office.saw(driver_forgotten())
        for path, role in queues.items():
            [item, *_] = await api.items(path, role=role)
            assert item["driver"] == {"driver_id": "ada", "name": "", "phone": ""}, path

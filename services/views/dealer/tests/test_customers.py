"""The list of customers, who finds whom by what, and the page of one."""

from dataclasses import asdict
from functools import reduce
from typing import Any

import pytest

from contracts.runtime import REDACTED
from infra.tokens import Role
from services.views.dealer.records import Record, project
from services.views.dealer.tests.make import (
    LYON,
    PARIS,
    WORDING,
    blocked,
    changed,
    consented,
    described,
    erased,
    exported,
    forgotten,
    linked,
    merged,
    recorded,
    undone,
    unlinked,
    vehicle_removed,
    withdrawn,
)
from services.views.dealer.tests.stage import Dealer, served

OTHER = recorded("c2", "Martin", "Zoé", "zoe@example.com", "+212661234567")


def row(*events: Any) -> Record:
    found: Record | None = reduce(project, events, None)
    assert found is not None
    return found


@pytest.mark.requirement("FLB-118")
async def test_the_list_shows_every_customer_by_name(dealer: Dealer) -> None:
    await dealer.saw(OTHER, recorded())
    async with served(dealer) as ask:
        items = (await ask.shown("/customers"))["items"]
        assert [one["customer_id"] for one in items] == ["c1", "c2"]
        assert items[0] == {
            "customer_id": "c1",
            "dealership_id": LYON,
            "title": "madam",
            "last_name": "Lefèvre",
            "first_name": "Camille",
            "email": "camille.lefevre@example.org",
            "phone": "+33612345678",
            "language": "fr",
            "changed_at": "2030-05-01T12:00:00Z",
        }


@pytest.mark.requirement("FLB-118")
@pytest.mark.parametrize(
    "typed",
    [
        "lefevre",
        "LEFÈVRE cam",
        "camille.lefevre@example.org",
        "camille.l",
        "+33 6 12 34 56 78",
        "0033612345678",
        "06.12.34.56.78",
        "+33 (0)6 12 34",
        "0612",
        "ab-123-cd",
        "AB123",
        "\u0410\u0412-123",
    ],
)
async def test_a_customer_is_found_however_it_is_written(dealer: Dealer, typed: str) -> None:
    await dealer.saw(recorded(), described(), OTHER)
    async with served(dealer) as ask:
        assert await ask.found(typed) == ["c1"]


@pytest.mark.requirement("FLB-118")
@pytest.mark.parametrize("typed", ["0661-234567", "+212 661 23 45 67", "zoe", "Martin Zoé"])
async def test_a_phone_is_found_as_it_is_dialled_at_home(dealer: Dealer, typed: str) -> None:
    await dealer.saw(recorded(), OTHER)
    async with served(dealer) as ask:
        assert await ask.found(typed) == ["c2"]


@pytest.mark.parametrize("typed", ["Dupont", "0699", "nobody@example.org"])
async def test_nobody_is_found_by_what_nobody_has(dealer: Dealer, typed: str) -> None:
    await dealer.saw(recorded(), OTHER)
    async with served(dealer) as ask:
        assert await ask.found(typed) == []


async def test_what_was_corrected_is_found_no_more(dealer: Dealer) -> None:
    await dealer.saw(recorded(), changed("Petit"))
    async with served(dealer) as ask:
        assert await ask.found("lefevre") == []
        assert await ask.found("petit") == ["c1"]


@pytest.mark.requirement("FLB-018")
@pytest.mark.parametrize(
    ("role", "at", "org", "seen"),
    [
        ("administrative_agent", (LYON,), "lumiere", ["c1"]),
        ("dealership_manager", (PARIS,), "lumiere", ["c2"]),
        ("dealership_manager", (LYON, PARIS), "lumiere", ["c1", "c2"]),
        ("group_manager", (), "lumiere", ["c1", "c2"]),
        ("group_manager", (), "elsewhere", []),
        ("dealership_manager", (LYON,), "elsewhere", []),
    ],
)
async def test_people_see_the_customers_of_their_dealerships(
    dealer: Dealer, role: Role, at: tuple[str, ...], org: str, seen: list[str]
) -> None:
    await dealer.saw(recorded(), recorded("c2", dealership_id=PARIS))
    async with served(dealer) as ask:
        answer = await ask.ask("/customers", role, at, org)
        assert [one["customer_id"] for one in answer.json()["items"]] == seen
        for id in ("c1", "c2"):
            page = await ask.ask(f"/customers/{id}", role, at, org)
            assert page.status_code == (200 if id in seen else 404)


@pytest.mark.requirement("FLB-018")
async def test_sales_representatives_see_no_customers(dealer: Dealer) -> None:
    async with served(dealer) as ask:
        assert (await ask.ask("/customers", "sales_representative")).status_code == 403


async def test_the_list_of_one_dealership_is_asked_for(dealer: Dealer) -> None:
    await dealer.saw(recorded(), recorded("c2", dealership_id=PARIS))
    async with served(dealer) as ask:
        path = f"/customers?dealership_id={PARIS}"
        there = (await ask.ask(path, "group_manager", ())).json()["items"]
        assert [one["customer_id"] for one in there] == ["c2"]
        assert (await ask.shown(path))["items"] == []


@pytest.mark.requirement("FLB-119", "FLB-121")
async def test_the_page_shows_all_that_is_known(dealer: Dealer) -> None:
    await dealer.saw(recorded(), blocked(sms=True), consented(), described(), linked())
    async with served(dealer) as ask:
        found = await ask.shown("/customers/c1")
    del found["history"]
    assert found.pop("vehicles") == [
        {
            "vehicle_id": "v1",
            "record_id": "c1",
            "plate": "AB-123-CD",
            "plate_country": "FR",
            "vin": "VF1RFB00066123456",
            "brand": "Renault",
            "model": "Clio",
            "mileage_km": 100,
            "described_at": "2030-05-01T12:05:00Z",
        }
    ]
    assert found == SHOWN


async def test_the_history_is_told_from_its_end(dealer: Dealer) -> None:
    await dealer.saw(recorded(), blocked(sms=True), consented(), described(), linked())
    async with served(dealer) as ask:
        history = (await ask.shown("/customers/c1"))["history"]
    assert [(one["what"], one["by"], one["about"]) for one in history] == [
        ("case_linked", None, "d1"),
        ("vehicle_described", "nadia", "v1"),
        ("consent_given", "nadia", "k1"),
        ("channels_blocked", "nadia", None),
        ("recorded", "nadia", None),
    ]
    assert (history[0]["record_id"], history[0]["at"]) == ("c1", "2030-05-01T12:07:00Z")


SHOWN: dict[str, Any] = {
    "customer_id": "c1",
    "dealership_id": LYON,
    "status": "active",
    "survivor_id": None,
    "title": "madam",
    "last_name": "Lefèvre",
    "first_name": "Camille",
    "email": "camille.lefevre@example.org",
    "phone": "+33612345678",
    "language": "fr",
    "blocked": {"sms": True, "email": False},
    "consents": [
        {
            "consent_id": "k1",
            "record_id": "c1",
            "given": True,
            "purpose": "offers",
            "channel": "email",
            "source": "paper_form",
            "wording": WORDING,
            "wording_version": "2030-01",
            "said_at": "2030-05-01T12:03:00Z",
            "recorded_by": "nadia",
        }
    ],
    "cases": [
        {
            "case_id": "d1",
            "record_id": "c1",
            "reason": "phone",
            "linked_at": "2030-05-01T12:07:00Z",
        }
    ],
    "merged_ids": [],
    "recorded_at": "2030-05-01T12:00:00Z",
    "erased_at": None,
}


@pytest.mark.requirement("G-76")
async def test_a_merged_record_shows_at_its_survivor(dealer: Dealer) -> None:
    third = recorded("c3", "Duval", None, None, "+33699999999")
    chain = (merged("c3", "c2"), merged("c2", "c1"))
    cases = (linked("c2", "d2", 20), linked("c3", "d3", 30), linked("c1", "d1", 10))
    await dealer.saw(recorded(), OTHER, third, *cases, blocked("c3", email=True), *chain)
    async with served(dealer) as ask:
        page = await ask.shown("/customers/c1")
        told = [(one["case_id"], one["record_id"]) for one in page["cases"]]
        assert told == [("d3", "c3"), ("d2", "c2"), ("d1", "c1")]
        assert page["merged_ids"] == ["c2", "c3"]
        assert page["blocked"] == {"sms": False, "email": True}
        assert [one["customer_id"] for one in (await ask.shown("/customers"))["items"]] == ["c1"]
        assert await ask.found("duval") == await ask.found("zoe@example.com") == ["c1"]
        away = await ask.shown("/customers/c2")
        assert (away["status"], away["survivor_id"]) == ("merged", "c1")


@pytest.mark.requirement("G-76")
async def test_undoing_a_merge_restores_both_pages(dealer: Dealer) -> None:
    await dealer.saw(recorded(), OTHER, linked("c2", "d2"))
    async with served(dealer) as ask:
        before = [await ask.shown(f"/customers/{id}") for id in ("c1", "c2")]
        await dealer.saw(merged(), undone())
        after = [await ask.shown(f"/customers/{id}") for id in ("c1", "c2")]
    for page in (*before, *after):
        del page["history"]
    assert after == before


@pytest.mark.requirement("FLB-123")
async def test_an_erased_customer_is_x_and_found_by_nothing(dealer: Dealer) -> None:
    await dealer.saw(recorded(), described(), consented(), linked(), erased())
    async with served(dealer) as ask:
        for typed in ("lefevre", "0612345678", "camille.lefevre@example.org", "AB-123-CD", ""):
            assert await ask.found(typed) == []
        page = await ask.shown("/customers/c1")
        names = ("title", "last_name", "first_name", "email", "phone", "language")
        assert {page[name] for name in names} == {"X"}
        assert page["vehicles"] == page["consents"] == page["cases"] == page["history"] == []
        assert (page["status"], page["erased_at"]) == ("anonymised", "2030-05-01T12:12:00Z")


@pytest.mark.requirement("FLB-123")
@pytest.mark.parametrize("end", [erased(), forgotten()])
def test_nothing_is_kept_of_an_erased_customer(end: Any) -> None:
    found = row(recorded(), described(), consented(), linked(), exported(), end)
    text = str(asdict(found))
    secrets = ("Lef", "Camille", "camille", "33612345678", "AB", "VF1", WORDING, "d1", "nadia")
    assert not [secret for secret in secrets if secret in text]


def test_a_contact_of_a_case_has_no_record() -> None:
    assert project(None, forgotten("of-d1")) is None


def test_who_is_read_again_after_their_key_is_gone_is_found_by_nothing() -> None:
    found = row(recorded("c1", REDACTED, REDACTED, REDACTED, REDACTED))
    assert (found.search, found.filed_under) == ("", "")


def test_what_is_taken_away_is_gone() -> None:
    found = row(recorded(), described(), vehicle_removed(), linked(), unlinked())
    assert (found.vehicles, found.cases) == ((), ())


def test_seeing_an_event_twice_changes_nothing() -> None:
    once = (recorded(), described(), consented(), withdrawn(), linked(), exported())
    assert row(*once, described(), consented(), linked(), exported()) != row(recorded())
    for event in once[1:]:
        again = row(*once, event)
        assert sorted(map(str, again.steps)) == sorted(map(str, row(*once).steps))
        assert len(again.consents) == 2

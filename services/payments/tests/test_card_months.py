"""The books of a month are taken over as a file, and once closed they never change."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from infra.testing.following import follow
from services.payments.aggregates import ACCOUNT
from services.payments.tests.cards_stage import Caller, eur, served
from services.payments.tests.make_account import paid_out
from services.payments.tests.make_cards import (
    HOUSE,
    MINE,
    PADS,
    begun,
    connected,
    fee_read,
    numbered,
    offered,
    paid,
    part,
    refund_made,
)

MAY = datetime(2020, 5, 31, 21, 59, tzinfo=UTC)
"""A minute before May is over in Lyon."""
JUNE = datetime(2020, 5, 31, 22, tzinfo=UTC)
MONTH = f"/card-books/{HOUSE}/months/2020-05-17"
FACTS: tuple[Any, ...] = (
    offered(),
    begun(),
    replace(paid(), paid_at=MAY),
    replace(fee_read(), read_at=JUNE),
)


async def months(api: Caller, *facts: Any) -> None:
    payout = replace(paid_out(2), booked_at=MAY)
    await follow(api.running, *FACTS, *facts, connected(), payout)


async def test_a_month_is_listed_by_its_postings_in_its_own_zone(database: str) -> None:
    async with served(database) as api:
        await months(api, numbered())
        found = (await api.ask("GET", f"{MONTH}/postings")).json()["items"]
    assert [one["compte_lib"] for one in found] == [
        *("bank", "card_balance"),
        *("card_balance", "sales:services", "vat:collected") * 2,
    ]
    assert [one["ecriture_num"] for one in found] == [1, 1, 2, 2, 2, 2, 2, 2]
    assert sum(one["debit"]["amount_minor"] - one["credit"]["amount_minor"] for one in found) == 0
    assert found[3] == SOLD


SOLD = {
    "journal_code": "CB",
    "journal_lib": "CB",
    "ecriture_num": 2,
    "ecriture_date": "2020-05-31",
    "compte_num": "706000",
    "compte_lib": "sales:services",
    "comp_aux_num": None,
    "comp_aux_lib": None,
    "piece_ref": "LYON-000001",
    "piece_date": "2020-05-31",
    "ecriture_lib": f"charge-{MINE}@3",
    "debit": eur(0),
    "credit": eur(9_167),
    "ecriture_let": None,
    "date_let": None,
    "valid_date": None,
    "montant_devise": None,
    "idevise": "EUR",
}


async def test_a_month_is_a_file_with_every_posting_once(database: str) -> None:
    async with served(database) as api:
        await months(api)
        file = await api.ask("GET", f"{MONTH}/postings?format=csv")
        pages, after = list[Any](), ""
        while True:
            page = (await api.ask("GET", f"{MONTH}/postings?limit=3{after}")).json()
            pages += page["items"]
            if page["next"] is None:
                break
            after = f"&cursor={page['next']}"
    assert len(file.text.splitlines()) == 1 + len(pages) == 9
    assert file.text.startswith("journal_code,journal_lib,ecriture_num,ecriture_date,compte_num")


async def test_a_month_is_closed_as_it_was_seen_and_stays(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await months(api, numbered())
        shown = (await api.ask("GET", MONTH)).json()
        assert (shown["entries"], shown["unnumbered"], shown["closed_at"]) == (2, 0, None)
        stale = await api.ask("POST", f"{MONTH}/closing", {"entries": 1})
        assert (stale.status_code, stale.json()["now"]) == (412, {"/entries": 2})
        assert (await api.ask("POST", f"{MONTH}/closing", {"entries": 2})).is_success
        closed = (await api.ask("GET", MONTH)).json()
        assert closed["closed_digest"] == closed["digest"] == shown["digest"]
        assert (closed["closed_by"], bool(closed["closed_at"])) == ("gina", True)
        back = part(PADS, 4_583, 917)
        late = replace(refund_made(back, total=back.amounts, version=6), made_at=JUNE)
        await months(api, numbered(), late)
        assert (await api.ask("GET", MONTH)).json()["digest"] == closed["closed_digest"]
        june = (await api.ask("GET", MONTH.replace("05-17", "06-01"))).json()
        assert (june["begins_on"], june["ends_on"], june["entries"]) == (
            *("2020-06-01", "2020-06-30"),
            2,
        )


async def test_no_month_is_closed_before_an_earlier_one_with_entries(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await months(api, numbered())
        june = MONTH.replace("05-17", "06-01")
        refused = await api.ask("POST", f"{june}/closing", {"entries": 1})
        assert (refused.status_code, refused.json()["facts"]) == (409, {"next_on": "2020-05-01"})
        for month, entries in ((MONTH, 2), (june, 1)):
            closing = await api.ask("POST", f"{month}/closing", {"entries": entries})
            assert closing.is_success, closing.text


async def test_a_month_is_not_closed_while_an_invoice_of_it_has_no_number(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        await months(api)
        assert (await api.ask("GET", MONTH)).json()["unnumbered"] == 1
        refused = await api.ask("POST", f"{MONTH}/closing", {"entries": 2})
        assert (refused.status_code, refused.json()["facts"]) == (409, {"count": 1})


async def test_another_dealership_has_other_books(database: str) -> None:
    async with served(database) as api:
        await months(api)
        for rest in ("", "/postings"):
            assert (await api.agent("GET", f"{MONTH}{rest}")).status_code == 404
        assert (await api.agent("POST", f"{MONTH}/closing", {"entries": 2})).status_code == 403
        facts = await api.running.commands.history(ACCOUNT, HOUSE)
        assert list(facts) == []

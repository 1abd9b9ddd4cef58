"""The story of the demo, over the platform as `relais up` starts it."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from io import StringIO

import pytest
from pydantic import SecretStr
from rich.console import Console

from contracts.hours import lawful
from infra.host import Running, opened
from infra.phones import zone_of
from infra.settings import Settings
from infra.testing.cards import card_server
from infra.testing.logs import mentioned
from infra.tokens import Role, SigningKey
from services import registry
from tools.demo import dealership, depot, house, marketplace, money, people
from tools.demo.story import play
from tools.demo.summary import summarise
from tools.demo.teller import SEEN_WITHIN, Tokens
from tools.front.people import PHONE, SAMPLES
from tools.relais.keys import development_token
from tools.relais.running import company, rehearse
from tools.relais.tests.conftest import Platform

# A step waits up to `SEEN_WITHIN` and then says what it saw, which tells more than a killed test.
pytestmark = pytest.mark.timeout(2 * SEEN_WITHIN)
DRIVERS = people.drivers("1", 8, people.cities())
PEOPLE = {
    *(person.name for person in DRIVERS),
    *(person.phone for person in DRIVERS),
    *(sample.name for sample in SAMPLES),
    *(sample.email for sample in SAMPLES),
    *(PHONE, money.IBAN, "12 rue de la République", "4 rue des Lilas", "@example.org"),
    # Of the other tests on this platform.
    *(
        "Ada Lovelace",
        "Alan Turing",
        "Grace Hopper",
        "Eve Roux",
        "Katherine Johnson",
        "+33612345678",
    ),
}


class Told(StringIO):
    """The words of a story so far; a test that fails shows them."""

    def write(self, text: str) -> int:
        print(text, end="")
        return super().write(text)


def tokens(platform: Platform) -> Tokens:
    """Makes the tokens of everybody in a story."""
    key = SigningKey.from_pem((platform.home / "keys" / "signing.pem").read_text())

    def token(
        subject: str, organisation_id: str, role: Role, dealerships: Sequence[str] = ()
    ) -> str:
        return development_token(key, subject, organisation_id, [role], dealerships)

    return token


@asynccontextmanager
async def service_of(platform: Platform, name: str) -> AsyncIterator[Running]:
    """A service of the platform, opened beside it: what a rehearsal needs."""
    settings = Settings(
        home=platform.home,
        postgres=platform.postgres,
        master_keys=SecretStr((platform.home / "keys" / "master.json").read_text()),
    )
    async with opened(registry.service(name), settings) as running:
        yield running


@pytest.mark.requirement("HIF-01")
async def test_the_story_is_told_twice_and_no_log_names_anybody(platform: Platform) -> None:
    for _ in range(2):
        told = Told()
        await play(
            platform.url, tokens(platform), Console(file=told), drivers_count=8, trips_count=40
        )
        assert "now: delivered" in told.getvalue()
    log = platform.log.read_text()
    assert "Relais runs at" in log
    assert mentioned(log, PEOPLE) == []


async def founded(platform: Platform, organisation: str, kind: str, user: str) -> None:
    """The organisation exists, and has an administrator."""
    about = ("--user", user, "--person", "Léa Garnier", "--email", f"{user}@example.org")
    words = ("found", organisation, "--name", "Relais", *about, "--kind", kind, "--country", "FR")
    done = await asyncio.to_thread(platform.say, *words)
    assert done.exit_code == 0, done.output


async def test_the_summary_tells_of_what_there_is_alone(platform: Platform) -> None:
    await founded(platform, depot.OPERATOR, "marketplace_operator", depot.LEA)
    told = Told()
    async with service_of(platform, "accounts") as first, service_of(platform, "papers") as second:
        await summarise([first, second], Console(file=told, width=200))
    assert re.search(r"events of accounts +\d+ recorded, \d+ published", told.getvalue())
    assert not re.search(r" 0(\.0 s)?\s*$", told.getvalue(), re.MULTILINE)


@pytest.mark.requirement("EXX-01", "EXX-04", "EXX-05", "G-20")
async def test_a_day_in_a_depot_is_told(platform: Platform) -> None:
    await founded(platform, depot.OPERATOR, "marketplace_operator", depot.LEA)
    told = Told()
    await depot.play(platform.url, tokens(platform), Console(file=told, width=200))
    for said in (
        "every door says registration-pending",
        "3 parcels are in Karim's hands",
        "surplus in both counts, explained",
        "-100.00 DH, wrong_change",
        "is answered, and closed by Nadia",
        "Karim: 1 delivered, 1 came back, 1 discrepancy, 1 gap of cash",
    ):
        assert said in told.getvalue()


OF_A_DEALERSHIP = (
    "one case came out: pending_send",
    "pads of 2.4 mm are urgent, and due on 2",
    "the first one is gone",
    "the adviser's screen is told of it",
    "240 € by webhook",
    "the tyres are in it at 0.00 €",
    "Batterie, due on",
    "the other one waits for its own day",
    "booked: 110 €",
    "with 10.00 € of VAT",
    "she gives 5 of 10, and is to be called: requested",
    "reminders, all: 1 sent, 1 read, 1 booked for 110.00 EUR",
    "at answered: version 2, 350 € proposed",
    "the case says X, her page is gone",
)


@pytest.mark.requirement(
    *("FLB-002", "FLB-050", "FLB-096", "FLB-112", "FLB-123", "FLB-124", "FLB-146", "FLB-158"),
    *("FLB-159", "FLB-163", "FLB-172", "FLB-173"),
)
async def test_a_case_of_a_dealership_is_told(platform: Platform) -> None:
    await founded(platform, depot.OPERATOR, "marketplace_operator", depot.LEA)
    await founded(platform, house.GROUP, "dealer_group", house.MAYA)
    told = Told()
    console = Console(file=told, width=200)
    async with (
        card_server(platform.cards) as cards,
        service_of(platform, "reminders") as reminders,
        service_of(platform, "interventions") as cases,
    ):
        moved = partial(rehearse, reminders), partial(rehearse, cases)
        await dealership.play(platform.url, tokens(platform), console, cards, *moved)
    for said in OF_A_DEALERSHIP:
        assert said in told.getvalue()


@pytest.mark.requirement("OGU-03", "OGU-04", "OGU-11", "OGU-24", "OGU-25", "G-62", "G-63")
async def test_two_requests_on_a_marketplace_are_told(platform: Platform) -> None:
    told = Told()
    console = Console(file=told, width=200)
    async with (
        service_of(platform, "accounts") as accounts,
        service_of(platform, "dispatch") as dispatch,
    ):
        enter, moved = partial(company, accounts), partial(rehearse, dispatch)
        await marketplace.play(
            platform.url, tokens(platform), console, enter, moved, providers=6, near=4
        )
    for said in (
        "4 of 6 are asked at once",
        "of which 83.60 EUR is left",
        "a second choice is refused",
        "Awa gave 5 of 5, and got 4",
        "to 4 once more",
        "one proposal goes to Awa when its delay ends",
    ):
        assert said in told.getvalue()


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("run", ["000000", "04e2b7", "7fffff", "a3c5d1", "ffffff"])
def test_the_customer_of_the_demo_may_be_written_to_at_any_hour(run: str, hour: int) -> None:
    now = datetime(2026, 11, 30, hour, 30, tzinfo=UTC)
    zone = zone_of(house.number_by_day(run, now))
    assert zone is not None
    assert lawful(now, zone) == now


@pytest.mark.parametrize(
    "line",
    [
        "taken for Zoé Faure",
        '{"message": "taken for Zo\\u00e9 Faure"}',
        "GET /missions/drivers?q=Zo%C3%A9%20Faure 200",
        "GET /missions/drivers?q=Zo%C3%A9+Faure 200",
        "Failing row contains (D1, zoé faure)",
    ],
)
def test_a_log_that_names_somebody_is_found_however_it_does(line: str) -> None:
    assert mentioned(line, ["Zoé Faure", "Rose Roux"]) == ["Zoé Faure"]


def test_a_number_is_found_without_its_spaces_too() -> None:
    iban = "FR14 2004 1010 0505"
    assert mentioned("paid to FR14200410100505", [iban]) == [iban]
    assert mentioned("paid to FR15200410100505", [iban]) == []

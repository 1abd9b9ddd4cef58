"""The story of the demo, over the platform as `relais up` starts it."""

import asyncio
from io import StringIO

import pytest
from rich.console import Console

from infra.testing.logs import mentioned
from infra.tokens import Role, SigningKey
from tools.demo import depot, money, people
from tools.demo.story import play
from tools.front.people import PHONE, SAMPLES
from tools.relais.keys import development_token
from tools.relais.tests.conftest import Platform

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


@pytest.mark.requirement("HIF-01")
async def test_the_story_is_told_twice_and_no_log_names_anybody(platform: Platform) -> None:
    key = SigningKey.from_pem((platform.home / "keys" / "signing.pem").read_text())

    def token(subject: str, organisation: str, role: Role) -> str:
        return development_token(key, subject, organisation, [role])

    for _ in range(2):
        told = StringIO()
        await play(platform.url, token, Console(file=told), drivers_count=8, trips_count=40)
        assert "now: delivered" in told.getvalue()
    log = platform.log.read_text()
    assert "Relais runs at" in log
    assert mentioned(log, PEOPLE) == []


@pytest.mark.requirement("EXX-01", "EXX-04", "EXX-05", "G-20")
async def test_a_day_in_a_depot_is_told(platform: Platform) -> None:
    key = SigningKey.from_pem((platform.home / "keys" / "signing.pem").read_text())
    about = ("--user", depot.LEA, "--person", "Léa Garnier", "--email", "lea@example.org")
    kind = ("--kind", "marketplace_operator", "--country", "FR")
    words = ("found", depot.OPERATOR, "--name", "Relais", *about, *kind)
    founded = await asyncio.to_thread(platform.say, *words)
    assert founded.exit_code == 0, founded.output

    def token(subject: str, organisation: str, role: Role) -> str:
        return development_token(key, subject, organisation, [role])

    told = StringIO()
    await depot.play(platform.url, token, Console(file=told, width=200))
    for said in (
        "every door says registration-pending",
        "3 parcels are in Karim's hands",
        "surplus in both counts, explained",
        "-100.00 DH, wrong_change",
        "is answered, and closed by Nadia",
        "Karim: 1 delivered, 1 came back, 1 discrepancy, 1 gap of cash",
    ):
        assert said in told.getvalue()


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

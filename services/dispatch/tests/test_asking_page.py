"""The page on which anybody asks a marketplace for a service, in a browser that runs no script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from contracts.dispatch.request_v1 import Participant
from contracts.marketplace.marketplace_v1 import MarketplaceDeactivated
from infra.http.problems import Problem
from infra.testing.following import NOON, follow
from infra.testing.pages import hidden, words
from infra.testing.serving import KEY
from infra.tokens import issue
from infra.vault import Vault
from services.dispatch import request
from services.dispatch.adapters.asking import Asking
from services.dispatch.aggregates import REQUEST
from services.dispatch.tests import serving
from services.dispatch.tests.serving import MANAGES, PROVIDERS, in_days

PARIS = ZoneInfo("Europe/Paris")


def entered(at: datetime) -> str:
    """A time as a browser sends it."""
    return at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def filled() -> dict[str, str]:
    return {
        "service_code": "windows",
        "locality": "59000 59350",
        "address": "12 rue des Tanneurs",
        "wanted_from": entered(in_days(10)),
        "wanted_until": entered(in_days(14)),
        "details": " Six windows ",
        "customer_name": "Awa Diop",
        "customer_email": "awa@example.org",
        "customer_phone": "",
    }


class Visitor(serving.Caller):
    """Looks at the page of the marketplace, and fills it in."""

    here: str = ""
    session: str = ""

    async def look(self, query: str = "?lang=en") -> httpx.Response:
        return await self.client.get(f"{self.here}{query}", headers=self.beside)

    async def send(self, **changed: str) -> httpx.Response:
        key = hidden((await self.look()).text)
        return await self.post({**key, **filled(), **changed})

    async def post(self, fields: dict[str, str]) -> httpx.Response:
        return await self.client.post(f"{self.here}?lang=en", data=fields, headers=self.beside)

    @property
    def beside(self) -> dict[str, str]:
        return {"Cookie": f"__Host-relais-access={self.session}"} if self.session else {}

    async def made(self, answer: httpx.Response) -> request.Open:
        """The request to whose page an answer leads."""
        assert answer.status_code == 303, words(answer)
        token = answer.headers["location"].rpartition("/")[2].partition("?")[0]
        state = (await self.running.commands.load(REQUEST, token.partition(".")[0])).state
        assert isinstance(state, request.Open)
        return state


@asynccontextmanager
async def visiting(
    database: str, organisation: str = "agora", **named: int
) -> AsyncIterator[Visitor]:
    async with serving.served(database, **named) as made:
        visitor = Visitor(made.client, made.running)
        visitor.user, visitor.roles, visitor.organisation = "sophie", MANAGES, organisation
        door = (await visitor.ask("GET", "/door")).json()["url"]
        visitor.here = f"/door/{door.rpartition('/')[2]}"
        yield visitor


@pytest.mark.requirement("OGU-03", "SM-24")
async def test_anybody_asks_on_the_page_and_who_matches_is_asked(database: str) -> None:
    async with visiting(database) as awa:
        shown = await awa.look()
        answer = await awa.send()
        created = (await awa.made(answer)).dossier.created
        page = await awa.client.get(answer.headers["location"].removeprefix("/dispatch"))
        await awa.work(REQUEST, created.request_id)
        offered = (await awa.made(answer)).dossier.offers
    for said in ("Agora", "windows", "59000 Lille", "59100 Roubaix", "Send the request"):
        assert said in words(shown)
    wish = (created.service_code, created.address, created.locality, created.details)
    assert wish == ("windows", "12 rue des Tanneurs", "Lille", "Six windows")
    where = (created.postal_code, created.commune_code, created.place)
    assert where == ("59000", "59350", serving.LILLE.centre)
    assert (created.wanted_from, created.wanted_until) == (in_days(10), in_days(14))
    who = (created.customer_name, created.customer_email, created.customer_phone)
    assert who == ("Awa Diop", "awa@example.org", None)
    assert (created.language, created.created_by) == ("en", Participant.CUSTOMER)
    assert set(offered) == set(PROVIDERS)
    assert "12 rue des Tanneurs" in words(page)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service_code", "roofs"),
        ("service_code", "Windows!"),
        ("locality", "75001 75056"),
        ("address", " "),
        ("wanted_from", ""),
        ("wanted_from", "2030-02-30T10:00"),
        ("wanted_from", "0001-01-01T00:00"),
        ("wanted_from", "2030-05-01T10:00+02:00"),
        ("wanted_until", "2020-05-01T10:00"),
        ("details", "x" * 4_001),
        ("customer_name", ""),
        ("customer_email", "awa@"),
        ("customer_phone", "12"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_what_was_entered_stays(
    database: str, field: str, value: str
) -> None:
    async with visiting(database) as awa:
        refused = await awa.send(**{field: value})
        assert refused.status_code in (409, 422), words(refused)
        assert "Nothing was sent." in words(refused)
        [at] = [one for one in refused.text.split("<") if 'aria-invalid="true"' in one]
        assert f'name="{field}"' in at
        kept = "awa@example.org" if field != "customer_email" else "Awa Diop"
        assert f'value="{kept}"' in refused.text
        assert (await awa.ask("GET", "/requests/none")).status_code == 404


@pytest.mark.parametrize(
    ("zone", "phone"),
    [("Europe/Paris", "+33612345678"), ("Africa/Casablanca", "+212612345678")],
)
async def test_a_number_without_a_country_is_dialled_where_the_marketplace_is(
    database: str, zone: str, phone: str
) -> None:
    async with visiting(database) as awa:
        [activated, *_] = serving.marketplace("agora")
        await follow(awa.running, replace(activated, time_zone=zone))
        created = await awa.made(await awa.send(customer_phone="06 12 34 56 78"))
        assert created.dossier.created.customer_phone == phone


async def test_a_form_that_is_sent_twice_makes_one_request(database: str) -> None:
    async with visiting(database) as awa:
        fields = hidden((await awa.look()).text) | filled()
        first, again = await awa.post(fields), await awa.post(fields)
        assert first.headers["location"] == again.headers["location"]
        other = await awa.post(fields | {"customer_name": "Eve"})
        assert "has changed since" in words(other) or "not as you saw" in words(other)
        assert (await awa.made(first)).dossier.created.customer_name == "Awa Diop"


async def test_one_too_many_of_a_client_is_told_when_and_loses_nothing_that_was_entered(
    database: str,
) -> None:
    async with visiting(database, max_asked_by_client=2) as awa:
        assert [(await awa.send()).status_code for _ in range(2)] == [303, 303]
        fields = hidden((await awa.look()).text) | filled()
        refused = await awa.post(fields)
        assert (refused.status_code, 'value="12 rue des Tanneurs"' in refused.text) == (429, True)
        assert 1_700 < int(refused.headers["Retry-After"]) <= 1_800
        assert "what you entered is still in the form" in words(refused)
        by_program = await awa.anybody("POST", f"{awa.here}/requests", serving.wanted())
        assert (by_program.status_code, by_program.json()["title"] != "") == (429, True)
        assert "Retry-After" in by_program.headers


async def test_all_together_ask_a_marketplace_so_often_and_another_one_besides(
    database: str,
) -> None:
    async with visiting(database) as awa:
        pool, masters = awa.running.pool, awa.running.settings.masters
        counted = Asking(pool, Vault(pool, masters), 0, 1)
        await counted.count("agora", "192.0.2.1", NOON)
        with pytest.raises(Problem) as refused:
            await counted.count("agora", "192.0.2.2", NOON + timedelta(minutes=59))
        assert refused.value.headers == {"Retry-After": "60"}
        await counted.count("forum", "192.0.2.2", NOON)
        await counted.count("agora", "192.0.2.2", NOON + timedelta(hours=1))


async def test_what_is_sent_again_and_what_is_not_as_it_should_be_counts_for_nothing(
    database: str,
) -> None:
    async with visiting(database, max_asked_by_client=1) as awa:
        assert (await awa.send(address=" ")).status_code == 422
        fields = hidden((await awa.look()).text) | filled()
        assert [(await awa.post(fields)).status_code for _ in range(2)] == [303, 303]
        assert (await awa.send()).status_code == 429


async def test_what_people_enter_is_text_on_the_page(database: str) -> None:
    async with visiting(database) as awa:
        page = await awa.send(customer_name='"><b>Awa', customer_email="no")
        assert ("<b>" in page.text, "&#34;&gt;&lt;b&gt;Awa" in page.text) == (False, True)


async def test_colleagues_of_the_marketplace_ask_nothing_there(database: str) -> None:
    async with visiting(database) as awa:
        awa.session = issue(KEY, "sophie", "agora", MANAGES)
        assert (await awa.send()).status_code == 403


async def test_a_link_that_was_made_up_and_a_marketplace_without_places_have_no_page(
    database: str,
) -> None:
    async with visiting(database) as awa:
        good, awa.here = awa.here, f"{awa.here[:-1]}{'A' if awa.here[-1] != 'A' else 'B'}"
        assert (await awa.look()).status_code == 404
        off = MarketplaceDeactivated(
            marketplace_id="agora", deactivated_by="sophie", deactivated_at=NOON + timedelta(1)
        )
        await follow(awa.running, off)
        awa.here = good
        gone = await awa.look()
        assert (gone.status_code, "at the moment" in words(gone)) == (404, True)
    async with visiting(database, "forum") as awa:
        assert (await awa.look()).status_code == 404
        assert (await awa.post(filled() | {"key": "k"})).status_code == 404


async def test_another_site_sends_no_request(database: str) -> None:
    async with visiting(database) as awa:
        fields = hidden((await awa.look()).text) | filled()
        sent = await awa.client.post(
            awa.here, data=fields, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert sent.status_code == 403

"""A marketplace, told step by step against the running platform: its operator, many providers, and
a customer who asks twice."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from contracts.accounts.organisation_v1 import OrganisationKind
from infra.tokens import Role
from tools.demo.chronicle import Chronicle
from tools.demo.house import MoveTo, eur, picture, said
from tools.demo.teller import Teller, Tokens, expect, today

AT_ONCE = 8
INVITED_AT_ONCE = 40
"""Addresses of one request. The inbox keeps 200 messages, so that all of these are read before
anybody joins: whoever joins makes several more."""
ONE_OF = 5
"""Of so many companies one works near the customer."""
FEWEST, MOST = 8, 200
"""How many companies there may be; the list that is read has 200."""
TOKEN = re.compile(r"#token=([^\s\"<&]+)")
PAGE = re.compile(r'href="[^"]*?/page/([^"/?]+)')
AROUND_LILLE = [[2.9, 50.5], [3.2, 50.5], [3.2, 50.8], [2.9, 50.8], [2.9, 50.5]]
AROUND_LYON = [[4.7, 45.6], [5.0, 45.6], [5.0, 45.9], [4.7, 45.9], [4.7, 45.6]]
ACTIVATION = {
    "marketplace_name": "Quartier Net",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "language": "fr",
}
ASSIGNMENT = {
    "broadcast": True,
    "required_proposals": 3,
    "sending_after_days": 3,
    "reminder_after_days": 2,
}
SERVICE = "windows"
LISTED = {"names": [{"language": "fr", "text": "Lavage de vitres"}], "unit": "job"}
LILLE = {
    "locality": "Lille",
    "postal_code": "59000",
    "commune_code": "59350",
    "centre": {"latitude": 50.6366, "longitude": 3.0635},
}
PASS = re.compile(r'action="(/media/passes/[^"?]+/files)')
FILES = re.compile(r"files=([0-9a-f]+)")
LINK = re.compile(r'href="(/media/links/[^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
COMMISSION = 1_200
PRICES = (9_500, 11_000, 12_500)

Enter = Callable[[str, OrganisationKind, str], Awaitable[None]]
"""Lets an organisation of a kind begin, by its id, with somebody who acts for it."""


@dataclass
class Market:
    """The marketplace of one run, and who tells its story."""

    teller: Teller
    move_to: MoveTo

    @property
    def id(self) -> str:
        return f"quartier-{self.teller.run}"

    @property
    def email(self) -> str:
        return f"awa.{self.teller.run}@example.org"

    @property
    def sophie(self) -> str:
        """The operator of the marketplace."""
        return f"sophie-{self.teller.run}"

    def provider(self, number: int) -> str:
        """The id of a company; the first ones work around Lille."""
        return f"p{number}-{self.teller.run}"

    async def operator(self, method: str, path: str, body: Any = None) -> Any:
        return await self._ask(self.sophie, self.id, "marketplace_manager", method, path, body)

    async def by(self, provider: str, method: str, path: str, body: Any = None) -> Any:
        """The answer to who manages a provider."""
        return await self._ask(manager(provider), provider, "provider_manager", method, path, body)

    async def _ask(
        self, who: str, organisation: str, role: Role, method: str, path: str, body: Any
    ) -> Any:
        token = self.teller.tokens(who, organisation, role)
        return (await self.teller.insist(token, method, path, body)).json()

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer to the operator, once the platform has come so far. Raises `Unexpected`."""
        return await self.teller.come(lambda: self.operator("GET", path), holds, path)


async def play(
    url: str,
    tokens: Tokens,
    console: Console,
    enter: Enter,
    move_to: MoveTo,
    *,
    providers: int = FEWEST,
    near: int | None = None,
    chronicle: Chronicle | None = None,
) -> None:
    """Tell the whole story with so many providers, and note it in the chronicle; those near the
    customer are asked, a fifth of them and four at least unless it is said.

    Raises `Unexpected` when the platform does anything else.
    """
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
        teller = Teller(client, tokens, console, uuid4().hex[:6], chronicle or Chronicle())
        market = Market(teller, move_to)
        near = near or max(len(PRICES) + 1, providers // ONE_OF)
        await set_up(market, enter)
        await gather(market, enter, providers, near)
        request_id = await ask(market, near, "twelve")
        page = await answer(market, request_id)
        await do_the_job(market, request_id, page)
        await stay_silent(market, near)


# --- The steps --------------------------------------------------------------


async def set_up(market: Market, enter: Enter) -> None:
    market.teller.step("A marketplace is set up: a service, a commission, and how requests go out")
    await enter(market.id, OrganisationKind.MARKETPLACE, market.sophie)
    admin = market.teller.tokens(market.sophie, market.id, "administration")
    await market.teller.insist(admin, "PUT", "/marketplace/settings/activation", ACTIVATION)
    await market.operator("PUT", "/marketplace/settings/assignment", ASSIGNMENT)
    await market.operator("PUT", f"/marketplace/settings/services/{SERVICE}", LISTED)
    places = {"localities": [LILLE]}
    await market.operator("PUT", "/marketplace/settings/localities", places)
    rate = {"valid_from": today().isoformat(), "basis_points": COMMISSION}
    await market.operator("PUT", "/marketplace/settings/commission", rate)
    market.teller.say(f"  to everybody who matches; {COMMISSION / 100:.0f} % of a price")


async def gather(market: Market, enter: Enter, count: int, near: int) -> None:
    market.teller.step(f"{count} companies are invited by mail, join, apply and are accepted")
    companies, started = [market.provider(number) for number in range(count)], perf_counter()
    for first in range(0, count, INVITED_AT_ONCE):
        some = companies[first : first + INVITED_AT_ONCE]
        tokens = await invite(market, some)

        async def come(company: str, tokens: Mapping[str, str] = tokens) -> None:
            await enter(company, OrganisationKind.PROVIDER, manager(company))
            ring = AROUND_LILLE if companies.index(company) < near else AROUND_LYON
            await join(market, company, tokens[company], ring)

        await at_once(come, some)
        joined, seconds = first + len(some), perf_counter() - started
        market.teller.say(f"  {joined} of {count} have joined [dim]({seconds:.0f} s)[/dim]")
    path = f"/marketplace/providers?limit={MOST}"
    await market.until(path, lambda one: len(one["items"]) == count)
    market.teller.say(f"  {count} are listed; {near} of them work around Lille")


async def invite(market: Market, companies: Sequence[str]) -> Mapping[str, str]:
    """The secret that each company was mailed."""
    addresses = {one: f"{one}@example.org" for one in companies}
    body = {"email_addresses": [*addresses.values()]}
    invited = (await market.operator("POST", "/marketplace/invitations", body))["items"]
    expect({one["result"] for one in invited} == {"sent"}, f"{invited}")
    return {one: await market.teller.received(to, TOKEN) for one, to in addresses.items()}


async def join(market: Market, company: str, token: str, ring: Sequence[Sequence[float]]) -> None:
    """One company, from its invitation to the service that it offers."""
    here, there = f"/marketplace/marketplaces/{market.id}", f"/marketplace/providers/{company}"
    zone = {"geojson": {"type": "Polygon", "coordinates": [ring]}}
    joining = {"token": token, "terms_version": None}
    await market.by(company, "POST", "/marketplace/marketplaces", joining)
    await market.by(company, "PUT", "/marketplace/profile/zone", zone)
    await market.by(company, "PUT", f"{here}/application", {"terms_version": None})
    await market.operator("PUT", f"{there}/acceptance", {"seen": []})
    await market.by(company, "PUT", f"{here}/services/{SERVICE}")
    await market.operator("PUT", f"{there}/services/{SERVICE}/acceptance")


async def ask(market: Market, near: int, windows: str) -> str:
    """Answers the id of the request, once all who match were asked."""
    market.teller.step(f"Awa asks for somebody who cleans {windows} windows in Lille")
    door = (await market.operator("GET", "/dispatch/door"))["url"].rpartition("/")[2]
    path = f"/dispatch/door/{door}"
    form = (await market.teller.insist("", "GET", path)).text
    page = await market.teller.fill_in(path, KEY.findall(form)[0], wanted(market, windows))
    request_id = page.rpartition("/")[2].partition(".")[0]
    path = f"/dispatch/requests/{request_id}"
    shown = await market.until(path, lambda one: len(one["offers"]) >= near)
    asked = {one["provider_id"] for one in shown["offers"]}
    expect(asked == {market.provider(n) for n in range(near)}, f"{len(asked)} are asked")
    told = (await market.operator("GET", f"{path}/explanation"))["considered"]
    missed = [one for one in told if not one["offered"]]
    reasons = {c["fact"] for one in missed for c in one["criteria"] if not c["met"]}
    market.teller.say(
        f"  {near} of {len(told)} are asked at once {market.teller.visible()};"
        f" the others: {', '.join(sorted(reasons))}"
    )
    await show_a_photo(market, page)
    return request_id


async def show_a_photo(market: Market, page: str) -> None:
    """The customer sends a photo from the page of her request, and adds it."""
    client = market.teller.client
    form = (await client.get(page)).text
    sent = await client.post(
        PASS.findall(form)[0],
        data={"key": KEY.findall(form)[0], "files": ""},
        files={"file": ("window.jpg", picture(), "image/jpeg")},
    )
    expect(sent.status_code == 303, f"a photo: {sent.status_code} {sent.text}")
    named = (await client.get(sent.headers["location"])).text
    fields = {"shown": "", "files": FILES.findall(sent.headers["location"])[0]}
    await market.teller.fill_in(f"{page}/photos", KEY.findall(named)[0], fields)
    shown = (await client.get(page)).text
    photo = await client.get(f"{LINK.findall(shown)[0]}?size=web")
    expect(photo.status_code == 200, f"her photo: {photo.status_code}")


async def answer(market: Market, request_id: str) -> str:
    """Answers the token of the customer's page, when she has chosen."""
    market.teller.step("Three answer, and see before what is left of their price; Awa compares")
    for number, price in enumerate(PRICES):
        provider, path = market.provider(number), f"/dispatch/offers/{request_id}"
        fees = await market.by(
            provider, "GET", f"{path}/fees?amount_minor={price}&vat_basis_points=2000"
        )
        await market.by(provider, "PUT", f"{path}/proposal", proposal(price))
        market.teller.say(f"  {provider}: {said(eur(price))}, of which {said(fees['net'])} is left")
    sent = f"/dispatch/requests/{request_id}"
    await market.until(sent, lambda one: len(one["sent_provider_ids"]) == len(PRICES))
    page = await market.teller.received(market.email, PAGE)
    shown = await market.teller.anybody("GET", f"/dispatch/page/{page}/request")
    [best, *_] = shown["proposals"]
    expect(best["price"] == eur(PRICES[0]), f"{shown['proposals']}")
    choice = {
        "provider_id": best["provider_id"],
        "price": best["price"],
        "arrives_from": best["slots"][0],
    }
    await market.teller.anybody("PUT", f"/dispatch/page/{page}/choice", choice)
    late = await market.teller.try_out(
        "PUT",
        f"/dispatch/page/{page}/choice",
        choice | {"provider_id": market.provider(1), "price": eur(PRICES[1])},
    )
    expect(late.status_code == 409, f"a second choice: {late.status_code}")
    market.teller.say(f"  she takes {best['provider_id']}; a second choice is refused")
    return page


async def do_the_job(market: Market, request_id: str, page: str) -> None:
    market.teller.step("The job is done and reviewed by both, and both reviews appear together")
    path = f"/dispatch/requests/{request_id}"
    job_id = (await market.until(path, lambda one: bool(one["job_id"])))["job_id"]
    provider, job = market.provider(0), f"/dispatch/jobs/{job_id}"
    left = {"arrival_expected_at": text(datetime.now(UTC) + timedelta(minutes=20))}
    await market.by(provider, "PUT", f"{job}/departure", left)
    await market.by(provider, "PUT", f"{job}/completion", {"report": "Twelve windows, all clean."})
    theirs = f"/dispatch/page/{page}/jobs/{job_id}"
    good = {"mark": 5, "comment": "Not a streak left."}
    await market.teller.anybody("PUT", f"{theirs}/review", good)
    alone = await market.teller.anybody("GET", theirs)
    expect(alone["reviews"] == [], "one review appears alone")
    await market.by(provider, "PUT", f"{job}/review", {"mark": 4, "comment": "Easy to find."})
    both = await market.teller.anybody("GET", theirs)
    marks = {one["given_by"]: one["mark"] for one in both["reviews"]}
    expect(marks == {"customer": 5, "provider": 4}, f"{marks}")
    done = await market.by(provider, "GET", job)
    market.teller.say(
        f"  {done['status']}: {said(done['amount'])}, commission {said(done['commission'])};"
        f" Awa gave {marks['customer']} of 5, and got {marks['provider']}"
    )


async def stay_silent(market: Market, near: int) -> None:
    request_id = await ask(market, near, "six")
    path = f"/dispatch/requests/{request_id}"
    shown = await market.operator("GET", path)
    created = datetime.fromisoformat(shown["created_at"])
    market.teller.step("Nobody answers: after two days it is broadcast again, by itself")
    await market.move_to(created + timedelta(days=ASSIGNMENT["reminder_after_days"], hours=1))
    again = await market.until(
        path, lambda one: {"broadcast_again"} == {offer["way"] for offer in one["offers"]}
    )
    market.teller.say(f"  to {len(again['offers'])} once more {market.teller.visible()}")
    market.teller.step("The third day ends without an answer; the first late one is taken")
    await market.move_to(created + timedelta(days=ASSIGNMENT["sending_after_days"], hours=2))
    await market.until(path, lambda one: bool(one["unanswered"]))
    offer = f"/dispatch/offers/{request_id}"
    await market.by(market.provider(3), "PUT", f"{offer}/proposal", proposal(7_000))
    late = await market.until(path, lambda one: bool(one["send_at"]))
    await market.move_to(datetime.fromisoformat(late["send_at"]))
    sent = await market.until(path, lambda one: bool(one["sent_provider_ids"]))
    expect(sent["sent_provider_ids"] == [market.provider(3)], f"{sent['sent_provider_ids']}")
    market.teller.say(f"  one proposal goes to Awa when its delay ends, on {late['send_at'][:10]}")


# --- What the steps share ---------------------------------------------------


async def at_once(do: Callable[[str], Awaitable[None]], items: Sequence[str]) -> None:
    """Do it for all, a few at a time. Raises the first `Unexpected`."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: str) -> None:
        async with gate:
            await do(item)

    try:
        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from broken


def manager(provider: str) -> str:
    """The id of who manages a provider."""
    return f"m-{provider}"


def text(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def in_days(days: int) -> str:
    return text((datetime.now(UTC) + timedelta(days)).replace(minute=0, second=0))


def at_clock(days: int) -> str:
    """A time in so many days, as a browser sends it."""
    at = datetime.now(ZoneInfo(str(ACTIVATION["time_zone"]))) + timedelta(days)
    return at.strftime("%Y-%m-%dT%H:00")


def wanted(market: Market, windows: str) -> dict[str, str]:
    """The fields of the page on which anybody asks."""
    return {
        "service_code": SERVICE,
        "locality": f"{LILLE['postal_code']} {LILLE['commune_code']}",
        "address": "12 rue des Tanneurs",
        "wanted_from": at_clock(10),
        "wanted_until": at_clock(14),
        "details": f"{windows.title()} windows",
        "customer_name": "Awa Diop",
        "customer_email": market.email,
    }


def proposal(price: int) -> dict[str, Any]:
    return {
        "price": eur(price),
        "vat_basis_points": 2_000,
        "slots": [in_days(11), in_days(12)],
        "scope": "All windows, both sides",
        "valid_until": in_days(9),
    }

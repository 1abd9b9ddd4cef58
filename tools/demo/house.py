"""The dealership of the demo's story, its people, and the browser of its customer."""

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from PIL import Image

from infra.testing.cards import CardServer
from infra.testing.phones import Phone
from tools.demo.teller import Teller, expect

GROUP = "garages-demo"
"""The group of dealerships. It has to be founded before the story begins."""
MAYA = "maya-demo"
ZONE = ZoneInfo("Europe/Paris")
PADS = {"label": "Plaquettes avant", "level": "urgent"}
READ_OFF: dict[str, Any] = {"unit": "millimetre", "thousandths": 2_400}
MEASURED = {"label": PADS["label"], "checklist_item_id": "pads", "measurement": READ_OFF}
"""The pads before anybody says how urgent they are: their thickness does."""
TYRES = {"label": "Pneus", "level": "advised", "ordinal": 1}
HIDDEN = re.compile(r'name="(key|shown)" value="([^"]*)"')
HOMES = (
    (ZoneInfo("Europe/Paris"), "+3361", 7),
    (ZoneInfo("America/Cayenne"), "+5946942", 5),
    (ZoneInfo("Pacific/Noumea"), "+68775", 4),
)
"""Where customers of French dealerships live: between them it is day somewhere at any hour. Each
number that begins so is one of the place; of others the time zone is not known."""
DAY = range(8, 19)

MoveTo = Callable[[datetime], Awaitable[None]]
"""Lets all happen that falls due until then."""


@dataclass
class House:
    """The dealership of one run, and who tells its story."""

    teller: Teller
    cards: CardServer
    move_to: MoveTo
    """Of reminders."""
    move_cases_to: MoveTo
    phone: Phone = field(default_factory=Phone)
    dealership_id: str = ""
    adviser_id: str = ""
    technician_id: str = ""
    device_id: str = ""

    @property
    def today(self) -> date:
        return datetime.now(ZONE).date()

    @property
    def email(self) -> str:
        return f"claire.{self.teller.run}@example.org"

    @property
    def manager(self) -> str:
        return self.teller.tokens(MAYA, GROUP, "group_manager")

    @property
    def head(self) -> str:
        """A token of the manager of the dealership alone, who sees its statistics."""
        return self.teller.tokens(MAYA, GROUP, "dealership_manager", [self.dealership_id])

    @property
    def adviser(self) -> str:
        at = [self.dealership_id]
        return self.teller.tokens(self.adviser_id, GROUP, "administrative_agent", at)

    async def ask(self, token: str, method: str, path: str, body: Any = None) -> Any:
        """The answer to whoever has the token. Raises `Unexpected` unless there is one in time."""
        return (await self.teller.insist(token, method, path, body)).json()

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer to the adviser, once the platform has come so far. Raises `Unexpected`."""
        return await self.teller.come(lambda: self.ask(self.adviser, "GET", path), holds, path)

    # --- The browser of the customer --------------------------------------------------------

    async def read(self, page: str) -> str:
        """A page as it is now."""
        answer = await self.teller.client.get(page)
        expect(answer.is_success, f"{page}: {answer.status_code}")
        return answer.text

    def show_link(self, page: str) -> None:
        """Tell where the page is that the customer has before her eyes."""
        self.teller.say(f"  her page: {str(self.teller.client.base_url).rstrip('/')}{page}")

    async def read_once(self, page: str, wanted: str) -> str:
        """A page, once it says something. Raises `Unexpected` when it never does."""
        return str(await self.teller.come(lambda: self.read(page), lambda one: wanted in one, page))

    async def send(self, page: str, act: str, **fields: str) -> httpx.Response:
        """A form of a page, as it was shown, sent off. Raises `Unexpected` unless it is taken."""
        hidden = dict(HIDDEN.findall(await self.read(page)))
        answer = await self.teller.client.post(
            f"{page}/{act}", data={**hidden, "key": uuid4().hex, **fields}
        )
        expect(answer.status_code == 303, f"{page}/{act}: {answer.status_code}")
        return answer


def number_by_day(run: str, now: datetime) -> str:
    """The phone number of somebody for whom it is day: in the night nobody is written to."""
    prefix, digits = next(
        (prefix, digits) for zone, prefix, digits in HOMES if now.astimezone(zone).hour in DAY
    )
    return f"{prefix}{int(run, 16) % 10**digits:0{digits}}"


def eur(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "EUR"}


def priced(amount_minor: int) -> dict[str, Any]:
    return {"price": {"amount": eur(amount_minor), "mode": "including_vat"}}


def said(money: dict[str, Any]) -> str:
    """An amount, as people write it."""
    return f"{money['amount_minor'] / 100:.2f} {money['currency']}"


def picture() -> bytes:
    """A photo."""
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "#8a5a44").save(made, "JPEG")
    return made.getvalue()

"""A day in a depot, told step by step against the running platform: its manager, two operators, a
courier, the people of the platform, and recipients."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from infra.tokens import Role
from tools.demo.chronicle import Chronicle
from tools.demo.teller import SEEN_WITHIN, Teller, Tokens, expect

OPERATOR = "relais-demo"
"""The organisation that operates the platform. It has to be founded before the story begins."""
LEA = "lea-demo"
ICE = "001561191000066"
PASSWORD = "a lorry full of parcels"
DUE = 34_900
SHORT = 10_000
CODE = re.compile(r"\b\d{6}\b")
TABLE = """{header}
{run}-1;Casablanca;Salma Idrissi;0612000001;12 rue Ibn Batouta;1;349,00
{run}-2;Fès;سلمى الإدريسي;0612000002;8 rue de Fès;2;349,00
{run}-3;Rabat;Youssef Alami;no phone;3 avenue Hassan II;1;
"""


HEADER = (
    "tracking_number;city;recipient_name;recipient_phone;recipient_address;parcels;cash_on_delivery"
)


@dataclass(frozen=True)
class Depot:
    """The people of one depot; each run has one of its own."""

    teller: Teller
    organisation: str
    nadia: str
    omar: str = ""
    hind: str = ""
    karim: str = ""

    async def ask(
        self, who: str, role: Role, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One request of somebody of the depot; raises `Unexpected` unless it succeeds in time."""
        return await asked(self.teller, self.organisation, who, role, method, path, body, **headers)

    async def manager(self, method: str, path: str, body: Any = None) -> Any:
        return (await self.ask(self.nadia, "administration", method, path, body)).json()

    async def operator(self, method: str, path: str, body: Any = None, who: str = "") -> Any:
        return (await self.ask(who or self.omar, "operator", method, path, body)).json()

    async def courier(self, method: str, path: str, body: Any = None) -> Any:
        return (await self.ask(self.karim, "courier", method, path, body)).json()

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer to the manager, once the platform has come so far. Raises `Unexpected`."""
        return await self.teller.come(lambda: self.manager("GET", path), holds, path)


async def play(
    url: str, tokens: Tokens, console: Console, *, chronicle: Chronicle | None = None
) -> None:
    """Tell the whole story, and note it in the chronicle.

    Raises `Unexpected` when the platform does anything else.
    """
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
        teller = Teller(client, tokens, console, uuid4().hex[:6], chronicle or Chronicle())
        depot = await let_in(teller)
        depot = await add_people(depot)
        first, second = await bring_orders(depot)
        await prepare(depot, [first, second])
        tour_id = await send_out(depot, [first, second])
        await deliver(depot, tour_id, first, second)
        claim = await check_return(depot, second)
        await count_shelf(depot, second)
        await cash_up(depot)
        await be_helped(depot, tour_id, claim)
        await look_back(depot)


# --- The steps --------------------------------------------------------------


async def let_in(teller: Teller) -> Depot:
    teller.step("A depot registers itself, is refused, corrects what was wrong and is let in")
    number = int(teller.run, 16) % 10**8
    phone, card = f"06{number:08}", f"BK{number % 10**6:06}"
    await teller.anybody("POST", "/accounts/phone-codes", {"phone": phone})
    code = await teller.received(f"+212{phone[1:]}", CODE)
    registration = {
        "name": f"Dépôt Maarif {teller.run}",
        "manager_name": "Nadia Alaoui",
        "identity_card": card,
        "company_number": ICE,
        "address": f"{number} rue Ibn Batouta",
        "city": "Casablanca",
        "conditions_version": (await teller.anybody("GET", CONDITIONS))["version"],
    }
    proof = {"partnership": "depot", "phone": phone, "code": code, "password": PASSWORD}
    made = await teller.anybody("POST", "/accounts/registrations", registration | proof)
    depot = Depot(teller, made["organisation_id"], made["user_id"])
    await barred(depot, "registration-pending")
    await decide(depot, "rejection", reason="There is no such street.")
    shown = await depot.manager("GET", "/accounts/organisation/registration")
    teller.say(f"  rejected: « {shown['reason']} »")
    corrected = registration | {"address": f"{number % 90 + 1} rue Ibn Batouta"}
    await depot.manager("PUT", "/accounts/organisation/registration", corrected)
    await decide(depot, "confirmation")
    teller.say("  RegistrationSubmitted, -Rejected, -Corrected, -Confirmed: all four stay known")
    return depot


async def add_people(depot: Depot) -> Depot:
    depot.teller.step("Nadia adds two operators and a courier")
    run, made = depot.teller.run, {}
    people = (("omar", "operator"), ("hind", "operator"), ("karim", "courier"))
    for n, (name, role) in enumerate(people):
        about = {
            "last_name": "Berrada",
            "first_name": name.title(),
            "email": f"{name}.{run}@example.org",
            "phone": f"+2126{(int(run, 16) + n + 1) % 10**8:08}",
            "password": PASSWORD,
            "roles": [role],
        }
        made[name] = (await depot.manager("POST", "/accounts/depot-users", about))["id"]
    depot.teller.say("  they sign in at once: " + ", ".join(name.title() for name in made))
    return Depot(depot.teller, depot.organisation, depot.nadia, **made)


async def bring_orders(depot: Depot) -> tuple[str, str]:
    depot.teller.step("A file of orders comes: two are good, one has no phone number")
    answer = await depot.ask(
        depot.omar,
        "operator",
        "POST",
        "/depot_tours/orders/imports",
        table(depot),
        **{"Content-Type": "text/csv"},
    )
    told = answer.json()
    expect((told["registered"], told["refused"]) == (2, 1), f"{told}")
    bad = told["lines"][2]
    depot.teller.say(f"  line {bad['line']} is refused: {bad['cells'][0]['detail']}")
    first, second = (line["order_id"] for line in told["lines"][:2])
    return first, second


async def prepare(depot: Depot, orders: Sequence[str]) -> None:
    depot.teller.step("Omar prepares both by scanning their parcels")
    for order_id in orders:
        path = f"/depot_tours/orders/{order_id}"
        await depot.manager("PUT", f"{path}/preparation", {"operator_id": depot.omar})
        for code in (await depot.manager("GET", path))["parcel_codes"]:
            await depot.operator("POST", f"{path}/preparation/scans", {"scanned": code})
        await depot.operator("PUT", f"{path}/preparation/completion", {})
    depot.teller.say("  OrderPrepared, twice; the scans are the proof")


async def send_out(depot: Depot, orders: Sequence[str]) -> str:
    depot.teller.step("Karim takes them out on a tour; both sides agree by a code of six digits")
    body = {"courier_id": depot.karim, "order_ids": orders}
    tour_id: str = (await depot.operator("POST", "/depot_tours/tours", body))["id"]
    path = f"/depot_tours/tours/{tour_id}"
    tour = await depot.operator("GET", path)
    codes = [code for order in tour["orders"] for code in order["parcel_codes"]]
    for code in codes:
        await depot.operator("POST", f"{path}/scans", {"scanned": code})
    taken = await depot.courier("POST", f"{path}/handovers", {"loaded": sorted(codes)})
    await depot.operator("PUT", f"{path}/exit", {"code": taken["code"]})
    depot.teller.say(f"  TourCheckedOut: {len(codes)} parcels are in Karim's hands")
    return tour_id


async def deliver(depot: Depot, tour_id: str, first: str, second: str) -> None:
    depot.teller.step("A recipient pays for one order, nobody opens for the other one")
    path = f"/depot_tours/tours/{tour_id}/orders"
    await depot.courier("PUT", f"{path}/{first}/delivery", {"cash": dirhams(DUE)})
    door = {"latitude": 34.03, "longitude": -5.0}
    absent = {"reason": "absent", "called": True, "location": door}
    await depot.courier("PUT", f"{path}/{second}/failures/1", absent)
    await depot.courier("PUT", f"{path}/{second}/return")
    depot.teller.say(f"  {DUE / 100:.0f} DH are in Karim's pocket, two parcels come back")


async def check_return(depot: Depot, order_id: str) -> str:
    depot.teller.step("Hind counts what came back: a parcel is missing, which opens a claim")
    state = "/depot/returns?state=in_depot"
    [back] = (await depot.until(state, lambda found: bool(found["items"])))["items"]
    path = f"/depot_tours/returns/{order_id}"
    kept, lost = (await depot.manager("GET", path))["parcel_codes"]
    body = {
        "parcels": [
            {"parcel": kept, "finding": "received"},
            {"parcel": lost, "finding": "missing"},
        ],
        "cash_on_delivery": back["cash_on_delivery"],
    }
    await depot.operator("PUT", f"{path}/check", body, depot.hind)
    shelf = {"parcel": kept, "shelf": "B-12"}
    await depot.operator("PUT", f"{path}/shelf", shelf, depot.hind)
    shown = await depot.manager("GET", path)
    claim: str = shown["discrepancy"]["claim_id"]
    depot.teller.say(f"  the other one is on shelf B-12; claim {claim} names Karim")
    return claim


async def count_shelf(depot: Depot, order_id: str) -> None:
    depot.teller.step("Nadia has shelf B-12 counted blind; Omar finds a strange parcel there")
    [kept] = (await depot.manager("GET", f"/depot_tours/returns/{order_id}"))["stored"]
    await depot.until(
        "/depot/returns?state=approved",
        lambda found: any(one["stored"][0]["shelf"] for one in found["items"]),
    )
    made = await depot.manager("POST", "/inventories/inventories", {"shelves": ["B-12"]})
    path = f"/inventories/inventories/{made['id']}"
    strange = f"{depot.teller.run}-9".upper()
    scanned = {"count": 1, "shelf": "B-12", "parcels": [kept["parcel_code"], strange]}
    await depot.operator("POST", f"{path}/scans", scanned)
    await depot.manager("POST", f"{path}/counts", {"count": 1, "parcels": 2})
    blind = await depot.operator("GET", path, who=depot.hind)
    expect(blind["differences"] is None, "who counts saw what differs")
    await depot.operator("POST", f"{path}/scans", scanned | {"count": 2}, depot.hind)
    await depot.manager("POST", f"{path}/counts", {"count": 2, "parcels": 2})
    differs = (await depot.manager("GET", path))["differences"]
    expect([one["parcel_code"] for one in differs] == [strange], f"{differs}")
    why = {"parcel": strange, "explanation": "came_unscanned"}
    await depot.manager("PUT", f"{path}/explanations", why)
    await depot.manager("PUT", f"{path}/closing", {"settled": [why | {"claim_id": None}]})
    depot.teller.say(f"  {strange}: surplus in both counts, explained; the inventory is closed")


async def cash_up(depot: Depot) -> None:
    depot.teller.step(
        "Omar counts Karim's cash without seeing what is expected; 100 DH are missing"
    )
    path = f"/tills/days/{today()}"
    await depot.until("/depot/tills", lambda found: bool(found["items"]))
    counted = {"courier_id": depot.karim, "counted": dirhams(DUE - SHORT)}
    await depot.operator("POST", f"{path}/counts", counted)
    seen = counted | {"expected": dirhams(DUE), "gap_reason": "wrong_change"}
    await depot.manager("PUT", f"{path}/close", {"couriers": [seen]})
    [courier] = (await depot.manager("GET", path))["couriers"]
    gap, why = courier["gap"]["amount_minor"] / 100, courier["gap_reason"]
    depot.teller.say(f"  TillClosed, GapRecorded: {gap:.2f} DH, {why}")


async def be_helped(depot: Depot, tour_id: str, claim: str) -> None:
    depot.teller.step("Nadia asks support about the tour, and is answered")
    body = {
        "type": "problem",
        "subject": "A parcel is missing",
        "message": f"How do we settle the claim {claim}?",
        "about": {"kind": "tour", "id": tour_id},
    }
    made = await depot.manager("POST", "/support/requests", body)
    path = f"/support/requests/{made['id']}"
    answer = {"message": "Karim's insurer pays. We have written to him.", "messages": 0}
    await asked(depot.teller, OPERATOR, LEA, "logistics", "POST", f"{path}/answers", answer)
    shown = await depot.manager("GET", path)
    expect(shown["status"] == "answered", f"the request is {shown['status']}")
    await depot.manager("PUT", f"{path}/closure", {"messages": 1})
    depot.teller.say(f"  request {made['id']} is answered, and closed by Nadia")


async def look_back(depot: Depot) -> None:
    depot.teller.step("What the manager sees in the evening")
    card = "/depot/scorecard"
    found = await depot.until(
        card, lambda one: any(row["discrepancies"] and row["cash_gaps"] for row in one["items"])
    )
    [row] = found["items"]
    held = await depot.manager("GET", "/depot/returns/held")
    depot.teller.say(
        f"  Karim: {row['handed_over']} delivered, {row['given_back']} came back,"
        f" {row['discrepancies']} discrepancy, {row['cash_gaps']} gap of cash"
        f"   in the depot: {held['orders']} order {depot.teller.visible()}"
    )


# --- What the steps share ---------------------------------------------------

CONDITIONS = "/accounts/registrations/conditions"


def table(depot: Depot) -> str:
    """The file of orders as a partner would save it."""
    return TABLE.format(header=HEADER, run=depot.teller.run.upper())


def dirhams(amount_minor: int) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": "MAD"}


def today() -> date:
    """The day it is for depots."""
    return datetime.now(ZoneInfo("Africa/Casablanca")).date()


async def asked(
    teller: Teller,
    organisation: str,
    who: str,
    role: Role,
    method: str,
    path: str,
    body: Any = None,
    **headers: str,
) -> httpx.Response:
    """One request of somebody. Raises `Unexpected` unless it succeeds in time."""
    token = teller.tokens(who, organisation, role)
    return await teller.insist(token, method, path, body, **headers)


async def barred(depot: Depot, why: str) -> None:
    """Nobody of a depot that is not let in sees anything of it (G-20)."""
    token = depot.teller.tokens(depot.nadia, depot.organisation, "administration")
    started = perf_counter()
    while True:
        answer = await depot.teller.client.get(
            "/depot_tours/orders/none", headers={"Authorization": f"Bearer {token}"}
        )
        told = answer.json()["type"].rpartition(":")[2]
        if told == why:
            break
        expect(perf_counter() - started < SEEN_WITHIN, f"a depot that waits is told {told}")
        await asyncio.sleep(0.05)
    depot.teller.say(f"  until somebody has looked at it, every door says {told}")


async def decide(depot: Depot, decision: str, **more: str) -> None:
    """Léa of the platform decides about the registration, on what she sees."""
    teller = depot.teller
    started = perf_counter()
    while True:
        path = "/backoffice/registrations/to-check?limit=200"
        answer = await asked(teller, OPERATOR, LEA, "administration", "GET", path)
        mine = [o for o in answer.json()["items"] if o["organisation_id"] == depot.organisation]
        if mine and (decision == "rejection" or mine[0]["refused_before"]):
            break
        expect(perf_counter() - started < SEEN_WITHIN, "the registration waits for nobody")
        await asyncio.sleep(0.05)
    where = f"/accounts/registrations/{depot.organisation}/{decision}"
    await asked(
        teller, OPERATOR, LEA, "administration", "PUT", where, {"seen": mine[0]["seen"], **more}
    )

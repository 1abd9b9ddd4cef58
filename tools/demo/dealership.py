"""A case of a dealership, told step by step against the running platform: a technician's phone
without connection, an adviser, a customer who answers, pays and comes back, and the manager who
forgets her at the end."""

import asyncio
import hashlib
import json
import re
from datetime import UTC, datetime
from time import perf_counter, time
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console

from infra.testing.cards import CardServer
from infra.testing.phones import Phone
from infra.tokens import Role
from tools.demo import afterwards
from tools.demo.chronicle import Chronicle
from tools.demo.depot import LEA, OPERATOR
from tools.demo.house import (
    GROUP,
    MAYA,
    MEASURED,
    PADS,
    READ_OFF,
    TYRES,
    House,
    MoveTo,
    eur,
    number_by_day,
    picture,
    priced,
)
from tools.demo.teller import SEEN_WITHIN, Teller, Tokens, expect

OPENED = {
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "country": "FR",
    "default_language": "fr",
    "vat_basis_points": 2_000,
    "main_brand": "renault",
    "main_brand_name": "Renault",
}
THRESHOLDS = {
    "advised_below_thousandths": 5_000,
    "urgent_below_thousandths": 3_000,
    "urgent_due_days": 7,
}
CHECKLIST = {
    "title": "Révision",
    "language": "fr",
    "categories": [
        {
            "label": "Freins",
            "items": [
                {
                    "item_id": "pads",
                    "label": PADS["label"],
                    "measurement": {"unit": "millimetre", "thresholds": THRESHOLDS},
                }
            ],
        }
    ],
}
PAGE = re.compile(r'href="[^"]*?(/interventions/page/[^"]+)"')
THREAD = re.compile(r'href="[^"]*?(/conversations/page/[^"]+)"')


HOW_IT_WORKS = {
    "modules": ["mechanical", "work_report"],
    "booking_link": "https://garage.example/rendez-vous",
    "reminders_allowed": True,
    "reminders_automatic": True,
    "reminder_lead_days": 20,
    "reminder_grouping_days": 30,
}


async def play(
    url: str,
    tokens: Tokens,
    console: Console,
    cards: CardServer,
    move_to: MoveTo,
    move_cases_to: MoveTo,
    *,
    chronicle: Chronicle | None = None,
) -> None:
    """Tell the whole story, and note it in the chronicle. The platform has to pay by the cards.

    Raises `Unexpected` when the platform does anything else.
    """
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as client:
        run = uuid4().hex[:6]
        teller = Teller(client, tokens, console, run, chronicle or Chronicle())
        house = House(teller, cards, move_to, move_cases_to)
        await open_house(house)
        await afterwards.take_cards(house)
        await pair(house)
        case_id = await synchronise(house, await walk_round(house))
        await price(house, case_id, 12_000)
        first = await house.teller.received(house.email, PAGE)
        page = await revise(house, case_id, first)
        await chat(house, case_id, page)
        await answer(house, case_id, page)
        await afterwards.play(house, case_id, page)
        await afterwards.close(house, case_id, page)
        await look_back(house, case_id)
        await forget(house, case_id, page)


# --- The steps --------------------------------------------------------------


async def open_house(house: House) -> None:
    house.teller.step("A dealership opens, with an adviser and a technician who has no password")
    name = f"Garage du Parc {house.teller.run}"
    founder = house.teller.tokens(MAYA, GROUP, "administration")
    body = OPENED | {"dealership_name": name}
    opened = await house.ask(founder, "POST", "/dealerships/dealerships", body)
    house.dealership_id = opened["id"]
    house.adviser_id = await added(house, "Aubry", "administrative_agent")
    house.technician_id = await added(house, "Tixier", "technician")
    operator = house.teller.tokens(LEA, OPERATOR, "administration")
    path = f"/dealerships/dealerships/{house.dealership_id}/licences"
    await house.ask(operator, "PUT", path, {"licences": ["chat", "online_payment"]})
    settings = f"/dealerships/dealerships/{house.dealership_id}/settings"
    await house.ask(house.manager, "PUT", settings, HOW_IT_WORKS)
    checklists = f"/dealerships/dealerships/{house.dealership_id}/checklists"
    await house.ask(house.manager, "POST", checklists, CHECKLIST)
    house.teller.say(f"  {name}: licensed for chat and cards by the operator")


async def pair(house: House) -> None:
    house.teller.step("A phone is paired by a code of one use, and proves the key it made")
    path = f"/dealerships/dealerships/{house.dealership_id}/devices"
    made = await house.ask(house.manager, "POST", path, {"name": f"pont-{house.teller.run}"})
    code = made["link"].partition("#code=")[2]
    pairing = {
        "code": code,
        "public_key": {"kty": "OKP", "crv": "Ed25519", "x": house.phone.x},
        "proof": house.phone.signs(aud="relais", code=code),
        "version": "1.0",
    }
    paired = await house.teller.anybody("POST", "/dealerships/pairings", pairing)
    house.device_id = paired["device_id"]
    other = Phone()
    stolen = pairing | {
        "public_key": {"kty": "OKP", "crv": "Ed25519", "x": other.x},
        "proof": other.signs(aud="relais", code=code),
    }
    again = await house.teller.try_out("POST", "/dealerships/pairings", stolen)
    expect(again.is_client_error, f"a second phone is answered {again.status_code}")
    house.teller.say(f"  paired; another phone with the same code: {again.json()['title']}")


async def walk_round(house: House) -> list[tuple[str, Any]]:
    house.teller.step("Theo walks round a car in the cellar, where no phone has a connection")
    customer = {
        "title": "madam",
        "last_name": "Dupont",
        "first_name": "Claire",
        "email": house.email,
        "phone": number_by_day(house.teller.run, datetime.now(UTC)),
    }
    parts = [
        ("customer", customer),
        ("vehicle", {"plate": "AB-123-CD", "mileage_km": 84_210}),
        ("works/pads", MEASURED),
        ("works/tyres", TYRES),
    ]
    house.teller.say(f"  a photo and {len(parts)} parts wait in the phone")
    return parts


async def synchronise(house: House, parts: list[tuple[str, Any]]) -> str:
    house.teller.step("The phone finds a connection: the case comes late, in parts, and twice")
    device, photo = await signed_in(house), picture()
    about = {"name": "p.jpg", "media_type": "image/jpeg", "size_bytes": len(photo)}
    upload = about | {"purpose": "other", "sha256": hashlib.sha256(photo).hexdigest()}
    file_id = (await house.ask(device, "POST", "/media/uploads", upload))["id"]
    await house.ask(device, "PUT", f"/media/uploads/{file_id}/pieces/0", photo)
    await house.ask(device, "PUT", f"/media/uploads/{file_id}/completion")
    made = {
        "key": f"phone-{house.teller.run}",
        "dealership_id": house.dealership_id,
        "module": "mechanical",
        "reference": f"OR-{house.teller.run}",
        "author_id": house.technician_id,
    }
    ids = [(await house.ask(device, "POST", "/interventions/cases", made))["id"] for _ in range(2)]
    expect(ids[0] == ids[1], "two cases came out of one")
    path = f"/interventions/cases/{ids[0]}"
    media = ("media/m1", {"file_id": file_id, "work_id": "pads"})
    for part, body in [*reversed(parts), media, *parts]:
        await house.ask(device, "PUT", f"{path}/{part}", body)
    await house.ask(device, "PUT", f"{path}/completion", {"works": 2, "media": 1})
    shown = await house.until(
        f"/dealer/cases/{ids[0]}", lambda found: found["last_name"] == "Dupont"
    )
    house.teller.say(f"  one case came out: {shown['status']} {house.teller.visible()}")
    works = (await house.ask(house.adviser, "GET", path))["works"]
    [pads] = [one for one in works if one["work_id"] == "pads"]
    thickness = READ_OFF["thousandths"] / 1_000
    house.teller.say(f"  pads of {thickness} mm are {pads['level']}, and due on {pads['due_on']}")
    return str(ids[0])


async def price(house: House, case_id: str, pads: int) -> None:
    house.teller.step(f"The adviser prices the pads at {pads / 100:.0f} € and sends the case")
    path = f"/interventions/cases/{case_id}"
    await house.ask(house.adviser, "PUT", f"{path}/works/pads", PADS | priced(pads))
    await house.ask(house.adviser, "PUT", f"{path}/works/tyres", TYRES | priced(24_000))
    seen = {"works": 2, "media": 1, "proposed": eur(pads + 24_000)}
    sending = {"channels": ["email", "sms"], "seen": seen}
    await house.ask(house.adviser, "POST", f"{path}/sending", sending)
    house.teller.say("  sent by mail and by text message")


async def revise(house: House, case_id: str, former: str) -> str:
    path = f"/interventions/cases/{case_id}/revisions"
    await house.ask(house.adviser, "POST", path, {"version": 1})
    await price(house, case_id, 11_000)
    page = await house.teller.received(house.email, PAGE, former)
    gone = (await house.teller.client.get(former)).status_code
    expect(gone == 410, f"the page of the first version is answered {gone}")
    house.teller.say("  the second version is at a new address; the first one is gone")
    house.show_link(page)
    return page


async def chat(house: House, case_id: str, page: str) -> None:
    house.teller.step("Claire asks on the page, and reads the answer there")
    [thread] = THREAD.findall(await house.read(page))
    form = {"key": f"chat-{house.teller.run}", "shown": "0", "message": "Can the brakes wait?"}
    asked = await house.teller.client.post(f"{thread}/messages", data=form)
    expect(asked.status_code == 303, f"the question is answered {asked.status_code}")
    opened = await house.ask(
        house.adviser, "POST", "/conversations/customer-threads", {"case_id": case_id}
    )
    path = f"/conversations/threads/{opened['id']}/messages"
    await house.ask(house.adviser, "POST", path, {"message": "No, they cannot.", "read": 1})
    expect("No, they cannot." in await house.read(thread), "the answer is not on the page")
    house.teller.say("  « Can the brakes wait? » — « No, they cannot. »")


async def answer(house: House, case_id: str, page: str) -> None:
    house.teller.step("Claire refuses what is urgent, knowing the risk, and accepts the tyres")
    decided: dict[str, Any] = {"version": 2, "accepted": ["tyres"]}
    careless = await house.teller.try_out("PUT", f"{page}/answer", decided)
    expect(careless.status_code == 422, f"without the risk: {careless.status_code}")
    watched = f"/cases/{case_id}"
    headers = {"Authorization": f"Bearer {house.adviser}"}
    stream = house.teller.client.stream(
        "GET", "/dealer/live", params={"watch": watched}, headers=headers
    )
    async with stream as told, asyncio.timeout(SEEN_WITHIN):
        lines = (line async for line in told.aiter_lines() if line.startswith("data: "))
        await anext(lines)
        started = perf_counter()
        knowing = decided | {"risks_acknowledged": ["pads"]}
        await house.teller.anybody("PUT", f"{page}/answer", knowing)
        heard = json.loads((await anext(lines)).removeprefix("data: "))["query"]
    expect(heard == watched, f"the adviser was told of {heard}")
    house.teller.seen_ms.append((perf_counter() - started) * 1000)
    house.teller.say(f"  the adviser's screen is told of it {house.teller.visible()}")
    shown = await house.until(f"/dealer{watched}", lambda found: found["status"] == "answered")
    accepted = shown["accepted"]["including_vat"]["amount_minor"]
    expect(accepted == 24_000, f"{accepted} were accepted")


async def look_back(house: House, case_id: str) -> None:
    house.teller.step("A year later: all that was said about the case, as it stood at each moment")
    path = f"/interventions/cases/{case_id}"
    facts = (await house.ask(house.adviser, "GET", f"{path}/history?limit=200"))["items"]
    named = [fact["type"].rpartition(".")[2] for fact in facts]
    expect("line_refused" in named, f"{named}")
    house.teller.say(f"  {len(named)} facts: {', '.join(dict.fromkeys(named))}")
    offered = []
    for moment in ("sent", "revision_begun", "answered"):
        at = facts[named.index(moment)]["recorded_at"]
        then = await house.ask(house.adviser, "GET", f"{path}?as_of={at}")
        proposed = then["proposed"]["including_vat"]["amount_minor"]
        offered.append((then["status"], proposed))
        answered = "nothing" if then["answer"] is None else said_then(then["answer"])
        house.teller.say(
            f"  at {moment}: version {then['version']}, {proposed / 100:.0f} € proposed,"
            f" answered: {answered}"
        )
    expect(
        offered == [("sent", 36_000), ("pending_send", 36_000), ("answered", 35_000)],
        f"the past is {offered}",
    )


def said_then(answer: dict[str, Any]) -> str:
    """The decision of each line, as somebody reads it out."""
    taken = {True: "accepted", False: "refused"}
    return ", ".join(f"{one['label']} {taken[one['accepted']]}" for one in answer["lines"])


async def forget(house: House, case_id: str, page: str) -> None:
    house.teller.step("Claire is forgotten: nothing is left of her but X")
    listed = await house.until(
        f"/dealer/customers?dealership_id={house.dealership_id}", lambda one: bool(one["items"])
    )
    path = f"/customers/customers/{listed['items'][0]['customer_id']}"
    seen = await house.ask(house.manager, "GET", f"{path}/erasure")
    confirmed = {name: seen[name] for name in ("cases", "vehicles", "merged_ids")}
    await house.ask(house.manager, "PUT", f"{path}/erasure", confirmed)
    await house.until(f"/dealer/cases/{case_id}", lambda found: found["last_name"] == "X")
    certificate = f"{path}/erasure/certificate"
    await house.until(certificate, lambda found: bool(found["complete"]))
    gone = (await house.teller.client.get(page)).status_code
    expect(gone == 410, f"her page is answered {gone}")
    house.teller.say(f"  the case says X, her page is gone {house.teller.visible()}")


# --- What the steps share ---------------------------------------------------


async def added(house: House, last_name: str, role: Role) -> str:
    """Somebody new at the dealership; a technician has no address to sign in with."""
    place = {"dealership_id": house.dealership_id, "roles": [role]}
    body: dict[str, Any] = {
        "last_name": last_name,
        "first_name": "Theo",
        "dealerships": [place],
    }
    if role != "technician":
        body["email"] = f"{last_name}.{house.teller.run}@example.org"
    made = await house.ask(house.manager, "POST", "/accounts/dealership-users", body)
    return str(made["id"])


async def signed_in(house: House) -> str:
    """A token of the phone, for an assertion that it signs. Raises `Unexpected`."""
    started = perf_counter()
    while True:
        assertion = house.phone.signs(
            iss=house.device_id,
            sub=house.device_id,
            aud="relais-accounts",
            exp=int(time()) + 120,
            jti=uuid4().hex,
        )
        body = {"device_id": house.device_id, "assertion": assertion}
        answer = await house.teller.try_out("POST", "/accounts/device-tokens", body)
        if answer.is_success:
            return str(answer.json()["access_token"])
        expect(perf_counter() - started < SEEN_WITHIN, f"the phone is not let in: {answer.text}")
        await asyncio.sleep(0.05)

"""The second half of the case of a dealership: it is paid by card, what was done is reported, what
was put off becomes reminders, one of them is booked, and a part of the money goes back."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from infra.testing.cards import DECLINED_CARD, GOOD_CARD, KEY, PUBLISHABLE, SECRET
from tools.demo.house import PADS, ZONE, House, eur, priced, said
from tools.demo.teller import expect

KEYS = {"restricted_key": KEY, "publishable_key": PUBLISHABLE, "webhook_secret": SECRET}
COMPANY = {
    "legal_name": "Garage du Parc SAS",
    "company_number": "73282932000074",
    "vat_number": "FR44732829320",
    "registered_office": "1 quai Perrache",
    "postal_code": "69002",
    "city": "Lyon",
    "country": "FR",
}
BATTERY = {"label": "Batterie", "level": "advised", "ordinal": 2}
PADS_PRICE, BATTERY_PRICE, TYRES_PRICE = 11_000, 15_000, 24_000
REFUND = 6_000
SCORE = 5
PAYMENT = re.compile(r'href="(/payments/page/[^"?/]+)"')
INVOICE = re.compile(r'href="(/payments/page/[^"?/]+/[^"]+)"')
REMINDER = re.compile(r'href="[^"]*?(/reminders/page/[^"]+)"')


async def play(house: House, case_id: str, page: str) -> None:
    """Tell the half that begins with the answer. Raises `Unexpected`."""
    before = await look_at_figures(house, "before")
    charge_id = await pay(house, case_id, page)
    report_id = await report(house, case_id)
    await remind(house, await plan(house, report_id))
    await refund(house, case_id, charge_id)
    after = await look_at_figures(house, "after")
    expect(before["reminders"] == [], f"before: {before['reminders']}")
    [whole, *_] = after["reminders"]
    expect(before["cases"] == after["cases"], "a reminder changes the figures of cases")
    expect((whole["booked"], whole["accepted"]) == (1, eur(PADS_PRICE)), f"{whole}")


async def take_cards(house: House) -> None:
    house.teller.step("The dealership connects its own account for cards, with a restricted key")
    account = f"/payments/card-accounts/{house.dealership_id}"
    await house.ask(house.manager, "PUT", f"{account}/company", COMPANY)
    await house.ask(house.manager, "PUT", f"{account}/keys", KEYS)
    shown = await house.ask(house.manager, "GET", account)
    expect(shown["takes_cards"], f"{shown}")
    expect(KEY not in str(shown), "the key is shown")
    house.cards.hook = f"{house.teller.client.base_url}".rstrip("/") + f"{account}/events"
    house.teller.say(f"  only …{shown['connection']['key_ends_with']} of the key is ever shown")


async def pay(house: House, case_id: str, page: str) -> str:
    """Answers the id of the charge."""
    house.teller.step("Claire pays the tyres by card, after a first card that is declined")
    [address] = set(PAYMENT.findall(await house.read_once(page, "/payments/page/")))
    form = (await house.send(address, "online")).headers["Location"]
    for number, answered in ((DECLINED_CARD, 402), (GOOD_CARD, 303)):
        answer = await house.teller.client.post(form, data={"number": number})
        expect(answer.status_code == answered, f"the card {number}: {answer.status_code}")
    shown = await house.until(
        f"/interventions/cases/{case_id}",
        lambda one: bool(one["payment"] and one["payment"]["invoice_number"]),
    )
    payment = shown["payment"]
    expect(payment["total"] == eur(TYRES_PRICE), f"{payment}")
    [link, *_] = INVOICE.findall(await house.read(page))
    invoice = await house.teller.client.get(link)
    expect(invoice.content.startswith(b"%PDF"), f"the invoice: {invoice.status_code}")
    house.teller.say(
        f"  {TYRES_PRICE / 100:.0f} € by webhook; invoice {payment['invoice_number']},"
        f" {len(invoice.content)} bytes of PDF {house.teller.visible()}"
    )
    return str(payment["charge_id"])


async def report(house: House, case_id: str) -> str:
    """Answers the id of the work report."""
    house.teller.step("The adviser reports what was done, and plans what was put off")
    made = {
        "key": f"report-{house.teller.run}",
        "dealership_id": house.dealership_id,
        "module": "work_report",
        "reference": f"OR-{house.teller.run}",
    }
    report_id = str((await house.ask(house.adviser, "POST", "/interventions/cases", made))["id"])
    path = f"/interventions/cases/{report_id}"
    await house.ask(house.adviser, "POST", f"{path}/imports", {"case_ids": [case_id]})
    works = (await house.ask(house.adviser, "GET", path))["works"]
    [tyres] = [one for one in works if one["carried_out"]]
    [pads] = [one for one in works if not one["carried_out"]]
    expect(tyres["paid"] and tyres["price"]["amount"] == eur(0), f"{tyres}")
    for work_id, work, days, amount in (
        (pads["work_id"], PADS, 60, PADS_PRICE),
        ("battery", BATTERY, 240, BATTERY_PRICE),
    ):
        due = {"due_on": (house.today + timedelta(days)).isoformat()}
        await house.ask(
            house.adviser, "PUT", f"{path}/works/{work_id}", work | priced(amount) | due
        )
    seen = {
        "works": 3,
        "media": 0,
        "proposed": eur(PADS_PRICE + BATTERY_PRICE),
        "carried_out": eur(0),
    }
    await house.ask(house.adviser, "POST", f"{path}/sending", {"channels": ["email"], "seen": seen})
    link = re.compile(f'href="[^"]*?(/interventions/page/{re.escape(report_id)}[^"]+)"')
    page = await house.teller.received(house.email, link)
    expect("Batterie" in await house.read(page), "the report does not say what is planned")
    house.show_link(page)
    house.teller.say("  the tyres are in it at 0.00 €, being paid; pads and battery are planned")
    return report_id


async def plan(house: House, report_id: str) -> dict[str, Any]:
    """Answers the reminder that goes out first."""
    house.teller.step("Two works to plan become two reminders, by themselves and once")
    path = f"/dealer/reminders?dealership_id={house.dealership_id}"
    listed = (await house.until(path, lambda one: len(one["items"]) == 2))["items"]
    expect({one["cases"][0]["case_id"] for one in listed} == {report_id}, f"{listed}")
    for one in listed:
        [work] = one["works"]
        house.teller.say(
            f"  {work['label']}, due on {work['due_on']}: goes out on {one['send_on']} at 9:00"
        )
    first: dict[str, Any] = listed[0]
    return first


async def remind(house: House, waiting: dict[str, Any]) -> None:
    day = date.fromisoformat(waiting["send_on"])
    house.teller.step(f"Time is moved to {day}: the first reminder goes out by itself")
    await house.move_to(datetime.fromisoformat(waiting["send_at"]))
    page = await house.teller.received(house.email, REMINDER)
    other = f"/dealer/reminders?dealership_id={house.dealership_id}&status=pending_send"
    rest = (await house.ask(house.adviser, "GET", other))["items"]
    expect(len(rest) == 1, f"{len(rest)} wait")
    house.show_link(page)
    house.teller.say("  by e-mail and by text message; the other one waits for its own day")
    await book(house, waiting, page)


async def book(house: House, waiting: dict[str, Any], page: str) -> None:
    house.teller.step("Claire opens the page of the reminder, and books the pads")
    [work] = waiting["works"]
    await house.send(page, "booking", **{f"work.{work['work_id']}": "want"})
    listed = await house.until(
        f"/dealer/reminders?dealership_id={house.dealership_id}&status=answered",
        lambda one: bool(one["items"]),
    )
    [booked] = listed["items"]
    expect((booked["choice"], booked["accepted"]) == ("booked", eur(PADS_PRICE)), f"{booked}")
    house.teller.say(f"  {booked['choice']}: {PADS_PRICE / 100:.0f} € {house.teller.visible()}")


async def refund(house: House, case_id: str, charge_id: str) -> None:
    house.teller.step(f"One tyre was spoilt: {REFUND / 100:.0f} € of the tyres go back")
    charge = f"/payments/charges/{charge_id}"
    body = {
        "parts": [{"work_id": "tyres", "amount": eur(REFUND)}],
        "reason": "price_reduced",
        "rest": eur(TYRES_PRICE),
    }
    await house.ask(house.manager, "POST", f"{charge}/refunds", body)
    await house.teller.come(
        lambda: house.ask(house.manager, "GET", charge),
        lambda one: bool(one["refunds"] and one["refunds"][0]["number"]),
        charge,
    )
    shown = await house.ask(house.manager, "GET", charge)
    [made] = shown["refunds"]
    expect(shown["rest"] == eur(TYRES_PRICE - REFUND), f"{shown['rest']}")
    vat = made["total"]["vat"]["amount_minor"] / 100
    house.teller.say(f"  credit note {made['number']}, with {vat:.2f} € of VAT")
    path = f"/interventions/cases/{case_id}"
    kept = await house.until(path, lambda one: one["payment"]["refunded"] == eur(REFUND))
    expect(kept["payment"]["work_ids"] == ["tyres"], f"{kept['payment']}")


async def close(house: House, case_id: str, page: str) -> None:
    house.teller.step("The case is closed: a day later its link asks Claire how the visit was")
    path = f"/interventions/cases/{case_id}"
    await house.ask(house.adviser, "PUT", f"{path}/closing")
    gone = (await house.teller.client.get(page)).status_code
    expect(gone == 410, f"the page of the closed case is answered {gone}")
    await house.move_cases_to(datetime.now(ZONE) + timedelta(hours=25))
    await house.teller.come(
        lambda: house.teller.client.get(page), lambda one: one.is_success, "the question"
    )
    await house.teller.anybody("PUT", f"{page}/visit-rating", {"score": SCORE})
    shown = await house.until(path, lambda one: one["visit"]["score"] == SCORE)
    house.teller.say(f"  she gives {SCORE} of 10, and is to be called: {shown['contact']}")


async def look_at_figures(house: House, when: str) -> dict[str, Any]:
    """Shows the statistics of the dealership, and answers them."""
    house.teller.step(f"The manager looks at the statistics, {when}")
    query = f"?dealership_id={house.dealership_id}&period=today"
    statistics = "/dealer/statistics"
    [cases] = (await house.ask(house.head, "GET", f"{statistics}{query}"))["currencies"]
    path = f"{statistics}/reminders{query}"
    reminders = (await house.ask(house.head, "GET", path))["items"]
    house.teller.say(
        f"  cases {cases['cases']}, proposed {said(cases['proposed'])},"
        f" accepted {said(cases['accepted'])}, revenue rate {cases['revenue_rate']} %,"
        f" conversion {cases['conversion_rate']} %"
    )
    for one in reminders:
        of = one["cause"] or one["level"] or "all"
        house.teller.say(
            f"  reminders, {of}: {one['reminders']} sent, {one['read']} read,"
            f" {one['booked']} booked for {said(one['accepted'])}"
        )
    return {"cases": cases, "reminders": reminders}

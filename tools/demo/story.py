"""A vehicle transfer from offer to delivery, told step by step against the running platform."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tools.demo import money
from tools.demo.chronicle import Chronicle
from tools.demo.people import City, Person, cities, drivers, trips
from tools.demo.teller import Teller, Tokens, expect, positions, today

DRIVERS = 36
TRIPS = 300
AT_ONCE = 16
QUOTES = (21_000, 19_500, 23_000, 20_000, 22_500, 24_000, 18_900)

T = TypeVar("T")


async def play(
    url: str,
    tokens: Tokens,
    console: Console,
    *,
    drivers_count: int = DRIVERS,
    trips_count: int = TRIPS,
    chronicle: Chronicle | None = None,
) -> None:
    """Tell the whole story, and note it in the chronicle.

    Raises `Unexpected` when the platform does anything else.
    """
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=url, timeout=30.0, limits=limits) as client:
        teller = Teller(client, tokens, console, uuid4().hex[:6], chronicle or Chronicle())
        places = cities()
        people = drivers(teller.run, drivers_count, places)
        people = await register(teller, people)
        camille = people[0]
        await save_search(teller, camille)
        offers = await publish(teller, camille, places, trips_count)
        await be_alerted(teller, camille, offers[0])
        await look_around(teller, camille)
        await qualify(teller, camille)
        trip_id = offers[0]
        await quote(teller, people, trip_id)
        before_award = await award(teller, people, trip_id)
        await money.ask_for_more(teller, camille, trip_id)
        await deliver(teller, camille, trip_id)
        await money.get_paid(teller, camille, trip_id)
        await travel_in_time(teller, camille, trip_id, before_award)
        await find_available(teller, people)


# --- The steps --------------------------------------------------------------


async def register(teller: Teller, people: Sequence[Person]) -> list[Person]:
    teller.step(f"{len(people)} drivers become partners, each with a home and some availability")

    async def invite(person: Person) -> httpx.Response:
        about = {"name": person.name, "phone": person.phone, "roles": ["driver"]}
        named = {"reference": person.driver_id, "email": f"{person.driver_id}@example.org"}
        return await teller.administration("POST", "/accounts/users", about | named)

    invited = await at_once(invite, people, teller.console, "inviting")
    users = {answer.json()["id"]: answer for answer in invited}
    people = [replace(one, driver_id=id) for one, id in zip(people, users, strict=True)]

    async def one(person: Person) -> httpx.Response:
        about = {"driver_id": person.driver_id, "name": person.name, "phone": person.phone}
        known = positions([users[person.driver_id]])
        await teller.logistics("POST", "/missions/drivers", about, **known)
        home = {
            "street": "12 rue de la République",
            "postal_code": person.home.postal_code,
            "city": person.home.city,
            "location": person.home.point,
        }
        await teller.driver(person, "PUT", f"/missions/drivers/{person.driver_id}/home", home)
        week = {"period": "week", "starting": today().isoformat(), "reason": "Toute la semaine"}
        path = f"/missions/drivers/{person.driver_id}/availabilities"
        return await teller.driver(person, "POST", path, week)

    done = await at_once(one, people, teller.console, "registering")
    profile = await teller.seen(people[0], "/partner/profile", done[0])
    teller.say(
        f"  {profile['name']}, {profile['city']}: home, phone and name are stored encrypted for"
        f" {profile['driver_id']} {teller.visible()}"
    )
    return people


async def save_search(teller: Teller, camille: Person) -> None:
    teller.step("Camille wants to be told of long trips that leave near her home")
    path = "/alerts/searches/long-ones"
    done = await teller.driver(camille, "PUT", path, {"within_km": 30, "shortest_km": 300})
    await teller.seen(camille, "/alerts/mine", done)
    teller.say("  SearchSaved: within 30 km, of 300 km at least")


async def be_alerted(teller: Teller, camille: Person, trip_id: str) -> None:
    teller.step("Of the new trips she is told of those that match her search, once each")
    path = "/alerts/mine?limit=200"

    def told(found: Any) -> bool:
        return any(alert["trip_id"] == trip_id for alert in found["items"])

    found = (await teller.until(camille, path, told))["items"]
    trips = {alert["trip_id"] for alert in found}
    expect(len(trips) == len(found), "a trip was pointed out twice")
    expect(min(alert["distance_km"] for alert in found) >= 300, "a short one is among them")
    teller.say(f"  {len(found)} x DriverAlerted so far, {trip_id} among them {teller.visible()}")


async def publish(
    teller: Teller, camille: Person, places: Sequence[City], trips_count: int
) -> list[str]:
    teller.step(f"Logistics publishes {trips_count} trips between {len(places)} French cities")
    started = perf_counter()
    done = await at_once(
        lambda trip: teller.logistics("POST", "/missions/trips", trip),
        trips(trips_count, places, today()),
        teller.console,
        "publishing",
    )
    seconds = perf_counter() - started
    await teller.seen(camille, "/partner/trips?limit=1", *done)
    teller.say(
        f"  {len(done)} x TripPublished recorded in {seconds:.1f} s"
        f" ({len(done) / seconds:.0f} a second, {AT_ONCE} at once) {teller.visible()}"
    )
    return [answer.json()["id"] for answer in done]


async def look_around(teller: Teller, camille: Person) -> None:
    teller.step("Camille, in Lyon, looks around")
    near = (await teller.driver(camille, "GET", "/partner/trips/near-home?limit=200")).json()
    everywhere = await count(teller, camille, "/partner/trips")
    more = await everything(teller, camille, "/partner/trips/more")
    table = Table("trip", "from", "to", "client", "away", "distance", "quotes", box=None)
    for trip in near["items"][:5]:
        table.add_row(
            trip["trip_id"],
            trip["departure"]["city"],
            trip["arrival"]["city"],
            trip["client_brand"],
            f"{trip['kilometres_away']:.0f} km",
            f"{trip['distance_km']} km",
            trip["quotes"],
        )
    teller.console.print(table)
    teller.say(
        f"  near home: {len(near['items'])}   all her qualifications open: {everywhere}"
        f"   behind a qualification: {len(more)}"
    )


async def qualify(teller: Teller, camille: Person) -> None:
    more = await everything(teller, camille, "/partner/trips/more")
    alone = [t["missing_qualifications"][0] for t in more if len(t["missing_qualifications"]) == 1]
    best = max(set(alone), key=lambda name: (alone.count(name), name))
    kind, code = best.split(":")
    teller.step(f"One more qualification, {code}, would open {alone.count(best)} trips: she trains")
    body = {"kind": kind, "code": code}
    base = f"/missions/drivers/{camille.driver_id}"
    await teller.driver(camille, "POST", f"{base}/trainings", body)
    before = await count(teller, camille, "/partner/trips")
    done = await teller.logistics("POST", f"{base}/qualifications", body)
    await teller.seen(camille, "/partner/profile", done)
    after = await count(teller, camille, "/partner/trips")
    expect(after - before == alone.count(best), f"{after - before} trips opened")
    teller.say(f"  QualificationObtained: {before} -> {after} open trips {teller.visible()}")


async def quote(teller: Teller, people: Sequence[Person], trip_id: str) -> None:
    teller.step(f"Seven drivers quote for {trip_id}; the others see only how many, roughly")
    camille, watcher = people[0], people[len(QUOTES)]
    shown: list[str] = []
    for person, cents in zip(people, QUOTES, strict=False):
        body = quoted(cents, first=person is camille)
        done = await teller.driver(person, "POST", f"/missions/trips/{trip_id}/quote", body)
        seen = await teller.seen(watcher, f"/partner/trips/{trip_id}", done)
        shown.append(seen["quotes"])
    expect(shown == ["0-2", "0-2", "3-5", "3-5", "3-5", "6+", "6+"], f"buckets {shown}")
    own = (await teller.driver(camille, "GET", f"/partner/trips/{trip_id}")).json()
    teller.say(f"  a driver who did not quote saw: {' '.join(shown)} {teller.visible()}")
    teller.say(f"  Camille, whose own quote does not count, sees: {own['quotes']}")


def quoted(cents: int, *, first: bool) -> dict[str, Any]:
    """A quote; the first driver's is partly for tolls."""
    price: dict[str, Any] = {"price": money.euros(cents)}
    toll = {"kind": "toll", "amount": money.euros(money.TOLL)}
    return price | {"expenses": [toll]} if first else price


async def award(teller: Teller, people: Sequence[Person], trip_id: str) -> datetime:
    teller.step("Logistics refuses one quote with a reason and awards the trip to Camille")
    camille, dearest = people[0], people[QUOTES.index(max(QUOTES))]
    compared = await teller.logistics("GET", f"/partner/logistics/trips/{trip_id}/quotes")
    prices = [f"{q['amount_minor'] / 100:.0f} €" for q in compared.json()["items"]]
    teller.say(f"  side by side: {', '.join(prices)}")
    refusal = f"/missions/trips/{trip_id}/quotes/{dearest.driver_id}/refusal"
    no = {"reason": "Tarif trop élevé pour ce trajet", "quote": quoted(max(QUOTES), first=False)}
    done = await teller.logistics("POST", refusal, no)
    [mine] = (await teller.seen(dearest, "/partner/quotes", done))["items"]
    expect(mine["status"] == "refused", f"the quote is {mine['status']}")
    teller.say(f"  {dearest.name} reads: « {mine['refusal_reason']} » {teller.visible()}")
    before_award = datetime.now(UTC)
    path = f"/missions/trips/{trip_id}/award"
    yes = {"driver_id": camille.driver_id, "quote": quoted(QUOTES[0], first=True)}
    done = await teller.logistics("POST", path, yes)
    [mission] = (await teller.seen(camille, "/partner/missions", done))["items"]
    expect(mission["trip_id"] == trip_id, "the mission is not hers")
    teller.say(
        "  QuoteAccepted, MissionAssigned, 5 x QuoteRefused in one step: her mission is"
        f" {mission['departure']['city']} -> {mission['arrival']['city']} {teller.visible()}"
    )
    [other] = (await teller.driver(people[1], "GET", "/partner/quotes")).json()["items"]
    expect(other["refusal_rule"] == "trip-assigned", f"{other['refusal_rule']}")
    teller.say(f"  {people[1].name} reads: « {other['refusal_reason']} »")
    return before_award


async def deliver(teller: Teller, camille: Person, trip_id: str) -> None:
    teller.step("She delivers the vehicle and confirms it twice: in the app, then on the portal")
    path = f"/missions/trips/{trip_id}/delivery-confirmation"
    first = await teller.driver(camille, "POST", path, {"channel": "app"})
    second = await teller.driver(camille, "POST", path, {"channel": "portal"})
    expect(first.headers["ETag"] == second.headers["ETag"], "the second one recorded something")
    [mission] = (await teller.seen(camille, "/partner/missions", second))["items"]
    expect(mission["status"] == "confirmed", f"the mission is {mission['status']}")
    history = (await teller.logistics("GET", f"/missions/trips/{trip_id}/history")).json()["items"]
    confirmed = [fact for fact in history if fact["type"].endswith("delivery_confirmed")]
    expect(len(confirmed) == 1, f"{len(confirmed)} confirmations")
    teller.say(f"  one DeliveryConfirmed, by {confirmed[0]['what']['channel']} {teller.visible()}")


async def travel_in_time(
    teller: Teller, camille: Person, trip_id: str, before_award: datetime
) -> None:
    teller.step("Time travel: the trip as it was before the award")
    moment = before_award.isoformat().replace("+00:00", "Z")
    now = (await teller.logistics("GET", f"/missions/trips/{trip_id}")).json()
    then = (await teller.logistics("GET", f"/missions/trips/{trip_id}?as_of={moment}")).json()
    expect((then["status"], now["status"]) == ("open", "delivered"), "the past has changed")
    live = sum(quote["status"] == "submitted" for quote in then["quotes"])
    teller.say(f"  then: {then['status']}, {live} live quotes    now: {now['status']}")


async def find_available(teller: Teller, people: Sequence[Person]) -> None:
    teller.step("Logistics looks for somebody free tomorrow")
    day = date.fromordinal(today().toordinal() + 1).isoformat()
    path = f"/partner/logistics/drivers/available?from_day={day}&until_day={day}&limit=200"
    free = (await teller.logistics("GET", path)).json()["items"]
    expect(len(free) == len(people), f"{len(free)} are free")
    teller.say(f"  {len(free)} drivers are available on {day}")


# --- What the steps share ---------------------------------------------------


async def at_once(
    do: Callable[[T], Awaitable[httpx.Response]], items: Sequence[T], console: Console, what: str
) -> list[httpx.Response]:
    """Do it for all, a few at a time, with a progress bar; answers in the order of the items."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> httpx.Response:
        async with gate:
            return await do(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
        for task in track(tasks, f"  {what}", console=console, transient=True):
            await task
    return [task.result() for task in tasks]


async def everything(teller: Teller, who: Person, path: str) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    following: str | None = f"{path}?limit=200"
    while following:
        page = (await teller.driver(who, "GET", following)).json()
        found += page["items"]
        following = f"{path}?limit=200&cursor={page['next']}" if page["next"] else None
    return found


async def count(teller: Teller, who: Person, path: str) -> int:
    return len(await everything(teller, who, path))

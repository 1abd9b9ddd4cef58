"""The morning peak of a depot, at its own pace, beside a bare FastAPI app at the same one.

Whoever comes, comes whether or not the one before was answered: the time of an answer counts from
when its request was due.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from contracts.accounts.organisation_v1 import OrganisationKind
from contracts.common_v1 import Money
from contracts.depot_tours import order_v1, tour_v1
from infra.database import Pool, open_pool
from infra.host import Running, opened
from infra.http import readable_ids
from infra.lookups import organisations, users
from infra.personal import Codec
from infra.tokens import SigningKey, issue
from infra.topics import create_topics
from infra.vault import Vault
from services.depot_tours.adapters import codes
from services.depot_tours.service import service
from services.views.depot import orders, tours
from tools.bench import events, mixed
from tools.bench.figures import Figure, Samples, Side, at_least, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.lists import new_streams
from tools.bench.matching import write
from tools.bench.processes import answered, child
from tools.bench.requests import TOKEN_SECONDS, bare_environment, request
from tools.bench.subject import Size, Subject

ORGANISATION = "maarif"
ORDERS_A_DAY, COURIERS, OPERATORS = 50_000, 200, 20
A_TOUR = ORDERS_A_DAY // COURIERS // 2
"""250 orders a day are more than a tour takes, so each courier goes out twice."""
GATES = 10
"""Tours that are scanned out at once."""
PARCELS_A_LOOK = 10
"""A gate's screen is asked for after so many parcels."""
HANDOVER = "H1"
CITY, PHONE, ADDRESS = "Casablanca", "+212612345678", "12 rue Ibn Batouta"
CASH = Money(34_900, "MAD")
SERVICES = ("depot_tours", "views.depot")
BARE = "tools.bench.bare_peak"

Kind = Callable[["Morning", int], str]
"""Makes the request with this number of its kind."""
Told = tuple[str, Any]
"""A stream, and the next event in it."""


@dataclass(frozen=True, slots=True)
class Needed:
    """How many orders and tours have to be there, so that all requests find their own."""

    assigned: int
    scanned: int
    completed: int
    composed: int
    loading: int
    taken: int
    leaving: int


class Morning:
    """The requests of a peak, always the same ones."""

    def __init__(self, key: SigningKey, shown_codes: Iterable[str]) -> None:
        self._manager = issue(
            key, "nadia", ORGANISATION, ["administration"], lifetime=TOKEN_SECONDS
        )
        self._operators = [
            issue(key, f"omar{n}", ORGANISATION, ["operator"], lifetime=TOKEN_SECONDS)
            for n in range(OPERATORS)
        ]
        self._couriers = [
            issue(key, f"karim{n}", ORGANISATION, ["courier"], lifetime=TOKEN_SECONDS)
            for n in range(COURIERS)
        ]
        self._codes = list(shown_codes)

    def requests(self) -> Iterator[str]:
        """Without end, in the order in which they are due."""
        numbers: Counter[Kind] = Counter()
        for kind in due():
            yield kind(self, numbers[kind])
            numbers[kind] += 1

    def load(self, number: int) -> str:
        tour, nth = loaded(number)
        body = {"scanned": tracking(f"LOAD-{tour}", nth)}
        return self._operated("POST", f"/depot_tours/tours/L{tour}/scans", number, body)

    def look_at_tour(self, number: int) -> str:
        tour, _ = loaded(number * PARCELS_A_LOOK)
        return self._operated("GET", f"/depot_tours/tours/L{tour}", number)

    def take(self, number: int) -> str:
        body = {"loaded": [tracking(f"TAKE-{number}", nth) for nth in range(A_TOUR)]}
        courier = self._couriers[number % COURIERS]
        return request("POST", f"/depot_tours/tours/T{number}/handovers", courier, body)

    def leave(self, number: int) -> str:
        body = {"code": self._codes[number]}
        return self._operated("PUT", f"/depot_tours/tours/X{number}/exit", number, body)

    def compose(self, number: int) -> str:
        first = number * A_TOUR
        ids = [order_id(tracking("NEXT", nth)) for nth in range(first, first + A_TOUR)]
        body = {"courier_id": f"karim{number % COURIERS}", "order_ids": ids}
        return self._operated("POST", "/depot_tours/tours", number, body)

    def register(self, number: int) -> str:
        body = {
            "tracking_number": tracking("NEW", number),
            "city": CITY,
            "recipient": {"name": "Salma Idrissi", "phone": PHONE, "address": ADDRESS},
            "parcels": [{}],
            "cash_on_delivery": {"amount_minor": CASH.amount_minor, "currency": CASH.currency},
        }
        return self._operated("POST", "/depot_tours/orders", number, body)

    def assign(self, number: int) -> str:
        path = f"/depot_tours/orders/{order_id(tracking('GIVE', number))}/preparation"
        body = {"operator_id": f"omar{number % OPERATORS}"}
        return request("PUT", path, self._manager, body)

    def scan(self, number: int) -> str:
        scanned = tracking("SCAN", number)
        path = f"/depot_tours/orders/{order_id(scanned)}/preparation/scans"
        return self._operated("POST", path, number, {"scanned": scanned})

    def complete(self, number: int) -> str:
        path = f"/depot_tours/orders/{order_id(tracking('DONE', number))}/preparation/completion"
        return self._operated("PUT", path, number, {})

    def work(self, number: int) -> str:
        return self._operated("GET", "/depot/work?limit=20", number)

    def outgoing(self, number: int) -> str:
        return self._operated("GET", "/depot/outgoing?limit=20", number)

    def waiting(self, number: int) -> str:
        return self._operated("GET", "/depot/work/waiting", number)

    def _operated(
        self, method: str, path: str, number: int, body: Mapping[str, Any] | None = None
    ) -> str:
        operator = number % OPERATORS
        return request(method, path, self._operators[operator], body, {OPERATOR: f"omar{operator}"})


OPERATOR = "bench-operator"
"""The header that tells the bare app who asks, in place of a token."""
HOUR: Mapping[Kind, int] = {
    # Every courier's first tour leaves, and with them half of the day's orders.
    Morning.load: COURIERS * A_TOUR,
    Morning.take: COURIERS,
    Morning.leave: COURIERS,
    # The screen of the gate after every tenth parcel, and the courier before a tour is taken.
    Morning.look_at_tour: COURIERS * A_TOUR // PARCELS_A_LOOK + COURIERS,
    # The other half leaves four hours later; until then it is prepared, and its tours composed.
    Morning.assign: ORDERS_A_DAY // 2 // 4,
    Morning.scan: ORDERS_A_DAY // 2 // 4,
    Morning.complete: ORDERS_A_DAY // 2 // 4,
    Morning.compose: COURIERS // 4,
    # After each order, what is next.
    Morning.work: ORDERS_A_DAY // 2 // 4,
    # Those of tomorrow come over ten hours.
    Morning.register: ORDERS_A_DAY // 10,
    # Every operator's screen once a minute.
    Morning.outgoing: OPERATORS * 60,
    Morning.waiting: OPERATORS * 60,
}
"""How many requests of each kind come in the peak hour."""
A_SECOND = sum(HOUR.values()) / 3_600


def due() -> Iterator[Kind]:
    """The kinds of requests in the order in which they are due, each at an even pace."""

    def times(kind: Kind, rank: int) -> Iterator[tuple[float, int, Kind]]:
        return (((number + 0.5) / HOUR[kind], rank, kind) for number in count())

    merged = heapq.merge(*(times(kind, rank) for rank, kind in enumerate(HOUR)))
    return (kind for _, _, kind in merged)


def needed(requests: int) -> Needed:
    """The orders and tours that so many requests ask about."""
    counts = Counter(islice(due(), requests))
    scans = range(counts[Morning.load])
    # With those of couriers, looks run ahead of the scans.
    looks = (number * PARCELS_A_LOOK for number in range(counts[Morning.look_at_tour]))
    last = max(loaded(number)[0] for number in (*scans, *looks))
    return Needed(
        assigned=counts[Morning.assign],
        scanned=counts[Morning.scan],
        completed=counts[Morning.complete],
        composed=counts[Morning.compose] * A_TOUR,
        loading=last + 1,
        taken=counts[Morning.take],
        leaving=counts[Morning.leave],
    )


def loaded(number: int) -> tuple[int, int]:
    """The tour of a scan, and which of its parcels: tours are scanned out side by side."""
    nth, gate = divmod(number, GATES)
    return nth // A_TOUR * GATES + gate, nth % A_TOUR


def tracking(of: str, number: int) -> str:
    return f"{of}-{number}"


def order_id(tracking_number: str) -> str:
    return readable_ids.referenced_id(readable_ids.ORDER, ORGANISATION, tracking_number)


# --- What is there when it begins -----------------------------------------------------------------


async def seed(running: Running, wanted: Needed, at: datetime) -> None:
    """The people, the orders and the tours; nobody asks for the orders of tours themselves."""
    await _people(running)
    of_orders: list[Told] = []
    for of, how_many, steps in (
        ("GIVE", wanted.assigned, 1),
        ("SCAN", wanted.scanned, 2),
        ("DONE", wanted.completed, 3),
        ("NEXT", wanted.composed, 4),
    ):
        for number in range(how_many):
            of_orders.extend(_order(tracking(of, number), f"omar{number % OPERATORS}", at, steps))
    of_tours: list[Told] = []
    for number in range(wanted.loading):
        of_tours.extend(_tour(f"L{number}", f"LOAD-{number}", number, at))
    for number in range(wanted.taken):
        of_tours.extend(_tour(f"T{number}", f"TAKE-{number}", number, at, is_loaded=True))
    for number in range(wanted.leaving):
        of_tours.extend(_tour(f"X{number}", f"EXIT-{number}", number, at, is_loaded=True))
        begun = tour_v1.HandoverBegun(
            tour_id=f"X{number}",
            handover_id=HANDOVER,
            courier_id=f"karim{number % COURIERS}",
            begun_at=at,
        )
        of_tours.append((f"tour-X{number}", begun))
    for contract, told in ((order_v1.contract, of_orders), (tour_v1.contract, of_tours)):
        codec: Codec[Any] = Codec(contract, running.keyring)
        await events.record(running.pool, await new_streams(codec, told, at))
    await _claims(running.pool, of_orders, of_tours)


async def _people(running: Running) -> None:
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    depot = organisations.Organisation(ORGANISATION, OrganisationKind.DEPOT.name.lower())
    async with running.pool.connection() as connection:
        await write(connection, active.schema, organisations.lookup, [depot])
        await write(
            connection,
            active.schema,
            users.lookup,
            [
                users.User(f"{name}{n}", ORGANISATION, roles=(role,), active=True)
                for name, role, many in (
                    ("omar", "operator", OPERATORS),
                    ("karim", "courier", COURIERS),
                )
                for n in range(many)
            ],
        )


def _order(tracking_number: str, operator: str, at: datetime, steps: int) -> list[Told]:
    """An order, as far as so many steps of its preparation."""
    id = order_id(tracking_number)
    facts: list[order_v1.OrderEvent] = [
        order_v1.OrderRegistered(
            order_id=id,
            organisation_id=ORGANISATION,
            tracking_number=tracking_number,
            city=CITY,
            recipient_name="Salma Idrissi",
            phone=PHONE,
            address=ADDRESS,
            parcel_codes=(tracking_number,),
            cash_on_delivery=CASH,
            registered_by="nadia",
            registered_at=at,
        ),
        order_v1.PreparationAssigned(
            order_id=id,
            organisation_id=ORGANISATION,
            tracking_number=tracking_number,
            operator_id=operator,
            assigned_by="nadia",
            assigned_at=at,
        ),
        order_v1.ParcelScanned(
            order_id=id,
            scan_id="S1",
            parcel_code=tracking_number,
            scanned_by=operator,
            scanned_at=at,
        ),
        order_v1.OrderPrepared(
            order_id=id,
            organisation_id=ORGANISATION,
            missing=(),
            prepared_by=operator,
            prepared_at=at,
        ),
    ]
    return [(f"order-{id}", fact) for fact in facts[:steps]]


def _tour(
    tour_id: str, of: str, number: int, at: datetime, *, is_loaded: bool = False
) -> Iterator[Told]:
    """A tour of a courier, with all its parcels scanned or with none."""
    stream, parcels = f"tour-{tour_id}", [tracking(of, nth) for nth in range(A_TOUR)]
    yield (
        stream,
        tour_v1.TourComposed(
            tour_id=tour_id,
            organisation_id=ORGANISATION,
            courier_id=f"karim{number % COURIERS}",
            orders=tuple(
                tour_v1.OrderOnTour(
                    order_id=order_id(code),
                    tracking_number=code,
                    city=CITY,
                    parcel_codes=(code,),
                    cash_on_delivery=CASH,
                )
                for code in parcels
            ),
            composed_by="nadia",
            composed_at=at,
        ),
    )
    for code in parcels if is_loaded else ():
        yield (
            stream,
            tour_v1.ParcelLoaded(
                tour_id=tour_id,
                scan_id=f"S{code}",
                parcel_code=code,
                loaded_by="omar0",
                loaded_at=at,
            ),
        )


async def _claims(pool: Pool, of_orders: list[Told], of_tours: list[Told]) -> None:
    """The codes of orders and the tours they are on, as the commands would have claimed them."""
    registered = [one for _, one in of_orders if isinstance(one, order_v1.OrderRegistered)]
    composed = [one for _, one in of_tours if isinstance(one, tour_v1.TourComposed)]
    parcels = [(one.tracking_number, one.order_id) for one in registered]
    parcels += [(one.tracking_number, one.order_id) for tour in composed for one in tour.orders]
    held = [(one.order_id, tour.tour_id) for tour in composed for one in tour.orders]
    async with pool.connection() as connection, connection.cursor() as cursor:
        async with cursor.copy("copy claims.parcel from stdin") as copy:
            for code, order in parcels:
                await copy.write_row((ORGANISATION, code, order))
        async with cursor.copy("copy claims.tour from stdin") as copy:
            for row in held:
                await copy.write_row(row)


# --- Both sides, in turns -------------------------------------------------------------------------


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    settings, environment = ground.settings("peak"), ground.environment("peak")
    turns = size.rounds + (size.rounds > 1)
    a_turn = max(1, round(A_SECOND * size.minutes * 60 / size.rounds))
    wanted = needed(turns * a_turn)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        await seed(running, wanted, datetime.now(UTC))
        vault = Vault(running.pool, settings.masters)
        shown_codes = [
            await codes.code_of(vault, f"X{number}", HANDOVER) for number in range(wanted.leaving)
        ]
        workers = child("-m", mixed.TOGETHER, "work", *SERVICES, environment=environment)
        await stack.enter_async_context(workers)
        ours = await stack.enter_async_context(
            child("-m", mixed.TOGETHER, "serve", *SERVICES, environment=environment)
        )
        shown = await open_pool(settings.database("views.depot"), 2, "reader")
        stack.push_async_callback(shown.close)
        await _followed(running.pool, shown)
        await mixed.bare_tables(shown, "depot", (orders.view, tours.view))
        environment = bare_environment(settings.database("views.depot"))
        bare = await stack.enter_async_context(child("-m", BARE, environment=environment))

        def side(name: str, port: int) -> Side:
            requests = Morning(ground.signing, shown_codes).requests()

            async def once() -> Mapping[str, float]:
                found = await answered(port, list(islice(requests, a_turn)), a_second=A_SECOND)
                # What is left to relay and to show must not take time from the other's turn.
                await _followed(running.pool, shown)
                return {f"{name} rate": found.per_second, f"{name} p99": found.p99 * 1_000}

            return once

        sides = [side("ours", ours.port), side("bare", bare.port)]
        return await interleave(size.rounds, sides, step)


async def _followed(store: Pool, shown: Pool) -> None:
    await mixed._followed(store, {"depot": shown}, "depot_tours", ("order", "tour"))


SUBJECT = Subject(
    figures=(
        Figure(
            "the morning peak of a depot, 200 couriers and 50 000 orders a day, at its pace",
            "requests/s",
            "a bare FastAPI app, one statement a request",
            at_least(0.98),
            "ours rate",
            "bare rate",
        ),
        Figure(
            "the morning peak of a depot, p99",
            "ms",
            "a bare FastAPI app, one statement a request",
            at_most(4),
            "ours p99",
            "bare p99",
        ),
    ),
    measure=measure,
)

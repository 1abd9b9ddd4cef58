"""docs/analysts.md, followed to the letter over a story of two trips."""

import re
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from contracts.invoices import invoice_v1
from contracts.missions import trip_v1
from contracts.runtime import Contract
from infra.http.models import plain
from tests.contract import kit
from tools.compiler import examples, samples
from tools.relais.parquet import Parquet
from tools.relais.tests.topic import Topic, export

DOCUMENT = (kit.ROOT / "docs" / "analysts.md").read_text()


def example(contract: Contract[Any], suffix: str, **other: Any) -> Any:
    """An event as its example says, except for these fields."""
    kind = contract.by_type(f"{contract.package}.{suffix}")
    path = kit.folder(kind) / "examples" / f"{samples.suffix(kind)}.json"
    event = examples.load(path, kind.cls)
    return examples.changed(kind.cls, event, {name: plain(one) for name, one in other.items()})


def story() -> Iterator[Topic]:
    """One trip with two quotes, driven, invoiced and paid; one that expired without any."""
    euros = {"amount_minor": 28_000, "currency": "EUR"}
    trips = Topic(trip_v1.contract)
    told: list[tuple[str, dict[str, Any]]] = [
        ("published", {}),
        ("quote_submitted", {}),
        ("quote_submitted", {"driver_id": "driver-bob", "price": euros}),
        ("quote_modified", {}),
        ("quote_accepted", {}),
        ("quote_refused", {"driver_id": "driver-bob"}),
        ("mission_assigned", {}),
        ("extra_cost_accepted", {}),
        ("delivery_confirmed", {}),
    ]
    for version, (suffix, other) in enumerate(told, start=1):
        at = {"trip_id": "trip-20431"}
        trips.put(example(trip_v1.contract, suffix, **at, **other), version)
    trips.put(example(trip_v1.contract, "published", trip_id="trip-2"), 1, partition=1)
    trips.put(example(trip_v1.contract, "expired", trip_id="trip-2"), 2, partition=1)
    yield trips
    invoices = Topic(invoice_v1.contract)
    for version, suffix in enumerate(("opened", "approved", "numbered", "paid"), start=1):
        invoices.put(example(invoice_v1.contract, suffix), version)
    yield invoices


def statements() -> list[str]:
    """The SQL of the document; a file that it reads stands for what is in it."""
    found = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)
    return [
        re.sub(r"\.read (\S+)", lambda name: (kit.ROOT / name[1]).read_text(), one) for one in found
    ]


async def test_the_walk_of_the_document_ends_in_these_tables(tmp_path: Path) -> None:
    with chdir(tmp_path):
        await walk()


async def walk() -> None:
    for topic in story():
        folder = Path("export") / topic.contract.topic
        assert topic.contract.topic in DOCUMENT
        await export(topic, folder, Parquet(topic.contract))
    with duckdb.connect() as connection:
        connection.execute("SET GLOBAL TimeZone = 'Europe/Paris'")
        views, of_quotes, of_invoices = statements()
        connection.execute(views)
        for view, expected in VIEWS.items():
            assert records(connection, f"from {view} order by all") == expected
        assert records(connection, of_quotes) == COMPARED
        assert records(connection, of_invoices) == SETTLED


def records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows, with times in UTC."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    return [
        {
            n: v.astimezone(UTC) if isinstance(v, datetime) else v
            for n, v in zip(names, row, strict=True)
        }
        for row in result.fetchall()
    ]


def at(
    month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0
) -> datetime:
    return datetime(2030, month, day, hour, minute, second, microsecond, UTC)


OPEN = {
    "organisation_id": "org-convoy",
    "client_brand": "Alpina Lease",
    "departure_city": "Lyon",
    "arrival_city": "Nantes",
    "distance_km": 683,
    "from_day": date(2030, 5, 6),
    "until_day": date(2030, 5, 10),
    "time_zone": "Europe/Paris",
    "published_at": at(4, 29, 8, 15),
}
TRIPS = [
    {"trip_id": "trip-2", **OPEN, "status": "expired"},
    {"trip_id": "trip-20431", **OPEN, "status": "delivered"},
]
QUOTES = [
    {
        "trip_id": "trip-20431",
        "driver_id": "driver-ana",
        "submitted_at": at(4, 29, 9, 2, 11, 250_000),
        "price_minor": 29_900,
        "currency": "EUR",
        "status": "accepted",
        "changed_at": at(4, 29, 14),
    },
    {
        "trip_id": "trip-20431",
        "driver_id": "driver-bob",
        "submitted_at": at(4, 29, 9, 2, 11, 250_000),
        "price_minor": 28_000,
        "currency": "EUR",
        "status": "refused",
        "changed_at": at(4, 29, 11, 20, 0, 1),
    },
]
MISSIONS = [
    {
        "trip_id": "trip-20431",
        "driver_id": "driver-ana",
        "direct": False,
        "price_minor": 29_900,
        "currency": "EUR",
        "from_day": date(2030, 5, 6),
        "until_day": date(2030, 5, 10),
        "assigned_at": at(4, 29, 14),
        "extras_minor": 2_500,
        "delivered_at": at(5, 7, 16, 48, 9),
    }
]
INVOICES = [
    {
        "invoice_id": "inv-trip-20431",
        "trip_id": "trip-20431",
        "organisation_id": "hiflow",
        "driver_id": "driver-ana",
        "number": "AF-driver-ana-000001",
        "net_minor": 33_380,
        "tax_basis_points": 2_000,
        "tax_minor": 6_676,
        "total_minor": 40_056,
        "currency": "EUR",
        "approved_at": at(5, 8, 16),
        "due_on": date(2030, 6, 7),
        "paid_at": at(5, 8, 16),
    }
]
VIEWS = {"trips": TRIPS, "quotes": QUOTES, "missions": MISSIONS, "invoices": INVOICES}
COMPARED = [
    {
        "trip_id": "trip-20431",
        "quotes": 2,
        "cheapest_minor": 28_000,
        "agreed_minor": 29_900,
        "currency": "EUR",
    }
]
SETTLED = [
    {
        "trip_id": "trip-20431",
        "driver_id": "driver-ana",
        "agreed_minor": 32_400,
        "net_minor": 33_380,
        "total_minor": 40_056,
        "days_to_payment": 1,
    }
]

"""Today is counted live by Faust, and at midnight the view says the same."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from aiokafka import AIOKafkaProducer

from contracts.interventions.case_v1 import CaseCreated, Module, contract
from infra.cloudevents import headers
from infra.consumers.windows import Count, WindowCounts
from infra.database import Pool
from infra.stack.broker import Broker
from infra.store import RecordedEvent
from infra.store.protocol import BEGINNING
from infra.supervisor import supervise
from infra.testing.brokers import emptied
from infra.testing.eventually import eventually
from infra.topics import create_topics
from services.views.dealer.live_counts import counted, write
from services.views.dealer.tests.cases import (
    answered,
    closed,
    created,
    deleted,
    read,
    sent,
    version,
)
from services.views.dealer.tests.make import LYON, NOON, PARIS
from services.views.dealer.tests.stage import Caller, Dealer, served
from services.views.dealer.tests.test_statistics import MANAGER, dealership

MIDNIGHT = datetime(2030, 4, 30, 22, 0, tzinfo=UTC)
"""The first of May begins in Paris."""
MOMENT = timedelta(microseconds=1)
KEY = ("lumiere", LYON, "renault", "after_sales", "EUR")

# --- What counts ------------------------------------------------------------


def course(*events: Any) -> list[Count]:
    """The counts of these events of one case."""
    known: Any = None
    found: list[Count] = []
    for event in events:
        known, counts = counted(known, event)
        found += counts
    return found


def test_a_case_counts_once_for_each_status_and_with_what_is_accepted() -> None:
    found = course(created(), sent(), sent(), read(), read(), answered(), closed())
    assert [(one.key, one.amount_minor) for one in found] == [
        ((*KEY, "created"), 0),
        ((*KEY, "sent"), 0),
        ((*KEY, "read"), 0),
        ((*KEY, "answered"), 10_000),
        ((*KEY, "closed"), 0),
    ]


def test_a_work_report_counts_as_nothing() -> None:
    assert course(created(module=Module.WORK_REPORT), sent(), answered()) == []


@pytest.mark.parametrize("end", [closed(), deleted()])
def test_a_case_that_is_over_is_forgotten(end: Any) -> None:
    known, _ = counted(None, created())
    assert counted(known, end)[0] is None


# --- Live -------------------------------------------------------------------


def at(moment: datetime, id: str, dealership_id: str = LYON) -> list[Any]:
    """A case that is made and answered then."""
    made = created(id, dealership_id=dealership_id, at=moment)
    reply = replace(answered(), case_id=id, dealership_id=dealership_id, answered_at=moment)
    return [made, replace(version(), case_id=id), reply]


DAY = [
    *at(MIDNIGHT - MOMENT, "d1"),
    *at(MIDNIGHT, "d2"),
    *at(MIDNIGHT + timedelta(hours=10), "d3", PARIS),
    *at(MIDNIGHT + timedelta(days=1) - MOMENT, "d4"),
]
LATE = [*at(MIDNIGHT + timedelta(hours=9), "d5"), replace(closed("d2"), closed_at=NOON)]


async def publish(broker: Broker, events: Sequence[Any]) -> None:
    """Put them into the topic as the relay does."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for n, event in enumerate(events):
            kind = contract.by_class(type(event))
            data = kind.encode(event, lambda _subject, _field, plain: plain)
            id = uuid5(NAMESPACE_URL, f"{event.case_id}/{kind.type}")
            stream, meta = f"case-{event.case_id}", {"organisation": "lumiere"}
            row = RecordedEvent(stream, n + 1, BEGINNING, id, kind.type, data, meta, NOON, NOON)
            described = headers(contract, event.case_id, row, 0)
            key = event.case_id.encode()
            await producer.send_and_wait(contract.topic, data, key, headers=described)


@asynccontextmanager
async def counting(broker: Broker, pool: Pool, name: str) -> AsyncIterator[None]:
    """The worker at work, supervised; it ends as a process does that is told to."""
    reads = (CaseCreated, *(type(one) for one in (sent(), read(), answered(), closed(), deleted())))
    worker = WindowCounts(name, contract, reads, counted, partial(write, pool), broker.bootstrap)
    task = asyncio.create_task(supervise("counts", worker.run, worker.progress))
    try:
        yield
    finally:
        worker.stop()
        await task


async def shown(ask: Caller, path: str, field: str) -> list[Any]:
    answer = await ask.ask(path, MANAGER, at=(LYON, PARIS))
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()[field]
    return sorted(found, key=lambda one: one["dealership_id"])


async def before_and_after_a_restart(
    broker: Broker, dealer: Dealer, name: str, ask: Caller
) -> None:
    """Count the day, and in another process, with the tables of the first, what came late."""

    async def all_but_the_late_are_counted() -> None:
        live = await shown(ask, "/statistics/today", "dealerships")
        assert [(one["created"], one["closed"]) for one in live] == [(2, 0), (1, 0)]

    async def all_are_counted() -> None:
        # Faust leaves out what it took over from a group that was settling; again counts once.
        await publish(broker, LATE)
        await asyncio.sleep(1)
        live = await shown(ask, "/statistics/today", "dealerships")
        assert [(one["created"], one["closed"]) for one in live] == [(3, 1), (1, 0)]

    await publish(broker, [*DAY, *DAY])
    async with counting(broker, dealer.pool, name):
        await eventually(all_but_the_late_are_counted, 60)
    async with counting(broker, dealer.pool, name):
        await eventually(all_are_counted, 60)


async def test_at_midnight_the_live_count_and_the_history_agree(
    broker: Broker, dealer: Dealer, topic_prefix: str
) -> None:
    await emptied(broker)
    await create_topics(broker.bootstrap, [contract], 1)
    await dealer.saw(dealership(LYON), dealership(PARIS), *DAY, *LATE)
    async with served(dealer) as ask:
        await before_and_after_a_restart(broker, dealer, f"{topic_prefix}counts", ask)
        first = "/statistics/days?from_day=2030-05-01&until_day=2030-05-01"
        history = await shown(ask, first, "items")
        assert await shown(ask, "/statistics/today", "dealerships") == history
    assert history[0]["accepted"] == {"amount_minor": 30_000, "currency": "EUR"}

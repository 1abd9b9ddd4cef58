"""From the answer to a command until the view shows it, beside a bare way through the broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.missions.trip_v1 import TripPublished, contract
from infra.commands import CommandContext, Commands, Done
from infra.consumers.views import Generations
from infra.database import Pool, open_pool
from infra.host import opened
from infra.topics import create_topics
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.service import service
from services.views.partner.service import service as partner
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most, interleave
from tools.bench.ground import Ground
from tools.bench.processes import RELAIS, child
from tools.bench.relaying import Message, as_messages, create_topic
from tools.bench.subject import Size, Subject

A_SECOND = 200
PROBED = 4
"""One command of so many is looked for in the view, so that looking costs little."""
LOOK_SECONDS = 0.001
BARE_TOPIC = "bench.roundtrip"

Once = Callable[[int], Awaitable[float | None]]
"""Do it once; answers the seconds it took to be seen, None when nobody looked."""


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    await create_topics(ground.broker.bootstrap, service.contracts, 1)
    await create_topic(ground.broker.bootstrap, BARE_TOPIC, 1)
    settings = ground.settings("visible")
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(service, settings))
        for name in ("missions", "views.partner"):
            worker = child(*RELAIS, "work", name, environment=ground.environment("visible"))
            await stack.enter_async_context(worker)
        shown = await open_pool(settings.database("views.partner"), 4, "reader")
        stack.push_async_callback(shown.close)
        command = _command(running.commands, shown)
        round_trip = await stack.enter_async_context(_round_trips(ground.broker.bootstrap))
        # The first one waits for the workers to take their places.
        await command(0)

        async def relais() -> Mapping[str, float]:
            return _percentiles("ours", await paced(command, 2 * size.seconds))

        async def bare() -> Mapping[str, float]:
            return _percentiles("bare", await paced(round_trip, 2 * size.seconds))

        return await interleave(size.rounds, [relais, bare], step)


async def paced(once: Once, seconds: float) -> list[float]:
    """The seconds of all that was looked for, started at a steady pace whatever they take."""
    started = perf_counter()
    tasks: list[asyncio.Task[float | None]] = []
    for number in range(round(seconds * A_SECOND)):
        await asyncio.sleep(started + number / A_SECOND - perf_counter())
        tasks.append(asyncio.ensure_future(once(number)))
    return [took for took in await asyncio.gather(*tasks) if took is not None]


def _percentiles(side: str, seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100)
    return {f"{side} p50": cuts[49] * 1000, f"{side} p99": cuts[98] * 1000}


def _command(commands: Commands, shown: Pool) -> Once:
    generations = Generations("partner", partner.tables, shown)

    async def once(number: int) -> float | None:
        trip_id = f"N{uuid4().hex[:12]}"
        done = await commands.handle(TRIP, trip_id, publish(trip_id), context())
        assert isinstance(done, Done)
        if number % PROBED:
            return None
        answered = perf_counter()
        stream = f"missions.trip/{trip_id}"
        while (await generations.seen([stream])).get(stream, 0) < done.version:
            await asyncio.sleep(LOOK_SECONDS)
        return perf_counter() - answered

    return once


def publish(trip_id: str) -> trip.PublishTrip:
    at = datetime.now(UTC)
    offer = events.published(trip_id, at)
    return trip.PublishTrip(
        trip_id=trip_id,
        organisation_id=offer.organisation_id,
        client_brand=offer.client_brand,
        tags=offer.tags,
        departure=offer.departure,
        arrival=offer.arrival,
        from_slot=offer.from_slot,
        until_slot=offer.until_slot,
        vehicle=offer.vehicle,
        delivery_type=offer.delivery_type,
        distance_km=offer.distance_km,
        duration_minutes=offer.duration_minutes,
        client_process=offer.client_process,
        additional_services=offer.additional_services,
        time_zone="Europe/Paris",
        today=at.date(),
        at=at,
        reference=None,
    )


def context() -> CommandContext:
    return CommandContext(
        command_id=uuid4(),
        correlation_id=uuid4().hex,
        causation_id="bench",
        actor="logistics-1",
        organisation_id=events.ORGANISATION,
        at=datetime.now(UTC),
        fingerprint="0" * 64,
    )


# --- The bare side --------------------------------------------------------------------------------


def message() -> Message:
    """The record that such a command comes to."""
    at = datetime.now(UTC)
    kind = contract.by_class(TripPublished)
    data = kind.encode(events.published("N", at), lambda *_: b"")
    [made] = as_messages([("trip-N", 1, uuid4(), kind.type, data, events.META, at)])
    return made


@asynccontextmanager
async def _round_trips(bootstrap: str) -> AsyncIterator[Once]:
    """The same record through the broker and back, in one process."""
    consumer = AIOKafkaConsumer(BARE_TOPIC, bootstrap_servers=bootstrap, enable_auto_commit=False)
    _, value, headers = message()
    waiting: dict[bytes, asyncio.Future[None]] = {}

    async def receive() -> None:
        async for record in consumer:
            waiting.pop(record.key).set_result(None)

    async with (
        AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer,
        consumer,
    ):
        receiving = asyncio.create_task(receive())

        async def once(_: int) -> float | None:
            key = uuid4().hex[:12].encode()
            waiting[key] = asyncio.get_running_loop().create_future()
            started = perf_counter()
            await producer.send(BARE_TOPIC, value, key=key, headers=headers)
            await waiting[key]
            return perf_counter() - started

        await asyncio.wait_for(once(0), 30)
        yield once
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving


SUBJECT = Subject(
    figures=tuple(
        Figure(
            f"from the command's answer to visible in the view, {percentile}, 200 commands/s",
            "ms",
            f"produce-to-consume round trip, {percentile}",
            at_most(4),
            f"ours {percentile}",
            f"bare {percentile}",
        )
        for percentile in ("p50", "p99")
    ),
    measure=measure,
)

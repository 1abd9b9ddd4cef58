"""Replicas of API and workers leave one after the other, and nobody who sends commands notices."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from contracts.missions.trip_v1 import contract
from infra.testing.balancing import Balancer, Sender
from infra.testing.records import records_of, versions
from tools.demo.people import cities, trips
from tools.relais.tests.conftest import ORGANISATION, Platform
from tools.relais.tests.processes import started

LEAVE_SECONDS = 60.0
"""Longer than any balancer takes; a second signal ends it."""
LEAVING = (LEAVE_SECONDS, LEAVE_SECONDS, 0.0)
SENDERS = 8


def token_of(platform: Platform, subject: str) -> str:
    words = ("token", "--role", "logistics", "--subject", subject, "--org", ORGANISATION)
    return str(platform.facts(*words)["token"])


@contextmanager
def under_load(platform: Platform, balancer: Balancer) -> Iterator[list[Sender]]:
    """Commands come through the balancer all the time within the block."""
    [body] = trips(1, cities(), datetime.now(UTC).date() + timedelta(days=3))
    about = body | {"client_brand": "Rolling", "client_process": None}
    # One person may send twenty a second, and these send as fast as they are answered.
    people = [f"lea-{number}" for number in range(SENDERS)]
    senders = [Sender(balancer, token_of(platform, one), about) for one in people]
    ended = Event()
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        working = [pool.submit(one, ended) for one in (balancer.follow, *(s.send for s in senders))]
        try:
            yield senders
        finally:
            ended.set()
    for done in working:
        done.result()


# Five processes start, which takes a busy machine minutes.
@pytest.mark.broker
@pytest.mark.timeout(400)
def test_no_command_fails_while_one_replica_after_the_other_leaves(platform: Platform) -> None:
    balancer = Balancer()
    with ExitStack() as stack, ThreadPoolExecutor(5) as pool:
        starting = [
            *(started(platform, "serve", "missions", leave_seconds=one) for one in LEAVING),
            *(started(platform, "work", "missions") for _ in range(2)),
        ]
        *older, newer, worker, other = pool.map(stack.enter_context, starting)
        balancer.replicas = tuple(url for _, url in older)
        with under_load(platform, balancer) as senders:
            balancer.replicas += (newer[1],)
            platform.until(lambda: set(balancer.ready) == set(balancer.replicas))
            for (process, url), (working, _) in zip(older, (worker, other), strict=True):
                process.terminate()
                working.terminate()
                until_unused(platform, balancer, url, senders)
                process.terminate()
                assert (process.wait(60), working.wait(60)) == (0, 0)
            platform.until(lambda: balancer.ready == (newer[1],))
        newer[0].terminate()
    assert [reason for one in senders for reason in one.failed] == []
    known = published(senders)
    assert len(set(known)) == len(known)
    platform.until(lambda: are_on_the_topic(platform, known))


def are_on_the_topic(platform: Platform, ids: Sequence[str]) -> bool:
    """Whether the topic has every version that the store has of these, one after the other."""
    kafka = json.loads((platform.home / "run.json").read_text())["kafka"]
    asked = {f"missions.trip/{id}" for id in ids}
    records = asyncio.run(records_of(kafka, [contract.topic]))
    # Others put records there that are no events.
    found = versions([record for record in records if record.stream in asked])
    query = "select stream, max(version) from es.event where stream ~ '^trip-' group by 1"
    stored = {
        stream.replace("-", "/", 1): [*range(1, version + 1)]
        for stream, version in platform.sql("missions", query)
    }
    return all(found.get(one) == stored[one.removeprefix("missions.")] for one in asked)


def until_unused(
    platform: Platform, balancer: Balancer, url: str, senders: Sequence[Sender]
) -> None:
    """Wait until the balancer chooses it no more, and whoever had chosen it before has sent."""
    platform.until(lambda: url not in balancer.ready)
    before = [one.sent for one in senders]
    platform.until(lambda: all(one.sent > n for one, n in zip(senders, before, strict=True)))


def published(senders: Iterable[Sender]) -> list[str]:
    """The trips that are acknowledged so far."""
    return [trip for one in senders for trip in one.published]

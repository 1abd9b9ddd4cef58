"""Replicas of API and workers leave one after the other, and nobody who sends commands notices."""

import asyncio
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.missions.trip_v1 import contract
from infra.testing.records import records_of, versions
from tools.demo.people import cities, trips
from tools.relais.tests.conftest import ORGANISATION, Platform
from tools.relais.tests.processes import started

PROBED_SECONDS = 0.1
LEAVE_SECONDS = 60.0
"""Longer than any balancer takes; a second signal ends it."""
LEAVING = (LEAVE_SECONDS, LEAVE_SECONDS, 0.0)
SENDERS = 5
PAUSE_SECONDS = 0.05


@dataclass
class Balancer:
    """Knows which replicas said last that they are ready, as a Service of Kubernetes does."""

    replicas: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()

    def follow(self, ended: Event) -> None:
        """Probe the replicas until told to end."""
        with httpx.Client(timeout=10) as client:
            while not ended.wait(PROBED_SECONDS):
                self.ready = tuple(one for one in self.replicas if _is_ready(client, one))

    def choose(self) -> str:
        """Any of those that are ready; waits for one."""
        while not (ready := self.ready):
            time.sleep(PROBED_SECONDS)
        return random.choice(ready)


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Sender:
    """Publishes trips through a balancer, each once, and keeps what came back."""

    balancer: Balancer
    token: str
    about: Mapping[str, Any]
    sent: int = 0
    published: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def send(self, ended: Event) -> None:
        """Send until told to end. Nothing is sent again: a failure stays one."""
        with httpx.Client(timeout=30) as client:
            while not ended.wait(PAUSE_SECONDS):
                headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid4().hex}
                address = f"{self.balancer.choose()}/missions/trips"
                try:
                    answer = client.post(address, json=dict(self.about), headers=headers)
                except httpx.TransportError as error:
                    self.failed.append(repr(error))
                else:
                    self._keep(answer)
                self.sent += 1

    def _keep(self, answer: httpx.Response) -> None:
        if answer.is_success:
            self.published.append(answer.json()["id"])
        else:
            self.failed.append(answer.text)


@contextmanager
def under_load(platform: Platform, balancer: Balancer) -> Iterator[list[Sender]]:
    """Commands come through the balancer all the time within the block."""
    words = ("token", "--role", "logistics", "--subject", "lea", "--org", ORGANISATION)
    token = platform.facts(*words)["token"]
    [body] = trips(1, cities(), datetime.now(UTC).date() + timedelta(days=3))
    about = body | {"client_brand": "Rolling", "client_process": None}
    senders = [Sender(balancer, token, about) for _ in range(SENDERS)]
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

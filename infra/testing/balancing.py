"""A balancer that asks replicas whether they are ready, and who sends commands through it."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import uuid4

import httpx

PROBED_SECONDS = 0.1
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

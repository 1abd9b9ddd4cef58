"""The story of how one release takes over from another, and back, with commands all the time.

Missions and the partner's views run as in production: an API and workers of each release, processes
of their own, over one PostgreSQL and one broker. Ten senders publish trips through a balancer.
"""

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx
import psycopg

from contracts.missions.trip_v1 import contract
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.process import Child
from infra.testing.balancing import Balancer, Sender
from infra.testing.records import records_of, versions
from infra.tokens import Role, issue
from tools.bench.against import python_of
from tools.bench.ground import Ground, servers
from tools.bench.processes import RELAIS
from tools.cluster.running import until
from tools.demo.people import cities, trips

ORGANISATION, DRIVER = "side-by-side", "ada"
PARTNER = "views.partner"
SERVICES = ("missions", PARTNER)
UNFILLED = "no tables of"
AREA = "together"
SENDERS, SENT_A_PHASE = 10, 300
READY_SECONDS = 90.0
Words = tuple[str, str]
WORKERS: Sequence[Words] = (("work", "missions"), ("work", PARTNER))
MISSIONS, SCREENS = ("serve", "missions"), ("serve", PARTNER)
APIS: Sequence[Words] = (MISSIONS, SCREENS)
RELAYING, SHOWING = WORKERS
ACCOUNTS = ("work", "accounts")


class Failed(Exception):
    """The two did not get on."""


@dataclass
class Release:
    """The processes of one release."""

    name: str
    tree: Path
    folder: Path
    environment: Mapping[str, str]
    _running: dict[Words, tuple[Child, str]] = field(default_factory=dict)

    def start(self, *all_words: Words) -> None:
        """Start processes of it."""
        for words in all_words:
            port = free_port()
            command = [python_of(self.tree), *RELAIS, *words]
            said = {"RELAIS_PORT": str(port), "PYTHONPATH": str(self.tree)}
            settings = [f"{key}={value}" for key, value in {**self.environment, **said}.items()]
            log = self.folder / f"{self.name.replace(' ', '-')}-{'-'.join(words)}.log"
            child = Child(["env", f"--chdir={self.tree}", *settings, *command], log)
            self._running[words] = child, f"http://{LOOPBACK}:{port}"

    def ready(self, *all_words: Words) -> None:
        """Wait until these processes say that they are. Raises `Failed`, `ServerFailed`."""
        for words in all_words:
            child, url = self._running[words]
            try:
                until(partial(_is_ready, child, url), "it", READY_SECONDS)
            except TimeoutError:
                said = httpx.get(f"{url}/health/ready").text
                raise Failed(f"{' '.join(words)} of {self.name} is not ready: {said}") from None

    def unfilled(self, words: Words) -> bool:
        """Whether it waits for tables of its shape, once it has said so or is ready."""
        child, url = self._running[words]
        said: list[str] = []

        def has_said() -> bool:
            if not _is_ready(child, url):
                with suppress(httpx.TransportError):
                    said.append(httpx.get(f"{url}/health/ready", timeout=10).text)
                return bool(said) and UNFILLED in said[-1]
            said.append("")
            return True

        until(has_said, f"{words} of {self.name}", READY_SECONDS)
        return UNFILLED in said[-1]

    def address(self, words: Words) -> str:
        """Where a process of it serves."""
        return self._running[words][1]

    def stop(self, *all_words: Words) -> None:
        """Tell processes to stop, and wait for them."""
        for words in all_words or tuple(self._running):
            child, _ = self._running.pop(words)
            asyncio.run(child.stop(within_seconds=60))

    def says(self, *words: str) -> str:
        """The output of a command of this release. Raises `Failed` when it fails."""
        command = [python_of(self.tree), *RELAIS, *words]
        environment = {**self.environment, "PYTHONPATH": str(self.tree)}
        done = subprocess.run(
            command, cwd=self.tree, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"relais {' '.join(words)} of {self.name}: {done.stdout}{done.stderr}")
        return done.stdout


def _is_ready(child: Child, url: str) -> bool:
    child.check()
    try:
        return httpx.get(f"{url}/health/ready", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


# --- Commands -------------------------------------------------------------------------------------


@dataclass
class Load:
    """Commands through a balancer, all the time, and what came of them."""

    balancer: Balancer
    senders: Sequence[Sender]
    begun: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Commands a second since the beginning."""
        return sum(one.sent for one in self.senders) / (time.monotonic() - self.begun)

    @property
    def published(self) -> list[str]:
        """The trips that are acknowledged so far."""
        return [trip for one in self.senders for trip in one.published]

    @property
    def failed(self) -> list[str]:
        """The answers to those that failed."""
        return [reason for one in self.senders for reason in one.failed]

    def for_a_while(self) -> list[str]:
        """The trips that are published within the time of a phase."""
        before = set(self.published)
        sent = sum(one.sent for one in self.senders)
        until(lambda: sum(one.sent for one in self.senders) > sent + SENT_A_PHASE, "commands")
        return [trip for trip in self.published if trip not in before]

    def goes_to(self, *urls: str) -> None:
        """From now on, and nothing is on its way to another one."""
        self.balancer.replicas = urls
        until(lambda: set(self.balancer.ready) == set(urls), "the balancer")
        before = [one.sent for one in self.senders]
        until(
            lambda: all(one.sent > n for one, n in zip(self.senders, before, strict=True)),
            "what was on its way",
        )


@contextmanager
def under_load(token: str, url: str) -> Iterator[Load]:
    """Trips are published all the time within the block, at first at this address."""
    balancer = Balancer((url,))
    [body] = trips(1, cities(), datetime.now(UTC).date() + timedelta(days=3))
    senders = [Sender(balancer, token, body | {"client_process": None}) for _ in range(SENDERS)]
    ended = Event()
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        working = [pool.submit(one, ended) for one in (balancer.follow, *(s.send for s in senders))]
        try:
            yield Load(balancer, senders)
        finally:
            ended.set()
    for done in working:
        done.result()


# --- The story ------------------------------------------------------------------------------------


def told(ground: Ground, old: Release, new: Release) -> Iterator[str]:
    """The whole story, a line for each thing that was seen. Raises `Failed`, `TimeoutError`."""
    logistics, driver = _token(ground, "lea", "logistics"), _token(ground, DRIVER, "driver")
    old.start(*WORKERS, *APIS)
    old.ready(*WORKERS, *APIS)
    _begin(old, logistics)
    with under_load(logistics, old.address(MISSIONS)) as load:
        look = Looking(load, driver)
        yield look.at("the earlier release alone", old)
        new.says("migrate")
        yield look.at("once the tables were brought forward", old)
        new.start(*WORKERS)
        others = [name for name in SERVICES if new.unfilled(("work", name))]
        for name in others:
            new.says("views", "rebuild", name)
        new.ready(*WORKERS)
        yield f"tables of another shape, filled beside the earlier ones: {others}"
        yield look.at("once these were filled", old)
        old.stop(RELAYING)
        yield look.at("earlier APIs with new workers of missions", old)
        new.start(*APIS)
        new.ready(*APIS)
        load.goes_to(old.address(MISSIONS), new.address(MISSIONS))
        yield look.at("APIs of both", old, new)
        yield repeated(old, new, logistics)
        load.goes_to(new.address(MISSIONS))
        old.stop(MISSIONS)
        old.start(RELAYING)
        old.ready(RELAYING)
        new.stop(RELAYING)
        yield look.at("new APIs with earlier workers of missions", old, new)
        if PARTNER not in others:
            new.stop(SHOWING)
            yield look.at("new APIs with earlier workers of both", old, new)
            new.start(SHOWING)
            new.ready(SHOWING)
        for release in (new, old):
            for word in ("rebuild", "rollback"):
                release.says("views", word, PARTNER)
                yield look.at(f"after `views {word}` of {release.name}", old, new)
        new.start(RELAYING)
        new.ready(RELAYING)
        old.stop()
        yield look.at("this release alone", new)
        yield f"{load.rate:.0f} commands a second all the time"
    yield kept(ground, load)


@contextmanager
def stage(kind: str) -> Iterator[Ground]:
    """Servers for the time of a block, from outside of any loop."""
    with asyncio.Runner() as runner:
        opening = servers(kind)
        ground = runner.run(opening.__aenter__())
        try:
            yield ground
        finally:
            runner.run(opening.__aexit__(None, None, None))


def _token(ground: Ground, subject: str, role: Role) -> str:
    return issue(ground.signing, subject, ORGANISATION, [role], lifetime=3_600)


def _begin(release: Release, token: str) -> None:
    """An organisation with its first user, who is a driver too."""
    words = ["--name", "Side", "--user", DRIVER, "--email", "ada@example.org", "--person", "Ada M"]
    if "--country" in release.says("found", "--help"):
        words += ["--country", "FR"]
    release.says("found", ORGANISATION, *words)
    body = {"driver_id": DRIVER, "name": "Ada Moreau", "phone": "+33465710000"}
    url = f"{release.address(MISSIONS)}/missions/drivers"
    headers = {"Authorization": f"Bearer {token}"}

    def registered() -> bool:
        own = {**headers, "Idempotency-Key": uuid4().hex}
        return httpx.post(url, json=body, headers=own).is_success

    release.start(ACCOUNTS)
    until(registered, "the driver, who is a user")
    release.stop(ACCOUNTS)


@dataclass
class Looking:
    """Whether the screens of releases show what is published meanwhile."""

    load: Load
    token: str

    def at(self, phase: str, *releases: Release) -> str:
        """Publish for a while: the screens of these releases show all of it, no command fails."""
        trips = self.load.for_a_while()
        for release in releases:
            until(partial(self._shows, release, trips), f"the trips of {release.name}: {phase}")
        if self.load.failed:
            raise Failed(f"{phase}: {Counter(self.load.failed)}")
        return f"{phase}: {len(trips)} trips published and shown"

    def _shows(self, release: Release, trips: Sequence[str]) -> bool:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=release.address(SCREENS), headers=headers) as client:
            found = [client.get(f"/partner/trips/{trip}").status_code for trip in trips]
        if set(found) - {200, 404}:
            raise Failed(f"the screens of {release.name} answer {Counter(found)}")
        return set(found) == {200}


def repeated(old: Release, new: Release, token: str) -> str:
    """A request that one release recorded comes again to the other: nothing is recorded twice."""
    [body] = trips(1, cities(), datetime.now(UTC).date() + timedelta(days=3))
    said: dict[str, list[int]] = {}
    for first, second in ((old, new), (new, old)):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        answers = [
            httpx.post(f"{one.address(MISSIONS)}/missions/trips", json=body, headers=headers)
            for one in (first, second)
        ]
        if answers[1].is_success and answers[1].json()["id"] != answers[0].json()["id"]:
            raise Failed(f"{first.name} and {second.name} each recorded the same request")
        said[f"{first.name}, then {second.name}"] = [one.status_code for one in answers]
    return f"the same request at both: {said}"


def kept(ground: Ground, load: Load) -> str:
    """The store has every acknowledged trip once, the topic each of its versions in order."""
    known = load.published
    url = ground.settings(AREA).database("missions")
    with psycopg.connect(url) as connection:
        stored: dict[str, int] = dict(
            connection.execute(
                "select stream, max(version) from es.event where stream ~ '^trip-' group by 1"
            ).fetchall()
        )
    missing = [trip for trip in known if f"trip-{trip}" not in stored]
    records = asyncio.run(records_of(ground.broker.bootstrap, [contract.topic]))
    found = versions(records)
    wrong = [
        stream
        for stream, last in stored.items()
        if found.get(f"missions.{stream.replace('-', '/', 1)}") != [*range(1, last + 1)]
    ]
    twice = len(records) - sum(map(len, found.values()))
    if missing or wrong or twice or len(set(known)) != len(known):
        raise Failed(f"{len(missing)} missing, {len(wrong)} not in order, {twice} twice")
    return (
        f"{len(known)} trips acknowledged, none refused; all in the store, in the topic once and"
        " in order"
    )

"""A platform of these tests alone, started as an operator does, and the command line over it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner, Result

from infra.stack.apache import fetch
from infra.stack.choice import LIBRARIES
from infra.stack.ports import LOOPBACK
from tools.demo.people import cities, trips
from tools.relais.main import app

START_SECONDS = 240
STOP_SECONDS = 120
LOOKUP_SECONDS = 60
ORGANISATION = "acme"


@dataclass(frozen=True)
class Line:
    """The command line in one home."""

    home: Path
    environment: Mapping[str, str]

    def say(self, *words: str) -> Result:
        """The output and exit code of `relais` with these words."""
        return CliRunner().invoke(app, list(words), env=dict(self.environment))

    def facts(self, *words: str, code: int = 0) -> Any:
        """The JSON it prints, once it has ended with that code."""
        said = self.say(*words, "--json")
        assert said.exit_code == code, said.output
        return json.loads(said.stdout)

    def lines(self, *words: str) -> list[Any]:
        """The JSON lines it prints."""
        said = self.say(*words, "--json")
        assert said.exit_code == 0, said.output
        return [json.loads(line) for line in said.stdout.splitlines()]

    @property
    def audited(self) -> list[Any]:
        """The actions written down so far."""
        return [json.loads(line) for line in (self.home / "audit.log").read_text().splitlines()]


@dataclass(frozen=True)
class Platform(Line):
    """A running platform, with ways to put something into it."""

    url: str
    postgres: str
    log: Path
    """The file that its process writes to."""
    cards: socket
    """Bound to where it takes the provider of cards to be; nobody listens there yet."""

    def post(
        self,
        role: str,
        subject: str,
        path: str,
        body: Any,
        method: str = "POST",
        position: str | None = None,
    ) -> Any:
        """One request of somebody of the organisation, who was told of the position; answers what
        it was told."""
        return self._answer(role, subject, path, body, method, position).json()

    def _answer(
        self, role: str, subject: str, path: str, body: Any, method: str, position: str | None
    ) -> httpx.Response:
        words = ("token", "--role", role, "--subject", subject, "--org", ORGANISATION)
        token = self.facts(*words)["token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
        headers |= {"Relais-Min-Position": position} if position else {}
        until = time.monotonic() + LOOKUP_SECONDS
        while True:
            answer = httpx.request(
                method, f"{self.url}{path}", json=body, headers=headers, timeout=30
            )
            # On a busy machine another service may not have heard of it yet.
            if answer.status_code != httpx.codes.TOO_EARLY or time.monotonic() > until:
                assert answer.is_success, answer.text
                return answer

    def trip(self, brand: str = "Atlas") -> str:
        """Publish a trip; answers its id."""
        soon = datetime.now(UTC).date() + timedelta(days=3)
        [body] = trips(1, cities(), soon)
        about = body | {"client_brand": brand, "client_process": None}
        return str(self.post("logistics", "lea", "/missions/trips", about)["id"])

    def driver(self, name: str = "Ada Lovelace") -> str:
        """Invite somebody and register them as a driver; answers the id.

        They can be told of something by then.
        """
        user = {"email": f"{uuid4().hex[:8]}@example.org", "name": name, "roles": ["driver"]}
        invited = self._answer("administration", "max", "/accounts/users", user, "POST", None)
        driver_id = str(invited.json()["id"])
        about = {"driver_id": driver_id, "name": name, "phone": "+33612345678"}
        position = invited.headers["Relais-Position"]
        self.post("logistics", "lea", "/missions/drivers", about, position=position)
        reached = f"select version from es.event where stream = 'preferences-{driver_id}'"
        self.until(lambda: bool(self.sql("messaging", reached)))
        return driver_id

    def sql(self, service: str, statement: str) -> list[Any]:
        """Runs a statement in the database of a service, as a person might."""
        url = make_conninfo(self.postgres, dbname=f"relais_{service.replace('.', '_')}")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def until(self, check: Callable[[], bool], within: float = 90.0) -> None:
        """Wait for what workers do."""
        deadline = time.monotonic() + within
        while not check():
            assert time.monotonic() < deadline, "it did not come"
            time.sleep(0.05)


@pytest.fixture(scope="package")
def platform(broker_kind: str) -> Iterator[Platform]:
    """`relais up` in a home of its own, on the broker of the run; stopped in order at the end."""
    if broker_kind == "apache":
        # The home of these processes is empty: Maven would not know what it knows here.
        fetch(LIBRARIES)
    with TemporaryDirectory(prefix="relais-") as folder:
        home, written = Path(folder) / "home", Path(folder) / "up.log"
        cards = socket()
        cards.bind((LOOPBACK, 0))
        environment = {
            "RELAIS_HOME": str(home),
            "RELAIS_PORT": "0",
            "RELAIS_BROKER": broker_kind,
            "RELAIS_CARD_PROVIDER": f"http://{LOOPBACK}:{cards.getsockname()[1]}",
        }
        with written.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.relais", "up"],
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/bin:/bin", "HOME": folder, **environment},
            )
        try:
            found = _addresses(home, process, written)
            yield Platform(home, environment, found["url"], found["postgres"], written, cards)
        finally:
            cards.close()
            process.terminate()
            code = process.wait(STOP_SECONDS)
        assert (code, (home / "run.json").exists()) == (0, False)


def _addresses(home: Path, process: "subprocess.Popen[bytes]", log: Path) -> Mapping[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while not (home / "run.json").exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    found: Mapping[str, str] = json.loads((home / "run.json").read_text())
    return found


@pytest.fixture
def nowhere(tmp_path: Path) -> Line:
    """The command line in a home where nothing runs."""
    return Line(tmp_path, {"RELAIS_HOME": str(tmp_path), "RELAIS_POSTGRES": "", "RELAIS_KAFKA": ""})

"""The whole platform in one process: servers, services, APIs and workers, until told to stop."""

import asyncio
import base64
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from infra import telemetry
from infra.host import Running, Service, opened, working
from infra.http.auth import Role, SigningKey, issue, jwks
from infra.serving import measured, serving, site
from infra.settings import Settings
from infra.stack.choice import broker_of
from infra.stack.postgres import PostgresServer
from infra.topics import create_topics
from services import registry

TOKEN_SECONDS = 12 * 3600.0


class AlreadyRunning(Exception):
    """Another process runs the platform in the same home."""


@dataclass(frozen=True)
class Platform:
    """What runs, and where."""

    settings: Settings
    services: Sequence[Running]
    url: str
    signing_key: SigningKey

    def token(self, subject: str, organisation_id: str, role: Role) -> str:
        """A development token; in production the accounts service signs them."""
        return development_token(self.signing_key, subject, organisation_id, [role])


def development_token(
    key: SigningKey, subject: str, organisation_id: str, roles: Sequence[Role]
) -> str:
    """Valid for twelve hours, and only where the key is published."""
    return issue(key, subject, organisation_id, roles, lifetime=TOKEN_SECONDS)


@asynccontextmanager
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """Everything on this machine, within the block. Servers named in the settings are used as
    they are; those that are not are started under `settings.home`, and keep their data there.

    Raises `AlreadyRunning`.
    """
    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    refuse_second(home)
    async with AsyncExitStack() as stack:
        key, settings = with_keys(home, settings)
        stack.enter_context(telemetry.running(telemetry_of(settings, "relais")))
        settings = await _with_servers(stack, home, settings)
        running = await open_services(stack, registry.services(), settings)
        app = site(running, settings)
        await stack.enter_async_context(measured(running))
        url = await stack.enter_async_context(serving(app, settings))
        stack.callback(write_addresses(home, settings, url).unlink, missing_ok=True)
        yield Platform(settings, running, url, key)


async def open_services(
    stack: AsyncExitStack,
    services: Sequence[Service],
    settings: Settings,
    *,
    with_workers: bool = True,
) -> list[Running]:
    """Open services on the stack, with their topics, and start their workers."""
    found = [await stack.enter_async_context(opened(service, settings)) for service in services]
    if not with_workers:
        return found
    contracts = {c.topic: c for s in services for c in (*s.contracts, *s.sources)}
    await create_topics(settings.kafka, list(contracts.values()), settings.topic_replication)
    for running in found:
        await stack.enter_async_context(working(running))
    return found


async def _with_servers(stack: AsyncExitStack, home: Path, settings: Settings) -> Settings:
    found: dict[str, str] = {}
    if not settings.postgres:
        postgres = PostgresServer(home / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        found["postgres"] = postgres.url()
    if not settings.kafka:
        broker = broker_of(settings.broker, home / f"broker-{settings.broker}")
        await broker.start()
        stack.push_async_callback(broker.stop)
        found["kafka"] = broker.bootstrap
    return settings.model_copy(update=found)


def telemetry_of(settings: Settings, name: str) -> telemetry.TelemetrySettings:
    """How a process of this name reports; libraries only speak up when something is wrong."""
    for library in ("aiokafka", "faust", "mode", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return telemetry.TelemetrySettings(
        name, otlp_endpoint=settings.otlp_endpoint or None, log_level=settings.log_level
    )


# --- Keys of a laptop -------------------------------------------------------


def with_keys(home: Path, settings: Settings) -> tuple[SigningKey, Settings]:
    """The settings with development keys where they name none; made once, readable by us only."""
    keys = home / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    signing = SigningKey.from_pem(_kept(keys / "signing.pem", SigningKey.generate().pem))
    fresh = json.dumps({"development": base64.b64encode(secrets.token_bytes(32)).decode()})
    masters = _kept(keys / "master.json", fresh)
    return signing, settings.model_copy(
        update={
            "jwks": settings.jwks or jwks(signing),
            "master_keys": settings.master_keys
            if settings.master_keys.get_secret_value()
            else SecretStr(masters),
        }
    )


def _kept(path: Path, fresh: str) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    return path.read_text()


# --- Who else runs here -----------------------------------------------------


def refuse_second(home: Path) -> None:
    """Raises `AlreadyRunning` while the process that wrote the addresses lives."""
    if (found := addresses(home)) is not None:
        raise AlreadyRunning(f"it runs at {found['url']} already (process {found['pid']})")


def addresses(home: Path) -> Mapping[str, str] | None:
    """Where a running platform of this home is; None when none runs."""
    path = home / "run.json"
    try:
        found: dict[str, str] = json.loads(path.read_text())
        os.kill(int(found["pid"]), 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, KeyError):
        return None
    return found


def write_addresses(home: Path, settings: Settings, url: str) -> Path:
    """Tell other commands where the platform is; answers the file to remove at the end."""
    path = home / "run.json"
    found = {
        "pid": str(os.getpid()),
        "host": socket.gethostname(),
        "url": url,
        "postgres": settings.postgres,
        "kafka": settings.kafka,
    }
    path.write_text(json.dumps(found, indent=1))
    return path


def until_told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT; must be called within the running loop."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told

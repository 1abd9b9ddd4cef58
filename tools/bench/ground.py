"""The ground of every measurement: one PostgreSQL, one broker, databases and topics."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql
from pydantic import SecretStr

from infra.settings import Settings
from infra.stack.broker import Broker
from infra.stack.choice import broker_of
from infra.stack.postgres import PostgresServer
from infra.tokens import SigningKey, jwks

MASTER_KEYS = json.dumps({"bench": base64.b64encode(bytes(range(32))).decode()})
POOL = 10
"""Connections each side gets."""


@dataclass(frozen=True)
class Ground:
    """Servers of this run alone; all of it goes away afterwards."""

    postgres: PostgresServer
    broker: Broker
    kind: str
    signing: SigningKey = field(default_factory=SigningKey.generate)

    def settings(self, area: str) -> Settings:
        """Settings of services whose databases are this area's own."""
        names = (
            *("accounts", "depot_tours", "dispatch", "interventions", "keys", "messaging"),
            *("missions", "payments", "reminders"),
            *("views.backoffice", "views.dealer", "views.depot", "views.partner"),
        )
        return Settings(
            databases={name: self.postgres.url(_database(area, name)) for name in names},
            kafka=self.broker.bootstrap,
            master_keys=SecretStr(MASTER_KEYS),
            jwks=jwks(self.signing),
            pool_size=POOL,
            # A few people ask as often as they can.
            max_requests_of_person=0,
            max_requests_of_organisation=0,
        )

    def environment(self, area: str) -> dict[str, str]:
        """The same settings for a process of its own."""
        settings = self.settings(area)
        return {
            "RELAIS_DATABASES": json.dumps(settings.databases),
            "RELAIS_POSTGRES": self.postgres.url(),
            "RELAIS_KAFKA": settings.kafka,
            "RELAIS_MASTER_KEYS": MASTER_KEYS,
            "RELAIS_JWKS": settings.jwks,
            "RELAIS_POOL_SIZE": str(POOL),
            "RELAIS_MAX_REQUESTS_OF_PERSON": "0",
            "RELAIS_MAX_REQUESTS_OF_ORGANISATION": "0",
            "RELAIS_PORT": "0",
            "RELAIS_LOG_LEVEL": "ERROR",
            "RELAIS_LEAVE_SECONDS": "0",
        }

    async def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        async with await psycopg.AsyncConnection.connect(
            self.postgres.url(), autocommit=True
        ) as connection:
            await connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.postgres.url(name)

    async def settle(self) -> None:
        """Write out what earlier work left dirty, so that nobody pays for somebody else's."""
        async with await psycopg.AsyncConnection.connect(
            self.postgres.url(), autocommit=True
        ) as connection:
            await connection.execute("checkpoint")


def _database(area: str, service: str) -> str:
    return f"{area}_{service.rpartition('.')[2]}"


@asynccontextmanager
async def servers(kind: str) -> AsyncIterator[Ground]:
    """A PostgreSQL with its usual, durable settings and a broker, for the time of a block."""
    with TemporaryDirectory(prefix="relais-bench-") as folder:
        postgres = PostgresServer(Path(folder) / "postgres")
        broker = broker_of(kind, Path(folder) / "broker")
        await postgres.start()
        await broker.start()
        try:
            yield Ground(postgres, broker, kind)
        finally:
            await broker.kill()
            await postgres.kill()

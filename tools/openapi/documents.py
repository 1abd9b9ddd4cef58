"""The document of each service, made from its routes without a server or a database."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from psycopg_pool import AsyncConnectionPool

from infra import serving
from infra.commands import Commands
from infra.database import Pool
from infra.host import Running, Service, generations
from infra.http.auth import PublishedKeys, Verifier
from infra.http.health import Health
from infra.personal import Keyring
from infra.settings import Settings
from infra.signals import Signal
from infra.store.postgres import PostgresStore
from infra.tokens import SigningKey, jwks
from services import registry

FOLDER = Path("contracts/http")
HEAD = "# Made by `python -m tools.openapi` from the routes of {name}; do not edit.\n"

Document = Mapping[str, Any]


def documents() -> Mapping[str, Document]:
    """The document of every service, by its name."""
    return {service.name: document(service) for service in registry.services()}


def document(service: Service) -> Document:
    """The OpenAPI document of a service."""
    verifier = Verifier(PublishedKeys(jwks(SigningKey.generate())), "relais-accounts", "relais")
    return serving.api(unopened(service), verifier, Health()).openapi()


def unopened(service: Service) -> Running:
    """The service over a database that nobody opens."""
    pool: Pool = AsyncConnectionPool("", open=False, min_size=0, max_size=1)
    master = f'{{"none": "{base64.b64encode(bytes(range(32))).decode()}"}}'
    settings = Settings.model_validate({"master_keys": master})
    keyring, store = Keyring(pool, settings.masters), PostgresStore(pool)
    return Running(
        service=service,
        settings=settings,
        pool=pool,
        keyring=keyring,
        store=store,
        commands=Commands(service.name, store, keyring),
        appended=Signal("appended", pool),
        seen=Signal("seen", pool),
        generations=generations(service, pool),
    )


def text(name: str, document: Document) -> str:
    """The document as it is committed."""
    body = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)
    return HEAD.format(name=name) + body


def path(name: str) -> Path:
    """Where the document of a service stands, from the root of the repository."""
    return FOLDER / f"{name}.yaml"

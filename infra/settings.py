"""Everything that differs between a laptop and production; the only reader of the environment."""

import base64
import json
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urljoin

from psycopg.conninfo import make_conninfo
from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from infra import endpoints
from infra.cluster import Cluster, Mechanism, trusting


def _split(given: object) -> object:
    """The parts of a text, between its commas."""
    if not isinstance(given, str):
        return given
    return [one.strip() for one in given.split(",") if one.strip()]


_Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
Origins = Annotated[tuple[_Origin, ...], NoDecode, BeforeValidator(_split)]
_Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]
Networks = Annotated[tuple[_Network, ...], NoDecode, BeforeValidator(_split)]

_Host = Annotated[str, StringConstraints(pattern=r"^\.?[a-z0-9.-]+(:[0-9]{1,5})?$")]
Hosts = Annotated[tuple[_Host, ...], NoDecode, BeforeValidator(_split)]

_Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Phones = Annotated[tuple[_Phone, ...], NoDecode, BeforeValidator(_split)]

Signal = Literal["traces", "metrics", "logs"]
"""A kind of reports for a collector."""
Signals = Annotated[tuple[Signal, ...], NoDecode, BeforeValidator(_split)]

MASTER_BYTES = 32
PUSH_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".notify.windows.com",
    ".push.apple.com",
)
"""The push services of the browsers that people have."""


def _master_keys(given: SecretStr) -> dict[str, bytes]:
    """The keys by name. Raises ValueError, which never tells a key, for what is no strong one."""
    try:
        named = json.loads(given.get_secret_value())
        found = {name: base64.b64decode(key, validate=True) for name, key in named.items()}
    except (ValueError, TypeError, AttributeError):
        raise ValueError(
            'must be a JSON object of names and keys in base64, like {"2026": "what `openssl rand'
            ' -base64 32` prints"}'
        ) from None
    if not found:
        raise ValueError("must have a key")
    for name, key in found.items():
        if len(key) != MASTER_BYTES:
            raise ValueError(f"the key {name} must have {MASTER_BYTES} bytes, not {len(key)}")
        if len(set(key)) == 1:
            raise ValueError(f"the bytes of the key {name} are all the same")
    return found


class Settings(BaseSettings):
    """Read once by the host; each name is an environment variable with the prefix RELAIS_."""

    model_config = SettingsConfigDict(
        env_prefix="RELAIS_",
        extra="ignore",
        # Some of them are secrets.
        hide_input_in_errors=True,
    )

    home: Path = Path(".relais")
    """Where a laptop keeps its servers' data, keys and addresses."""
    postgres: str = ""
    """URL of a PostgreSQL server; each service uses its own database there."""
    databases: dict[str, str] = Field(default_factory=dict)
    """JSON object, service name to URL, for services on a server of their own."""
    stores: dict[str, str] = Field(default_factory=dict)
    """JSON object, service name to URL like esdb://user:word@host:2113, for services that record
    in EventStoreDB or KurrentDB; the rest of what is theirs stays in their database. Several may
    share a cluster, and several installations one where a name behind `#` tells them apart."""
    kafka: str = ""
    """Kafka bootstrap servers, comma separated."""
    kafka_tls: bool = False
    """Talk to Kafka by TLS, trusting the authorities of the system."""
    kafka_ca: Path | None = None
    """A PEM file with the only authority whose brokers are trusted; it switches TLS on."""
    kafka_mechanism: Mechanism = ""
    """How we say who we are: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty: not at all.

    PLAIN and OAUTHBEARER send their secret as it is, so they need TLS.
    """
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_token: Path | None = None
    """The file with the token of OAUTHBEARER, read anew for each connection."""
    broker: str = "noida"
    """Which broker `relais up` starts: noida or apache."""
    master_keys: SecretStr = SecretStr("")
    """JSON object, name to base64 of 32 bytes: `{"2026": "what openssl rand -base64 32 prints"}`;
    the first wraps new keys."""
    jwks: str = ""
    """The published keys access tokens are checked with: JSON, or a path to it."""
    jwks_url: str = ""
    """Where the accounts service publishes its keys, which are taken as well as those of `jwks`."""
    portal: str = "http://localhost:8080"
    """Where people find the portal; links in mails begin with it. `relais up` and `demo` take the
    address of the app that they serve."""
    pages: str = ""
    """Where browsers find the APIs, like https://api.example.org: links to the pages of customers
    begin with it. Without it that is the host of the portal."""
    smtp: SecretStr = SecretStr("")
    """The mail server, like smtps://user:word@host:465; without one a laptop keeps its mail."""
    smtp_ca: Path | None = None
    """A PEM file with the only authority whose mail server is trusted."""
    mail_from: str = "Relais <no-reply@relais.invalid>"
    """The sender of mails; its domain is that of their Message-IDs."""
    mail_returns: str = ""
    """Where servers report what became of mails, like returns@mail.example.org; without it a mail
    stays sent. Its mail exchanger leads to `mail_returns_port`."""
    mail_returns_port: int = 2525
    sms_url: str = ""
    """Where the gateway of text messages takes them; without one there are none."""
    sms_token: SecretStr = SecretStr("")
    sms_secret: SecretStr = SecretStr("")
    """The secret with which the gateway signs its receipts."""
    push_hosts: Hosts = PUSH_SERVICES
    """The push services of browsers that messages are sent to, like `push.example.org`; one that
    begins with a dot means every host below it. Addresses elsewhere are refused."""
    push_ca: Path | None = None
    """A PEM file with the only authority whose push services are trusted."""
    card_provider: str = ""
    """Where the provider of card payments answers, for tests; empty is its own address."""
    t_scan_url: str = ""
    """Where T-Scan answers, like https://scans.example.org/v1; empty: it is not connected."""
    t_scan_token: SecretStr = SecretStr("")
    planet_vo_url: str = ""
    """Where Planet VO takes photos of used vehicles; each dealership has credentials of its own."""
    support_whatsapp: str = Field(default="", pattern=r"^([1-9][0-9]{6,14})?$")
    """The number of support in WhatsApp, as E.164 without its `+`; without one there is no link."""
    support_email: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    """The address of support, which people find under "Help"."""
    support_phones: Phones = ()
    """The numbers of support for what is urgent, as E.164, comma separated."""
    support_guide: str = Field(default="", pattern=r"^(https://\S+)?$")
    """Where people find the user guide, like https://docs.example.org/guide."""
    send_at_once: int = Field(default=8, ge=1)
    """Messages on their way to providers at the same time."""
    send_first_pause: float = Field(default=30.0, gt=0)
    """Seconds between the first attempt that fails and the second; each pause doubles."""
    send_longest_pause: float = Field(default=4 * 3600.0, gt=0)
    """Seconds between two attempts at most."""
    send_days: float = Field(default=5.0, gt=0)
    """Days after the first attempt when a channel is given up; sooner when its message expires."""
    send_attempts_kept_days: float = Field(default=90.0, gt=0)
    """Days for which attempts that failed are remembered; longer than `send_days`."""
    sending: bool = True
    """Off while history is played into a new installation: messages wait, nothing goes out."""
    objects: str = ""
    """Where files are kept, like s3://bucket/folder; without it in a folder of `home`."""
    s3_endpoint: str = ""
    """Where an S3 other than Amazon's answers."""
    s3_region: str = "eu-west-3"
    s3_key: SecretStr = SecretStr("")
    s3_secret: SecretStr = SecretStr("")
    """Without these two, the usual places of credentials are looked at."""
    s3_ca: Path | None = None
    """A PEM file with an authority whose S3 is trusted, beside those of the system."""
    document_bytes: int = 25 * 1024 * 1024
    """The largest document or image that is taken (G-08)."""
    video_bytes: int = 500 * 1024 * 1024
    """The largest video that is taken (G-08)."""
    least_piece_bytes: int = Field(default=64 * 1024, ge=1)
    """The shortest piece of an upload that is taken and is not its last one."""
    files_of_person: int = Field(default=5_000, ge=1)
    """Files that one person may have at most, announced ones included."""
    bytes_of_person: int = Field(default=20 * 1024**3, ge=1)
    files_of_organisation: int = Field(default=1_000_000, ge=1)
    """Files that all people of one organisation together may have at most."""
    bytes_of_organisation: int = Field(default=2 * 1024**4, ge=1)
    clamd: str = ""
    """The virus scanner, like 127.0.0.1:3310; without one nothing is scanned."""
    issuer: str = "relais-accounts"
    audience: str = "relais"
    refresh_leeway: float = 30.0
    """Seconds for which a refresh token that was just used gives others a successor as well: two
    tabs refresh at once. Used later, it ends the session."""
    otlp_endpoint: str = ""
    """The collector that is sent what `otlp_signals` names, like http://collector:4318."""
    otlp_signals: Signals = ("traces",)
    """What it is sent: traces, metrics, logs, between commas. `/metrics` and the lines on stderr
    are there in any case."""
    log_level: str = "INFO"
    host: str = "127.0.0.1"
    port: int = 8080
    inside_port: int | None = None
    """A port for us alone: `/metrics`, the reasons of the probes, and the documents of the APIs,
    which `port` then has no more. Set it in production, and let only the platform reach it."""
    probes: str = ""
    """Where `relais doctor` finds the inside port of each process, like `http://{process}:9090`;
    `{process}` becomes `missions-api`, `missions-workers` and so on. Every address is asked."""
    pool_size: int = 10
    proxies: Networks = ()
    """The proxies before us, like 10.0.0.0/8,2001:db8::/32: from them, and from nobody else,
    `X-Forwarded-For` is believed, read from the right. None by default."""
    origins: Origins = ()
    """The origins of the pages that may use the APIs, like https://portal.example.org, between
    commas; pages of the address served always may."""
    max_in_flight: int = 512
    """Requests served at once; more are answered 503."""
    max_of_client: int = 128
    """Requests of one client at once, those included that still come; more are answered 429."""
    max_requests_of_person: int = Field(default=1_200, ge=0)
    """Requests of one person to this process in a minute; more are answered 429; 0: any number."""
    max_requests_of_organisation: int = Field(default=12_000, ge=0)
    """Requests of all people of one organisation to this process in a minute; 0: any number."""
    max_asked_by_client: int = Field(default=60, ge=0)
    """Requests by the link of a marketplace from one client in an hour, to all processes; more are
    answered 429; 0: any number. A program that asks for its users is one client."""
    max_asked_of_marketplace: int = Field(default=1_000, ge=0)
    """Requests by the link of a marketplace from all clients in an hour; 0: any number."""
    max_listeners: int = 2_000
    """Clients that listen to one API of this process at once (`/live`); more are answered 503."""
    max_listeners_of_person: int = 10
    """Of these, clients of one person; more are answered 429."""
    max_listeners_of_organisation: int = 1_000
    """The most of these for all people of one organisation; more are answered 429."""
    max_connections_of_client: int = 200
    """Connections of one client at once; a proxy may have any number."""
    head_seconds: float = 10.0
    """How long the headers of a request may take to come."""
    body_seconds: float = 60.0
    """How long the body of a request may take to come, and a client to take more of an answer."""
    leave_seconds: float = Field(default=5.0, ge=0)
    """Seconds for which an API that is told to stop says that it is not ready, and serves on, so
    that those who send requests learn of it."""
    position_wait: float = 2.0
    """Seconds a reader waits for the facts it asked for, then 425."""
    parking_limit: int = 100
    topic_replication: int = Field(default=1, ge=1)
    """How many brokers keep each record; topics are made so, and `relais doctor` compares."""
    topic_in_sync: int = Field(default=1, ge=1)
    """How many of them have a record at least before it counts as published."""
    home_radius_km: float = 100.0
    """The distance that counts as near home (G-10)."""

    @field_validator("master_keys")
    @classmethod
    def _refuse_weak_keys(cls, given: SecretStr) -> SecretStr:
        if given.get_secret_value():
            _master_keys(given)
        return given

    @field_validator("postgres")
    @classmethod
    def _leads_to_postgres(cls, given: str) -> str:
        return endpoints.postgres(given)

    @field_validator("databases")
    @classmethod
    def _lead_to_databases(cls, given: dict[str, str]) -> dict[str, str]:
        for name, address in given.items():
            try:
                endpoints.postgres(address, "postgresql://user:word@host:5432/name")
            except ValueError as error:
                raise ValueError(f"the database of {name} {error}") from None
        return given

    @field_validator("stores")
    @classmethod
    def _lead_to_stores(cls, given: dict[str, str]) -> dict[str, str]:
        for name, address in given.items():
            try:
                endpoints.event_store(address)
            except ValueError as error:
                raise ValueError(f"the store of {name} {error}") from None
        return given

    @field_validator("kafka")
    @classmethod
    def _leads_to_brokers(cls, given: str) -> str:
        return given and endpoints.servers(given)

    @field_validator("clamd")
    @classmethod
    def _leads_to_a_scanner(cls, given: str) -> str:
        return given and endpoints.server(given)

    @field_validator("objects")
    @classmethod
    def _leads_to_a_bucket(cls, given: str) -> str:
        return given and endpoints.bucket(given)

    @field_validator("smtp")
    @classmethod
    def _leads_to_a_mail_server(cls, given: SecretStr) -> SecretStr:
        if address := given.get_secret_value():
            endpoints.url(address, ("smtp", "smtps"), "smtps://user:word@host:465")
        return given

    @field_validator("probes")
    @classmethod
    def _leads_to_each_process(cls, given: str) -> str:
        if given and "{process}" not in given:
            raise ValueError("must say where {process} stands, like http://{process}:9090")
        if given:
            endpoints.url(given.replace("{process}", "name"), ("http",), "http://{process}:9090")
        return given

    @field_validator(
        *("portal", "pages", "jwks_url", "sms_url", "card_provider", "s3_endpoint"),
        *("otlp_endpoint", "t_scan_url", "planet_vo_url"),
    )
    @classmethod
    def _leads_to_a_page(cls, given: str) -> str:
        return given and endpoints.url(given, ("http", "https"), "https://host or http://host:8080")

    @model_validator(mode="after")
    def _known_to_kafka(self) -> Self:
        mechanism, secret = self.kafka_mechanism, self.kafka_password.get_secret_value()
        if mechanism in ("PLAIN", "OAUTHBEARER") and not (self.kafka_tls or self.kafka_ca):
            raise ValueError(f"kafka_mechanism {mechanism} needs kafka_tls or kafka_ca")
        if mechanism == "OAUTHBEARER" and self.kafka_token is None:
            raise ValueError("kafka_mechanism OAUTHBEARER needs kafka_token")
        if mechanism not in ("", "OAUTHBEARER") and not (self.kafka_user and secret):
            raise ValueError(f"kafka_mechanism {mechanism} needs kafka_user and kafka_password")
        if not mechanism and (self.kafka_user or secret or self.kafka_token):
            raise ValueError("kafka_user, kafka_password and kafka_token need kafka_mechanism")
        return self

    @model_validator(mode="after")
    def _remembers_attempts(self) -> Self:
        if self.send_attempts_kept_days <= self.send_days:
            raise ValueError("send_attempts_kept_days must be more than send_days")
        return self

    @model_validator(mode="after")
    def _has_enough_copies(self) -> Self:
        if self.topic_in_sync > self.topic_replication:
            raise ValueError("topic_in_sync must not be more than topic_replication")
        return self

    @cached_property
    def cluster(self) -> Cluster:
        """The way to Kafka. Raises what `trusting` does."""
        return Cluster(
            self.kafka,
            trusting(self.kafka_ca) if self.kafka_tls or self.kafka_ca else None,
            self.kafka_mechanism,
            self.kafka_user,
            self.kafka_password.get_secret_value(),
            self.kafka_token if self.kafka_mechanism == "OAUTHBEARER" else None,
        )

    @property
    def pages_url(self) -> str:
        """The address of the APIs for browsers, to which a path is added; no slash ends it."""
        return self.pages.rstrip("/") or urljoin(self.portal, "/").rstrip("/")

    @cached_property
    def masters(self) -> dict[str, bytes]:
        """The master keys, the current one first."""
        return _master_keys(self.master_keys)

    def database(self, service: str) -> str:
        """How to reach the database of a service (`missions`, `views.partner`, `keys`)."""
        if service in self.databases:
            return self.databases[service]
        return make_conninfo(self.postgres, dbname=f"relais_{service.replace('.', '_')}")

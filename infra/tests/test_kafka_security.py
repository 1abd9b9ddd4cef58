"""Brokers that ask who comes, behind a certificate authority of their own."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import time
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from contracts.missions import trip_v1
from infra.cluster import Cluster, Mechanism
from infra.consumers.records import KafkaTopicReader
from infra.consumers.transports import FaustApp, KafkaLoop
from infra.kafka import TokenFile, options
from infra.settings import Settings
from infra.stack.apache import ApacheBroker
from infra.stack.broker import Broker
from infra.stack.choice import LIBRARIES
from infra.stack.ports import LOOPBACK, free_port
from infra.supervisor import supervise
from infra.testing.certificates import Authority
from infra.testing.eventually import eventually
from infra.tests.consuming import Kit, create_topic, opened, published, send
from infra.topics import create_topics

USER, WORD = "relais", "a word for tests"
MODULES = "org.apache.kafka.common.security"
MECHANISMS: list[Mechanism] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
TOPIC = trip_v1.contract.topic


@dataclass(frozen=True)
class Fortress:
    """A broker that lets nobody in who does not say who they are, and what is needed for it."""

    bootstrap: str
    folder: Path

    def settings(self, mechanism: Mechanism, **other: Any) -> Settings:
        """Those with which a process gets in."""
        if mechanism == "OAUTHBEARER":
            known: Mapping[str, Any] = {"kafka_token": self.folder / "token"}
        else:
            known = {"kafka_user": USER, "kafka_password": WORD}
        asked = {"kafka_ca": self.folder / "ca.pem", "kafka_mechanism": mechanism, **known}
        return Settings.model_validate({"kafka": self.bootstrap, **asked, **other})


def properties(port: int, keys: Path) -> Mapping[str, str]:
    """Those of a listener with TLS that takes all four mechanisms."""
    listener, asks = "listener.name.secure", "sasl.jaas.config"
    return {
        "listeners": f",SECURE://{LOOPBACK}:{port}",
        "advertised.listeners": f",SECURE://{LOOPBACK}:{port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "SECURE:SASL_SSL",
        f"{listener}.ssl.keystore.type": "PEM",
        f"{listener}.ssl.keystore.location": str(keys),
        f"{listener}.sasl.enabled.mechanisms": ",".join(MECHANISMS),
        f"{listener}.plain.{asks}": f"{MODULES}.plain.PlainLoginModule required"
        f' user_{USER}="{WORD}";',
        f"{listener}.scram-sha-256.{asks}": f"{MODULES}.scram.ScramLoginModule required;",
        f"{listener}.scram-sha-512.{asks}": f"{MODULES}.scram.ScramLoginModule required;",
        f"{listener}.oauthbearer.{asks}": f"{MODULES}.oauthbearer.OAuthBearerLoginModule required"
        f' unsecuredLoginStringClaim_sub="{USER}";',
    }


def token() -> str:
    """A token for an hour that nobody signed, as a broker without a token server takes it."""
    now = int(time())
    parts = [{"alg": "none"}, {"sub": USER, "iat": now - 5, "exp": now + 3600}]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    return f"{texts[0]}.{texts[1]}."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fortress(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fortress | None]:
    """One Apache Kafka for the module; None where the tests run on another broker."""
    if not isinstance(broker, ApacheBroker):
        yield None
        return
    folder, port = tmp_path_factory.mktemp("fortress"), free_port()
    authority = Authority.made("an authority of our own")
    authority.written(folder / "ca.pem")
    (folder / "token").write_text(token())
    users = [f"{one}=[name={USER},password={WORD}]" for one in MECHANISMS if one[:5] == "SCRAM"]
    more = properties(port, authority.server(folder / "server.pem"))
    server = ApacheBroker(folder / "broker", LIBRARIES, more=more, scram=users)
    await server.start()
    yield Fortress(f"{LOOPBACK}:{port}", folder)
    await server.kill()


@pytest_asyncio.fixture
async def kit(database: str) -> AsyncIterator[Kit]:
    async with opened("view", database) as kit:
        yield kit


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_every_client_of_ours_gets_in(
    fortress: Fortress | None, mechanism: Mechanism, kit: Kit
) -> None:
    if fortress is None:
        return
    cluster = fortress.settings(mechanism).cluster
    await create_topics(cluster, [trip_v1.contract], 1)
    trip = f"t-{mechanism.lower()}"
    await send(cluster, trip_v1.contract, [(published(trip), 1)])
    reader = KafkaTopicReader(cluster)
    loops: Sequence[KafkaLoop | FaustApp] = [
        KafkaLoop(kit.consumer("loop", reader=reader), cluster, f"loop-{mechanism}"),
        FaustApp([kit.consumer("faust", reader=reader)], cluster, f"faust-{mechanism}"),
    ]

    async def both_saw_it() -> None:
        rows = await kit.ask(f"select consumer from consumer.stream where stream like '%/{trip}'")
        assert sorted(rows) == ["faust", "loop"]

    async with working(loops):
        await eventually(both_saw_it, 60)
    await reader.close()


@asynccontextmanager
async def working(loops: Sequence[KafkaLoop | FaustApp]) -> AsyncIterator[None]:
    """These consumers at work, supervised, stopped in order at the end."""
    tasks = [asyncio.create_task(supervise("test", one.run, one.progress)) for one in loops]
    try:
        yield
    finally:
        for loop in loops:
            loop.stop()
        await asyncio.gather(*tasks)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_a_wrong_password_stays_outside(
    fortress: Fortress | None, mechanism: Mechanism
) -> None:
    if fortress is None:
        return
    cluster = fortress.settings(mechanism, kafka_password="another").cluster
    assert await refused(cluster)


async def test_a_broker_of_an_unknown_authority_is_not_talked_to(
    fortress: Fortress | None, tmp_path: Path
) -> None:
    if fortress is None:
        return
    another = Authority.made("another authority").written(tmp_path / "ca.pem")
    assert await refused(fortress.settings("SCRAM-SHA-512", kafka_ca=another).cluster)


async def refused(cluster: Cluster) -> bool:
    client = AIOKafkaProducer(**options(cluster), request_timeout_ms=5_000)
    try:
        with pytest.raises(KafkaError):
            await client.start()
    finally:
        await client.stop()
    return True


# --- Settings -----------------------------------------------------------------


def given(**found: Any) -> Settings:
    return Settings.model_validate({"kafka": "k:9092", **found})


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (
            {"kafka_mechanism": "PLAIN", "kafka_user": USER, "kafka_password": WORD},
            "kafka_mechanism PLAIN needs kafka_tls or kafka_ca",
        ),
        (
            {"kafka_mechanism": "OAUTHBEARER", "kafka_token": "token"},
            "kafka_mechanism OAUTHBEARER needs kafka_tls or kafka_ca",
        ),
        (
            {"kafka_mechanism": "OAUTHBEARER", "kafka_tls": True},
            "kafka_mechanism OAUTHBEARER needs kafka_token",
        ),
        (
            {"kafka_mechanism": "SCRAM-SHA-512", "kafka_user": USER},
            "kafka_mechanism SCRAM-SHA-512 needs kafka_user and kafka_password",
        ),
        (
            {"kafka_user": USER},
            "kafka_user, kafka_password and kafka_token need kafka_mechanism",
        ),
        ({"kafka_mechanism": "GSSAPI"}, "kafka_mechanism"),
    ],
)
def test_settings_that_would_let_nobody_in_are_refused(
    found: Mapping[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        given(**found)


def test_without_a_word_kafka_is_talked_to_openly() -> None:
    assert options(given().cluster) == {
        "bootstrap_servers": "k:9092",
        "security_protocol": "PLAINTEXT",
    }


@pytest.mark.parametrize(
    ("found", "protocol"),
    [
        ({"kafka_tls": True}, "SSL"),
        (
            {"kafka_mechanism": "SCRAM-SHA-256", "kafka_user": USER, "kafka_password": WORD},
            "SASL_PLAINTEXT",
        ),
        (
            {"kafka_mechanism": "OAUTHBEARER", "kafka_token": "token", "kafka_tls": True},
            "SASL_SSL",
        ),
    ],
)
def test_the_protocol_follows_from_what_is_set(found: Mapping[str, Any], protocol: str) -> None:
    assert options(given(**found).cluster)["security_protocol"] == protocol


async def test_a_token_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    provider = TokenFile(file)
    assert await provider.token() == "first"
    file.write_text("second\n")
    assert await provider.token() == "second"


def test_the_password_is_not_shown() -> None:
    known = {"kafka_user": USER, "kafka_password": WORD}
    found = given(kafka_mechanism="SCRAM-SHA-256", **known)
    assert WORD not in f"{found!r} {found.cluster!r} {found.cluster}"


# --- Codecs -------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_topic_is_read_whatever_it_is_compressed_by(
    broker: Broker, topic_prefix: str, codec: str
) -> None:
    contract = replace(trip_v1.contract, topic=f"{topic_prefix}{codec}.trip.v1")
    await create_topic(broker.bootstrap, contract.topic, 1)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, compression_type=codec) as one:
        await one.send_and_wait(contract.topic, b"fact" * 100, b"T1", partition=0)
    reader = KafkaTopicReader(broker.bootstrap)
    try:
        [record] = await reader.read((contract.topic, 0), 0, 1)
    finally:
        await reader.close()
    assert record.value == b"fact" * 100

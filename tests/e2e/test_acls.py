"""Each service may do at Kafka what it does, and nothing else, as deploy/k8s has it.

All services are at work, each as its own user, on an Apache Kafka that asks who comes and holds
the rules of `components/kafka/users.yaml`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import pytest_asyncio
import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from contracts.runtime import Contract
from infra import host
from infra.consumers.windows import table_topics
from infra.host import Running, Service
from infra.kafka import options
from infra.settings import Settings
from infra.stack.apache import ApacheBroker
from infra.stack.broker import Broker
from infra.stack.choice import LIBRARIES
from infra.stack.ports import LOOPBACK, free_port
from infra.store.protocol import Append, NewEvent
from infra.testing.eventually import eventually
from infra.testing.records import records_of
from infra.topics import create_topics
from services.registry import service, services
from tests.e2e.world import MASTER_KEYS
from tools.compiler import samples
from tools.manifests.declared import declared
from tools.outside import ROOT

USERS = ROOT / "deploy/k8s/components/kafka/users.yaml"
WORD = "a word for tests"
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
RESOURCES = {"topic": 2, "group": 3}
PATTERNS = {"literal": 3, "prefix": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Describe": 8, "DescribeConfigs": 10}
ALLOW = 3


def users() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rules of each user, as they are applied to the cluster."""
    found = yaml.safe_load_all(USERS.read_text())
    return {one["metadata"]["name"]: one["spec"]["authorization"]["acls"] for one in found}


def creations() -> Iterator[tuple[int, str, int, str, str, int, int]]:
    """The same rules, in the numbers that Kafka's protocol has for them."""
    for user, rules in users().items():
        for rule in rules:
            of = rule["resource"]
            kind, pattern = RESOURCES[of["type"]], PATTERNS[of["patternType"]]
            for operation in rule["operations"]:
                doing = OPERATIONS[operation]
                yield kind, of["name"], pattern, f"User:{user}", "*", doing, ALLOW


@dataclass(frozen=True, slots=True)
class Guarded:
    """An Apache Kafka that asks who comes; nobody asks at its other door."""

    door: str
    other_door: str

    def settings(self, user: str, **other: Any) -> Settings:
        """Those of a process that comes as this user."""
        known = {"kafka_user": user, "kafka_password": WORD, "kafka_mechanism": "SCRAM-SHA-512"}
        return Settings.model_validate({"kafka": self.door, **known, **other})


@asynccontextmanager
async def guarded(folder: Path) -> AsyncIterator[Guarded]:
    """With all topics, users and rules."""
    port, listener = free_port(), f",SECURE://{LOOPBACK}:"
    more = {
        "listeners": f"{listener}{port}",
        "advertised.listeners": f"{listener}{port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "SECURE:SASL_PLAINTEXT",
        "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security"
        ".scram.ScramLoginModule required;",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    scram = [f"SCRAM-SHA-512=[name={user},password={WORD}]" for user in users()]
    server = ApacheBroker(folder, LIBRARIES, more=more, scram=scram)
    await server.start()
    try:
        await create_topics(server.bootstrap, contracts(), 1)
        await _permit(server.bootstrap)
        yield Guarded(f"{LOOPBACK}:{port}", server.bootstrap)
    finally:
        await server.kill()


def contracts() -> list[Contract[Any]]:
    return [contract for service in services() for contract in service.contracts]


async def _permit(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        asked = [admin._send_request(CreateAclsRequest(*one)) for one in creations()]
        answers = await asyncio.gather(*asked)
        assert {answer.creation_responses[0][0] for answer in answers} == {0}
    finally:
        await admin.close()


@asynccontextmanager
async def everybody(
    kafka: Guarded, new_database: Callable[[], str]
) -> AsyncIterator[Sequence[Running]]:
    """All services with their workers, each as the user that the manifests give it."""
    names = ["keys", *(service.name for service in services())]
    databases = {name: new_database() for name in names}
    async with AsyncExitStack() as stack:
        found = []
        for service in services():
            settings = kafka.settings(
                declared(service).user, databases=databases, master_keys=MASTER_KEYS
            )
            running = await stack.enter_async_context(host.opened(service, settings))
            await stack.enter_async_context(host.working(running))
            found.append(running)
        yield found


async def record_one_of_each(running: Running) -> None:
    """The first sample of each contract, as if the service had just decided it."""
    for contract in running.service.contracts:
        kind = contract.types[0]
        folder = ROOT / "contracts/relais" / running.service.name / contract.name / "v1"
        data = samples.path(folder, kind, 1).read_bytes()
        id = uuid5(NAMESPACE_URL, kind.type)
        event = NewEvent(id, kind.type, data, {"organisation": "hiflow"}, NOON)
        await running.store.append(Append(f"{contract.name}-seen", 0, [event]))


async def read_by(running: Running) -> set[str]:
    """The topics of which its consumers have passed a record."""
    query = "select distinct topic from consumer.position where next_offset > 0"
    async with running.pool.connection() as connection:
        cursor = await connection.execute(query)
        return {topic for (topic,) in await cursor.fetchall()}


async def topics_of(bootstrap: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


def wanted_by(service: Service) -> set[str]:
    reacting = {one.subscription.topic for one in service.reactions}
    following = {one.subscription.topic for one in service.followers}
    return reacting | following | {one.topic for one in service.subscriptions}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kafka(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Guarded | None]:
    """One such Kafka for the module; None where the tests run on another broker."""
    if not isinstance(broker, ApacheBroker):
        yield None
        return
    async with guarded(tmp_path_factory.mktemp("guarded") / "kafka") as one:
        yield one


async def test_no_service_writes_for_another(kafka: Guarded | None) -> None:
    if kafka is None:
        return
    known = options(kafka.settings("kafka-tills").cluster)
    async with AIOKafkaProducer(**known) as producer:
        await producer.send_and_wait("relais.tills.till.v1", b"its own")
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("relais.missions.trip.v1", b"another's")


async def test_an_operator_makes_a_topic_anew(kafka: Guarded | None) -> None:
    if kafka is None:
        return
    [tills] = service("tills").contracts
    cluster = kafka.settings("kafka-commands").cluster
    admin = AIOKafkaAdminClient(**options(cluster))
    await admin.start()
    try:
        await admin.delete_topics([tills.topic])
    finally:
        await admin.close()
    assert await create_topics(cluster, [tills], 1) == [tills.topic]


async def test_each_service_writes_and_reads_what_it_declares(
    kafka: Guarded | None, new_database: Callable[[], str]
) -> None:
    if kafka is None:
        return
    async with everybody(kafka, new_database) as running:
        for one in running:
            await record_one_of_each(one)

        async def all_is_written_and_read() -> None:
            topics = [contract.topic for contract in contracts()]
            written = {record.topic for record in await records_of(kafka.other_door, topics)}
            assert written == set(topics)
            for one in running:
                assert await read_by(one) == wanted_by(one.service), one.service.name

        async def tables_have_topics() -> None:
            apps = [app for one in running for app in one.service.counting]
            wanted = {topic for app in apps for topic in table_topics(app)}
            assert wanted <= await topics_of(kafka.other_door)

        await eventually(all_is_written_and_read, 120)
        await eventually(tables_have_topics, 60)

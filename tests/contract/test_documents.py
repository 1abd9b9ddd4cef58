"""The catalogue and the AsyncAPI document tell people outside the truth."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict

from contracts import amendments
from contracts.index import contracts
from contracts.missions import trip_v1
from contracts.runtime import RECORDED, EventType
from infra import cloudevents
from infra.store import Position, RecordedEvent
from tests.contract import kit
from tools.compiler import samples, schema, topics, validate
from tools.outside import Absent

DOCUMENT: dict[str, Any] = yaml.safe_load((kit.ROOT / "contracts" / "asyncapi.yaml").read_text())
EACH_EVENT = pytest.mark.parametrize("kind", kit.KINDS, ids=lambda kind: kind.type)
NOW = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def target(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def message_of(kind: EventType[Any]) -> Any:
    return DOCUMENT["components"]["messages"][kind.schema.removeprefix("relais.")]


def test_the_document_has_the_shape_of_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.1.0"
    assert {server["protocol"] for server in DOCUMENT["servers"].values()} == {
        "kafka",
        "kafka-secure",
    }
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"].keys() == {"$ref"}


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("action: send\n", "action: shout\n", '"action" property must be equal to one of'),
        ("  string trip_id = 1;", "  string trip_id;", "illegal token ';', '=' expected"),
    ],
)
def test_the_parser_of_asyncapi_names_what_is_wrong_with_a_document(
    before: str, after: str, complaint: str
) -> None:
    document = (kit.ROOT / "contracts" / "asyncapi.yaml").read_text()
    assert before in document
    try:
        found = validate.complaints(document.replace(before, after, 1))
    except Absent as absent:
        warnings.warn(str(absent), stacklevel=1)
    else:
        assert complaint in found


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert found
    assert all(target(reference) for reference in found)


@pytest.mark.parametrize("contract", contracts, ids=lambda contract: contract.topic)
def test_a_channel_is_a_topic_with_all_its_events(contract: Any) -> None:
    channel = DOCUMENT["channels"][contract.topic.removeprefix("relais.")]
    kafka = channel["bindings"]["kafka"]
    assert (channel["address"], kafka["topic"]) == (contract.topic, contract.topic)
    assert kafka["partitions"] == topics.load(kit.ROOT, kit.package(contract.package)).partitions
    listed = [target(message["$ref"])["name"] for message in channel["messages"].values()]
    assert listed == [*(kind.type for kind in contract.types), amendments.TYPE]


def test_owners_send() -> None:
    trips = [
        (name.partition(f".{operation['action']}s.")[0], operation["action"])
        for name, operation in DOCUMENT["operations"].items()
        if operation["channel"]["$ref"] == "#/channels/missions.trip.v1"
    ]
    assert [who for who, action in trips if action == "send"] == ["missions"]
    assert [who for who, action in trips if action == "receive"] == ["anybody"]


@EACH_EVENT
def test_a_message_stands_alone_and_reads_the_same(kind: EventType[Any], tmp_path: Path) -> None:
    payload = message_of(kind)["payload"]
    assert payload["schemaFormat"] == "application/vnd.google.protobuf;version=3"
    (tmp_path / "relais").mkdir()
    (tmp_path / "relais" / "alone.proto").write_text(payload["schema"])
    alone = pool_of(schema.compile_protos(tmp_path)).FindMessageTypeByName(kind.schema)
    content = samples.path(kit.folder(kind), kind, 1).read_bytes()
    read = message_factory.GetMessageClass(alone).FromString(content)
    assert MessageToDict(read) == MessageToDict(kind.parse(content))


@EACH_EVENT
def test_a_message_says_which_of_its_times_counts(kind: EventType[Any]) -> None:
    assert kind.time in kind.cls.__annotations__ or kind.time == RECORDED
    named = message_of(kind)["x-business-time"]
    assert named == ("ce_recordedtime" if kind.time == RECORDED else kind.time)


@EACH_EVENT
def test_a_message_names_its_schema_by_the_uri_that_the_relay_writes(kind: EventType[Any]) -> None:
    [_, own] = message_of(kind)["headers"]["allOf"]
    assert own["properties"]["ce_dataschema"] == {"const": f"urn:relais:schema:{kind.schema}"}
    assert kind.schema_uri == f"urn:relais:schema:{kind.schema}"


def pool_of(descriptors: bytes) -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
    return pool


def test_the_headers_are_those_the_relay_writes() -> None:
    expired = trip_v1.contract.by_type("relais.missions.trip.v1.expired")
    meta = {"traceparent": "00-0", "redacted": str(uuid4())}
    event = RecordedEvent("trip-1", 1, Position(1, 1), uuid4(), expired.type, b"", meta, NOW, NOW)
    written = {name for name, _ in cloudevents.headers(trip_v1.contract, "1", event, 1, "a1")}
    schema_of_headers = DOCUMENT["components"]["schemas"]["CloudEventHeaders"]
    optional = {"ce_dataschema", "ce_installation", "ce_redactedby", "traceparent"}
    assert written == optional.union(schema_of_headers["required"])
    assert set(schema_of_headers["properties"]) == written

"""Topic files name the readers there really are."""

from collections.abc import Iterator
from importlib.resources import files

import pytest
import yaml

from contracts.index import contracts
from infra.host import Service
from services import registry


def readers(service: Service) -> Iterator[tuple[str, str]]:
    """(topic, reader) of everything a service declares."""
    for contract in service.sources:
        yield contract.topic, service.name
    for reaction in service.reactions:
        yield reaction.contract.topic, f"{service.name}.{reaction.name}"


# A loop may read a topic too; only its file says so.
LOOPS = {f"{service.name}.{loop}" for service in registry.services() for loop in service.workers}
DECLARED = {pair for service in registry.services() for pair in readers(service)}


@pytest.mark.parametrize("topic", [contract.topic for contract in contracts])
def test_a_topic_file_names_every_reader_that_a_service_declares(topic: str) -> None:
    _, service, aggregate, version = topic.split(".")
    file = files("contracts").joinpath("relais", service, aggregate, version, "topic.yaml")
    named = {consumer["name"] for consumer in yaml.safe_load(file.read_text())["consumers"]}
    assert named - LOOPS == {name for read, name in DECLARED if read == topic}

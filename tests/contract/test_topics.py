"""Topic files are read strictly: a mistake in one is an error, never a silent default."""

from pathlib import Path
from typing import Any

import pytest

from contracts.index import contracts
from contracts.runtime import Contract
from tests.contract.kit import ROOT, copy_of_contracts, package
from tools.compiler import topics
from tools.compiler.__main__ import main
from tools.compiler.schema import ContractError

TRIP = "relais.missions.trip.v1"
MISTAKES = [
    ("retention: forever", "retention: a month", "retention: Input should be 'forever'"),
    ("partitions: 12", 'partitions: "12"', "partitions: Input should be a valid integer"),
    ("partitions: 12", "partitions: 0", "partitions: Input should be greater than or equal to 1"),
    ("partitions: 12\n", "", "partitions: Field required"),
    ("partitions: 12", "partition: 12", "partition: Extra inputs are not permitted"),
    ("unread:\n", "unread:\n  expired: x\n", "unread.expired: String"),
    ("unread:\n", "unread:\n  towed: The truck says so.\n", "unread must be among"),
    ("producers: [missions]", "producers: []", "producers: Tuple should have at least 1 item"),
    ("producers: [missions]", "producers: [views]", "the owner must be among the producers"),
    ("owner: missions", "owner: views", "owner must be missions"),
    ("key: trip_id", "key: driver_id", "key must be trip_id, as the events say"),
    (f"topic: {TRIP}", "topic: trips", f"topic must be {TRIP}"),
    ("example: published", "example: towed", "example must be one of attachment_added"),
    ("topic: ", "topic: [", "topic.yaml: while parsing"),
]


@pytest.mark.parametrize(("line", "mistake", "complaint"), MISTAKES)
def test_a_bad_topic_file_is_refused(
    line: str, mistake: str, complaint: str, tmp_path: Path
) -> None:
    path = topics.folder(copy_of_contracts(tmp_path), package(TRIP)) / "topic.yaml"
    content = path.read_text()
    assert line in content
    path.write_text(content.replace(line, mistake, 1))
    with pytest.raises(ContractError) as refusal:
        topics.load(tmp_path, package(TRIP))
    assert complaint in str(refusal.value)


def test_a_topic_without_its_file_does_not_compile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (topics.folder(copy_of_contracts(tmp_path), package(TRIP)) / "topic.yaml").unlink()
    assert main(["--root", str(tmp_path)]) == 1
    assert f"{TRIP.replace('.', '/')}/topic.yaml is missing" in capsys.readouterr().err


@pytest.mark.parametrize("contract", contracts, ids=lambda contract: contract.topic)
def test_every_topic_has_its_file_and_the_example_it_names(contract: Contract[Any]) -> None:
    topic = topics.load(ROOT, package(contract.package))
    examples = topics.folder(ROOT, package(contract.package)) / "examples"
    assert (examples / f"{topic.example}.json").is_file()

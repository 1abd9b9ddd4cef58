"""How many copies of a record there are at the broker, beside how many there should be."""

import pytest
from pydantic import ValidationError

from contracts.missions import trip_v1
from infra.settings import Settings
from infra.stack.broker import Broker
from infra.testing.brokers import emptied
from infra.testing.eventually import eventually
from infra.topics import create_topics, partitions_of
from tools.relais.tests.conftest import Line, Platform
from tools.relais.topics import AtBroker, topics_at

TRIPS = trip_v1.contract.topic
DO = "docs/runbook/a-topic-has-too-few-copies.md"


def settings(replication: int, in_sync: int) -> Settings:
    return Settings(topic_replication=replication, topic_in_sync=in_sync)


async def test_the_broker_is_asked_what_it_has(broker: Broker) -> None:
    await emptied(broker)
    await create_topics(broker.bootstrap, [trip_v1.contract], 1)

    # A broker of Apache tells of a new topic a moment after it has made it.
    async def there() -> AtBroker:
        found = await topics_at(broker.bootstrap)
        assert TRIPS in found
        return found[TRIPS]

    assert await eventually(there) == AtBroker(partitions_of(TRIPS), replicas=1, in_sync=1)


@pytest.mark.parametrize(
    ("there", "wanted", "said"),
    [
        (AtBroker(6, 3, 2), (3, 2), ""),
        (AtBroker(6, 3, 2), (1, 1), ""),
        (AtBroker(6, 2, 2), (3, 2), "has 2 copies of a record, RELAIS_TOPIC_REPLICATION is 3"),
        (AtBroker(6, 3, 1), (3, 2), "that 1 copies have, RELAIS_TOPIC_IN_SYNC is 2"),
        (AtBroker(6, 1, 2), (1, 1), "can never be written: 2 of 1 copies must be in sync"),
    ],
)
def test_less_than_is_wanted_is_said(there: AtBroker, wanted: tuple[int, int], said: str) -> None:
    found = there.lacks(settings(*wanted))
    assert (found is None) is (said == "")
    assert said in (found or "")


def test_no_more_copies_are_waited_for_than_there_are() -> None:
    assert settings(2, 2).topic_in_sync == 2
    with pytest.raises(ValidationError, match="must not be more than topic_replication"):
        settings(2, 3)


class TestCommands:
    def test_topics_and_doctor_name_each_topic_with_too_few(self, platform: Platform) -> None:
        wanting = Line(platform.home, {**platform.environment, "RELAIS_TOPIC_REPLICATION": "2"})
        said = "has 1 copies of a record, RELAIS_TOPIC_REPLICATION is 2"
        assert {row["state"] for row in wanting.facts("topics", "list")} == {said}
        findings = wanting.facts("doctor", code=1)["findings"]
        assert {"where": TRIPS, "what": said, "do": DO, "names": []} in findings

    def test_with_enough_of_them_nothing_is_said(self, platform: Platform) -> None:
        listed = platform.facts("topics", "list")
        assert {(row["replicas"], row["in_sync"], row["state"]) for row in listed} == {(1, 1, "ok")}

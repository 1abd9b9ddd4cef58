"""A rehearsal tells what it saw, and what it did not see is no success."""

from collections.abc import Iterator

import pytest

from tools.cluster.__main__ import INTERRUPTED, main
from tools.cluster.rehearsal import Failed, definitions_of_strimzi
from tools.cluster.running import Refused
from tools.manifests.conform import STRIMZI
from tools.outside import Absent


def told(*lines: str, then: BaseException | None = None) -> Iterator[str]:
    """A rehearsal that says these lines, and then breaks off."""
    yield from lines
    if then is not None:
        raise then


def test_a_rehearsal_that_ends_well_says_what_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(lambda: told("small: 26 rollouts done")) == 0
    assert capsys.readouterr().out == "small: 26 rollouts done\n"


@pytest.mark.parametrize("broken", [Failed("lost a pod"), Refused("invalid"), TimeoutError("late")])
def test_what_breaks_off_is_a_failure_and_says_why(
    broken: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(lambda: told("small: up", then=broken)) == 1
    assert capsys.readouterr().out == f"small: up\n{broken}\n"


def test_a_machine_that_cannot_build_a_cluster_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(lambda: told(then=Absent("go is absent"))) == 0
    assert capsys.readouterr().out == "go is absent; nothing was applied to a cluster\n"


def test_an_interruption_is_no_success() -> None:
    assert main(lambda: told("small: up", then=KeyboardInterrupt())) == INTERRUPTED


def test_the_kinds_of_strimzi_can_be_applied_though_nobody_defines_them_here() -> None:
    found = {
        one["spec"]["names"]["kind"]: one["metadata"]["name"] for one in definitions_of_strimzi()
    }
    assert found.keys() == set(STRIMZI)
    assert found["KafkaTopic"] == "kafkatopics.kafka.strimzi.io"

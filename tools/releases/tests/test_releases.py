"""Two releases get on only if no command fails and all that was said is shown."""

import pytest

from infra.testing.balancing import Balancer, Sender
from tools.releases.story import Failed, Load, Looking


class Publishing(Load):
    """Senders whose commands were answered already."""

    def for_a_while(self) -> list[str]:
        return self.published


def sender(**answered: list[str]) -> Sender:
    return Sender(Balancer(), "token", {}, **answered)  # type: ignore[arg-type]


def looking(*senders: Sender) -> Looking:
    return Looking(Publishing(Balancer(), senders), "token")


def test_a_phase_says_how_many_trips_were_published() -> None:
    found = looking(sender(published=["T1"]), sender(published=["T2"])).at("both")
    assert found == "both: 2 trips published and shown"


def test_one_command_that_failed_is_the_end() -> None:
    with pytest.raises(Failed, match=r"both: .*503"):
        looking(sender(published=["T1"]), sender(failed=["503"])).at("both")

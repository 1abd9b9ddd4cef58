"""Two releases get on only if no command fails and all that was said is shown."""

from pathlib import Path

import pytest

from infra.testing.balancing import Balancer, Sender
from tools.releases.__main__ import main
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


def test_a_commit_that_there_is_not_is_said_before_anything_is_built(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["no-such-commit"])
    assert refused.value.code == 2
    assert "there is no commit no-such-commit" in capsys.readouterr().err


def test_logs_that_can_be_kept_nowhere_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as refused:
        main(["HEAD", "--logs", str(tmp_path / "file")])
    assert refused.value.code == 2
    assert "File exists" in capsys.readouterr().err

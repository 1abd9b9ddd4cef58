"""A change of one service runs what concerns it, and any other change runs everything."""

from pathlib import PurePosixPath

import pytest

from tools.checks.selection import TOGETHER, folders, main, touched

MISSIONS = PurePosixPath("services/missions")


def paths(*names: str) -> list[PurePosixPath]:
    return [PurePosixPath(name) for name in names]


def test_a_service_brings_the_contracts_and_all_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["missions", "views.partner"]) == 0
    assert capsys.readouterr().out.split() == [
        "services/missions",
        "services/views/partner",
        *TOGETHER,
    ]


def test_a_name_of_no_service_is_refused() -> None:
    with pytest.raises(SystemExit, match="depots is no service"):
        main(["depots"])


def test_the_services_of_changed_files_are_found() -> None:
    changed = paths("services/missions/trip/quotes.py", "services/missions/README.md", "README.md")
    assert touched(changed) == [MISSIONS]
    assert folders([MISSIONS]) == ["services/missions", *TOGETHER]


@pytest.mark.parametrize(
    "path", ["infra/relay.py", "contracts/runtime.py", "conftest.py", "services/registry.py"]
)
def test_what_belongs_to_all_runs_everything(path: str) -> None:
    assert touched(paths("services/missions/trip/quotes.py", path)) is None
    assert folders([]) == []

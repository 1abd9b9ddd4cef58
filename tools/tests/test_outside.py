"""A program or library from outside is there, or is absent with the reason."""

import pytest

from tools.outside import Absent, fetched


def test_a_thing_that_cannot_be_fetched_is_absent_with_its_reason() -> None:
    command = ["sh", "-c", "echo 'error: no such host' >&2; exit 1"]
    with pytest.raises(Absent, match=r"^a-library is not to be had: error: no such host$"):
        fetched("a-library", command)


def test_a_thing_that_is_fetched_answers_what_its_installer_said() -> None:
    assert fetched("a-library", ["echo", "1.0.0"]) == "1.0.0\n"

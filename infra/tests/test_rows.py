"""A row with some fields changed is what the standard library makes of it."""

import dataclasses
from typing import Any

import pytest

from infra.consumers.rows import replace
from infra.consumers.views import Generation

ROW = Generation("partner", 1, "filling", "f")


@pytest.mark.parametrize(
    "changes", [{}, {"number": 2}, {"view": "depot", "number": 0, "state": "", "fingerprint": "g"}]
)
def test_the_other_fields_are_kept(changes: dict[str, Any]) -> None:
    assert replace(ROW, **changes) == dataclasses.replace(ROW, **changes)


def test_the_row_itself_stays_as_it_is() -> None:
    assert (replace(ROW, number=2).number, ROW.number) == (2, 1)


def test_a_field_that_there_is_not_is_refused() -> None:
    wrong: dict[str, Any] = {"nothing": 1}
    with pytest.raises(KeyError, match="nothing"):
        replace(ROW, **wrong)

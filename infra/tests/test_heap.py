"""The collector leaves alone what was there before very much is made."""

import gc

import pytest

from infra.heap import settled


def test_what_is_there_is_left_alone_for_the_time_of_a_block() -> None:
    before = gc.get_threshold()
    with settled():
        assert (gc.get_freeze_count() > 0, gc.get_threshold() > before) == (True, True)
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before)


def test_a_block_that_fails_leaves_it_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(LookupError), settled():
        raise LookupError
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before)

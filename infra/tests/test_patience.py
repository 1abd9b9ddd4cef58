"""A server that says nothing is given up; one that a busy machine kept us from hearing is not."""

import asyncio
import time

import pytest

from infra.patience import BEAT_SECONDS, heard_within

LATE_SECONDS = 30.0
FEW_BEATS = 5


async def silence() -> None:
    await asyncio.sleep(LATE_SECONDS)


def keep_the_process_from_running() -> None:
    time.sleep(FEW_BEATS * BEAT_SECONDS)


async def test_an_answer_comes_back_as_it_was_given() -> None:
    async def answer() -> str:
        return "records"

    assert await heard_within(BEAT_SECONDS, answer()) == "records"


async def test_what_the_server_refuses_is_raised() -> None:
    async def refusal() -> None:
        raise LookupError("no such topic")

    with pytest.raises(LookupError, match="no such topic"):
        await heard_within(BEAT_SECONDS, refusal())


async def test_a_silent_server_is_given_up_and_no_longer_asked() -> None:
    before = asyncio.all_tasks()
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no answer for 0\.5 s"):
        await heard_within(FEW_BEATS * BEAT_SECONDS, silence())
    assert time.monotonic() - begun >= FEW_BEATS * BEAT_SECONDS * 0.9
    assert asyncio.all_tasks() == before


async def test_time_in_which_the_process_does_not_run_is_no_silence() -> None:
    async def starve() -> str:
        for _ in range(FEW_BEATS - 2):
            await asyncio.sleep(0)
            keep_the_process_from_running()
        return "at last"

    assert await heard_within((FEW_BEATS + 1) * BEAT_SECONDS, starve()) == "at last"


async def test_who_is_cancelled_asks_no_longer() -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(heard_within(LATE_SECONDS, silence()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == before

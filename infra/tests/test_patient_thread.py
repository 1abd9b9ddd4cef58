"""A thread that is stopped may ask the loop that stops it."""

import asyncio

import pytest
from mode import Service

from infra.consumers.transports import PatientThread, app_of


class Asking(PatientThread):
    """A thread whose task asks that loop for something at its end, as in a rebalance."""

    answered = False

    @Service.task
    async def _ask(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            asked = asyncio.run_coroutine_threadsafe(asyncio.sleep(0, True), self.parent_loop)
            self.answered = await asyncio.wrap_future(asked)


@pytest.mark.timeout(60)
async def test_a_thread_is_answered_while_it_is_stopped() -> None:
    thread = Asking()
    await thread.start()
    await thread.stop()
    assert thread.answered


def test_what_faust_says_goes_by_its_own_name() -> None:
    ours = (PatientThread, app_of("quiet", "127.0.0.1:9").transport.Consumer)
    assert [one.logger.name for one in ours] == ["faust.transport", "faust.transport"]

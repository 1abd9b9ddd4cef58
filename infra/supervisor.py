"""Keep a loop running: start it again after a failure, stop it when it must not go on."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

log = logging.getLogger("relais.supervisor")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0


class Halt(Exception):
    """Going on would do harm; a person has to look. The message says what to do."""


@dataclass(slots=True)
class Progress:
    """The last sign of life of a loop, for the liveness probe; an idle loop ticks as well."""

    ticked_at: float = field(default_factory=monotonic)
    halted: str | None = None

    def tick(self) -> None:
        """The loop went round."""
        self.ticked_at = monotonic()

    def age(self) -> float:
        """Seconds since the loop last went round."""
        return monotonic() - self.ticked_at


async def supervise(name: str, run: Callable[[], Awaitable[None]], progress: Progress) -> None:
    """Run until it returns; restart it with jittered, growing pauses; stay halted on `Halt`.

    A halted loop leaves the rest of the process alone and shows in readiness and metrics.
    """
    pause = FIRST_PAUSE
    while True:
        started = monotonic()
        try:
            await run()
            return
        except Halt as halt:
            progress.halted = str(halt)
            log.error("%s halted: %s", name, halt)
            return
        except (Exception, asyncio.CancelledError) as error:
            # Libraries let a cancellation of their own inner tasks out; only ours ends the loop.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            if monotonic() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            log.warning("%s restarts: %s: %s", name, type(error).__name__, error)
        progress.tick()
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(pause * 2, LONGEST_PAUSE)

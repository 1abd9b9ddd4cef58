"""The objects of a process that live as long as it does, which the collector need not look at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 10_000
"""New containers between two looks at the youngest; a list of fifty rows makes two thousand."""
GIVEN_UP = 100_000
"""The same where what is made is given up soon, and next to nothing of it is in a cycle."""


def settle(young: int = YOUNG) -> None:
    """Call once all is imported and opened, in a process of its own.

    A look at all objects stops a process for a tenth of a second while hundreds of thousands of
    them are modules, contracts and routes, which never go away. From now on only what came later is
    looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(young)


@contextmanager
def settled() -> Iterator[None]:
    """The same for the time of a block that makes very many objects and soon gives them up."""
    thresholds = gc.get_threshold()
    settle(GIVEN_UP)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()

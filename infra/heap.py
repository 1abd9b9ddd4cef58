"""The objects of a process that live as long as it does, which the collector need not look at."""

import gc

YOUNG = 10_000
"""New containers between two looks at the youngest; a list of fifty rows makes two thousand."""


def settle() -> None:
    """Call once all is imported and opened, in a process of its own.

    A look at all objects stops a process for a tenth of a second while hundreds of thousands of
    them are modules, contracts and routes, which never go away. From now on only what came later is
    looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)

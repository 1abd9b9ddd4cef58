"""The work of a consumer, as its core sees it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from infra.consumers.records import Delivery
from infra.database import Connection


class Retry(Exception):
    """The work met a concurrent writer; the same batch will do when repeated."""


class Handler(ABC):
    """The work of a consumer."""

    can_be_repeated: ClassVar[bool] = False
    """Whether a crash of the database may undo the last batches, so that they are done again.

    Then no batch waits for the disk. What a handler tells to others, it must not take back.
    """

    refolds: ClassVar[bool] = False
    """Whether it makes good what it did of a stream once an event of it was amended."""

    async def refold(
        self, connection: Connection, topic: str, key: str, deliveries: Sequence[Delivery]
    ) -> Exception | None:
        """Take back what was made of a stream, and do it anew with these, which is all of it.

        Answers the error of one that cannot be taken; then nothing was changed.
        """
        raise NotImplementedError

    async def prefetch(  # noqa: B027 - a handler that needs nothing asks nothing
        self, connection: Connection, events: Sequence[Any]
    ) -> None:
        """Ask in the caller's transaction for what `handle` will need, without waiting for it.

        Some of these events may never be handed to `handle`, and it may get others.
        """

    @abstractmethod
    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        """Do the work of a batch in the caller's transaction; answer what failed, by index.

        After a failed delivery, later ones of the same stream must be left alone: the caller
        parks them behind it. Raising abandons the whole batch.
        """

    def committed(self) -> None:  # noqa: B027 - a handler whose work nobody waits for
        """Tell who waits for the work that it is there."""

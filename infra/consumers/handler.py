"""The work of a consumer, as its core sees it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from infra.consumers.records import Delivery
from infra.store.postgres import Connection


class Retry(Exception):
    """The work met a concurrent writer; the same batch will do when repeated."""


class Handler(Protocol):
    """The work of a consumer."""

    async def handle(
        self, connection: Connection, deliveries: Sequence[Delivery]
    ) -> Mapping[int, Exception]:
        """Do the work of a batch in the caller's transaction; answer what failed, by index.

        After a failed delivery, later ones of the same stream must be left alone: the caller
        parks them behind it. Raising abandons the whole batch.
        """
        ...

    def forget_cache(self) -> None:
        """Drop what is remembered between batches: the last one was rolled back."""
        ...

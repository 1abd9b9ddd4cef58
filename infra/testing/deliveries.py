"""Events as a consumer gets them, for tests that need no broker."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from contracts.runtime import Contract
from infra.cloudevents import Envelope
from infra.consumers.records import Delivery, stream_of


def deliveries(
    contracts: Iterable[Contract[Any]], events: Iterable[Any], versions: Iterator[int], at: datetime
) -> list[Delivery]:
    """A batch of events of these contracts, each as the next version, recorded at that time."""
    known = {kind.cls: (contract, kind) for contract in contracts for kind in contract.types}
    found = []
    for event in events:
        contract, kind = known[type(event)]
        key, origin = kind.key_of(event), ("", "", "", "", None)
        envelope = Envelope(uuid4(), kind.type, key, next(versions), at, at, 0, *origin)
        found.append(Delivery(stream_of(contract.topic, key), envelope, event))
    return found

"""Providers: where they work, when, and which documents they have shown."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.common_v1 import Zone
from contracts.marketplace import provider_v1
from contracts.marketplace.provider_v1 import (
    AvailabilityChanged,
    CalendarImported,
    DocumentShown,
    ShownDocument,
    TimeRule,
    ZoneDrawn,
)
from infra.consumers.views import View
from services.dispatch.adapters.cells import cover

Reads = ZoneDrawn | AvailabilityChanged | CalendarImported | DocumentShown


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as matching reads it."""

    provider_id: str
    cells: tuple[str, ...] = ()
    """The cells that cover its zone (`adapters.cells`)."""
    zone: tuple[Zone, ...] = ()
    """One item, once it was drawn."""
    opening: tuple[TimeRule, ...] = ()
    closed: tuple[TimeRule, ...] = ()
    busy: tuple[TimeRule, ...] = ()
    documents: tuple[ShownDocument, ...] = ()


def key(event: Reads) -> tuple[str]:
    return (event.provider_id,)


def project(row: Provider | None, event: Reads) -> Provider:
    known = row or Provider(event.provider_id)
    match event:
        case ZoneDrawn():
            return replace(known, zone=(event.zone,), cells=cover(event.zone))
        case AvailabilityChanged():
            return replace(known, opening=event.open, closed=event.closed)
        case CalendarImported():
            return replace(known, busy=event.busy)
        case DocumentShown(document=shown):
            others = (one for one in known.documents if one.kind != shown.kind)
            return replace(known, documents=(*others, shown))
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="providers",
    contract=provider_v1.contract,
    reads=Reads,
    row=Provider,
    primary_key=("provider_id",),
    key=key,
    project=project,
    indexes=("using gin (cells)",),
)

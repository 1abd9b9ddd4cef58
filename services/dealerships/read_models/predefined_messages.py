"""The predefined messages of dealerships: one row a message that is not deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.dealerships.predefined_message_v1 import (
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    PredefinedText,
    contract,
)
from infra.consumers.views import View
from infra.reading import Table
from infra.searching import filed_under

Reads = PredefinedMessageSaved | PredefinedMessageDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`module` None: for cases of every module."""

    predefined_message_id: str
    organisation_id: str
    dealership_id: str
    module: str | None
    title: str
    filed_title: str
    """The title as titles are put in order."""
    texts: tuple[PredefinedText, ...]
    saved_by: str
    saved_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.predefined_message_id,)


def project(_: Row | None, event: Reads) -> Row | None:
    match event:
        case PredefinedMessageSaved():
            return Row(
                predefined_message_id=event.predefined_message_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id,
                module=event.module.name.lower() if event.module else None,
                title=event.title,
                filed_title=filed_under(event.title),
                texts=event.texts,
                saved_by=event.saved_by,
                saved_at=event.saved_at,
            )
        case PredefinedMessageDeleted():
            return None
        case unhandled:
            assert_never(unhandled)


view = View(
    name="predefined_messages",
    contract=contract,
    reads=Reads,
    row=Row,
    primary_key=("predefined_message_id",),
    key=key,
    project=project,
    indexes=("(dealership_id, filed_title, predefined_message_id)",),
)
predefined_messages = Table(view, "predefined_messages")
BY_TITLE = predefined_messages.order("by-title", "filed_title", "predefined_message_id")

"""Predefined messages, which the message of a case begins with (FLB-142)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts import dealers
from contracts.dealers import Mode, Picked
from contracts.dealerships.predefined_message_v1 import (
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    PredefinedText,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.interventions.case.dossier import Dossier

Reads = PredefinedMessageSaved | PredefinedMessageDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class PredefinedMessage:
    """`module` is empty where it is for cases of all modules."""

    predefined_message_id: str
    organisation_id: str
    dealership_id: str
    module: str
    texts: tuple[PredefinedText, ...]
    """The source first."""
    deleted_at: datetime | None = None


def key(event: Reads) -> tuple[str]:
    return (event.predefined_message_id,)


def project(row: PredefinedMessage | None, event: Reads) -> PredefinedMessage:
    match event:
        case PredefinedMessageSaved():
            return PredefinedMessage(
                predefined_message_id=event.predefined_message_id,
                organisation_id=event.organisation_id,
                dealership_id=event.dealership_id,
                module=event.module.name.lower() if event.module else "",
                texts=event.texts,
            )
        case PredefinedMessageDeleted():
            if row is None:
                raise OutOfOrder(event)
            return replace(row, deleted_at=event.deleted_at)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="predefined_messages",
    contract=contract,
    reads=Reads,
    row=PredefinedMessage,
    primary_key=("predefined_message_id",),
    key=key,
    project=project,
)


async def require(
    context: RequestContext, field: str, predefined_message_id: str, dossier: Dossier
) -> None:
    """Refuse what is no predefined message of the case's dealership and module, or was deleted
    before this was said. Raises the 422 `Problem` of the field."""
    found = await context.lookup(lookup, predefined_message_id)
    if (
        found is None
        or not fits(found, dossier)
        or (found.deleted_at is not None and found.deleted_at <= context.occurred_at)
    ):
        raise unknown_reference(field, "predefined_message")


def fits(message: PredefinedMessage, dossier: Dossier) -> bool:
    """Whether it is a message of the case's dealership for cases of its module."""
    created = dossier.created
    ours = message.dealership_id == created.dealership_id
    return ours and message.module in ("", created.module.name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The text that the message of a case begins with, and whose it is."""

    predefined_message_id: str
    picked: Picked


async def proposed(context: RequestContext, dossier: Dossier) -> Proposed | None:
    """The message that the case begins with: the default of its mode, in the language of its
    customer as far as it is known (FLB-086, FLB-142). None where there is no such default."""
    dealership = await context.lookup(dealerships.lookup, dossier.created.dealership_id)
    works = dealers.effective(dealership, dossier.brand) if dealership else None
    if works is None:
        return None
    mode = Mode.SALES if dossier.is_sales else Mode.AFTER_SALES
    if (message_id := works.default_message_id(mode)) is None:
        return None
    found = await context.lookup(lookup, message_id)
    if found is None or found.deleted_at is not None or not fits(found, dossier):
        return None
    picked = dealers.picked(found.texts, dossier.language, works.default_language)
    return Proposed(predefined_message_id=message_id, picked=picked) if picked else None

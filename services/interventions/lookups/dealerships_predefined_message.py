"""Predefined messages, which the message of a case begins with (FLB-142)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealerships.predefined_message_v1 import (
    PredefinedMessageDeleted,
    PredefinedMessageSaved,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from services.interventions.case.dossier import Dossier

Reads = PredefinedMessageSaved | PredefinedMessageDeleted


@dataclass(frozen=True, slots=True, kw_only=True)
class PredefinedMessage:
    """`module` is empty where it is for cases of all modules."""

    predefined_message_id: str
    organisation_id: str
    dealership_id: str
    module: str
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
    created = dossier.created
    if (
        found is None
        or found.dealership_id != created.dealership_id
        or found.module not in ("", created.module.name.lower())
        or (found.deleted_at is not None and found.deleted_at <= context.occurred_at)
    ):
        raise unknown_reference(field, "predefined_message")

"""The documents of a provider, as the operator of a marketplace finds them: genuine or not (M7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.decisions import Changed, changed
from contracts.marketplace.relation_v1 import DocumentConfirmed, DocumentRefused, RelationEvent
from contracts.providers import Relation
from services.marketplace import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDocument:
    """`shown` is the file that the provider shows now, `file_id` the one that was looked at."""

    kind: str
    file_id: str
    shown: str | None
    proof: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseDocument:
    """`shown` and `file_id` as in ConfirmDocument."""

    kind: str
    file_id: str
    shown: str | None
    explanation: str
    by: str
    at: datetime


Command = ConfirmDocument | RefuseDocument
Decision = list[RelationEvent] | Changed | terms.BadText


def decide(command: Command, known: Relation) -> Decision:
    if difference := changed({"file_id": command.file_id}, {"file_id": command.shown}):
        return difference
    match command:
        case ConfirmDocument():
            if command.file_id in known.confirmed:
                return []
            return [
                DocumentConfirmed(
                    relation_id=known.relation_id,
                    marketplace_id=known.marketplace_id,
                    provider_id=known.provider_id,
                    kind=command.kind,
                    file_id=command.file_id,
                    proof=command.proof,
                    confirmed_by=command.by,
                    confirmed_at=command.at,
                )
            ]
        case RefuseDocument():
            return refuse(command, known)
        case unhandled:
            assert_never(unhandled)


def refuse(command: RefuseDocument, known: Relation) -> Decision:
    if command.file_id in known.refused:
        return []
    if bad_text := terms.bad_text("explanation", command.explanation):
        return bad_text
    return [
        DocumentRefused(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            kind=command.kind,
            file_id=command.file_id,
            explanation=command.explanation,
            refused_by=command.by,
            refused_at=command.at,
        )
    ]

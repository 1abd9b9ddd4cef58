"""Complaints: a provider complains about a decision explained to it, and is answered (M4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.marketplace.relation_v1 import ComplaintAnswered, ComplaintFiled, RelationEvent
from contracts.providers import Relation
from services.marketplace import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class FileComplaint:
    complaint_id: str
    complaint: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerComplaint:
    """It changes no decision by itself: whoever upholds a complaint takes the decision back."""

    complaint_id: str
    upheld: bool
    answer: str
    by: str
    at: datetime


Command = FileComplaint | AnswerComplaint


@dataclass(frozen=True, slots=True)
class NothingToComplainOf:
    """No decision stands that was explained to the provider."""


@dataclass(frozen=True, slots=True)
class ComplaintWaits:
    """A complaint is not answered yet."""

    complaint_id: str


@dataclass(frozen=True, slots=True)
class NoSuchComplaint:
    """It does not wait for an answer."""


Rejection = NothingToComplainOf | ComplaintWaits | NoSuchComplaint | terms.BadText
Decision = list[RelationEvent] | Rejection


def decide(command: Command, known: Relation) -> Decision:
    match command:
        case FileComplaint():
            return file(command, known)
        case AnswerComplaint():
            return answer(command, known)
        case unhandled:
            assert_never(unhandled)


def file(command: FileComplaint, known: Relation) -> Decision:
    if known.complaint_id is not None:
        is_same = known.complaint_id == command.complaint_id
        return [] if is_same else ComplaintWaits(known.complaint_id)
    if known.explained_by is None:
        return NothingToComplainOf()
    if bad_text := terms.bad_text("complaint", command.complaint):
        return bad_text
    return [
        ComplaintFiled(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            complaint_id=command.complaint_id,
            complaint=command.complaint,
            told_id=known.explained_by,
            filed_by=command.by,
            filed_at=command.at,
        )
    ]


def answer(command: AnswerComplaint, known: Relation) -> Decision:
    if known.complaint_id != command.complaint_id:
        return [] if command.complaint_id in known.answered else NoSuchComplaint()
    if bad_text := terms.bad_text("answer", command.answer):
        return bad_text
    return [
        ComplaintAnswered(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            complaint_id=command.complaint_id,
            upheld=command.upheld,
            answer=command.answer,
            answered_by=command.by,
            answered_at=command.at,
        )
    ]

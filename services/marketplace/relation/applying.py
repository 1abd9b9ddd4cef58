"""Applying: a provider applies with all documents, and the operator accepts or refuses (OGU-17)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.decisions import Changed, changed
from contracts.marketplace.marketplace_v1 import RequestedDocument
from contracts.marketplace.provider_v1 import ShownDocument
from contracts.marketplace.relation_v1 import (
    ApplicationAccepted,
    ApplicationRefused,
    ApplicationSubmitted,
    AppliedDocument,
    ReasonCode,
    RelationEvent,
)
from contracts.providers import DocumentFault, Relation, RelationStanding, kind_name, lacking
from services.marketplace import terms
from services.marketplace.relation.standings import NotInThisStanding, unless

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """`requested` and `terms_now` are what the marketplace asks for, `shown` what the provider has
    in the vault, `today` the day in the time zone of the marketplace. `told_id` is whoever of the
    operator invited the provider."""

    requested: tuple[RequestedDocument, ...]
    shown: tuple[ShownDocument, ...]
    terms_version: int | None
    terms_now: int | None
    today: date
    told_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """`seen` are the files of the application that the operator looked at."""

    seen: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    seen: tuple[str, ...]
    reason: ReasonCode
    explanation: str
    by: str
    at: datetime


Decided = Accept | Refuse
Command = Apply | Decided

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentsLacking:
    """Without every document that is asked for nobody applies (OGU-08). Each has its fault, in the
    same order."""

    documents: tuple[str, ...]
    faults: tuple[DocumentFault, ...]


@dataclass(frozen=True, slots=True)
class OtherTermsHold:
    """The version that holds is to be accepted; None where there are no terms."""

    field: ClassVar[str] = "terms_version"
    version: int | None


@dataclass(frozen=True, slots=True)
class OtherInternalDocumentsHold:
    """Those that hold are to be looked at, and accepted."""

    field: ClassVar[str] = "internal_documents"


Rejection = (
    DocumentsLacking
    | OtherTermsHold
    | OtherInternalDocumentsHold
    | NotInThisStanding
    | Changed
    | terms.BadText
)

# --- Decisions --------------------------------------------------------------

Decision = list[RelationEvent] | Rejection


def decide(command: Command, known: Relation) -> Decision:
    match command:
        case Apply():
            return apply(command, known)
        case Accept():
            return accept(command, known)
        case Refuse():
            return refuse(command, known)
        case unhandled:
            assert_never(unhandled)


def apply(command: Apply, known: Relation) -> Decision:
    """A refused provider may apply again; an application that waits may be brought up to date."""
    fit = (RelationStanding.CONNECTED, RelationStanding.APPLIED, RelationStanding.REFUSED)
    if bad := unless(known, *fit):
        return bad
    if command.terms_version != command.terms_now:
        return OtherTermsHold(command.terms_now)
    missing = lacking(command.requested, command.shown, command.today, known.refused)
    if missing:
        kinds = tuple(one.kind for one in missing)
        return DocumentsLacking(kinds, tuple(one.fault for one in missing))
    asked = {kind_name(one.kind) for one in command.requested}
    documents = tuple(applied(one) for one in command.shown if one.kind in asked)
    same = (tuple(one.file_id for one in documents), command.terms_version)
    if known.standing is RelationStanding.APPLIED and same == (
        known.documents,
        known.terms_version,
    ):
        return []
    return [
        ApplicationSubmitted(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            documents=documents,
            terms_version=command.terms_version,
            applied_by=command.by,
            applied_at=command.at,
            provider_name=known.provider_name,
            told_id=command.told_id,
        )
    ]


def applied(shown: ShownDocument) -> AppliedDocument:
    return AppliedDocument(
        kind=shown.kind,
        paper_id=shown.paper_id,
        file_id=shown.file_id,
        issued_on=shown.issued_on,
        expires_on=shown.expires_on,
    )


def not_as_seen(command: Decided, known: Relation) -> Changed | None:
    """The documents of the application are others now than those the operator looked at."""
    return changed({"seen": command.seen}, {"seen": known.documents})


def accept(command: Accept, known: Relation) -> Decision:
    if known.standing is RelationStanding.ACCEPTED:
        return []
    if bad := unless(known, RelationStanding.APPLIED):
        return bad
    if difference := not_as_seen(command, known):
        return difference
    return [
        ApplicationAccepted(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            accepted_by=command.by,
            accepted_at=command.at,
        )
    ]


def refuse(command: Refuse, known: Relation) -> Decision:
    if known.standing is RelationStanding.REFUSED:
        return []
    if bad := unless(known, RelationStanding.APPLIED):
        return bad
    if difference := not_as_seen(command, known):
        return difference
    if bad_text := terms.bad_text("explanation", command.explanation):
        return bad_text
    return [
        ApplicationRefused(
            relation_id=known.relation_id,
            marketplace_id=known.marketplace_id,
            provider_id=known.provider_id,
            marketplace_name=known.marketplace_name,
            told_id=known.told_id,
            reason=command.reason,
            explanation=command.explanation,
            refused_by=command.by,
            refused_at=command.at,
        )
    ]

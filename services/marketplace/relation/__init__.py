"""The relation of a marketplace and a provider: connected, applied, accepted, left (SM-26).

Every decision against a provider says why, is told, and may be complained of (M4).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.common_v1 import AcceptedDocument
from contracts.decisions import Changed
from contracts.marketplace.relation_v1 import RelationConnected, RelationEvent
from contracts.providers import Relation, RelationStanding, relation_after
from contracts.timers import CancelTimer, SetTimer
from services.marketplace import terms
from services.marketplace.relation import (
    applying,
    complaints,
    documents,
    ending,
    layers,
    offers,
    suspending,
)
from services.marketplace.relation.applying import Apply

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """The invitation, sent at `invited_at`, was found good, and `terms_version` is the version that
    was accepted."""

    relation_id: str
    marketplace_id: str
    provider_id: str
    provider_name: str
    marketplace_name: str
    invitation_id: str
    invited_at: datetime
    terms_version: int | None
    internal_documents: tuple[AcceptedDocument, ...] = ()
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConnectInvited:
    """Follows from an invitation that was used, as a rule after the request that used it has
    connected both: then it changes nothing, whatever became of the relation since."""

    connect: Connect


Later = (
    applying.Command
    | suspending.Command
    | ending.Command
    | complaints.Command
    | offers.Command
    | layers.Command
    | documents.Command
)
Command = Connect | ConnectInvited | Later
OfTheDeleted = ending.AnnounceEnd | ending.TakeEffect | complaints.Command
"""What comes again, or is still due, once a relation is deleted: who was left may complain."""

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchRelation:
    pass


@dataclass(frozen=True, slots=True)
class IsConnected:
    """The provider is of the marketplace already."""


@dataclass(frozen=True, slots=True)
class NewInvitationNeeded:
    """The relation was removed since the invitation was sent (G-65)."""


Rejection = (
    NoSuchRelation
    | IsConnected
    | NewInvitationNeeded
    | applying.Rejection
    | ending.Rejection
    | complaints.Rejection
    | offers.Rejection
    | terms.BadRate
    | terms.BadText
    | Changed
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Known:
    relation: Relation


State = Nothing | Known
initial: State = Nothing()


def evolve(state: State, event: RelationEvent) -> State:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    after = relation_after(state.relation if isinstance(state, Known) else None, event)
    return state if after is None else Known(after)


# --- Decisions --------------------------------------------------------------

Decision = list[RelationEvent] | Rejection


def decide(command: Command, state: State) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if isinstance(command, Connect):
        return connect(command, state)
    if isinstance(command, ConnectInvited):
        connected = connect(command.connect, state)
        return connected if isinstance(connected, list) else []
    if isinstance(state, Nothing):
        return NoSuchRelation()
    known = state.relation
    if known.standing is RelationStanding.DELETED and not isinstance(command, OfTheDeleted):
        return NoSuchRelation()
    return decide_for_known(command, known)


def decide_for_known(command: Later, known: Relation) -> Decision:
    match command:
        case Apply() | applying.Accept() | applying.Refuse():
            return applying.decide(command, known)
        case suspending.Suspend() | suspending.LiftSuspension():
            return suspending.decide(command, known)
        case ending.AnnounceEnd() | ending.CallOffEnd() | ending.TakeEffect() | ending.Reactivate():
            return ending.decide(command, known)
        case complaints.FileComplaint() | complaints.AnswerComplaint():
            return complaints.decide(command, known)
        case (
            offers.ProposeService()
            | offers.WithdrawService()
            | offers.AcceptService()
            | offers.RejectService()
            | offers.DeactivateService()
        ):
            return offers.decide(command, known)
        case layers.CustomiseCommission() | layers.ReduceZone() | layers.UndoReduction():
            return layers.decide(command, known)
        case documents.ConfirmDocument() | documents.RefuseDocument():
            return documents.decide(command, known)
        case unhandled:
            assert_never(unhandled)


def connect(command: Connect, state: State) -> Decision:
    """A relation that was deleted begins anew with a new invitation (G-65)."""
    known = state.relation if isinstance(state, Known) else None
    if known is not None and known.deleted_at is None:
        now = (command.invitation_id, command.terms_version)
        return [] if (known.invitation_id, known.terms_version) == now else IsConnected()
    if known is not None and known.deleted_at and command.invited_at <= known.deleted_at:
        return NewInvitationNeeded()
    return [
        RelationConnected(
            relation_id=command.relation_id,
            marketplace_id=command.marketplace_id,
            provider_id=command.provider_id,
            provider_name=command.provider_name,
            marketplace_name=command.marketplace_name,
            invitation_id=command.invitation_id,
            terms_version=command.terms_version,
            connected_by=command.by,
            connected_at=command.at,
            internal_documents=command.internal_documents,
        )
    ]


# --- Timers -----------------------------------------------------------------


def timers(event: RelationEvent) -> tuple[SetTimer | CancelTimer, ...]:
    return ending.timers(event)


def on_timer(name: str, relation_id: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    return ending.on_timer(name, relation_id, due)

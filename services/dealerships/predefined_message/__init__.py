"""A predefined message: often written to customers, in their languages (FLB-141)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.dealerships.predefined_message_v1 import (
    Module,
    PredefinedMessageDeleted,
    PredefinedMessageEvent,
    PredefinedMessageSaved,
    PredefinedText,
)
from services.dealerships.terms import LanguageNamedTwice, named_twice

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePredefinedMessage:
    """The last one that is saved counts, whole; the first text is the source of the others."""

    predefined_message_id: str
    organisation_id: str
    dealership_id: str
    module: Module | None
    title: str
    texts: tuple[PredefinedText, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePredefinedMessage:
    organisation_id: str
    dealership_id: str
    by: str
    at: datetime


Command = SavePredefinedMessage | DeletePredefinedMessage

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchPredefinedMessage:
    pass


Rejection = NoSuchPredefinedMessage | LanguageNamedTwice

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unwritten:
    pass


@dataclass(frozen=True, slots=True)
class Saved:
    saved: PredefinedMessageSaved


@dataclass(frozen=True, slots=True)
class Deleted:
    saved: PredefinedMessageSaved


PredefinedMessage = Unwritten | Saved | Deleted

initial: PredefinedMessage = Unwritten()


def evolve(message: PredefinedMessage, event: PredefinedMessageEvent) -> PredefinedMessage:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case PredefinedMessageSaved():
            return Saved(event)
        case PredefinedMessageDeleted():
            return message if isinstance(message, Unwritten) else Deleted(message.saved)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[PredefinedMessageEvent] | Rejection


def decide(command: Command, message: PredefinedMessage) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if not isinstance(message, Unwritten):
        owner = (message.saved.organisation_id, message.saved.dealership_id)
        if owner != (command.organisation_id, command.dealership_id):
            return NoSuchPredefinedMessage()
    match command:
        case SavePredefinedMessage():
            return save(command, message)
        case DeletePredefinedMessage():
            return delete(command, message)
        case unhandled:
            assert_never(unhandled)


def save(command: SavePredefinedMessage, message: PredefinedMessage) -> Decision:
    if (bad := named_twice([one.language for one in command.texts])) is not None:
        return bad
    event = PredefinedMessageSaved(
        predefined_message_id=command.predefined_message_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        module=command.module,
        title=command.title,
        texts=command.texts,
        saved_by=command.by,
        saved_at=command.at,
    )
    if isinstance(message, Saved):
        same = replace(message.saved, saved_by=command.by, saved_at=command.at)
        return [] if same == event else [event]
    return [event]


def delete(command: DeletePredefinedMessage, message: PredefinedMessage) -> Decision:
    match message:
        case Unwritten():
            return NoSuchPredefinedMessage()
        case Deleted():
            return []
        case Saved(saved=saved):
            return [
                PredefinedMessageDeleted(
                    predefined_message_id=saved.predefined_message_id,
                    organisation_id=saved.organisation_id,
                    dealership_id=saved.dealership_id,
                    deleted_by=command.by,
                    deleted_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)

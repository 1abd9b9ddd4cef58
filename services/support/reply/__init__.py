"""A canned reply: what support answers often, in several languages."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.support.reply_v1 import ReplyDropped, ReplyEvent, ReplyKept, ReplyText

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepReply:
    """The last one that is kept counts, whole; one that was dropped may be kept again."""

    reply_id: str
    organisation_id: str
    title: str
    texts: tuple[ReplyText, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DropReply:
    organisation_id: str
    by: str
    at: datetime


Command = KeepReply | DropReply

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchReply:
    pass


@dataclass(frozen=True, slots=True)
class LanguageNamedTwice:
    language: str


Rejection = NoSuchReply | LanguageNamedTwice

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Kept:
    kept: ReplyKept


@dataclass(frozen=True, slots=True)
class Dropped:
    kept: ReplyKept


Reply = Unknown | Kept | Dropped

initial: Reply = Unknown()


def evolve(reply: Reply, event: ReplyEvent) -> Reply:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    match event:
        case ReplyKept():
            return Kept(event)
        case ReplyDropped():
            return reply if isinstance(reply, Unknown) else Dropped(reply.kept)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[ReplyEvent] | Rejection


def decide(command: Command, reply: Reply) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if not isinstance(reply, Unknown) and reply.kept.organisation_id != command.organisation_id:
        return NoSuchReply()
    match command:
        case KeepReply():
            return keep(command, reply)
        case DropReply():
            return drop(command, reply)
        case unhandled:
            assert_never(unhandled)


def keep(command: KeepReply, reply: Reply) -> Decision:
    languages = [one.language for one in command.texts]
    for language in languages:
        if languages.count(language) > 1:
            return LanguageNamedTwice(language)
    if isinstance(reply, Kept):
        known = (reply.kept.title, reply.kept.texts)
        if known == (command.title, command.texts):
            return []
    return [
        ReplyKept(
            reply_id=command.reply_id,
            organisation_id=command.organisation_id,
            title=command.title,
            texts=command.texts,
            kept_by=command.by,
            kept_at=command.at,
        )
    ]


def drop(command: DropReply, reply: Reply) -> Decision:
    match reply:
        case Unknown():
            return NoSuchReply()
        case Dropped():
            return []
        case Kept(kept=kept):
            return [
                ReplyDropped(
                    reply_id=kept.reply_id,
                    organisation_id=kept.organisation_id,
                    dropped_by=command.by,
                    dropped_at=command.at,
                )
            ]
        case unhandled:
            assert_never(unhandled)

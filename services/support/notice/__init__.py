"""A notice of the administration to one partner, to a kind of them, or to all (EXX-30)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.support.notice_v1 import Audience, NoticeEvent, NoticeSent, NoticeText
from services.support.reply import LanguageNamedTwice

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """Without a kind and a partner it is for all."""

    notice_id: str
    organisation_id: str
    partner_kind: str | None
    partner_id: str | None
    texts: tuple[NoticeText, ...]
    by: str
    at: datetime


Command = SendNotice

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchNotice:
    pass


@dataclass(frozen=True, slots=True)
class NoticeIdTaken:
    notice_id: str


@dataclass(frozen=True, slots=True)
class AudienceNamedTwice:
    """A notice is for a partner or for a kind of them."""


Rejection = NoSuchNotice | NoticeIdTaken | AudienceNamedTwice | LanguageNamedTwice

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unsent:
    pass


@dataclass(frozen=True, slots=True)
class Sent:
    sent: NoticeSent


Notice = Unsent | Sent

initial: Notice = Unsent()


def evolve(_: Notice, event: NoticeEvent) -> Notice:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    return Sent(event)


# --- Decisions --------------------------------------------------------------

Decision = list[NoticeEvent] | Rejection


def decide(command: Command, notice: Notice) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if command.partner_kind is not None and command.partner_id is not None:
        return AudienceNamedTwice()
    languages = [one.language for one in command.texts]
    for language in languages:
        if languages.count(language) > 1:
            return LanguageNamedTwice(language)
    sent = NoticeSent(
        notice_id=command.notice_id,
        organisation_id=command.organisation_id,
        audience=audience(command),
        partner_kind=command.partner_kind,
        partner_id=command.partner_id,
        texts=command.texts,
        sent_by=command.by,
        sent_at=command.at,
    )
    match notice:
        case Unsent():
            return [sent]
        case Sent(sent=known):
            same = replace(sent, sent_at=known.sent_at) == known
            return [] if same else NoticeIdTaken(command.notice_id)
        case unhandled:
            assert_never(unhandled)


def audience(command: SendNotice) -> Audience:
    if command.partner_id is not None:
        return Audience.PARTNER
    return Audience.ALL if command.partner_kind is None else Audience.KIND

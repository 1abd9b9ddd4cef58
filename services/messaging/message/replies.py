"""The number that a text message went to replies: that it wants no more, or something else (R3)."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.messaging.message_v1 import MessageQueued, MessageReplied, ReplyIntent

STOP: Mapping[str, frozenset[str]] = {
    "en": frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout"}),
    "fr": frozenset({"arret", "arreter", "arretez", "desabonner", "desinscrire"}),
    "de": frozenset({"stopp", "abmelden", "abbestellen", "abmeldung"}),
    "es": frozenset({"baja", "alto", "parar", "pare"}),
    "it": frozenset({"basta", "ferma", "disiscrivi", "disiscrivimi"}),
    "pt": frozenset({"parar", "pare", "sair"}),
    "nl": frozenset({"afmelden", "uitschrijven", "stoppen"}),
    "sv": frozenset({"stopp", "sluta", "avsluta", "avregistrera"}),
    "no": frozenset({"stopp", "slutt", "avslutt", "avmeld"}),
    "ar": frozenset({"توقف", "ايقاف", "اوقف", "قف", "الغاء"}),
}
"""The words by which texts are ended, in each language of the product; in all of them STOP."""
WORDS = frozenset().union(*STOP.values())
BESIDE = frozenset({"sms", "pub", "all", "please", "thanks", "svp", "merci", "bitte", "danke"}) | {
    *("gracias", "grazie", "obrigado", "bedankt", "tack", "takk", "شكرا"),
}
"""Words beside one of these that change nothing."""
TATWEEL = "\u0640"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReply:
    """The gateway says that the number of the message replied to it."""

    message_id: str
    reply_id: str
    text: str
    replied_at: datetime
    at: datetime


def intent_of(text: str) -> ReplyIntent:
    """A wish to stop is such words, also one twice, and nothing more than politeness: whatever else
    a text says is for a person to read, also where such a word is in it."""
    left = {word for word in words_of(text) if word not in BESIDE}
    is_stop = bool(left) and left <= WORDS
    return ReplyIntent.STOP if is_stop else ReplyIntent.OTHER


def words_of(text: str) -> list[str]:
    """Its words in small letters, without accents, vowel signs and punctuation."""
    plain = unicodedata.normalize("NFKD", text.replace(TATWEEL, "")).casefold()
    kept = (one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return "".join(kept).split()


def concerned(texted: Iterable[MessageQueued], intent: ReplyIntent) -> list[str]:
    """The ids of the messages that a reply is about, of those that went to its number, the last
    first: of a wish to stop the last of each kind to each person, of anything else the last."""
    found: dict[tuple[str, str], str] = {}
    for one in texted:
        if intent is ReplyIntent.OTHER:
            return [one.message_id]
        kind = one.about.partition("/")[0]
        found.setdefault((one.user_id, kind), one.message_id)
    return [*found.values()]


def replied(command: NoteReply, queued: MessageQueued) -> MessageReplied:
    return MessageReplied(
        message_id=command.message_id,
        user_id=queued.user_id,
        reply_id=command.reply_id,
        intent=intent_of(command.text),
        text=command.text,
        about=queued.about,
        replied_at=min(command.replied_at, command.at),
        received_at=command.at,
    )

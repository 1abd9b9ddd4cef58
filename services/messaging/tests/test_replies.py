"""A reply to a text message is taken once, on the message that it is about (R3)."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.messaging.message_v1 import (
    Channel,
    MessageQueued,
    MessageReplied,
    ReplyIntent,
    Topic,
)
from infra.testing.spec import Spec
from services.messaging import message
from services.messaging.adapters.outbound.sms import signature
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.message.replies import STOP, NoteReply, concerned, intent_of
from services.messaging.preferences import Forget
from services.messaging.tests import make
from services.messaging.tests.make import LATER, NOON, queued, scheduled, sent
from services.messaging.tests.stage import SECRET, Stage, with_both

pytestmark = pytest.mark.requirement("FLB-158")

given = Spec(message.decide, message.evolve, message.initial).given
ADA, BOB = "+33612345678", "+33687654321"
WRITTEN = "2020-05-01T12:00:00Z"


# --- The wish ---------------------------------------------------------------


@pytest.mark.parametrize("language", sorted(STOP))
def test_texts_are_ended_by_the_words_of_each_language(language: str) -> None:
    for word in STOP[language] | {"stop"}:
        for written in (word, f" {word.upper()}. ", f"{word} SMS"):
            assert intent_of(written) is ReplyIntent.STOP, written


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Arrêt", ReplyIntent.STOP),
        ("STOP svp, merci !", ReplyIntent.STOP),
        ("إيقاف", ReplyIntent.STOP),
        ("إلغاء", ReplyIntent.STOP),
        ("Stop by tomorrow?", ReplyIntent.OTHER),
        ("stop stop", ReplyIntent.STOP),
        ("STOP! arrêtez", ReplyIntent.STOP),
        ("stop oui", ReplyIntent.OTHER),
        ("unstoppable", ReplyIntent.OTHER),
        ("Oui", ReplyIntent.OTHER),
        ("merci", ReplyIntent.OTHER),
        ("", ReplyIntent.OTHER),
    ],
)
def test_a_word_among_others_is_no_wish_to_stop(text: str, intent: ReplyIntent) -> None:
    assert intent_of(text) is intent


def test_a_wish_to_stop_is_about_the_last_of_each_kind_to_each_person() -> None:
    texts = [
        replace(queued(), message_id=id, user_id=user, about=about)
        for id, user, about in (
            ("m-5", "ada", "reminder_invitation/r2"),
            ("m-4", "ada", "invitation/c1"),
            ("m-3", "ada", "reminder_invitation/r1"),
            ("m-2", "bob", "reminder_invitation/r0"),
        )
    ]
    assert concerned(texts, ReplyIntent.STOP) == ["m-5", "m-4", "m-2"]
    assert concerned(texts, ReplyIntent.OTHER) == ["m-5"]
    assert concerned([], ReplyIntent.STOP) == []


# --- The message ------------------------------------------------------------


def note(reply_id: str = "in-1", text: str = "STOP", at: datetime = LATER) -> NoteReply:
    return NoteReply(message_id="m-1", reply_id=reply_id, text=text, replied_at=at, at=LATER)


def replied(reply_id: str = "in-1", at: datetime = LATER) -> MessageReplied:
    return MessageReplied(
        message_id="m-1",
        user_id="ada",
        reply_id=reply_id,
        intent=ReplyIntent.STOP,
        text="STOP",
        about="trip/t-1",
        replied_at=at,
        received_at=LATER,
    )


def test_a_reply_is_noted_once_whatever_became_of_the_message() -> None:
    for before in ((queued(),), (queued(), scheduled(), sent()), (queued(), make.failed())):
        given(*before).when(note()).records(replied())
    given(queued(), replied()).when(note("in-2")).records(replied("in-2"))
    given(queued(), replied(), scheduled(), sent()).when(note()).records_nothing()
    given().when(note()).is_rejected(message.NoSuchMessage())


def test_a_reply_of_tomorrow_was_written_now_and_a_late_one_when_it_was() -> None:
    given(queued()).when(note(at=LATER + timedelta(seconds=1))).records(replied())
    given(queued()).when(note(at=NOON)).records(replied(at=NOON))


# --- The gateway ------------------------------------------------------------


async def texted(stage: Stage, id: str, number: str, about: str, user: str = "ada") -> None:
    """A text message that went out to a number."""
    await stage.meet(user, phone=number)
    now = datetime.now(UTC)
    one: MessageQueued = replace(
        make.queued(Topic.MONEY, id, Channel.SMS, expires_at=now + timedelta(days=1)),
        user_id=user,
        about=about,
        address=number,
    )
    await stage.queue(one)
    await stage.round()


async def comes(stage: Stage, signed: str | None = None, **changed: Any) -> int:
    """The status of the answer to a reply."""
    said = {"reply_id": "in-1", "number": ADA, "text": "STOP", "replied_at": WRITTEN}
    body = json.dumps(said | changed).encode()
    headers = {
        "Relais-Signature": signed or signature(SECRET, body, datetime.now(UTC)),
        "Content-Type": "application/json",
        "Idempotency-Key": f"i{next(stage.numbers)}",
    }
    answer = await stage.client.post("/replies/sms", content=body, headers=headers)
    return answer.status_code


async def replies(stage: Stage, id: str = "m-1") -> list[str]:
    """The ids of the replies to a message."""
    facts = [fact.event for fact in await stage.running.commands.history(MESSAGE, id)]
    return [one.reply_id for one in facts if isinstance(one, MessageReplied)]


async def test_a_reply_that_comes_twice_at_once_and_again_is_taken_once(database: str) -> None:
    async with with_both(database) as (stage, _, _gateway):
        await texted(stage, "m-1", ADA, "reminder_invitation/r1")
        assert [*await asyncio.gather(comes(stage), comes(stage))] == [202, 202]
        await texted(stage, "m-2", ADA, "reminder_invitation/r2")
        assert await comes(stage) == 202
        assert (await replies(stage), await replies(stage, "m-2")) == (["in-1"], [])
        shown = await stage.ask("GET", "/messages/m-1", who="lea", roles=("logistics",))
        missing = await stage.ask("GET", "/messages/m-2", who="lea", roles=("logistics",))
    [found] = shown.json()["replies"]
    assert found == {"reply_id": "in-1", "intent": "stop", "text": "STOP", "replied_at": WRITTEN}
    assert missing.json()["replies"] == []


async def test_a_number_that_no_text_went_to_is_to_come_again(database: str) -> None:
    async with with_both(database) as (stage, _, _gateway):
        await texted(stage, "m-1", ADA, "reminder_invitation/r1")
        assert await comes(stage, number=BOB) == 404
        await texted(stage, "m-2", BOB, "reminder_invitation/r2", user="bob")
        assert await comes(stage, number=BOB) == 202
        assert (await replies(stage), await replies(stage, "m-2")) == ([], ["in-1"])


async def test_a_reply_that_the_gateway_did_not_sign_changes_nothing(database: str) -> None:
    async with with_both(database) as (stage, _, _gateway):
        await texted(stage, "m-1", ADA, "reminder_invitation/r1")
        now = datetime.now(UTC)
        for wrong in ("nonsense", signature("another", b"{}", now), signature(SECRET, b"{}", now)):
            assert await comes(stage, wrong) == 401
        assert await comes(stage, "t=999999999999,v1=00") == 400
        for number in ("0612345678", "+0612345678", "+33", "+3361234567890123"):
            assert await comes(stage, number=number) == 422
        assert await replies(stage) == []


async def test_of_somebody_who_was_forgotten_no_reply_is_kept(database: str) -> None:
    async with with_both(database) as (stage, _, _gateway):
        await texted(stage, "m-1", ADA, "reminder_invitation/r1")
        await stage.do(PREFERENCES, "ada", Forget(user_id="ada", at=NOON))
        await stage.running.keyring.forget("ada", "ada herself")
        assert await comes(stage) == 202
        assert await replies(stage) == []

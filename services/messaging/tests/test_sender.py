"""Messages leave, once, and what became of them is known."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import DataError
from pydantic import ValidationError

from contracts.messaging.message_v1 import (
    Channel,
    ChannelFailed,
    MessageQueued,
    MessageSent,
    Reason,
    Topic,
)
from contracts.messaging.preferences_v1 import Immediacy
from contracts.runtime import REDACTED
from infra.settings import Settings
from infra.testing.eventually import eventually
from infra.timers import Timers
from services.messaging import message
from services.messaging.adapters.outbound import (
    Accepted,
    OutboundMessage,
    Why,
    attempts,
    receipts,
)
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.adapters.sender import PAGE
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.preferences import Forget
from services.messaging.read_models import outbox
from services.messaging.tests import make
from services.messaging.tests.stage import (
    SENDER,
    Stage,
    by_mail,
    mail_server,
    staged,
    with_both,
)

LONG = timedelta(days=365)
PHONE = "+33612345678"


def fresh(message_id: str = "m-1", topic: Topic = Topic.QUOTES) -> MessageQueued:
    one = make.queued(topic, message_id)
    return replace(one, expires_at=datetime.now(UTC) + LONG)


async def time_passes(stage: Stage, by: timedelta = LONG) -> None:
    """Every timer of the next while fires."""
    timers = Timers("messaging", stage.running.commands, (MESSAGE,))
    await timers.fire_due(datetime.now(UTC) + by)


async def pauses_end(stage: Stage) -> None:
    """The next attempts are due."""
    async with stage.running.pool.connection() as connection:
        await connection.execute("update outbox.attempt set retry_at = clock_timestamp()")


async def backdate(stage: Stage, by: timedelta) -> None:
    """All attempts were that much earlier."""
    async with stage.running.pool.connection() as connection:
        await connection.execute("update outbox.attempt set failed_at = failed_at - %s", (by,))


async def waiting(stage: Stage) -> dict[str, int]:
    """How many messages wait, by what for."""
    return {one.waits_for: one.messages for one in await outbox.backlog(stage.running.pool)}


def mailed(key: str, *messages: str, reference: str = "<x@y>") -> receipts.Taken:
    """A parcel that the server took."""
    return receipts.Taken(
        key=key, messages=messages, channel="email", reference=reference, delivered=False
    )


class InThrees(Mail):
    """Takes three messages at the same time, and none before; `most` were on their way at once."""

    now = most = 0

    def __init__(self) -> None:
        super().__init__("smtp://127.0.0.1:9", SENDER)
        self._three = asyncio.Barrier(3)

    async def send(self, message: OutboundMessage) -> Accepted:
        self.now += 1
        self.most = max(self.most, self.now)
        await self._three.wait()
        self.now -= 1
        return Accepted(message.key)


class Killed(BaseException):
    """As a signal ends a process: nobody catches it."""


class Dying(Mail):
    """Dies between the server's yes and the receipt, once."""

    died = False

    async def send(self, message: OutboundMessage) -> Accepted:
        accepted = await super().send(message)
        if not self.died:
            self.died = True
            raise Killed
        return accepted


@pytest.mark.requirement("G-06", "FLB-009")
async def test_a_message_reaches_its_recipient_in_their_language(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(language="nb-NO")
        await stage.queue(fresh())
        await stage.round()
        [mail] = server.mails
        assert (mail["Subject"], mail["To"]) == (
            "Tilbud ikke godtatt: t-1",
            "Ada Martin <ada@example.org>",
        )
        assert mail["Message-ID"] == "<m-1.email@relais.example>"
        assert [part.get_content_type() for part in mail.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        assert await stage.types() == ["queued", "scheduled", "sent"]


async def test_a_message_may_be_in_another_language_than_its_recipient_reads(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(language="fr")
        await stage.queue(replace(fresh(), language="nb-NO"))
        await stage.round()
        [mail] = server.mails
        assert mail["Subject"] == "Tilbud ikke godtatt: t-1"


async def test_a_message_waits_for_a_contact_that_comes_later(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.queue(fresh())
        await stage.round()
        assert await stage.types() == ["queued"]
        assert await waiting(stage) == {"contact": 1}
        await stage.meet()
        await stage.round()
        assert len(server.mails) == 1
        assert await waiting(stage) == {}


async def test_a_message_waits_for_a_contact_until_it_expires(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.queue(replace(fresh(), expires_at=datetime.now(UTC)))
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert state.reason is Reason.NO_ADDRESS


async def test_messages_to_nobody_known_hold_up_no_other(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        for n in range(4):
            await stage.queue(replace(fresh(f"m-{n}"), user_id="unknown"))
        await stage.meet()
        await stage.queue(fresh("m-9"))
        await stage.catch_up()
        [next_one] = await outbox.to_plan(stage.running.pool, 1)
        assert next_one.message_id == "m-9"
        await stage.round()
        assert [mail["Message-ID"] for mail in server.mails] == ["<m-9.email@relais.example>"]
        assert await stage.types("m-0") == ["queued"]


@pytest.mark.requirement("G-06")
async def test_a_server_that_asks_to_wait_is_asked_again_later(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.answers = ["450 later"]
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        assert (await stage.types(), server.mails) == (["queued", "scheduled"], [])
        [tried] = await attempts.of(stage.running.pool, ["m-1"])
        assert (tried.channel, tried.number, tried.why, tried.said) == ("email", 1, "busy", "450")
        assert 25 < (tried.retry_at - tried.failed_at).total_seconds() <= 30
        assert await waiting(stage) == {"retry": 1}
        await pauses_end(stage)
        await stage.round()
        [*_, entry] = await stage.running.commands.history(MESSAGE, "m-1")
        assert isinstance(entry.event, MessageSent)
        assert entry.event.attempt == 2


@pytest.mark.requirement("G-06")
async def test_a_server_that_is_away_for_days_loses_no_mail(database: str) -> None:
    away = {Channel.EMAIL: Mail("smtp://127.0.0.1:9", SENDER)}
    async with mail_server() as server, staged(database, away) as stage:
        await stage.meet()
        await stage.queue(fresh())
        for _ in range(12):
            await stage.round()
            await pauses_end(stage)
        await backdate(stage, timedelta(days=4, hours=19))
        await stage.round()
        assert await stage.types() == ["queued", "scheduled"]
        stage.sender.transports = by_mail(server)
        await pauses_end(stage)
        await stage.round()
        assert (len(server.mails), (await stage.types())[-1]) == (1, "sent")


async def test_a_server_that_stays_away_is_given_up_after_the_days_of_the_setting(
    database: str,
) -> None:
    away = {Channel.EMAIL: Mail("smtp://127.0.0.1:9", SENDER)}
    async with staged(database, away, send_days=5) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        await backdate(stage, timedelta(days=5))
        await pauses_end(stage)
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert state.reason is Reason.UNREACHABLE


async def test_what_waited_for_a_server_goes_out_once_it_is_back(database: str) -> None:
    away = {Channel.EMAIL: Mail("smtp://127.0.0.1:9", SENDER)}
    async with mail_server() as server, staged(database, away) as stage:
        await stage.meet()
        for n in range(3):
            await stage.queue(fresh(f"m-{n}"))
        await stage.round()
        assert await waiting(stage) == {"retry": 3}
        stage.sender.transports = by_mail(server)
        await stage.queue(fresh("m-9"))
        await stage.round()
        assert len(server.mails) == 4


@pytest.mark.parametrize("answer", ["550 5.7.1 no mail today", "554 blocked"])
async def test_a_refusal_that_is_not_of_the_recipient_is_tried_again(
    database: str, answer: str
) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.answers = [answer]
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        assert await stage.types() == ["queued", "scheduled"]
        await pauses_end(stage)
        await stage.round()
        assert len(server.mails) == 1


async def test_a_message_that_cannot_be_handed_over_fails_with_its_reason(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(email="other@example.org,ada@example.org")
        await stage.queue(fresh())
        await stage.round()
        assert (await stage.types())[-2:] == ["channel_failed", "failed"]
        history = await stage.running.commands.history(MESSAGE, "m-1")
        failed = history[-2].event
        assert isinstance(failed, ChannelFailed)
        assert "after the @-sign" in (failed.detail or "")
        assert server.recipients == []


async def test_an_error_nobody_foresaw_is_an_attempt_like_others(database: str) -> None:
    class Broken(Mail):
        async def send(self, message: OutboundMessage) -> Accepted:
            raise KeyError("nobody foresaw it")

    async with staged(database, {Channel.EMAIL: Broken("smtp://127.0.0.1:9", SENDER)}) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        [tried] = await attempts.of(stage.running.pool, ["m-1"])
        assert (tried.why, tried.said) == ("unknown", "KeyError")


async def test_some_messages_are_on_their_way_at_once_and_no_more(database: str) -> None:
    threes = InThrees()
    async with staged(database, {Channel.EMAIL: threes}, send_at_once=3) as stage:
        await stage.meet()
        for n in range(9):
            await stage.queue(fresh(f"m-{n}"))
        await stage.round()
        assert threes.most == 3
        assert (await stage.types("m-8"))[-1] == "sent"


async def test_no_more_mails_than_those_on_their_way_wait_for_a_receipt(database: str) -> None:
    async with (
        mail_server() as server,
        staged(database, by_mail(server), send_at_once=3) as stage,
    ):

        async def three() -> None:
            assert len(server.mails) == 3

        await stage.meet()
        await asyncio.gather(*(stage.queue(fresh(f"m-{n}")) for n in range(9)))
        await stage.catch_up()
        await stage.sender.round()
        await stage.catch_up()
        async with stage.running.pool.connection() as other, other.transaction():
            await other.execute("lock table outbox.receipt in share mode")
            sending = asyncio.create_task(stage.sender.round())
            await eventually(three)
            await asyncio.sleep(0.2)
            # A crash now would repeat these.
            await three()
        await sending
        assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails) == 9


async def test_mails_of_a_page_are_noted_together(database: str) -> None:
    async with (
        mail_server() as server,
        staged(database, by_mail(server), send_at_once=2) as stage,
    ):
        await stage.meet()
        await asyncio.gather(*(stage.queue(fresh(f"m-{n}")) for n in range(6)))
        await stage.round()
        async with stage.running.pool.connection() as connection:
            cursor = await connection.execute(
                "select count(*), count(distinct xid) from es.stored_event where type like '%.sent'"
            )
            assert await cursor.fetchone() == (6, 1)


@pytest.mark.requirement("G-06")
async def test_a_message_that_failed_goes_out_again_under_a_name_of_its_own(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        await receipts.settle(stage.running.pool, "m-1.email", "email", "failed", "no such box")
        await stage.round()
        assert (await stage.types())[-1] == "failed"
        again = message.Requeue(message_id="m-1", by="lea", at=datetime.now(UTC))
        await stage.do(MESSAGE, "m-1", again)
        await stage.round()
        ids = [mail["Message-ID"] for mail in server.mails]
        assert ids == ["<m-1.email@relais.example>", "<m-1.1.email@relais.example>"]
        assert (await stage.types())[-3:] == ["requeued", "scheduled", "sent"]


async def test_a_late_bounce_of_the_first_mail_does_not_end_the_second(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        server.refused = {"ada@example.org"}
        await stage.round()
        server.refused = set()
        await receipts.keep(stage.running.pool, mailed("m-1.email", "m-1"))
        again = message.Requeue(message_id="m-1", by="lea", at=datetime.now(UTC))
        await stage.do(MESSAGE, "m-1", again)
        await stage.round()
        await receipts.settle(stage.running.pool, "m-1.email", "email", "failed", "late")
        await stage.round()
        assert (await stage.types())[-1] == "sent"
        assert await receipts.untold(stage.running.pool, 9) == []


@pytest.mark.requirement("G-06")
async def test_a_mailbox_that_does_not_exist_is_a_failure_with_its_reason(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.refused = {"ada@example.org"}
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert state.reason is Reason.REFUSED


async def test_money_falls_back_to_a_text_message(database: str) -> None:
    async with with_both(database) as (stage, server, sms):
        server.refused = {"ada@example.org"}
        await stage.meet(phone=PHONE)
        await stage.queue(fresh(topic=Topic.MONEY))
        await stage.round()
        assert sms.taken["m-1.sms"]["to"] == [PHONE]
        assert sms.tokens == {"Bearer secret-token"}
        assert (await stage.types())[2:] == ["channel_failed", "scheduled", "sent"]


async def test_a_text_message_without_a_receipt_goes_on_by_mail(database: str) -> None:
    async with with_both(database) as (stage, server, sms):
        await stage.meet(phone=PHONE)
        now = make.cell(Immediacy.NOW, channel=make.SMS)
        await stage.choose(make.choose(now, make.cell(Immediacy.HOURLY)))
        await stage.queue(fresh())
        await stage.round()
        assert (list(sms.taken), server.mails) == (["m-1.sms"], [])
        await time_passes(stage)
        await stage.round()
        await time_passes(stage)
        await stage.round()
        assert len(server.mails) == 1


async def test_a_receipt_of_the_gateway_ends_the_message(database: str) -> None:
    async with with_both(database) as (stage, *_):
        await stage.meet(phone=PHONE)
        await stage.choose(make.choose(make.cell(Immediacy.NOW, channel=make.SMS)))
        await stage.queue(replace(fresh(), only=Channel.SMS))
        await stage.round()
        assert await receipts.settle(stage.running.pool, "m-1.sms", "sms", "delivered", "")
        await stage.round()
        await time_passes(stage)
        assert isinstance(await stage.state(), message.Delivered)
        assert await receipts.untold(stage.running.pool, 9) == []


async def test_a_refusal_by_receipt_takes_the_next_channel(database: str) -> None:
    async with with_both(database) as (stage, *_):
        await stage.meet(phone=PHONE)
        wants = make.cell(Immediacy.HOURLY), make.cell(Immediacy.NOW, channel=make.SMS)
        await stage.choose(make.choose(*wants))
        await stage.queue(fresh())
        await stage.round()
        await receipts.settle(stage.running.pool, "m-1.sms", "sms", "failed", "no such number")
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Scheduled)
        assert state.plan.channel is Channel.EMAIL


async def test_a_crash_after_the_servers_yes_repeats_the_mail_under_its_id(database: str) -> None:
    async with mail_server() as server:
        dying = Dying(server.url, SENDER)
        async with staged(database, {Channel.EMAIL: dying}) as stage:
            await stage.meet()
            await stage.queue(fresh())
            with pytest.raises(BaseExceptionGroup):
                await stage.round()
            await stage.round()
            assert {mail["Message-ID"] for mail in server.mails} == {"<m-1.email@relais.example>"}
            assert await stage.types() == ["queued", "scheduled", "sent"]


async def test_a_crash_after_the_receipt_sends_nothing_again(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await receipts.keep(stage.running.pool, mailed("m-1.email", "m-1"))
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        state = await stage.state()
        assert (server.mails, isinstance(state, message.Sent)) == ([], True)


async def test_a_parcel_in_the_hands_of_another_process_is_left_alone(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        async with (
            stage.running.pool.connection() as other,
            receipts.alone(other, ["m-1.email"]) as alone,
        ):
            await stage.round()
            assert (alone, server.mails) == (frozenset({"m-1.email"}), [])
        await stage.round()
        assert len(server.mails) == 1


async def test_a_view_built_again_sends_nothing(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        async with stage.running.pool.connection() as connection:
            await connection.execute(b"delete from messaging_1.message")
        stage.seen = 0
        await stage.round()
        assert len(server.mails) == 1


async def test_daily_messages_go_out_as_one(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(language="en")
        await stage.choose(make.choose(make.cell(Immediacy.DAILY)))
        for n in range(3):
            await stage.queue(fresh(f"m-{n}"))
        await stage.round()
        assert server.mails == []
        await time_passes(stage)
        await stage.round()
        [mail] = server.mails
        assert mail["Subject"] == "3 messages for you"
        assert [(await stage.types(f"m-{n}"))[-1] for n in range(3)] == ["sent"] * 3


async def test_a_message_too_late_for_its_parcel_goes_by_itself(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.choose(make.choose(make.cell(Immediacy.DAILY)))
        await stage.queue(fresh("m-1"))
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Scheduled)
        await receipts.keep(stage.running.pool, mailed(f"{state.plan.parcel_id}.email", "m-0"))
        await time_passes(stage)
        await stage.round()
        assert [mail["Message-ID"] for mail in server.mails] == ["<m-1.email@relais.example>"]


async def test_a_message_that_has_expired_is_not_sent(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(replace(fresh(), expires_at=datetime.now(UTC)))
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert (state.reason, server.mails) == (Reason.TOO_LATE, [])


async def test_somebody_forgotten_gets_no_mail_that_was_on_its_way(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.choose(make.choose(make.cell(Immediacy.DAILY)))
        await stage.queue(fresh())
        await stage.round()
        await stage.do(PREFERENCES, "ada", Forget(user_id="ada", at=datetime.now(UTC)))
        await time_passes(stage)
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert (state.reason, server.mails) == (Reason.FORGOTTEN, [])


@pytest.mark.parametrize("field", ["private", "address"])
async def test_a_message_that_nobody_can_read_any_more_is_of_somebody_forgotten(
    database: str, field: str
) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        gone: dict[str, Any] = {"only": Channel.EMAIL, field: REDACTED}
        await stage.queue(replace(fresh(), **gone))
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert (state.reason, server.mails) == (Reason.FORGOTTEN, [])


async def test_facts_that_do_not_fill_the_template_fail_the_message(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(replace(fresh(), facts=()))
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert (state.reason, server.mails) == (Reason.TEMPLATE, [])


async def test_without_channels_messages_wait(database: str) -> None:
    async with staged(database) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        assert await stage.types() == ["queued"]


async def test_private_facts_are_in_the_mail_and_sealed_in_the_event(database: str) -> None:
    link = "https://portal.example/password?token=abc"
    one = replace(
        fresh(topic=Topic.SECURITY),
        template="password_reset",
        facts=(),
        private=json.dumps({"link": link}),
    )
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(one)
        await stage.round()
        body = server.mails[0].get_body(("plain",))
        assert body is not None
        assert link in body.get_content()
        stored = await stage.running.store.read("message-m-1")
        assert not any(b"token=abc" in event.data for event in stored)


async def test_former_addresses_are_told_as_well(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(email="old@example.org")
        await stage.meet(email="new@example.org")
        await stage.queue(replace(fresh(topic=Topic.SECURITY), former_addresses=True))
        await stage.round()
        assert server.recipients == [["new@example.org", "old@example.org"]]
        assert server.mails[0]["To"] == "Ada Martin <new@example.org>"


async def test_an_address_that_is_to_be_confirmed_gets_the_mail_alone(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet(email="known@example.org")
        asked = fresh(topic=Topic.SECURITY)
        await stage.queue(replace(asked, address="new@example.org", only=Channel.EMAIL))
        await stage.round()
        assert server.recipients == [["new@example.org"]]
        stored = await stage.running.store.read("message-m-1")
        assert not any(b"new@example.org" in event.data for event in stored)


@pytest.mark.requirement("FLB-129")
async def test_a_message_with_several_addresses_is_one_mail(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        several = replace(fresh(), address="a@example.org\nb@example.org", only=Channel.EMAIL)
        await stage.queue(several)
        await stage.round()
        assert server.recipients == [["a@example.org", "b@example.org"]]


async def test_a_key_that_went_before_its_account_stops_the_mail(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.answers = ["450 later"]
        await stage.meet()
        await stage.queue(fresh())
        await stage.catch_up()
        await stage.sender.round()
        await stage.catch_up()
        await stage.running.keyring.forget("ada", "lea")
        await stage.round()
        state = await stage.state()
        assert isinstance(state, message.Failed)
        assert (state.reason, server.mails) == (Reason.FORGOTTEN, [])


async def test_nobody_waits_for_a_message_that_cannot_be_handled(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(replace(fresh("m-1"), template="no_such_template"))
        await stage.queue(fresh("m-2"))
        await stage.round()
        assert [mail["Message-ID"] for mail in server.mails] == ["<m-2.email@relais.example>"]
        assert await stage.types("m-1") == ["queued"]


async def test_a_message_that_moved_on_is_not_looked_at_until_the_outbox_shows_it(
    database: str,
) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        await stage.catch_up()
        # Read before the round: the outbox follows by itself and may show it at any time after.
        [line] = await outbox.to_plan(stage.running.pool, 9)
        await stage.sender.round()
        assert stage.sender._fresh([line]) == []
        await stage.catch_up()
        [shown] = await outbox.to_send(stage.running.pool, 9)
        assert stage.sender._fresh([shown]) == [shown]


async def test_the_next_page_does_not_wait_until_the_outbox_shows_the_last(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await asyncio.gather(*(stage.queue(fresh(f"m-{n}")) for n in range(PAGE + 1)))
        await stage.catch_up()
        await stage.sender.round()
        await stage.sender.round()
        known = await asyncio.gather(*(stage.types(f"m-{n}") for n in range(PAGE + 1)))
        assert {types[1] for types in known} == {"scheduled"}


@pytest.mark.parametrize("spare", [0, 1])
async def test_the_sender_rests_once_no_page_is_full(database: str, spare: int) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await asyncio.gather(*(stage.queue(fresh(f"m-{n}")) for n in range(PAGE - spare)))
        await stage.catch_up()
        assert await stage.sender.turn() == (spare == 0)
        # A full page of what it has done already is nothing to go on with.
        assert not await stage.sender.turn()


class TestReceipts:
    async def test_several_are_kept_at_once_and_found(self, database: str) -> None:
        async with staged(database) as stage:
            pool = stage.running.pool
            texted = replace(mailed("m-3.sms", "m-3"), numbers=[b"\x01\x02", b"\xff"])
            made = await receipts.keep_all(pool, [mailed("p.email", "m-1", "m-2"), texted])
            found = await receipts.find_all(pool, ["m-3.sms", "nobody", "p.email"])
            assert found == [made[1], None, made[0]]
            assert [one and one.messages for one in found] == [["m-3"], None, ["m-1", "m-2"]]
            async with pool.connection() as connection:
                kept = await connection.execute(
                    "select numbers from outbox.receipt where key = 'm-3.sms'"
                )
                assert await kept.fetchall() == [([b"\x01\x02", b"\xff"],)]

    async def test_one_that_cannot_be_kept_spoils_no_other(self, database: str) -> None:
        async with staged(database) as stage:
            bad = mailed("m-1.email", "m-1", reference="a\0b")
            refused, kept = await receipts.keep_all(
                stage.running.pool, [bad, mailed("m-2.email", "m-2")]
            )
            assert isinstance(refused, DataError)
            assert await receipts.find(stage.running.pool, "m-2.email") == kept

    async def test_the_first_one_of_a_key_stays(self, database: str) -> None:
        async with staged(database) as stage:
            first = await receipts.keep(stage.running.pool, mailed("m-1.email", "m-1"))
            again = mailed("m-1.email", "m-1", reference="<again@y>")
            assert await receipts.keep(stage.running.pool, again) == first


class TestOldAttempts:
    KEPT = timedelta(days=90)
    MINUTE = timedelta(minutes=1)

    @pytest.mark.parametrize(("ago", "left"), [(KEPT - MINUTE, 3), (KEPT + MINUTE, 0)])
    async def test_they_are_forgotten_when_their_days_are_over(
        self, database: str, ago: timedelta, left: int
    ) -> None:
        async with staged(database) as stage:
            await attempted(stage, 3)
            await backdate(stage, ago)
            await attempts.prune(stage.running.pool, self.KEPT, 100)
            assert await counted(stage) == left

    async def test_a_batch_is_no_larger_than_it_may_be(self, database: str) -> None:
        async with staged(database) as stage:
            await attempted(stage, 3)
            await backdate(stage, LONG)
            pool = stage.running.pool
            batches = [await attempts.prune(pool, self.KEPT, 2) for _ in range(3)]
            assert batches == [2, 1, 0]

    async def test_the_sender_does_it_beside_its_work(self, database: str) -> None:
        async with staged(database) as stage:
            await attempted(stage, 3)
            await backdate(stage, LONG)
            await attempted(stage, 1)
            await stage.sender.turn()
            assert await counted(stage) == 1

    @pytest.mark.parametrize("days", [5.0, 4.0])
    def test_none_of_a_message_that_is_still_tried_may_be_forgotten(self, days: float) -> None:
        assert Settings(send_days=5.0, send_attempts_kept_days=5.1).send_days == 5.0
        with pytest.raises(ValidationError, match="must be more than send_days"):
            Settings(send_days=5.0, send_attempts_kept_days=days)


async def attempted(stage: Stage, messages: int) -> None:
    """An attempt of each of so many messages fails now."""
    for _ in range(messages):
        now, parcel = datetime.now(UTC), uuid4().hex
        await attempts.note(stage.running.pool, parcel, "email", 1, Why.SERVER, "421", now)


async def counted(stage: Stage) -> int:
    """How many attempts are remembered."""
    async with stage.running.pool.connection() as connection:
        cursor = await connection.execute("select count(*) from outbox.attempt")
        [row] = await cursor.fetchall()
        return int(row[0])

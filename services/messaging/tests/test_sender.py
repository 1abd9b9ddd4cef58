"""Messages leave, once, and what became of them is known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.messaging.message_v1 import Channel, MessageQueued, Reason, Topic
from contracts.messaging.preferences_v1 import Immediacy
from infra.timers import Timers
from services.messaging import message
from services.messaging.adapters.outbound import Accepted, OutboundMessage, receipts
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.aggregates import MESSAGE, PREFERENCES
from services.messaging.preferences import Forget
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


async def test_a_message_waits_for_an_account_that_comes_later(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.queue(fresh())
        await stage.round()
        assert await stage.types() == ["queued", "attempt_failed"]
        await stage.meet()
        await time_passes(stage)
        await stage.round()
        assert len(server.mails) == 1


@pytest.mark.requirement("G-06")
async def test_a_server_that_asks_to_wait_is_asked_again_later(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.answers = ["450 later"]
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        assert (await stage.types(), server.mails) == (
            ["queued", "scheduled", "attempt_failed"],
            [],
        )
        await time_passes(stage)
        await stage.round()
        assert (await stage.types())[3:] == ["due", "sent"]


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
        await receipts.keep(
            stage.running.pool, "m-1.email", ["m-1"], "email", "<before@x>", delivered=False
        )
        await stage.meet()
        await stage.queue(fresh())
        await stage.round()
        state = await stage.state()
        assert (server.mails, isinstance(state, message.Sent)) == ([], True)


async def test_a_parcel_in_the_hands_of_another_process_is_left_alone(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        await stage.meet()
        await stage.queue(fresh())
        async with receipts.alone(stage.running.pool, "m-1.email") as alone:
            await stage.round()
            assert (alone, server.mails) == (True, [])
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
        key = f"{state.plan.parcel_id}.email"
        await receipts.keep(stage.running.pool, key, ["m-0"], "email", "<x@y>", delivered=False)
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

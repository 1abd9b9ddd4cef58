"""Mail over a real SMTP server, text messages over a real HTTP server, signed receipts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from infra.testing.certificates import Authority
from infra.testing.eventually import eventually
from services.messaging.adapters.outbound import (
    NeverThere,
    NotNow,
    OutboundMessage,
    RenderedMessage,
    Unsendable,
    Why,
    sink,
)
from services.messaging.adapters.outbound.mail import MOST_BY_ONE, Mail, refusal
from services.messaging.adapters.outbound.sms import AbsurdClock, Sms, is_signed, signature
from services.messaging.tests.stage import (
    SECRET,
    SENDER,
    MailServer,
    gateway,
    mail_server,
    staged,
)

NOW = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
BODY = b'{"reference": "m-1.sms", "status": "delivered"}'
CLOSED = "127.0.0.1:9"


def outbound(*to: str, key: str = "m-1.email", name: str = "Ada Müller, Dr.") -> OutboundMessage:
    content = RenderedMessage(
        language="fr",
        subject="Devis refusé",
        text="Bonjour\n",
        html="<p>Bonjour</p>",
        short="Devis refusé",
    )
    recipients = to or ("ada@example.org",)
    return OutboundMessage(key=key, to=recipients, name=name, content=content)


@pytest_asyncio.fixture(params=["offers", "talks"])
async def secured(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailServer]:
    """A server of an authority of its own, `tmp_path / "ca.pem"`, with and without STARTTLS."""
    authority = Authority.made("an authority of our own")
    authority.written(tmp_path / "ca.pem")
    context = authority.context(tmp_path / "server.pem")
    async with mail_server(**{request.param: context}) as server:
        yield server


class TestAuthority:
    async def test_the_server_of_the_authority_that_is_set_gets_the_mail(
        self, secured: MailServer, tmp_path: Path
    ) -> None:
        await Mail(secured.url, SENDER, authority=tmp_path / "ca.pem").send(outbound())
        assert len(secured.mails) == 1

    @pytest.mark.parametrize("authority", [None, "other.pem"])
    async def test_any_other_gets_nothing_and_is_tried_again(
        self, secured: MailServer, tmp_path: Path, authority: str | None
    ) -> None:
        Authority.made("another authority").written(tmp_path / "other.pem")
        trusted = tmp_path / authority if authority else None
        with pytest.raises(NotNow) as refused:
            await Mail(secured.url, SENDER, authority=trusted).send(outbound())
        assert refused.value.why is Why.SERVER
        assert secured.mails == []

    async def test_a_server_that_knows_no_tls_gets_nothing_where_an_authority_is_set(
        self, tmp_path: Path
    ) -> None:
        authority = Authority.made("an authority").written(tmp_path / "ca.pem")
        async with mail_server() as server:
            with pytest.raises(NotNow):
                await Mail(server.url, SENDER, authority=authority).send(outbound())
            assert server.mails == []


async def test_a_mail_says_what_it_is() -> None:
    async with mail_server() as server:
        accepted = await Mail(server.url, SENDER).send(outbound())
        [mail] = server.mails
        assert accepted.reference == mail["Message-ID"] == "<m-1.email@relais.example>"
        assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("fr", "auto-generated")
        assert mail["To"].addresses[0].display_name == "Ada Müller, Dr."
        assert mail["Subject"] == "Devis refusé"


@pytest.mark.requirement("FLB-158")
async def test_a_mail_that_one_click_ends_says_so_on_lines_of_its_own() -> None:
    link = f"https://pages.relais.example/reminders/page/{'a' * 150}"
    content = replace(outbound().content, unsubscribe=link)
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(replace(outbound(), content=content))
        [mail] = server.mails
        raw = Mail(server.url, SENDER).mail_of(replace(outbound(), content=content))
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


@pytest.mark.requirement("FLB-158")
async def test_a_mail_that_nobody_can_end_says_nothing_of_it() -> None:
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(outbound())
        [mail] = server.mails
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "Martin, Zoé",
        "Zoé, Martin",
        'Zoé "Zo" <Martin>',
        "Ada Martin",
        "Martin, Ada",
    ],
)
async def test_a_name_stays_one_recipient(name: str) -> None:
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(outbound(name=name))
        [mail] = server.mails
        [to] = mail["To"].addresses
        assert (to.display_name, to.addr_spec) == (name, "ada@example.org")
        assert mail["To"].defects == ()
        assert server.recipients == [["ada@example.org"]]


async def test_the_longest_name_fits_into_lines_that_every_server_takes() -> None:
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(outbound(name="é" * 255))
        [to] = server.mails[0]["To"].addresses
        assert to.addr_spec == "ada@example.org"
        raw = Mail(server.url, SENDER).mail_of(outbound(name="é" * 255))
        assert max(map(len, raw.split(b"\r\n"))) < 100


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?a=2C_b=40x.example?=", "=?utf-8?q?a=0D=0ABcc:_b=40x.example?="]
)
async def test_a_name_that_is_written_like_a_header_stays_a_name(name: str) -> None:
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(outbound(name=name))
        [mail] = server.mails
        [to] = mail["To"].addresses
        assert (to.display_name, to.addr_spec) == (f"= {name[1:]}", "ada@example.org")
        assert (mail["Bcc"], server.recipients) == (None, [["ada@example.org"]])


async def test_a_mail_goes_to_a_domain_in_any_script_by_its_form_in_ascii() -> None:
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(outbound("ada@exämple.org"))
        assert server.recipients == [["ada@xn--exmple-cua.org"]]
        assert server.mails[0]["To"].addresses[0].addr_spec == "ada@xn--exmple-cua.org"


async def test_a_mail_is_seven_bits_for_servers_that_take_no_more() -> None:
    async with mail_server() as server:
        assert Mail(server.url, SENDER).mail_of(outbound()).isascii()


SAID = [
    *("Bonjour é", "مرحبا " * 300, "x" * 2_000, ".\n..\nFrom me", "a =\n b\t", "--=_relais--"),
    *("=?utf-8?q?a?=", "a\u2060.b \u2068c\u2069", "=3D \x01"),
]


@pytest.mark.parametrize("said", SAID, ids=range(len(SAID)))
async def test_whatever_a_mail_says_arrives_as_it_was_said(said: str) -> None:
    subject = " ".join(said.split())[:200]
    content = replace(outbound().content, subject=subject, text=f"{said}\n", html=f"<p>{said}</p>")
    async with mail_server() as server:
        await Mail(server.url, SENDER).send(replace(outbound(), content=content))
        [mail] = server.mails
    plain, page = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert (plain, page) == (f"{said}\n", f"<p>{said}</p>\n")
    assert mail["Subject"] == subject
    raw = Mail("smtp://127.0.0.1:9", SENDER).mail_of(replace(outbound(), content=content))
    assert max(map(len, raw.split(b"\r\n"))) < 500


@pytest.mark.parametrize("line", ["a\r\nBcc: b@x.example", "a\nb"])
async def test_what_would_be_two_headers_is_not_sent(line: str) -> None:
    content = replace(outbound().content, subject=line)
    async with mail_server() as server:
        with pytest.raises(Unsendable):
            await Mail(server.url, SENDER).send(replace(outbound(), content=content))
        assert server.mails == []


@pytest.mark.parametrize(
    "address",
    ["other@example.org,ada@example.org", "(x)ada@example.org", "zoé@example.org", "ada"],
)
async def test_an_address_kept_before_it_was_read_strictly_gets_nothing(address: str) -> None:
    async with mail_server() as server:
        with pytest.raises(Unsendable):
            await Mail(server.url, SENDER).send(outbound(address))
        assert server.recipients == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("450 later", NotNow),
        ("421 closing", NotNow),
        ("552 too large", NeverThere),
        ("554 no", NotNow),
    ],
)
async def test_what_the_server_says_decides(answer: str, error: type[Exception]) -> None:
    async with mail_server() as server:
        server.answers = [answer]
        with pytest.raises(error, match=answer[:3]):
            await Mail(server.url, SENDER).send(outbound())


@pytest.mark.parametrize(
    ("code", "text", "of_recipient", "why"),
    [
        (450, "4.2.1 busy", True, Why.BUSY),
        (451, "4.7.1 greylisted", False, Why.BUSY),
        (421, "4.3.2 closing", False, Why.SERVER),
        (550, "5.1.1 no such user", True, Why.RECIPIENT),
        (550, "no such user", True, Why.RECIPIENT),
        (550, "no such user", False, Why.POLICY),
        (552, "5.2.2 mailbox full", True, Why.RECIPIENT),
        (552, "5.2.3 too large", True, Why.MESSAGE),
        (552, "5.3.4 too large", False, Why.MESSAGE),
        (554, "5.6.0 not conforming", False, Why.MESSAGE),
        (550, "5.7.1 blocked, see https://b.example/1.1.1.1", True, Why.POLICY),
        (554, "refused", True, Why.POLICY),
        (553, "5.1.8 bad sender domain", False, Why.SETUP),
    ],
)
def test_refusals_are_told_apart(code: int, text: str, of_recipient: bool, why: Why) -> None:
    found = refusal(code, text, of_recipient=of_recipient)
    assert found.why is why
    lasting = why in {Why.RECIPIENT, Why.MESSAGE}
    assert isinstance(found, NeverThere if lasting else NotNow)


async def test_a_server_that_refuses_our_sender_has_nothing_against_the_recipient() -> None:
    async with mail_server() as server:
        server.senders = "550 5.7.1 sender not allowed"
        with pytest.raises(NotNow) as refused:
            await Mail(server.url, SENDER).send(outbound())
        assert (refused.value.why, refused.value.said) == (Why.SETUP, "550 5.7.1")


async def test_a_refused_recipient_is_never_there_unless_another_one_is() -> None:
    async with mail_server() as server:
        server.refused = {"old@example.org"}
        with pytest.raises(NeverThere, match="550"):
            await Mail(server.url, SENDER).send(outbound("old@example.org"))
        await Mail(server.url, SENDER).send(outbound("ada@example.org", "old@example.org"))
        assert server.recipients == [["ada@example.org"]]


class TestConnections:
    async def test_mails_that_follow_each_other_go_by_one(self) -> None:
        async with mail_server() as server:
            mail = Mail(server.url, SENDER)
            async with mail.following():
                for _ in range(3):
                    await mail.send(outbound())
                [connection] = server.connections.values()
            await eventually(partial(is_closed, connection))
            assert len(server.mails) == 3

    async def test_each_takes_its_own_unless_others_follow(self) -> None:
        async with mail_server() as server:
            mail = Mail(server.url, SENDER)
            for _ in range(2):
                await mail.send(outbound())
            assert len(server.connections) == 2

    async def test_a_refusal_ends_none(self) -> None:
        async with mail_server() as server:
            mail, server.answers = Mail(server.url, SENDER), ["450 later"]
            async with mail.following():
                with pytest.raises(NotNow):
                    await mail.send(outbound())
                await mail.send(outbound())
            assert (len(server.connections), len(server.mails)) == (1, 1)

    async def test_one_that_its_server_has_ended_is_replaced(self) -> None:
        async with mail_server() as server:
            mail = Mail(server.url, SENDER)
            async with mail.following():
                await mail.send(outbound())
                for connection in server.connections.values():
                    connection.close()
                await mail.send(outbound())
            assert (len(server.connections), len(server.mails)) == (2, 2)

    @pytest.mark.parametrize(("mails", "connections"), [(MOST_BY_ONE, 1), (MOST_BY_ONE + 1, 2)])
    async def test_no_more_than_so_many_go_by_one(self, mails: int, connections: int) -> None:
        async with mail_server() as server:
            mail = Mail(server.url, SENDER)
            async with mail.following():
                for _ in range(mails):
                    await mail.send(outbound())
            assert len(server.connections) == connections


async def is_closed(connection: asyncio.BaseTransport) -> None:
    """The server has seen that the client hung up."""
    assert connection.is_closing()


async def test_a_server_that_is_away_may_come_back() -> None:
    with pytest.raises(NotNow):
        await Mail(f"smtp://{CLOSED}", SENDER).send(outbound())
    with pytest.raises(NotNow):
        await Sms(f"http://{CLOSED}", "t").send(outbound("+33612345678"))


async def test_a_password_is_not_told_to_a_server_without_tls() -> None:
    async with mail_server() as server:
        url = server.url.replace("smtp://", "smtp://user:word@")
        with pytest.raises(NotNow):
            await Mail(url, SENDER).send(outbound())
        assert server.mails == []


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://"])
def test_a_mail_server_has_a_name(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        Mail(url, SENDER)


async def test_the_gateway_takes_a_text_once() -> None:
    async with gateway() as server:
        for _ in range(2):
            await Sms(server.url, "t").send(outbound("+33612345678", key="m-1.sms"))
        sent = {"to": ["+33612345678"], "text": "Devis refusé", "reference": "m-1.sms"}
        assert server.taken == {"m-1.sms": sent}


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, NeverThere), (422, NeverThere), (401, NotNow), (429, NotNow), (500, NotNow)],
)
async def test_what_the_gateway_says_decides(status: int, error: type[Exception]) -> None:
    async with gateway() as server:
        server.answers = [status]
        with pytest.raises(error, match=str(status)):
            await Sms(server.url, "t").send(outbound("+33612345678"))


def test_a_signature_holds_for_its_body_its_secret_and_a_while() -> None:
    signed = signature(SECRET, BODY, NOW)
    edge = timedelta(minutes=5)
    assert is_signed(SECRET, BODY, signed, NOW + edge)
    assert not is_signed(SECRET, BODY, signed, NOW + edge + timedelta(seconds=1))
    assert not is_signed(SECRET, BODY + b" ", signed, NOW)
    assert not is_signed("another", BODY, signed, NOW)
    assert not is_signed("", BODY, signature("", BODY, NOW), NOW)


@pytest.mark.parametrize("seconds", [253402300800, 999999999999])
def test_a_time_that_no_calendar_has_is_told_apart(seconds: int) -> None:
    assert not is_signed(SECRET, BODY, "t=253402300799,v1=00", NOW)
    with pytest.raises(AbsurdClock):
        is_signed(SECRET, BODY, f"t={seconds},v1=00", NOW)


@pytest.mark.parametrize("given", ["", "t=,v1=", "t=abc,v1=00", "t=²,v1=0", "t=9999999999999,v1=0"])
def test_what_is_no_signature_is_none(given: str) -> None:
    assert not is_signed(SECRET, BODY, given, NOW)


async def test_the_sink_keeps_a_repeated_mail_once_and_the_newest_ones(database: str) -> None:
    async with staged(database) as stage, sink.listening(stage.running.pool) as url:
        mail = Mail(url, SENDER, kept=True)
        for key in ("a", "b", "b"):
            assert (await mail.send(outbound(key=key))).delivered
        found = await sink.kept(stage.running.pool)
        ids = [str(one.parsed["Message-ID"]) for one in found]
        assert ids == ["<b@relais.example>", "<a@relais.example>"]
        assert found[0].text.strip() == "Bonjour"


async def test_text_messages_of_a_laptop_are_kept_beside_its_mails(database: str) -> None:
    async with staged(database) as stage:
        texts = sink.TextSink(stage.running.pool)
        for _ in range(2):
            assert (await texts.send(outbound(key="code"))).delivered
        [kept] = await sink.kept(stage.running.pool)
        assert (kept.recipients, kept.text.strip()) == (
            list(outbound().to),
            outbound().content.short,
        )

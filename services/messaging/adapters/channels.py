"""The channels that this installation has, from its settings."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from contracts.messaging.message_v1 import Channel
from infra.host import Running
from infra.supervisor import Halt
from infra.vault import Vault
from services.messaging.adapters.outbound import Transport, bounces, push, sink
from services.messaging.adapters.outbound.mail import Mail
from services.messaging.adapters.outbound.push import Push
from services.messaging.adapters.outbound.sms import Sms
from services.messaging.adapters.sender import Sender

log = logging.getLogger("relais.messaging")


def sender(running: Running) -> Sender:
    """The loop that sends, with the channels of the settings."""
    return Sender(running, lambda: opened(running))


@asynccontextmanager
async def opened(running: Running) -> AsyncIterator[Mapping[Channel, Transport]]:
    """The channels there are; what has no provider goes to a sink of our own while no mail server
    is set.

    Raises `Halt` when an installation that others reach has no mail server, and when the server or
    the sender of mails is not named as it has to be.
    """
    settings = running.settings
    channels: dict[Channel, Transport] = {}
    if not settings.sending:
        log.warning("RELAIS_SENDING is off: messages wait")
        yield channels
        return
    channels[Channel.PUSH] = await _push(running)
    if settings.sms_url:
        channels[Channel.SMS] = Sms(settings.sms_url, settings.sms_token.get_secret_value())
    if url := settings.smtp.get_secret_value():
        to, port = settings.mail_returns, settings.mail_returns_port
        channels[Channel.EMAIL] = _mail(
            url, settings.mail_from, reports_to=to, authority=settings.smtp_ca
        )
        async with AsyncExitStack() as stack:
            if to:
                taking = bounces.listening(running.pool, to, settings.host, port)
                await stack.enter_async_context(taking)
            yield channels
        return
    if not has_sink(running):
        raise Halt("no mail server is set: name one in RELAIS_SMTP, or turn RELAIS_SENDING off")
    async with sink.listening(running.pool) as url:
        channels[Channel.EMAIL] = _mail(url, settings.mail_from, kept=True)
        channels.setdefault(Channel.SMS, sink.TextSink(running.pool))
        log.info("no mail server is set: mail is kept at /messaging/inbox")
        yield channels


async def _push(running: Running) -> Push:
    settings = running.settings
    key = await push.key_of(Vault(running.pool, settings.masters))
    try:
        return Push(key, settings.mail_from, settings.push_hosts, settings.push_ca)
    except OSError as error:
        raise Halt(f"the authority in RELAIS_PUSH_CA cannot be read: {error}") from error


def _mail(
    url: str,
    sender: str,
    *,
    kept: bool = False,
    reports_to: str = "",
    authority: Path | None = None,
) -> Mail:
    try:
        return Mail(url, sender, kept=kept, reports_to=reports_to, authority=authority)
    except ValueError as error:
        raise Halt(f"mail cannot be sent with RELAIS_SMTP and RELAIS_MAIL_FROM: {error}") from error
    except OSError as error:
        raise Halt(f"the authority in RELAIS_SMTP_CA cannot be read: {error}") from error


def has_sink(running: Running) -> bool:
    """Whether mail is kept here: no server is set, and only this machine reaches us."""
    settings = running.settings
    return not settings.smtp.get_secret_value() and settings.host in sink.LOCAL_NAMES

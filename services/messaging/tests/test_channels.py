"""The channels that an installation has, from its settings."""

from typing import Any

import pytest

from contracts.messaging.message_v1 import Channel
from infra.supervisor import Halt
from services.messaging.adapters.channels import opened
from services.messaging.tests.stage import staged

MAIL = {"smtp": "smtp://mail.example", "mail_returns_port": 0}


@pytest.mark.parametrize(
    ("settings", "channels"),
    [
        ({}, {Channel.EMAIL, Channel.SMS, Channel.PUSH}),
        ({"smtp": "smtp://mail.example"}, {Channel.EMAIL, Channel.PUSH}),
        ({**MAIL, "mail_returns": "returns@x.example"}, {Channel.EMAIL, Channel.PUSH}),
        ({"sms_url": "http://sms.example"}, {Channel.EMAIL, Channel.SMS, Channel.PUSH}),
        ({"sending": False, "sms_url": "http://sms.example"}, set()),
        ({"smtp": "smtp://mail.example", "host": "relais.example"}, {Channel.EMAIL, Channel.PUSH}),
    ],
)
async def test_the_settings_say_which_channels_there_are(
    database: str, settings: dict[str, Any], channels: set[Channel]
) -> None:
    async with staged(database, **settings) as stage, opened(stage.running) as found:
        assert set(found) == channels


async def test_an_installation_others_reach_does_not_keep_its_mail(database: str) -> None:
    async with staged(database, host="relais.example") as stage:
        with pytest.raises(Halt, match="RELAIS_SMTP"):
            async with opened(stage.running):
                pass


@pytest.mark.parametrize(
    "sender",
    ["Relais", "a@relais.example, b@relais.example", "Relais <no-reply@>", "é@relais.example"],
)
async def test_a_sender_that_is_not_one_address_stops_the_sending(
    database: str, sender: str
) -> None:
    async with staged(database, smtp="smtp://mail.example", mail_from=sender) as stage:
        with pytest.raises(Halt, match="RELAIS_MAIL_FROM"):
            async with opened(stage.running):
                pass

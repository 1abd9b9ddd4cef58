"""The mail server of the bench knows who was told twice, and workers really die."""

import aiosmtplib
import pytest

from tools.bench.processes import child
from tools.bench.reminding import MailServer, ToldTwice, mail_server


async def mail(server: MailServer, address: str, message_id: str) -> None:
    text = f"Message-ID: <{message_id}>\r\nSubject: Belt\r\n\r\nIt is due."
    await aiosmtplib.send(
        text.encode(),
        sender="no-reply@relais.invalid",
        recipients=[address],
        hostname="127.0.0.1",
        port=server.port,
        start_tls=False,
    )


async def test_a_mail_that_comes_again_under_its_id_is_one_and_is_counted() -> None:
    async with mail_server() as server:
        for _ in range(2):
            await mail(server, "claire@example.org", "m-1.email@relais.invalid")
        await server.has(1)
    assert server.taken == 2
    server.refuse_twice()


async def test_two_mails_to_one_customer_are_an_error() -> None:
    async with mail_server() as server:
        for number in range(2):
            await mail(server, "claire@example.org", f"m-{number}.email@relais.invalid")
    with pytest.raises(ToldTwice, match="1 customers"):
        server.refuse_twice()


async def test_a_process_that_was_killed_has_ended() -> None:
    async with child("-c", "print('ready', flush=True); input()", environment={}) as one:
        await one.kill()
        assert one.process.returncode == -9

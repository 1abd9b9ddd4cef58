"""The operator sends again what failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.messaging.read_models import outbox
from services.messaging.tests import make
from services.messaging.tests.stage import by_mail, mail_server, staged
from tools.relais.answers import Trouble
from tools.relais.messages import again, failed, requeued

DAY = timedelta(days=1)


async def test_what_failed_for_a_reason_goes_out_again(database: str) -> None:
    async with mail_server() as server, staged(database, by_mail(server)) as stage:
        server.refused = {"ada@example.org"}
        await stage.meet()
        began = datetime.now(UTC)
        await stage.queue(replace(make.queued(), expires_at=began + DAY))
        await stage.queue(replace(make.queued(message_id="m-2"), expires_at=began))
        await stage.round()
        pool = stage.running.pool
        assert {one.message_id for one in await outbox.failed(pool, None, began)} == {"m-1", "m-2"}
        assert await outbox.failed(pool, None, datetime.now(UTC) + DAY) == []
        [refused] = await outbox.failed(pool, "refused", None)
        assert refused.message_id == "m-1"
        server.refused = set()
        outcomes = [await requeued(stage.running, id, "root") for id in ("m-1", "m-2", "m-9")]
        assert [one["outcome"] for one in outcomes] == [
            "queued",
            "The message would say what is no longer so.",
            "There is no such message.",
        ]
        await stage.round()
        assert len(server.mails) == 1


async def test_what_is_sent_again_is_named_in_one_way() -> None:
    for ids, reason in (([], None), (["m-1"], "refused")):
        with pytest.raises(Trouble, match="name messages"):
            await again(ids, reason, None)
    with pytest.raises(Trouble, match="none of"):
        await failed("bored", None)
    with pytest.raises(Trouble, match="--since: This has to be a time with its offset from UTC"):
        await failed(None, "yesterday")

"""The statements that wait for the bank."""

from dataclasses import replace
from itertools import count

from contracts.payments.payout_v1 import PayoutEvent, contract
from infra.consumers.views import ViewHandler
from infra.host import Running
from infra.testing.deliveries import deliveries
from services.payments.read_models import payouts_to_pay
from services.payments.tests.make import NOON, closed, credited, paid
from services.payments.tests.stage import served


async def saw(running: Running, *events: PayoutEvent) -> None:
    """The table has seen these events."""
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    batch = deliveries([contract], events, count(1), NOON)
    async with running.pool.connection() as connection, connection.transaction():
        assert await ViewHandler(active, (payouts_to_pay.view,)).handle(connection, batch) == {}


async def test_a_statement_waits_until_it_is_paid(database: str) -> None:
    async with served(database) as api:
        await saw(api.running, credited(), closed(), closed(id="p-2"))
        page = (await api.ask("GET", "/payouts/to-pay?limit=1")).json()
        assert [one["payout_id"] for one in page["items"]] == ["p-1"]
        assert (page["items"][0]["net_minor"], page["items"][0]["currency"]) == (40_200, "EUR")
        rest = (await api.ask("GET", f"/payouts/to-pay?cursor={page['next']}")).json()
        assert [one["payout_id"] for one in rest["items"]] == ["p-2"]
        await saw(api.running, paid())
        left = (await api.ask("GET", "/payouts/to-pay")).json()["items"]
        assert [one["payout_id"] for one in left] == ["p-2"]
        assert (await api.ask("GET", "/payouts/to-pay", org="other")).json()["items"] == []


async def test_a_statement_that_is_carried_over_never_waits(database: str) -> None:
    async with served(database) as api:
        await saw(api.running, replace(closed(net=0), payable=False))
        assert (await api.ask("GET", "/payouts/to-pay")).json()["items"] == []

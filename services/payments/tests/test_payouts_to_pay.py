"""The statements that wait for the bank."""

from dataclasses import replace

from infra.testing.following import follow
from services.payments.tests.make import closed, credited, paid
from services.payments.tests.stage import served


async def test_a_statement_waits_until_it_is_paid(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, credited(), closed(), closed(id="p-2"))
        page = (await api.ask("GET", "/payouts/to-pay?limit=1")).json()
        assert [one["payout_id"] for one in page["items"]] == ["p-1"]
        assert page["items"][0] == {
            "payout_id": "p-1",
            "driver_id": "ada",
            "organisation_id": "hiflow",
            "net": {"amount_minor": 40_200, "currency": "EUR"},
            "net_minor": 40_200,
            "currency": "EUR",
            "closed_at": "2030-05-01T12:00:00Z",
        }
        rest = (await api.ask("GET", f"/payouts/to-pay?cursor={page['next']}")).json()
        assert [one["payout_id"] for one in rest["items"]] == ["p-2"]
        await follow(api.running, paid())
        left = (await api.ask("GET", "/payouts/to-pay")).json()["items"]
        assert [one["payout_id"] for one in left] == ["p-2"]
        assert (await api.ask("GET", "/payouts/to-pay", org="other")).json()["items"] == []


async def test_a_statement_that_is_carried_over_never_waits(database: str) -> None:
    async with served(database) as api:
        await follow(api.running, replace(closed(net=0), payable=False))
        assert (await api.ask("GET", "/payouts/to-pay")).json()["items"] == []

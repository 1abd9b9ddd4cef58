"""The screens of billing and of the driver, from the expenses of a mission to the statement."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.stack.broker import Broker
from infra.testing.eventually import eventually
from services.views.account.service import service as account
from services.views.backoffice.service import service as backoffice
from tests.e2e.test_money import (
    INVOICE,
    TRIP_ID,
    People,
    at_work,
    delivered_with_expenses,
    eur,
    owed,
    paid_out,
    spent,
)

pytestmark = pytest.mark.any_broker


async def to_decide(people: People, path: str, count: int) -> list[dict[str, Any]]:
    """The items of a list of the back office, once there are so many."""

    async def shown() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await people.lea("GET", path))["items"]
        assert len(items) == count, items
        return items

    return await eventually(shown)


@pytest.mark.requirement("HIF-28", "HIF-29", "G-15")
async def test_the_screens_follow_a_mission_to_its_statement(
    broker: Broker, new_database: Callable[[], str]
) -> None:
    async with at_work(broker, new_database, backoffice, account) as people:
        await delivered_with_expenses(people)
        await people.until(INVOICE, "status", "to_complete")
        await people.ada("POST", f"{INVOICE}/expenses", spent("toll", 3_400))
        net = {"net": eur(16_500 + 3_400)}
        await people.ada("POST", f"{INVOICE}/validation", net)
        [checked] = await to_decide(people, "/backoffice/expenses/to-check", 1)
        sums = [(one["allowed_minor"], one["declared_minor"]) for one in checked["kinds"]]
        assert sums == [(3_500, 3_400), (1_800, 0)]
        seen = net | {"validated_at": checked["validated_at"]}
        await people.lea("POST", f"{INVOICE}/approval", seen)
        await to_decide(people, "/backoffice/invoices/to-approve", 0)
        await people.until(f"/account/invoices/inv-{TRIP_ID}", "number", "HIFLOW-000001")
        await owed(people, 3)
        made = await paid_out(people, "SEPA-1")
        shown = await people.until(f"/account/statements/{made['payout_id']}", "status", "paid")
        assert shown["net"]["amount"] == made["net"]
        facts = (await people.ada("GET", f"{INVOICE}/history"))["items"]
        [fact] = shown["expenses"]["facts"]
        assert facts[fact["version"] - 1]["what"]["amount"]["amount_minor"] == 3_400

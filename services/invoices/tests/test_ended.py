"""An invoice is closed to whoever was thrown out, although their token is still good."""

from contracts.accounts.user_v1 import UserDeactivated
from infra.testing.following import NOON, follow, user
from services.invoices.tests.stage import served


async def test_a_deactivated_user_reads_and_changes_no_invoice(database: str) -> None:
    async with served(database) as api:
        buyer = await api.ask("GET", "/buyer")
        await follow(api.running, user(api.user))
        assert (await api.ask("GET", "/buyer")).status_code == buyer.status_code != 401
        gone = UserDeactivated(
            user_id=api.user, organisation_id="hiflow", deactivated_by="max", deactivated_at=NOON
        )
        await follow(api.running, user(api.user), gone)
        asked = [
            await api.ask("GET", "/buyer"),
            await api.ask("POST", "/invoices/inv-t-1/approval"),
        ]
        assert [one.status_code for one in asked] == [401, 401]
        assert {one.json()["type"] for one in asked} == {"urn:relais:problem:session-over"}

"""The books of a till over HTTP: who had which cash of a day."""

from infra.books import Balance, balances
from infra.http.answers import Answered, Listed, Router
from infra.http.models import Day
from infra.http.pages import Paging
from services.tills.http.access import ManagerContext
from services.tills.read_models.ledger import (
    LATEST,
    BalanceShown,
    BalancesShown,
    EntryShown,
    entry_shown,
    ledger,
)

router = Router("Books")


@router.get("/days/{day}/accounts")
async def accounts_of_day(day: Day, context: ManagerContext) -> Answered[BalancesShown]:
    """The balance of each account that the cash of a day went through; together they are zero."""
    mine = ledger.of(context.principal.organisation_id, day=day)
    found = await balances(context.pool, mine, Balance)
    return Answered(BalancesShown(items=[BalanceShown.of(one) for one in found]))


@router.get("/days/{day}/entries")
async def entries_of_day(
    day: Day, context: ManagerContext, page: Paging
) -> Answered[Listed[EntryShown]]:
    """Every entry about the cash of a day, latest first."""
    mine = ledger.of(context.principal.organisation_id, day=day)
    return await page.show(mine, LATEST, entry_shown)

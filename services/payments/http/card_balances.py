"""The balances of the books of card payments: of what customers paid, and what reached the bank."""

from collections import Counter
from dataclasses import dataclass

from infra.books import Balance, balances
from infra.http.answers import Answer, Answered, MoneyShown, Router
from services.payments.http.card_access import ReaderContext
from services.payments.read_models.card_books import entries_of
from services.payments.read_models.card_payouts import payouts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBalance(Balance):
    dealership_id: str


class CardBalanceShown(Answer):
    """The balance of an account of a dealership's books of card payments: debits are positive,
    credits negative."""

    dealership_id: str
    account: str
    balance: MoneyShown


class CardBalancesShown(Answer):
    """The balances of all accounts; those of a dealership are zero together, a currency at a
    time."""

    items: list[CardBalanceShown]


router = Router("Card payments")


@router.get("/card-books/accounts")
async def card_accounts_balances(context: ReaderContext) -> Answered[CardBalancesShown]:
    """The balance of each account of the books of card payments, at the caller's dealerships."""
    sums = Counter[tuple[str, str, str]]()
    for entries in (entries_of(context), payouts_of(context)):
        for one in await balances(context.pool, entries, CardBalance, "dealership_id"):
            sums[one.dealership_id, one.account, one.currency] += one.balance_minor
    items = [
        CardBalanceShown(
            dealership_id=dealership_id,
            account=account,
            balance=MoneyShown(amount_minor=minor, currency=currency),
        )
        for (dealership_id, account, currency), minor in sorted(sums.items())
    ]
    return Answered(CardBalancesShown(items=items))

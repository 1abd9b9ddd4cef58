"""Compares the provider's balance with our books, a day after the other, when it is over."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from contracts.common_v1 import Money
from contracts.payments.account_v1 import CardDifferenceKind
from infra.commands import CommandContext, Done
from infra.days import midnight
from infra.host import Running
from infra.lookups import Lookups, dealerships
from infra.polling import Polling
from infra.store.protocol import is_away
from services.payments.account.reconciling import Difference, Payout, ReconcileDay
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys, cashier, now
from services.payments.adapters.provider import Away, BalanceTransaction
from services.payments.aggregates import ACCOUNT
from services.payments.read_models.accounts_to_reconcile import BY_ID, Reconciled, accounts
from services.payments.read_models.card_movements import IN_ORDER, CardMovement, card_movements

log = logging.getLogger("relais.payments")

SETTLED = timedelta(hours=3)
"""How long after a day ends it is compared: what was paid at midnight is booked by then."""
PAYOUTS = frozenset({"payout", "payout_cancel", "payout_failure"})
"""Movements between the balance and the dealership's bank, as the provider calls them."""
COMPARISONS = uuid5(NAMESPACE_URL, "relais:comparisons of card accounts")


@dataclass(frozen=True, slots=True)
class Compared:
    """The outcome of a day. `late` are charges of which the provider has more than we heard."""

    matched: int = 0
    differences: tuple[Difference, ...] = ()
    payouts: tuple[Payout, ...] = ()
    late: frozenset[str] = frozenset()


def compared(
    transactions: Iterable[BalanceTransaction],
    known: Mapping[str, CardMovement],
    payments: Mapping[str, str],
    unseen: Sequence[CardMovement],
) -> Compared:
    """The provider's movements beside ours: `known` by its ids, `payments` the charges by the ids
    of their payments, `unseen` ours of which it showed no movement."""
    matched, differences, payouts, late = 0, list[Difference](), list[Payout](), set[str]()
    for one in transactions:
        ours = known.get(one.id)
        charge_id = payments.get(one.payment_id or "")
        if ours is None and one.kind in PAYOUTS:
            payouts.append(payout(one))
        elif ours is None:
            differences.append(only_at_provider(one, charge_id))
            late |= {charge_id} if charge_id else set()
        elif agree(one, ours):
            matched += 1
        else:
            differences.append(both(one, ours))
    differences += map(only_in_books, unseen)
    return Compared(matched, tuple(differences), tuple(payouts), frozenset(late))


def agree(theirs: BalanceTransaction, ours: CardMovement) -> bool:
    """A balance in another currency has the amount exchanged, so the fee alone can be compared."""
    same = theirs.amount == Money(ours.amount_minor, ours.currency)
    exchanged = theirs.amount.currency != ours.currency
    fee = ours.fee_minor if ours.fee_minor is not None else 0
    return (same or exchanged) and theirs.fee.amount_minor == fee


def payout(one: BalanceTransaction) -> Payout:
    return Payout(
        balance_transaction_id=one.id,
        amount=Money(-one.amount.amount_minor, one.amount.currency),
        fee=one.fee,
        paid_out_at=one.created_at,
    )


def only_at_provider(one: BalanceTransaction, charge_id: str | None) -> Difference:
    return Difference(
        difference_id=one.id,
        kind=CardDifferenceKind.NOT_IN_BOOKS,
        movement=one.kind,
        charge_id=charge_id,
        at_provider=one.amount,
        fee_at_provider=one.fee,
        in_books=None,
        fee_in_books=None,
        moved_at=one.created_at,
    )


def both(theirs: BalanceTransaction, ours: CardMovement) -> Difference:
    return Difference(
        difference_id=theirs.id,
        kind=CardDifferenceKind.AMOUNT_DIFFERS,
        movement=theirs.kind,
        charge_id=ours.charge_id,
        at_provider=theirs.amount,
        fee_at_provider=theirs.fee,
        in_books=Money(ours.amount_minor, ours.currency),
        fee_in_books=fee_of(ours),
        moved_at=theirs.created_at,
    )


def only_in_books(ours: CardMovement) -> Difference:
    return Difference(
        difference_id=f"{ours.charge_id}:{ours.movement}",
        kind=CardDifferenceKind.NOT_AT_PROVIDER,
        movement=None,
        charge_id=ours.charge_id,
        at_provider=None,
        fee_at_provider=None,
        in_books=Money(ours.amount_minor, ours.currency),
        fee_in_books=None,
        moved_at=ours.booked_at,
    )


def fee_of(ours: CardMovement) -> Money | None:
    if ours.fee_minor is None or ours.fee_currency is None:
        return None
    return Money(ours.fee_minor, ours.fee_currency)


def next_day(account: Reconciled, zone: ZoneInfo, at: datetime) -> date | None:
    """The first day that was not compared, once it is over and settled; the first one is that on
    which the keys were given."""
    after = account.reconciled_until
    day = after + timedelta(days=1) if after else account.since.astimezone(zone).date()
    return day if at >= midnight(day + timedelta(days=1), zone) + SETTLED else None


class Reconciler(Polling):
    """Compares day after day; any number may run, for a day is recorded once."""

    rest_seconds = 60.0

    def __init__(self, running: Running) -> None:
        super().__init__()
        self._pool = running.pool
        self._lookups = Lookups(running.pool, running.service.shape)
        self._cashier: Cashier = cashier(running)
        self._asked: dict[tuple[str, date], frozenset[str]] = {}

    async def turn(self) -> bool:
        """Compare one day of each account that has one."""
        behind = False
        for account in await accounts.of_every_organisation(connected=True).many(self._pool, BY_ID):
            behind |= await self._catch_up(account)
        return behind

    async def _catch_up(self, account: Reconciled) -> bool:
        """Whether a day was compared. Only a broken store ends the turn."""
        try:
            known = await self._lookups.find(dealerships.lookup, account.dealership_id)
            if known is None:
                return False
            zone = ZoneInfo(known.time_zone)
            day = next_day(account, zone, now())
            return day is not None and await self.reconcile(account, day, zone, now())
        except (Away, NoKeys, *SAYS_NO) as error:
            log.warning("account %s waits: %s", account.dealership_id, type(error).__name__)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("account %s is left alone for a while", account.dealership_id)
        return False

    async def reconcile(self, account: Reconciled, day: date, zone: ZoneInfo, at: datetime) -> bool:
        """Compare a day and record what was found; False where charges of it were asked about
        first, because their news was lost. Raises `Away`, `NoKeys` and the provider's no."""
        begins, ends = midnight(day, zone), midnight(day + timedelta(days=1), zone)
        found = await self._compare(account, begins, ends)
        place = (account.dealership_id, day)
        if late := found.late - self._asked.get(place, frozenset()):
            self._asked[place] = self._asked.get(place, frozenset()) | late
            for charge_id in late:
                await self._cashier.learn(charge_id)
            return False
        command = ReconcileDay(
            dealership_id=account.dealership_id,
            organisation_id=account.organisation_id,
            day=day,
            ends_at=ends,
            matched=found.matched,
            differences=found.differences,
            payouts=found.payouts,
            at=at,
        )
        id, about = uuid5(COMPARISONS, f"{place}"), f"account:{account.dealership_id}"
        actor = "worker:payments.reconciler"
        context = CommandContext(id, about, str(id), actor, account.organisation_id, at, "")
        answer = await self._cashier.commands.handle(
            ACCOUNT, account.dealership_id, command, context
        )
        assert isinstance(answer, Done)
        self._asked.pop(place, None)
        return True

    async def _compare(self, account: Reconciled, begins: datetime, ends: datetime) -> Compared:
        moved = await self._cashier.transactions(account.dealership_id, begins, ends)
        ours = card_movements.of_every_organisation(dealership_id=account.dealership_id)
        ids = [one.id for one in moved]
        payments = [one.payment_id for one in moved if one.payment_id]
        known = await ours.only(balance_transaction_id=ids).many(self._pool, IN_ORDER)
        paid = await ours.only(payment_id=payments).many(self._pool, IN_ORDER)
        unseen = ours.where("balance_transaction_id is null and booked_at < %(ends)s", ends=ends)
        return compared(
            moved,
            {one.balance_transaction_id: one for one in known if one.balance_transaction_id},
            {one.payment_id: one.charge_id for one in paid if one.payment_id},
            await unseen.many(self._pool, IN_ORDER),
        )


def reconciler(running: Running) -> Reconciler:
    """The loop that compares."""
    return Reconciler(running)

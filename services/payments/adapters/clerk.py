"""Finishes what is open of charges: asks how attempts ended, sends refunds, reads fees, numbers
invoices and credit notes."""

import logging
from dataclasses import dataclass, field
from time import monotonic

from infra.host import Running
from infra.polling import Polling
from infra.store.protocol import AWAY
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys, cashier, now
from services.payments.adapters.numbers import Document, InvoiceNumberProvider, OwnSeries
from services.payments.adapters.provider import Away
from services.payments.aggregates import ACCOUNT
from services.payments.charge.papers import NoteNumber
from services.payments.charge.situations import Paid
from services.payments.read_models.open_charges import OpenCharge, open_charges

log = logging.getLogger("relais.payments")

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between two looks at a charge; they double."""
BY_AGE = open_charges.order("oldest", "since", "charge_id")


@dataclass(slots=True)
class Pauses:
    """When each charge is looked at next; a process that begins anew looks at all of them."""

    next_at: dict[str, tuple[float, float]] = field(default_factory=dict)

    def due(self, charge_id: str) -> bool:
        at, _ = self.next_at.get(charge_id, (0.0, 0.0))
        return monotonic() >= at

    def later(self, charge_id: str) -> None:
        _, pause = self.next_at.get(charge_id, (0.0, 0.0))
        pause = min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
        self.next_at[charge_id] = (monotonic() + pause, pause)

    def keep_only(self, ids: frozenset[str]) -> None:
        """A charge that is done, or has changed, begins anew."""
        self.next_at = {id: one for id, one in self.next_at.items() if id in ids}


class Clerk(Polling):
    """Works off the charges that are open; any number may run, for each act is done once."""

    rest_seconds = 0.25
    idle_seconds = 1.0

    def __init__(self, running: Running, numbers: InvoiceNumberProvider) -> None:
        super().__init__(running.seen)
        self._pool = running.pool
        self._cashier: Cashier = cashier(running)
        self._numbers = numbers
        self._pauses = Pauses()

    async def turn(self) -> bool:
        rows = await open_charges.of_every_organisation().many(self._pool, BY_AGE)
        self._pauses.keep_only(frozenset(name_of(row) for row in rows))
        for row in rows:
            if self._pauses.due(name_of(row)):
                self._pauses.later(name_of(row))
                await self._finish(row)
        return False

    async def _finish(self, row: OpenCharge) -> None:
        """Do what can be done of a charge now. Only a broken store ends the turn."""
        try:
            await self._cashier.learn(row.charge_id)
            await self.number(row.charge_id)
        except (Away, NoKeys, *SAYS_NO) as error:
            log.warning("charge %s waits: %s %s", row.charge_id, type(error).__name__, error)
        except AWAY:
            raise
        except Exception:
            log.exception("charge %s is left alone for a while", row.charge_id)

    async def number(self, charge_id: str) -> None:
        """Number the documents of a paid charge, the invoice first, and tell the provider its
        number (FLB-176). Raises `Away` and the provider's no."""
        state = await self._cashier.state(charge_id)
        if not isinstance(state, Paid):
            return
        offered = state.bill.offered
        account = await self._cashier.commands.load(ACCOUNT, offered.dealership_id)
        for refund_id in (None, *state.refunds):
            if refund_id in state.numbers:
                continue
            document = Document(
                charge_id=charge_id,
                refund_id=refund_id,
                dealership_id=offered.dealership_id,
                organisation_id=offered.organisation_id,
            )
            number = await self._numbers.number(document, now())
            command = NoteNumber(
                charge_id=charge_id,
                refund_id=refund_id,
                number=number,
                account_version=account.version,
                at=now(),
            )
            if refund_id is None:
                await self._cashier.describe(charge_id, number)
            await self._cashier.do(charge_id, command)


def name_of(row: OpenCharge) -> str:
    """A charge and all that is open of it: what is new is looked at at once."""
    return f"{row.charge_id} {row.asked} {row.returning} {row.unread} {row.unnumbered}"


def clerk(running: Running) -> Clerk:
    """The loop that finishes charges."""
    return Clerk(running, OwnSeries(running.commands))

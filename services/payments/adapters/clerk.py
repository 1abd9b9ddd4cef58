"""Finishes what is open of charges: asks how attempts ended, sends refunds, reads fees, numbers
invoices, credit notes, and what cancels these."""

import logging
from dataclasses import dataclass, field, replace
from time import monotonic

from contracts.payments.account_v1 import CompanyDeclared
from contracts.payments.charge_v1 import DocumentNumbered
from infra.host import Running
from infra.invoice_rules import Broken
from infra.lookups import Lookups
from infra.personal import SubjectIsForgotten
from infra.polling import Polling
from infra.store.protocol import is_away
from services.payments.adapters import facturx, paper
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys, cashier, now
from services.payments.adapters.numbers import Document, InvoiceNumberProvider, OwnSeries
from services.payments.adapters.provider import Away
from services.payments.aggregates import ACCOUNT
from services.payments.charge.papers import (
    NoteNumber,
    WithholdDocument,
    note_number,
    number_of,
)
from services.payments.charge.situations import Paid
from services.payments.lookups import customers_customer
from services.payments.lookups.customers_customer import Company
from services.payments.read_models.open_charges import OpenCharge, open_charges
from services.payments.terms import Buyer

log = logging.getLogger("relais.payments")

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between two looks at a charge; they double."""
LONGEST = "X" * 20
"""The number of a document that has none yet is as long as any will be."""
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
        self._lookups = Lookups(running.pool, running.service.shape)
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
        except Exception as error:
            if is_away(error):
                raise
            log.exception("charge %s is left alone for a while", row.charge_id)

    async def number(self, charge_id: str) -> None:
        """Number the documents of a paid charge, the invoice first, and tell the provider its
        number (FLB-176). One that would break a rule of electronic invoices has none, which people
        are told, and those after it wait. Raises `Away` and the provider's no."""
        state = await self._cashier.state(charge_id)
        if not isinstance(state, Paid):
            return
        documents = [(refund_id, False) for refund_id in (None, *state.refunds)]
        for refund_id, cancels in (*documents, *((id, True) for id in state.bounced)):
            if number_of(state, refund_id, cancels) is not None:
                continue
            if not await self._number(charge_id, refund_id, cancels):
                return

    async def _number(self, charge_id: str, refund_id: str | None, cancels: bool) -> bool:
        state = await self._cashier.state(charge_id)
        assert isinstance(state, Paid)
        offered = state.bill.offered
        account = await self._cashier.commands.load(ACCOUNT, offered.dealership_id)
        command = NoteNumber(
            charge_id=charge_id,
            refund_id=refund_id,
            cancels=cancels,
            number=LONGEST,
            account_version=account.version,
            buyer=buyer_named(await customers_customer.of_case(self._lookups, offered.case_id)),
            at=now(),
        )
        if broken := await broken_rules(command, state, account.state.company):
            rules = ", ".join(one.rule for one in broken)
            log.error("charge %s has no number, its document breaks %s", charge_id, rules)
            connected = account.state.connected
            withheld = WithholdDocument(
                charge_id=charge_id,
                refund_id=refund_id,
                cancels=cancels,
                broken=tuple((one.rule, one.says) for one in broken),
                responsible_id=connected.connected_by if connected else None,
                at=now(),
            )
            await self._cashier.do(charge_id, withheld)
            return False
        document = Document(
            charge_id=charge_id,
            refund_id=refund_id,
            cancels=cancels,
            dealership_id=offered.dealership_id,
            organisation_id=offered.organisation_id,
        )
        number = await self._numbers.number(document, now())
        if refund_id is None:
            await self._cashier.describe(charge_id, number)
        noted = replace(command, number=number, at=now())
        try:
            await self._cashier.do(charge_id, noted)
        except SubjectIsForgotten:
            # Whoever the case was about: the document is issued all the same (G-50).
            await self._cashier.do(charge_id, replace(noted, buyer=None))
        return True


async def broken_rules(
    command: NoteNumber, state: Paid, company: CompanyDeclared | None
) -> tuple[Broken, ...]:
    """The rules that a document would break, before it has a number."""
    noted = note_number(command, state)
    if company is None or not isinstance(noted, list):
        return ()
    [numbered] = noted
    assert isinstance(numbered, DocumentNumbered)
    refund = state.refunds[command.refund_id] if command.refund_id else None
    return await facturx.broken(
        paper.Document(paid=state, numbered=numbered, company=company, refund=refund)
    )


def buyer_named(company: Company | None) -> Buyer | None:
    if company is None:
        return None
    return Buyer(
        name=company.legal_name,
        number=company.company_number,
        vat_number=company.vat_number,
        office=company.registered_office,
        postal_code=company.postal_code,
        city=company.city,
        country=company.country,
    )


def name_of(row: OpenCharge) -> str:
    """A charge and all that is open of it: what is new is looked at at once."""
    return (
        f"{row.charge_id} {row.asked} {row.revoked} {row.returning} {row.unread} {row.unnumbered}"
    )


def clerk(running: Running) -> Clerk:
    """The loop that finishes charges."""
    return Clerk(running, OwnSeries(running.commands))

"""Asks the provider for a charge, and records what it says.

Whatever comes late, twice or out of order, the provider is asked how it is now, and only what is
new is recorded. So a message of the provider is no more than the news that there is news.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import AttemptEnd, ChargeOffered
from infra import payment_links
from infra.commands import CommandContext, Commands, Done, Refused
from infra.host import Running
from infra.vault import Vault
from services.payments import charge
from services.payments.adapters.card_keys import CardKeys
from services.payments.adapters.provider import (
    BalanceTransaction,
    KeyNotTaken,
    NotDone,
    NotPermitted,
    Payment,
    Provider,
    RefundSeen,
    Session,
    Wanted,
)
from services.payments.aggregates import ACCOUNT, CHARGE
from services.payments.charge import paying, refunding
from services.payments.charge.situations import Asked, Charge, Paid, Unoffered

FORM_OPEN = timedelta(hours=1)
"""How long a customer may fill in the form."""
SAYS_NO = (KeyNotTaken, NotPermitted, NotDone)


class NoKeys(Exception):
    """The dealership has no keys any more, so the provider cannot be asked."""


@dataclass(frozen=True, slots=True)
class Cashier:
    """The provider and the charges of the service."""

    commands: Commands
    keys: CardKeys
    provider: Provider
    site: str
    """Where browsers find the pages: `https://api.example.org`."""
    masters: Mapping[str, bytes]

    # --- Paying -----------------------------------------------------------------------------

    async def form(self, charge_id: str) -> Session | None:
        """The form of the attempt that is open; None when it is over, which is recorded then.

        Raises `Away` while it is not known whether the provider took the request, and `NoKeys`.
        """
        state = await self.state(charge_id)
        if not isinstance(state, Asked):
            return None
        session = await self._session(state)
        if session is None or session.expired or session.paid:
            await self._heard(charge_id, session)
            return None
        return session

    async def _session(self, state: Asked) -> Session | None:
        """The provider's form; None, and the attempt is over, when it does not take the request."""
        offered, attempt = state.bill.offered, state.attempt
        key = await self._key(offered.dealership_id)
        try:
            if state.form is not None:
                return await self.provider.session(key, state.form.session_id)
            wanted = Wanted(
                charge_id=offered.charge_id,
                intent_id=attempt.intent_id,
                lines=offered.lines,
                language=offered.language,
                back_to=self._page(offered.case_id, attempt.begun_at),
                expires_at=attempt.begun_at + FORM_OPEN,
            )
            session = await self.provider.open_form(key, wanted)
        except SAYS_NO:
            if state.form is not None:
                raise
            await self._end(offered.charge_id, attempt.intent_id, AttemptEnd.REFUSED)
            return None
        note = paying.NoteForm(
            charge_id=offered.charge_id,
            intent_id=attempt.intent_id,
            session_id=session.session_id,
            expires_at=session.expires_at,
            at=now(),
        )
        await self.do(offered.charge_id, note)
        return session

    async def give_up(self, charge_id: str) -> bool:
        """Take the open form away, so that the customer can choose another way. False when they
        have paid by it. Raises as `form`."""
        session = await self.form(charge_id)
        if session is None:
            return not isinstance(await self.state(charge_id), Paid)
        key = await self._key((await self._known(charge_id)).dealership_id)
        try:
            session = await self.provider.expire(key, session.session_id)
        except NotDone:
            session = await self.provider.session(key, session.session_id)
        await self._heard(charge_id, session)
        return not session.paid

    async def _heard(self, charge_id: str, session: Session | None) -> None:
        """Record what a form says of itself."""
        if session is None:
            return
        if session.expired:
            await self._end(charge_id, session.intent_id, AttemptEnd.EXPIRED)
        elif session.paid and session.payment_id is not None:
            await self.confirm(charge_id, session, session.payment_id)

    async def confirm(self, charge_id: str, session: Session, payment_id: str) -> None:
        """Record that the provider has the money, if it is what was asked for."""
        command = paying.ConfirmPayment(
            charge_id=charge_id,
            intent_id=session.intent_id,
            payment_id=payment_id,
            amount=session.amount,
            at=now(),
        )
        await self.do(charge_id, command)
        await self._learn_payment(charge_id)

    async def _end(self, charge_id: str, intent_id: str, end: AttemptEnd) -> None:
        command = paying.EndAttempt(charge_id=charge_id, intent_id=intent_id, end=end, at=now())
        await self.do(charge_id, command)

    # --- What became of it ------------------------------------------------------------------

    async def learn(self, charge_id: str) -> None:
        """Ask how it is, and record what is new. Raises `Away`, `NoKeys`, and what the provider's
        no is."""
        state = await self.state(charge_id)
        if isinstance(state, Asked) and state.revoked:
            await self.give_up(charge_id)
        elif isinstance(state, Asked):
            await self._heard(charge_id, await self._session(state))
        elif isinstance(state, Paid):
            await self.send_refunds(charge_id)
            await self._learn_payment(charge_id)

    async def _learn_payment(self, charge_id: str) -> None:
        state = await self.state(charge_id)
        if not isinstance(state, Paid):
            return
        dealership_id = state.bill.offered.dealership_id
        key = await self._key(dealership_id)
        payment = await self.provider.payment(key, state.paid.payment_id)
        connected = (await self.commands.load(ACCOUNT, dealership_id)).state.connected
        for command in news(charge_id, payment, connected.connected_by if connected else None):
            await self.do(charge_id, command)

    async def send_refunds(self, charge_id: str) -> None:
        """Ask for the refunds of which it is not known how they ended, each under its own key.

        Some wait for longer than the provider knows keys, a day at least: those that it has are not
        asked for again, or money would go back twice.
        """
        state = await self.state(charge_id)
        if not isinstance(state, Paid) or not state.returning:
            return
        key, payment_id = await self._key(state.bill.offered.dealership_id), state.paid.payment_id
        there = (await self.provider.payment(key, payment_id)).refunds
        asked = {one.refund_id: one for one in there}
        for refund_id, begun in state.returning.items():
            amount = begun.total.including_vat
            try:
                seen = asked.get(refund_id) or await self.provider.refund(
                    key, payment_id, refund_id, charge_id, amount
                )
            except SAYS_NO:
                command = refunding.FailRefund(
                    charge_id=charge_id,
                    refund_id=refund_id,
                    provider_refund_id=None,
                    balance_transaction_id=None,
                    responsible_id=None,
                    at=now(),
                )
                await self.do(charge_id, command)
                continue
            for one in of_refund(charge_id, seen, begun.begun_by):
                await self.do(charge_id, one)

    async def available(self, dealership_id: str, currency: str) -> Money:
        """The dealership's balance in a currency. Raises as `learn`."""
        return await self.provider.available(await self._key(dealership_id), currency)

    async def transactions(
        self, dealership_id: str, since: datetime, before: datetime
    ) -> list[BalanceTransaction]:
        """The movements of the dealership's balance in a time. Raises as `learn`."""
        return await self.provider.transactions(await self._key(dealership_id), since, before)

    async def describe(self, charge_id: str, description: str) -> None:
        """Tell the provider the number of the invoice. Raises as `learn`."""
        state = await self.state(charge_id)
        assert isinstance(state, Paid)
        key = await self._key(state.bill.offered.dealership_id)
        await self.provider.describe(key, state.paid.payment_id, description)

    async def charge_of(self, dealership_id: str, payment_id: str) -> str | None:
        """The charge that a payment of the provider's is of; None where it is none of ours."""
        return (await self.provider.payment(await self._key(dealership_id), payment_id)).charge_id

    # --- Ours -------------------------------------------------------------------------------

    async def state(self, charge_id: str) -> Charge:
        """The charge as it is."""
        return (await self.commands.load(CHARGE, charge_id)).state

    async def _known(self, charge_id: str) -> ChargeOffered:
        state = await self.state(charge_id)
        assert not isinstance(state, Unoffered)
        return state.bill.offered

    def _page(self, case_id: str, begun_at: datetime) -> str:
        """Where the customer comes back to: the same for the same attempt, as its key is."""
        return self.site + payment_links.address(
            self.masters, case_id, begun_at + payment_links.OPEN
        )

    async def _key(self, dealership_id: str) -> str:
        keys = await self.keys.of(dealership_id)
        if keys is None:
            raise NoKeys(dealership_id)
        return keys.restricted_key

    async def do(self, charge_id: str, command: charge.Command) -> object | None:
        """Carry out what the provider said; the charge itself makes repetitions harmless. Answers
        the rule that says no, if one does."""
        id, about = uuid4(), f"charge:{charge_id}"
        context = CommandContext(id, about, str(id), "provider:cards", "", now(), fingerprint="")
        answer = await self.commands.handle(CHARGE, charge_id, command, context)
        match answer:
            case Done():
                return None
            case Refused(rejection):
                return rejection


def news(charge_id: str, payment: Payment, responsible_id: str | None) -> Iterator[charge.Command]:
    """The news of a payment, refunds first: their fees are told of them."""
    for one in payment.refunds:
        yield from of_refund(charge_id, one, responsible_id)
    if payment.movement is not None:
        yield refunding.NoteFee(
            charge_id=charge_id,
            provider_refund_id=None,
            balance_transaction_id=payment.movement.id,
            fee=payment.movement.fee,
            at=now(),
        )


def of_refund(
    charge_id: str, seen: RefundSeen, responsible_id: str | None
) -> Iterator[charge.Command]:
    if seen.failed:
        yield refunding.FailRefund(
            charge_id=charge_id,
            refund_id=seen.refund_id,
            provider_refund_id=seen.provider_refund_id,
            balance_transaction_id=seen.undone.id if seen.undone else None,
            responsible_id=responsible_id,
            at=now(),
        )
    if not seen.made:
        return
    yield refunding.NoteRefund(
        charge_id=charge_id,
        refund_id=seen.refund_id,
        provider_refund_id=seen.provider_refund_id,
        amount=seen.amount,
        at=now(),
    )
    if seen.movement is not None:
        yield refunding.NoteFee(
            charge_id=charge_id,
            provider_refund_id=seen.provider_refund_id,
            balance_transaction_id=seen.movement.id,
            fee=seen.movement.fee,
            at=now(),
        )


def now() -> datetime:
    return datetime.now(UTC)


def cashier(running: Running) -> Cashier:
    """The cashier of a running service."""
    settings = running.settings
    keys = CardKeys(running.pool, Vault(running.pool, settings.masters))
    provider = Provider(settings.card_provider)
    return Cashier(running.commands, keys, provider, settings.pages_url, settings.masters)

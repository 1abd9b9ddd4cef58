"""The provider of card payments, Stripe: what we ask it for, and what it says.

Each request has a deadline, and is sent again under the same idempotency key when its answer does
not come. What is still unknown then is `Away`: it may have been carried out.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import stripe
from stripe import StripeClient

from contracts.common_v1 import Money
from contracts.payments.charge_v1 import Line
from services.payments.adapters.amounts import NotCountable, from_provider, to_provider

SECONDS: Final = 10.0
TRIES_MORE: Final = 2
MOST_LABEL: Final = 250
CHARGE, INTENT, REFUND = "relais_charge_id", "relais_intent_id", "relais_refund_id"
"""The metadata by which the provider's things are known as ours."""
NEEDED: Mapping[str, tuple[str, str]] = {
    "checkout_sessions": ("post", "/v1/checkout/sessions"),
    "payment_intents": ("post", "/v1/payment_intents/pi_none"),
    "charges": ("get", "/v1/charges?limit=1"),
    "refunds": ("post", "/v1/refunds"),
    "balance": ("get", "/v1/balance"),
    "balance_transactions": ("get", "/v1/balance_transactions?limit=1"),
}
"""The scopes that a key has to have, each with a request that changes nothing: it lacks what it
would need, or only reads."""
NEEDLESS: Mapping[str, tuple[str, str]] = {
    "payouts": ("post", "/v1/payouts"),
    "transfers": ("post", "/v1/transfers"),
}
"""Scopes by which money would leave for elsewhere."""

# It would tell the provider how fast it answered.
stripe.enable_telemetry = False


class Away(Exception):
    """The provider did not answer, or is not well: whether it did what it was asked is unknown."""


class KeyNotTaken(Exception):
    """The provider does not know the key, or knows it no more."""


class NotPermitted(Exception):
    """The key lacks a permission."""


class NotDone(Exception):
    """The provider said no for good; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The account of a key."""

    provider_account_id: str
    live: bool
    currencies: tuple[str, ...]
    missing: tuple[str, ...]
    needless: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A payment to be asked for; the same each time for the same intent."""

    charge_id: str
    intent_id: str
    lines: tuple[Line, ...]
    language: str
    back_to: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A form as it is now. `amount` is what it asks for."""

    session_id: str
    charge_id: str
    intent_id: str
    url: str | None
    expires_at: datetime
    expired: bool
    paid: bool
    amount: Money
    payment_id: str | None


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of the provider's balance."""

    id: str
    fee: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """A refund as the provider has it; `refund_id` is None where it was made there. `undone` is the
    movement by which one that failed after it was made came back."""

    provider_refund_id: str
    refund_id: str | None
    amount: Money
    made: bool
    failed: bool
    movement: Movement | None
    undone: Movement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as the provider has it."""

    payment_id: str
    charge_id: str | None
    description: str | None
    movement: Movement | None
    refunds: tuple[RefundSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceTransaction:
    """A line of the provider's account of the dealership's balance; amounts as they moved it."""

    id: str
    kind: str
    source_id: str | None
    payment_id: str | None
    """The payment that it belongs to; None where it belongs to none."""
    amount: Money
    fee: Money
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider at an address; empty is its own."""

    url: str = ""

    @asynccontextmanager
    async def _client(self, key: str) -> AsyncIterator[StripeClient]:
        """Raises what the provider's no is: `Away`, `KeyNotTaken`, `NotPermitted`, `NotDone`."""
        http = stripe.HTTPXClient(timeout=SECONDS)
        try:
            yield StripeClient(
                key,
                http_client=http,
                max_network_retries=TRIES_MORE,
                base_addresses={"api": self.url} if self.url else {},
            )
        except stripe.AuthenticationError as error:
            raise KeyNotTaken(_said(error)) from error
        except stripe.PermissionError as error:
            raise NotPermitted(_said(error)) from error
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
            raise Away(_said(error)) from error
        except stripe.StripeError as error:
            raise NotDone(_said(error)) from error
        finally:
            await http.close_async()  # type: ignore[no-untyped-call]

    # --- The account ------------------------------------------------------------------------

    async def identity(self, key: str) -> Identity:
        """The account of a key, and its scopes that lack or are too many. Raises as `_client`."""
        missing = await self._without(key, NEEDED)
        lacking = await self._without(key, NEEDLESS)
        async with self._client(key) as client:
            account = await client.v1.accounts.retrieve_current_async()
            spec = await client.v1.country_specs.retrieve_async(account.country or "")
            # What a key is for it shows itself, and the balance says it again.
            balance = None if "balance" in missing else await client.v1.balance.retrieve_async()
        return Identity(
            provider_account_id=account.id,
            live=balance.livemode if balance else key.startswith("rk_live_"),
            currencies=tuple(sorted(one.upper() for one in spec.supported_payment_currencies)),
            missing=missing,
            needless=tuple(one for one in NEEDLESS if one not in lacking),
        )

    async def _without(self, key: str, probes: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
        """The scopes that the key has not."""
        found: list[str] = []
        for scope, (method, path) in probes.items():
            try:
                async with self._client(key) as client:
                    await client.raw_request_async(method, path)
            except NotPermitted:
                found.append(scope)
            except NotDone:
                continue
        return tuple(found)

    async def available(self, key: str, currency: str) -> Money:
        """The balance in a currency, with all that is on its way. Raises as `_client`."""
        async with self._client(key) as client:
            balance = await client.v1.balance.retrieve_async()
        there = sum(o.amount for o in balance.available if o.currency == currency.lower())
        units = there + sum(o.amount for o in balance.pending if o.currency == currency.lower())
        return from_provider(units, currency)

    # --- A payment --------------------------------------------------------------------------

    async def open_form(self, key: str, wanted: Wanted) -> Session:
        """The form for a payment, the same each time for the same intent. Raises as `_client`."""
        names = {CHARGE: wanted.charge_id, INTENT: wanted.intent_id}
        try:
            items = [
                {
                    "price_data": {
                        "currency": line.amounts.including_vat.currency.lower(),
                        "unit_amount": to_provider(line.amounts.including_vat),
                        "product_data": {"name": line.label[:MOST_LABEL]},
                    },
                    "quantity": 1,
                }
                for line in wanted.lines
            ]
        except NotCountable as error:
            raise NotDone(str(error)) from error
        params: Any = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "client_reference_id": wanted.charge_id,
            "line_items": items,
            "metadata": names,
            "payment_intent_data": {"metadata": names},
            "locale": wanted.language if wanted.language in LOCALES else "auto",
            "success_url": wanted.back_to,
            "cancel_url": wanted.back_to,
            "expires_at": int(wanted.expires_at.timestamp()),
        }
        async with self._client(key) as client:
            made = await client.v1.checkout.sessions.create_async(
                params, {"idempotency_key": wanted.intent_id}
            )
        return session_of(made)

    async def session(self, key: str, session_id: str) -> Session:
        """The form now. Raises as `_client`."""
        async with self._client(key) as client:
            return session_of(await client.v1.checkout.sessions.retrieve_async(session_id))

    async def expire(self, key: str, session_id: str) -> Session:
        """Take the form away. `NotDone` when somebody paid meanwhile. Raises as `_client`."""
        async with self._client(key) as client:
            return session_of(await client.v1.checkout.sessions.expire_async(session_id))

    async def payment(self, key: str, payment_id: str) -> Payment:
        """The payment with its refunds and what they cost. Raises as `_client`."""
        async with self._client(key) as client:
            found = await client.v1.payment_intents.retrieve_async(
                payment_id, {"expand": ["latest_charge.balance_transaction"]}
            )
            refunds = await client.v1.refunds.list_async(
                {
                    "payment_intent": payment_id,
                    "limit": 100,
                    "expand": ["data.balance_transaction", "data.failure_balance_transaction"],
                }
            )
        charge = found.latest_charge
        moved = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
        return Payment(
            payment_id=found.id,
            charge_id=named(found.metadata).get(CHARGE),
            description=found.description,
            movement=movement_of(moved),
            refunds=tuple(map(refund_of, refunds.data)),
        )

    async def describe(self, key: str, payment_id: str, description: str) -> None:
        """Say what the payment is for: the number of its invoice (FLB-176). Raises as `_client`."""
        async with self._client(key) as client:
            await client.v1.payment_intents.update_async(payment_id, {"description": description})

    async def refund(
        self, key: str, payment_id: str, refund_id: str, charge_id: str, amount: Money
    ) -> RefundSeen:
        """Money back, once for each refund. Raises as `_client`."""
        async with self._client(key) as client:
            made = await client.v1.refunds.create_async(
                {
                    "payment_intent": payment_id,
                    "amount": to_provider(amount),
                    "metadata": {CHARGE: charge_id, REFUND: refund_id},
                    "expand": ["balance_transaction"],
                },
                {"idempotency_key": refund_id},
            )
        return refund_of(made)

    # --- The balance ------------------------------------------------------------------------

    async def transactions(
        self, key: str, since: datetime, before: datetime
    ) -> list[BalanceTransaction]:
        """Every movement of the balance in a time, latest first. Raises as `_client`."""
        created: Any = {"gte": int(since.timestamp()), "lt": int(before.timestamp())}
        async with self._client(key) as client:
            page = await client.v1.balance_transactions.list_async(
                {"created": created, "limit": 100, "expand": ["data.source"]}
            )
            return [transaction_of(one) async for one in page.auto_paging_iter()]


LOCALES: Final = frozenset({"de", "en", "es", "fr", "it", "nb", "nl", "pt", "sv"})
"""The languages of ours that the provider's form has."""


def _said(error: stripe.StripeError) -> str:
    """The code alone: the provider's sentences may repeat what they were sent."""
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''}".strip()


def named(metadata: Any) -> Mapping[str, str]:
    """The metadata of a thing of the provider's."""
    return {} if metadata is None else dict(metadata.to_dict())


def session_of(made: stripe.checkout.Session) -> Session:
    """The same in our words. Raises KeyError for one that is not ours."""
    names = named(made.metadata)
    payment = made.payment_intent
    return Session(
        session_id=made.id,
        charge_id=names[CHARGE],
        intent_id=names[INTENT],
        url=made.url,
        expires_at=datetime.fromtimestamp(made.expires_at, UTC),
        expired=made.status == "expired",
        paid=made.status == "complete" and made.payment_status == "paid",
        amount=from_provider(made.amount_total or 0, made.currency or ""),
        payment_id=payment.id if isinstance(payment, stripe.PaymentIntent) else payment,
    )


def movement_of(moved: str | stripe.BalanceTransaction | None) -> Movement | None:
    if not isinstance(moved, stripe.BalanceTransaction):
        return None
    return Movement(moved.id, from_provider(moved.fee, moved.currency))


def refund_of(made: stripe.Refund) -> RefundSeen:
    return RefundSeen(
        provider_refund_id=made.id,
        refund_id=named(made.metadata).get(REFUND),
        amount=from_provider(made.amount, made.currency),
        made=made.status == "succeeded",
        failed=made.status in FAILED,
        movement=movement_of(made.balance_transaction),
        # The provider leaves it out of refunds that did not fail.
        undone=movement_of(getattr(made, "failure_balance_transaction", None)),
    )


FAILED: Final = frozenset({"failed", "canceled"})


def transaction_of(one: stripe.BalanceTransaction) -> BalanceTransaction:
    source = one.source
    payment = getattr(source, "payment_intent", None)
    return BalanceTransaction(
        id=one.id,
        kind=one.type,
        source_id=source if isinstance(source, str) or source is None else str(source.id),
        payment_id=payment if isinstance(payment, str) else None,
        amount=from_provider(one.amount, one.currency),
        fee=from_provider(one.fee, one.currency),
        created_at=datetime.fromtimestamp(one.created, UTC),
    )


# --- What it tells by itself --------------------------------------------------------------------


class NotSigned(Exception):
    """The message is not from the provider, was changed, or is old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The thing that a message of the provider is about: a form, or a payment."""

    session: Session | None
    charge_id: str | None
    payment_id: str | None


def told(body: bytes, signature: str, secret: str) -> Told | None:
    """The thing that a message is about; None where it is none of ours. Raises `NotSigned`."""
    try:
        event = StripeClient("unused").construct_event(body, signature, secret)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise NotSigned from error
    return about(event.data.object)


def about(thing: Any) -> Told | None:
    names = named(getattr(thing, "metadata", None))
    charge_id = names.get(CHARGE)
    if isinstance(thing, stripe.checkout.Session):
        if charge_id is None:
            return None
        return Told(session=session_of(thing), charge_id=charge_id, payment_id=None)
    payment = getattr(thing, "payment_intent", None)
    if isinstance(thing, stripe.PaymentIntent):
        payment = thing.id
    if charge_id is None and not isinstance(payment, str):
        return None
    return Told(session=None, charge_id=charge_id, payment_id=payment)

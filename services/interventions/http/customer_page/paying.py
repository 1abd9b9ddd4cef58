"""The payment of a case on its page: the way to pay, and what was paid (FLB-172, FLB-173).

`payments` has the page where one pays; only what its facts say is shown as paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import LineAccepted, Work
from infra import payment_links
from infra.http.customer_pages.words import Words
from infra.lookups.payments import Payment
from services.interventions import case
from services.interventions.case import works
from services.interventions.http.customer_page.showing import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """The sum to pay, or the payment that was made, as people write it."""

    to_pay: str | None = None
    """None once it was paid."""
    paid: str | None = None
    paid_at: str = ""
    refunded: str | None = None
    address: str | None = None
    """Of the page of the payment; None for whoever looks at a preview."""
    invoice: str | None = None
    """The address of the invoice; None while it is being made."""


@dataclass(frozen=True, slots=True)
class Paying:
    """The payment of a case. `takes_cards` is whether the dealership takes cards online now
    (FLB-169)."""

    payment: Payment | None
    takes_cards: bool

    @property
    def works(self) -> frozenset[str]:
        """The works whose money did not all go back."""
        return self.payment.kept if self.payment else frozenset()


def banner_of(
    paying: Paying, state: case.Live, viewer: Viewer, words: Words, address: str | None
) -> Banner | None:
    """The banner for whoever may pay (I4): others are led to no payment, nor learn amounts."""
    if not viewer.pays or viewer.forwarded or not viewer.sees_prices:
        return None
    if (payment := paying.payment) is None:
        amount = to_pay(state) if paying.takes_cards else None
        return Banner(to_pay=words.money(amount), address=address) if amount else None
    back = Money(payment.refunded_minor, payment.currency)
    numbered = payment.invoice_number is not None and address is not None
    return Banner(
        paid=words.money(Money(payment.paid_minor, payment.currency)),
        paid_at=words.time(payment.paid_at),
        refunded=words.money(back) if back.amount_minor else None,
        address=address,
        invoice=f"{address}/invoice" if numbered else None,
    )


def to_pay(state: case.Live) -> Money | None:
    """The sum of what `payments` will ask for: works with a price that were not paid (G-59); None
    where there are none."""
    costly = [one for one in payable(state) if one.level in works.DECIDED and not one.paid]
    total = sum(one.amounts.including_vat.amount_minor for one in costly if one.amounts)
    return Money(total, state.dossier.created.currency) if total > 0 else None


def payable(state: case.Live) -> tuple[Work, ...]:
    """The works that were accepted, and those that a work report says were done, once sent."""
    dossier = state.dossier
    if isinstance(state, case.Pending):
        return ()
    done = [one for one in dossier.versions[-1].works if one.carried_out and dossier.is_report]
    accepted = [one.work for one in dossier.lines if isinstance(one, LineAccepted)]
    answered = accepted if isinstance(state, case.Answered) else []
    return tuple({one.work_id: one for one in (*answered, *done)}.values())


def address_of(masters: Mapping[str, bytes], case_id: str, at: datetime) -> str:
    """Where the case is paid for, for a page that is made at that time."""
    return payment_links.address(masters, case_id, at + payment_links.OPEN)

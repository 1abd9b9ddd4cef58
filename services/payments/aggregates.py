"""Which streams the service keeps, and what decides about each."""

from typing import Never

from contracts.payments import buyer_v1, invoice_v1, numbering_v1, payee_v1, payout_v1
from contracts.payments.numbering_v1 import NumberingEvent
from infra.commands import Aggregate
from services.payments import buyer, invoice, numbering, payee, payout
from services.payments.numbering import AssignNumber

INVOICE = Aggregate(
    contract=invoice_v1.contract,
    decide=invoice.decide,
    evolve=invoice.evolve,
    initial=invoice.initial,
)
PAYEE = Aggregate(
    contract=payee_v1.contract,
    decide=payee.decide,
    evolve=payee.evolve,
    initial=payee.initial,
    timers=payee.timers,
    on_timer=payee.on_timer,
)
PAYOUT = Aggregate(
    contract=payout_v1.contract,
    decide=payout.decide,
    evolve=payout.evolve,
    initial=payout.initial,
)
BUYER: Aggregate[buyer.DeclareBuyer, buyer.Buyer, buyer_v1.BuyerEvent, Never] = Aggregate(
    contract=buyer_v1.contract,
    decide=buyer.decide,
    evolve=buyer.evolve,
    initial=buyer.initial,
)
NUMBERING: Aggregate[AssignNumber, numbering.Taken, NumberingEvent, Never] = Aggregate(
    contract=numbering_v1.contract,
    decide=numbering.decide,
    evolve=numbering.evolve,
    initial=numbering.initial,
)

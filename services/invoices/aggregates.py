"""The streams the service keeps, and what decides about each."""

from typing import Never

from contracts.invoices import buyer_v1, invoice_v1, numbering_v1, seller_v1
from infra.commands import Aggregate
from services.invoices import buyer, invoice, numbering, seller
from services.invoices.adapters.obligations import obligations

INVOICE = Aggregate(
    contract=invoice_v1.contract,
    decide=invoice.decide,
    evolve=invoice.evolve,
    initial=invoice.initial,
    obligations=obligations,
)
SELLER = Aggregate(
    contract=seller_v1.contract,
    decide=seller.decide,
    evolve=seller.evolve,
    initial=seller.initial,
)
BUYER: Aggregate[buyer.DeclareBuyer, buyer.Buyer, buyer_v1.BuyerEvent, Never] = Aggregate(
    contract=buyer_v1.contract,
    decide=buyer.decide,
    evolve=buyer.evolve,
    initial=buyer.initial,
)
NUMBERING: Aggregate[
    numbering.AssignNumber, numbering.Taken, numbering_v1.NumberingEvent, Never
] = Aggregate(
    contract=numbering_v1.contract,
    decide=numbering.decide,
    evolve=numbering.evolve,
    initial=numbering.initial,
)

"""Which streams the service keeps, and what decides about each."""

from typing import Never

from contracts.invoices import buyer_v1, invoice_v1, numbering_v1, seller_v1
from infra.commands import Aggregate
from services.invoices import buyer, invoice, numbering, seller

INVOICE = Aggregate(invoice_v1.contract, invoice.decide, invoice.evolve, invoice.initial)
SELLER = Aggregate(seller_v1.contract, seller.decide, seller.evolve, seller.initial)
BUYER: Aggregate[buyer.DeclareBuyer, buyer.Buyer, buyer_v1.BuyerEvent, Never] = Aggregate(
    buyer_v1.contract, buyer.decide, buyer.evolve, buyer.initial
)
NUMBERING: Aggregate[
    numbering.AssignNumber, numbering.Taken, numbering_v1.NumberingEvent, Never
] = Aggregate(numbering_v1.contract, numbering.decide, numbering.evolve, numbering.initial)

"""The rules of invoices that say no, and where it says to people what they mean: `texts.yaml`."""

from infra.wording import Wording
from services.invoices import invoice, seller

Rejection = invoice.Rejection | seller.NoSuchSeller
WORDING = Wording(__package__, Rejection)

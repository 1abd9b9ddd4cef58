"""The part of a command that says who asks: a driver for their own invoice, or billing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDriver:
    """A driver may see only their own invoices."""

    invoice_id: str
    organisation_id: str
    driver_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBilling:
    """`by` is who of billing asks."""

    invoice_id: str
    organisation_id: str
    by: str
    at: datetime

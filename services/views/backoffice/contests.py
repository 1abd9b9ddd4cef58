"""The lines that were contested, by whom, and how they were settled: one row a line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from contracts.invoices.invoice_v1 import ContestSettled, LineContested, Party, contract
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import FORMER, Answer, MoneyShown, money
from infra.http.models import Instant, Named
from infra.reading import Table

Reads = LineContested | ContestSettled


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The latest contest of a line; `settled_version` is a version of the invoice's stream."""

    invoice_id: str
    line_id: str
    organisation_id: str
    driver_id: str
    contested_by: str
    reason: str
    contested_at: datetime
    status: str = "open"
    amount_minor: int | None = None
    currency: str | None = None
    explanation: str | None = None
    adjustment_minor: int | None = None
    settled_version: int | None = None
    settled_at: datetime | None = None


def key(event: Reads) -> tuple[str, str]:
    return event.invoice_id, event.line_id


def project(row: Contest | None, event: Reads) -> Contest:
    match event:
        case LineContested():
            return Contest(
                invoice_id=event.invoice_id,
                line_id=event.line_id,
                organisation_id=event.organisation_id,
                driver_id=event.driver_id,
                contested_by=event.by.name.lower(),
                reason=event.reason,
                contested_at=event.contested_at,
            )
        case ContestSettled():
            return _settled(row, event)
        case unhandled:
            assert_never(unhandled)


def _settled(row: Contest | None, event: ContestSettled) -> Contest:
    if row is None:
        raise OutOfOrder(event)
    return replace(
        row,
        status="settled",
        amount_minor=event.amount.amount_minor,
        currency=event.amount.currency,
        explanation=event.explanation,
        adjustment_minor=event.adjustment.amount_minor if event.adjustment else None,
        settled_version=event.version,
        settled_at=event.settled_at,
    )


view = View(
    name="contests",
    contract=contract,
    reads=Reads,
    row=Contest,
    primary_key=("invoice_id", "line_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, contested_at, invoice_id, line_id) where status = 'open'",),
    subject="driver_id",
    personal=("reason", "explanation"),
)
contests = Table(view, "contests")
BY_INVOICE = contests.order("by-invoice", "invoice_id", "contested_at", "line_id")

# --- Answers ----------------------------------------------------------------


class ContestStatus(StrEnum):
    """Whether billing has settled the contest."""

    OPEN = "open"
    SETTLED = "settled"


class ContestShown(Answer):
    """The latest contest of a line of an invoice; the rest comes with its settlement."""

    invoice_id: str
    line_id: str
    organisation_id: str
    driver_id: str
    contested_by: Annotated[Party, Named()]
    reason: str
    contested_at: Instant
    status: ContestStatus
    amount: MoneyShown | None
    """That of the line from then on."""
    amount_minor: Annotated[int | None, FORMER]
    currency: Annotated[str | None, FORMER]
    explanation: str | None
    adjustment: MoneyShown | None
    """What the next statement adds or takes, where the invoice was approved before."""
    adjustment_minor: Annotated[int | None, FORMER]
    settled_version: int | None
    """The entry of the invoice's history that settled it."""
    settled_at: Instant | None


def contest_shown(row: Contest) -> ContestShown:
    return ContestShown.of(facts_of(row))


def facts_of(row: Contest) -> Mapping[str, object]:
    """The values of `ContestShown`, by name."""
    return {
        **asdict(row),
        "amount": money(row.amount_minor, row.currency),
        "adjustment": money(row.adjustment_minor, row.currency),
    }

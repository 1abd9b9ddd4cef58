"""An audit of a vehicle: begun and completed, on a device that may be offline meanwhile (SM-23)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.audits.audit_v1 import (
    AuditBegun,
    AuditCompleted,
    AuditEvent,
    Finding,
    SubjectForgotten,
)
from contracts.common_v1 import Money

MOST_FINDINGS = 300
MOST_MINOR = 100_000_000
"""No work costs more than a million euros; as in a case, to which the findings come."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAudit:
    """`audit_id` is the server's, and follows from what the client calls the audit."""

    audit_id: str
    organisation_id: str
    dealership_id: str
    template_id: str
    identifier: str
    auditor_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteAudit:
    """All that was found; `currency` is that of the dealership."""

    organisation_id: str
    findings: tuple[Finding, ...]
    currency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetAudit:
    """The key of the audit is destroyed: its identifier cannot be read any more (G-50)."""

    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetLinkedAudit:
    """Follows from the case to which it was linked."""

    audit_id: str
    organisation_id: str
    at: datetime


Command = BeginAudit | CompleteAudit | ForgetAudit | ForgetLinkedAudit

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchAudit:
    pass


@dataclass(frozen=True, slots=True)
class AuditIdTaken:
    """The client calls another audit the same."""

    audit_id: str


@dataclass(frozen=True, slots=True)
class AuditIsCompleted:
    """With other findings, which stay."""


@dataclass(frozen=True, slots=True)
class FindingNamedTwice:
    field: ClassVar[str] = "findings"
    finding_id: str


@dataclass(frozen=True, slots=True)
class FindingInOtherCurrency:
    field: ClassVar[str] = "findings"
    finding_id: str
    currency: str
    expected: str


@dataclass(frozen=True, slots=True)
class FindingPriceNotPossible:
    field: ClassVar[str] = "findings"
    finding_id: str
    amount: Money
    most: Money


@dataclass(frozen=True, slots=True)
class NotAnAuditDevice:
    """It was paired for another application (FLB-024)."""


BadFinding = FindingNamedTwice | FindingInOtherCurrency | FindingPriceNotPossible
Rejection = NoSuchAudit | AuditIdTaken | AuditIsCompleted | BadFinding | NotAnAuditDevice

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unbegun:
    pass


@dataclass(frozen=True, slots=True)
class InProgress:
    begun: AuditBegun
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    begun: AuditBegun
    completed: AuditCompleted
    forgotten: bool = False


Begun = InProgress | Completed
Audit = Unbegun | Begun

initial: Audit = Unbegun()


def evolve(audit: Audit, event: AuditEvent) -> Audit:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, AuditBegun):
        return InProgress(event)
    if isinstance(audit, Unbegun):
        return audit
    match event:
        case AuditCompleted():
            return Completed(audit.begun, event, audit.forgotten)
        case SubjectForgotten():
            return replace(audit, forgotten=True)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[AuditEvent] | Rejection


def decide(command: Command, audit: Audit) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case BeginAudit():
            return begin(command, audit)
        case ForgetLinkedAudit():
            return forget_linked(command, audit)
        case CompleteAudit() | ForgetAudit():
            return decide_begun(command, audit)
        case unhandled:
            assert_never(unhandled)


def decide_begun(command: CompleteAudit | ForgetAudit, audit: Audit) -> Decision:
    if isinstance(audit, Unbegun) or audit.begun.organisation_id != command.organisation_id:
        return NoSuchAudit()
    match command:
        case CompleteAudit():
            return complete(command, audit)
        case ForgetAudit():
            return forget(audit, command.at)
        case unhandled:
            assert_never(unhandled)


def begin(command: BeginAudit, audit: Audit) -> Decision:
    made = AuditBegun(
        audit_id=command.audit_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        template_id=command.template_id,
        identifier=command.identifier,
        auditor_id=command.auditor_id,
        begun_by=command.by,
        begun_at=command.at,
    )
    if isinstance(audit, Unbegun):
        return [made]
    known = audit.begun
    # The device may have been paired anew, and its clock set, when the same comes again; and what
    # was forgotten cannot be compared.
    identifier = known.identifier if audit.forgotten else made.identifier
    again = replace(made, identifier=identifier, begun_by=known.begun_by, begun_at=known.begun_at)
    return [] if again == known else AuditIdTaken(command.audit_id)


def complete(command: CompleteAudit, audit: Begun) -> Decision:
    match audit:
        case InProgress(begun=begun):
            return bad_finding(command) or [
                AuditCompleted(
                    audit_id=begun.audit_id,
                    organisation_id=begun.organisation_id,
                    dealership_id=begun.dealership_id,
                    findings=command.findings,
                    completed_by=command.by,
                    completed_at=command.at,
                )
            ]
        case Completed(completed=completed):
            return [] if command.findings == completed.findings else AuditIsCompleted()
        case unhandled:
            assert_never(unhandled)


def bad_finding(command: CompleteAudit) -> BadFinding | None:
    """The fault of what was found, if it has one."""
    ids: set[str] = set()
    for one in command.findings:
        if one.finding_id in ids:
            return FindingNamedTwice(one.finding_id)
        ids.add(one.finding_id)
        if one.price is None:
            continue
        amount = one.price.amount
        if amount.currency != command.currency:
            return FindingInOtherCurrency(one.finding_id, amount.currency, command.currency)
        if not 0 <= amount.amount_minor <= MOST_MINOR:
            most = Money(MOST_MINOR, command.currency)
            return FindingPriceNotPossible(one.finding_id, amount, most)
    return None


def forget_linked(command: ForgetLinkedAudit, audit: Audit) -> Decision:
    """An audit of another organisation is none of the case's, whatever was said."""
    if isinstance(audit, Unbegun) or audit.begun.organisation_id != command.organisation_id:
        return []
    return forget(audit, command.at)


def forget(audit: Begun, at: datetime) -> Decision:
    if audit.forgotten:
        return []
    return [
        SubjectForgotten(
            audit_id=audit.begun.audit_id,
            organisation_id=audit.begun.organisation_id,
            dealership_id=audit.begun.dealership_id,
            forgotten_at=at,
        )
    ]

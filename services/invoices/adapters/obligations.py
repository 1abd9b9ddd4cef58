"""Obligations towards people on invoices: they hold up forgetting, and the law keeps the rest."""

from contracts.invoices.invoice_v1 import OwnInvoiceAccepted, ProofArchived
from contracts.obligations import Kept, Obligations
from services.invoices.invoice.situations import (
    Approved,
    Archived,
    Bill,
    Open,
    Prepared,
    State,
    Validated,
)

WHY = "Code de commerce L123-22: ten years from the end of the year"


def obligations(state: State, person: str) -> Obligations:
    """Those towards a driver: the mission, the money and the document end first.

    Those towards the people of a trip whose plate will stand on the document: that comes first.
    """
    match state:
        case Prepared(mission=mission) if _concerns(state, person):
            return Obligations(f"the mission of trip {mission.trip_id} is under way")
        case Open(bill=bill) | Validated(bill=bill) if _concerns(bill, person):
            return Obligations(f"invoice {bill.invoice_id} is not approved, so money is owed")
        case Approved(bill=bill) if _concerns(bill, person):
            unpaid = _unpaid(state) if person == bill.driver_id else None
            return Obligations(unpaid or _unarchived(state), _kept(state))
        case _:
            return Obligations()


def _concerns(what: Prepared | Bill, person: str) -> bool:
    mission = what.mission
    return person == mission.driver_id or (what.plate is not None and person == mission.trip_id)


def _unpaid(state: Approved) -> str | None:
    """The payment or the contest that has to come first."""
    id = state.bill.invoice_id
    if state.payment is None:
        return f"invoice {id} is not paid"
    return f"a line of invoice {id} is contested" if state.bill.contests else None


def _unarchived(state: Approved) -> str | None:
    """The documents in the archive that have to come first."""
    changed = {one.version for one in state.bill.settlements if one.adjustment is not None}
    accepted = {key for key, own in state.own.items() if isinstance(own, OwnInvoiceAccepted)}
    expected = {None, *changed} if state.approval.self_billed else accepted
    if missing := expected - state.archive.keys():
        id = state.bill.invoice_id
        return f"{len(missing)} documents of invoice {id} are not in the archive yet"
    return None


def _kept(state: Approved) -> tuple[Kept, ...]:
    return tuple(
        Kept(_named(one), WHY, one.kept_until)
        for key, one in state.archive.items()
        if key not in state.emptied
    )


def _named(archived: Archived) -> str:
    if isinstance(archived, ProofArchived):
        return f"own invoice {archived.number}, SHA-256 {archived.sha256}"
    return f"document {archived.number}, SHA-256 {archived.pdf_sha256}"

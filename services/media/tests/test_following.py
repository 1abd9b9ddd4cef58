"""Which facts hold a file, and which let somebody read it?"""

from typing import Any

import pytest

from contracts.invoices import invoice_v1 as invoice
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from services.media import following
from services.media.file import Hold, Unshare
from services.media.tests.make import NOON


def fact(kind: type[Any], **known: Any) -> Any:
    """An event of which only `known` matters."""
    return kind(**dict.fromkeys(kind.__dataclass_fields__) | known)


def test_a_declared_receipt_is_held() -> None:
    known = {"invoice_id": "inv-t-1", "organisation_id": "hiflow", "receipt_file_id": "f-1"}
    found = following.of_invoice(fact(invoice.ExpenseAdded, added_at=NOON, **known))
    assert found == [Hold("f-1", "hiflow", "invoice-inv-t-1", None, NOON)]
    assert following.of_invoice(fact(invoice.ExpenseRemoved)) == []


def test_an_accepted_paper_is_held_and_a_refused_one_is_not() -> None:
    known = {"paper_id": "p-1", "organisation_id": "hiflow", "file_id": "f-1"}
    found = following.of_paper(fact(paper.PaperAccepted, accepted_at=NOON, **known))
    assert found == [Hold("f-1", "hiflow", "paper-p-1", None, NOON)]
    assert following.of_paper(fact(paper.PaperAdded, **known)) == []
    assert following.of_paper(fact(paper.PaperRefused)) == []


@pytest.mark.requirement("HIF-43")
def test_the_proof_of_bank_details_is_held() -> None:
    known = {"driver_id": "ada", "organisation_id": "hiflow", "proof_file_id": "f-1"}
    first = following.of_payee(fact(payee.BankDetailsGiven, given_at=NOON, **known))
    other = following.of_payee(fact(payee.BankChangeRequested, requested_at=NOON, **known))
    assert first == other == [Hold("f-1", "hiflow", "payee-ada", None, NOON)]
    assert following.of_payee(fact(payee.BankChangeCancelled)) == []


@pytest.mark.requirement("HIF-26")
def test_an_attachment_is_held_and_read_by_the_driver_until_it_is_removed() -> None:
    known = {"trip_id": "t-1", "driver_id": "ada", "file_id": "f-1"}
    added = following.of_trip(fact(trip.AttachmentAdded, added_at=NOON, **known))
    assert added == [Hold("f-1", None, "trip-t-1", "ada", NOON)]
    gone = following.of_trip(fact(trip.AttachmentRemoved, removed_at=NOON, **known))
    assert gone == [Unshare("f-1", "trip-t-1", "ada", NOON)]
    assert following.of_trip(fact(trip.MissionAssigned, trip_id="t-1")) == []


def test_the_photo_of_an_extra_cost_is_held_and_shown_to_nobody_else() -> None:
    known = {"trip_id": "t-1", "driver_id": "ada", "photo_file_id": "f-1"}
    found = following.of_trip(fact(trip.ExtraCostRequested, requested_at=NOON, **known))
    assert found == [Hold("f-1", None, "trip-t-1", None, NOON)]

"""The events that hold a file, and those that let somebody read it."""

from typing import Any

import pytest

from contracts.conversations import thread_v1 as thread
from contracts.dealerships import template_v1 as template
from contracts.dispatch import request_v1 as wish
from contracts.interventions import case_v1 as case
from contracts.invoices import invoice_v1 as invoice
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from contracts.support import request_v1 as request
from services.media.file import Hold, Release, Unshare
from services.media.reactions import (
    from_conversations_thread,
    from_dealerships_template,
    from_dispatch_request,
    from_interventions_case,
    from_invoices_invoice,
    from_missions_trip,
    from_papers_paper,
    from_payments_payee,
    from_support_request,
)
from services.media.service import service
from services.media.tests.make import NOON


def fact(kind: type[Any], **known: Any) -> Any:
    """An event of which only `known` matters."""
    return kind(**dict.fromkeys(kind.__dataclass_fields__) | known)


def hold(organisation: str | None, by: str, reader: str | None) -> Hold:
    return Hold(file_id="f-1", organisation_id=organisation, by=by, reader_id=reader, at=NOON)


@pytest.mark.requirement("G-92")
def test_the_media_of_a_case_are_held() -> None:
    known = {"case_id": "J1", "organisation_id": "group", "file_id": "f-1", "placed_at": NOON}
    found = from_interventions_case.react(fact(case.MediaPlaced, **known))
    assert found == [hold("group", "case-J1", None)]


@pytest.mark.requirement("FLB-107", "G-50")
@pytest.mark.parametrize(
    ("kind", "time"), [(case.CaseDeleted, "deleted_at"), (case.SubjectForgotten, "forgotten_at")]
)
def test_all_files_of_a_case_that_ended_are_let_go_of(kind: type[Any], time: str) -> None:
    known = {"case_id": "J1", "organisation_id": "group", "file_ids": ("f-1", "f-2"), time: NOON}
    assert from_interventions_case.react(fact(kind, **known)) == [
        Release(file_id=one, organisation_id="group", by="case-J1", at=NOON)
        for one in ("f-1", "f-2")
    ]


@pytest.mark.requirement("SM-24", "G-50")
def test_the_photos_of_a_request_are_held_until_its_customer_is_forgotten() -> None:
    known = {"request_id": "Q1", "organisation_id": "agora", "file_ids": ("f-1",)}
    added = from_dispatch_request.react(fact(wish.PhotosAdded, **known, added_at=NOON))
    by = "service-request-Q1"
    assert added == [hold("agora", by, None)]
    gone = from_dispatch_request.react(fact(wish.SubjectForgotten, **known, forgotten_at=NOON))
    assert gone == [Release(file_id="f-1", organisation_id="agora", by=by, at=NOON)]


@pytest.mark.requirement("G-50", "G-51")
def test_what_comes_with_a_message_is_held_until_the_thread_is_erased() -> None:
    known = {"thread_id": "W1", "organisation_id": "group", "file_ids": ("f-1",)}
    written = fact(thread.MessageWritten, written_at=NOON, **known)
    assert from_conversations_thread.react(written) == [hold(None, "thread-W1", None)]
    erased = fact(thread.ThreadErased, erased_at=NOON, **known)
    assert from_conversations_thread.react(erased) == [
        Release(file_id="f-1", organisation_id="group", by="thread-W1", at=NOON)
    ]


def test_a_declared_receipt_is_held() -> None:
    known = {"invoice_id": "inv-t-1", "organisation_id": "hiflow", "receipt_file_id": "f-1"}
    found = from_invoices_invoice.react(fact(invoice.ExpenseAdded, added_at=NOON, **known))
    assert found == [hold("hiflow", "invoice-inv-t-1", None)]


def test_an_invoice_that_the_driver_wrote_is_held() -> None:
    known = {"invoice_id": "inv-t-1", "organisation_id": "hiflow", "file_id": "f-1"}
    found = from_invoices_invoice.react(fact(invoice.OwnInvoiceSent, sent_at=NOON, **known))
    assert found == [hold("hiflow", "invoice-inv-t-1", None)]


def test_an_accepted_paper_is_held_and_a_refused_one_is_not() -> None:
    known = {"paper_id": "p-1", "organisation_id": "hiflow", "file_id": "f-1"}
    found = from_papers_paper.react(fact(paper.PaperAccepted, accepted_at=NOON, **known))
    assert found == [hold("hiflow", "paper-p-1", None)]


@pytest.mark.requirement("HIF-43")
def test_the_proof_of_bank_details_is_held() -> None:
    known = {"driver_id": "ada", "organisation_id": "hiflow", "proof_file_id": "f-1"}
    first = from_payments_payee.react(fact(payee.BankDetailsGiven, given_at=NOON, **known))
    other = from_payments_payee.react(fact(payee.BankChangeRequested, requested_at=NOON, **known))
    assert first == other == [hold("hiflow", "payee-ada", None)]


@pytest.mark.requirement("HIF-26")
def test_an_attachment_is_held_and_read_by_the_driver_until_it_is_removed() -> None:
    known = {"trip_id": "t-1", "driver_id": "ada", "file_id": "f-1"}
    added = from_missions_trip.react(fact(trip.AttachmentAdded, added_at=NOON, **known))
    assert added == [hold(None, "trip-t-1", "ada")]
    gone = from_missions_trip.react(fact(trip.AttachmentRemoved, removed_at=NOON, **known))
    assert gone == [Unshare(file_id="f-1", by="trip-t-1", reader_id="ada", at=NOON)]


def test_the_photo_of_an_extra_cost_is_held_and_shown_to_nobody_else() -> None:
    known = {"trip_id": "t-1", "driver_id": "ada", "photo_file_id": "f-1"}
    found = from_missions_trip.react(fact(trip.ExtraCostRequested, requested_at=NOON, **known))
    assert found == [hold(None, "trip-t-1", None)]


def test_what_came_with_a_request_is_read_by_who_of_support_has_it() -> None:
    known = {"request_id": "Q1", "user_id": "omar", "file_ids": ("f-1",)}
    made = from_support_request.react(fact(request.RequestOpened, opened_at=NOON, **known))
    assert made == [hold(None, "request-Q1", None)]
    more = {**known, "assignee_id": "lea", "written_at": NOON}
    written = from_support_request.react(fact(request.MessageWritten, **more))
    assert written == [hold(None, "request-Q1", "lea")]
    given = {**known, "assignee_id": "sara", "former_assignee_id": "lea", "assigned_at": NOON}
    assert from_support_request.react(fact(request.RequestAssigned, **given)) == [
        hold(None, "request-Q1", "sara"),
        Unshare(file_id="f-1", by="request-Q1", reader_id="lea", at=NOON),
    ]


def test_what_came_with_an_answer_is_read_by_the_requester() -> None:
    known = {"request_id": "Q1", "user_id": "omar", "file_ids": ("f-1",), "answered_at": NOON}
    found = from_support_request.react(fact(request.RequestAnswered, **known))
    assert found == [hold(None, "request-Q1", "omar")]


@pytest.mark.requirement("FLB-137")
@pytest.mark.parametrize(
    ("banner", "advertising", "held"),
    [
        (None, None, []),
        ("f-1", None, ["f-1"]),
        ("f-1", "f-1", ["f-1"]),
        ("f-2", "f-1", ["f-1", "f-2"]),
    ],
)
def test_the_pictures_of_a_template_are_held(
    banner: str | None, advertising: str | None, held: list[str]
) -> None:
    known = {"template_id": "t-1", "organisation_id": "group", "saved_at": NOON}
    pictures = {"banner_file_id": banner, "advertising_file_id": advertising}
    found = from_dealerships_template.react(fact(template.TemplateSaved, **known, **pictures))
    assert found == [
        Hold(file_id=one, organisation_id="group", by="template-t-1", reader_id=None, at=NOON)
        for one in held
    ]


@pytest.mark.parametrize(
    ("reaction", "event"),
    [
        ("expenses", invoice.ExpenseRemoved),
        ("papers", paper.PaperAdded),
        ("papers", paper.PaperRefused),
        ("payees", payee.BankChangeCancelled),
        ("trips", trip.MissionAssigned),
        ("requests", request.RequestClosed),
        ("templates", template.TemplateDeleted),
    ],
)
def test_other_events_hold_nothing(reaction: str, event: type[Any]) -> None:
    [declared] = [one for one in service.reactions if one.name == reaction]
    assert event not in declared.events

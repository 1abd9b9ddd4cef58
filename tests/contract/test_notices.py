"""The notices of the services tell the right people the right things, in the right words."""

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from contracts.accounts import organisation_v1 as organisation
from contracts.accounts import user_v1 as user
from contracts.alerts.alert_v1 import DriverAlerted
from contracts.common_v1 import Money, Rule
from contracts.depot_tours import order_v1 as order
from contracts.depot_tours import pickup_v1 as pickup
from contracts.depot_tours import returned_v1 as returned
from contracts.depot_tours import tour_v1 as tour
from contracts.interventions import case_v1 as case
from contracts.invoices import invoice_v1 as invoice
from contracts.messaging.message_v1 import Channel, Topic
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from contracts.runtime import REDACTED
from contracts.support import request_v1 as request
from contracts.tills import till_v1 as till
from infra.catalogues import ALWAYS, LANGUAGES
from infra.consumers.reactions import Reaction
from services.messaging.adapters import notices, rendering
from services.messaging.adapters.outbound import RenderedMessage
from services.messaging.adapters.rendering import LIBRARY
from services.messaging.message import Queue
from services.messaging.preferences import Forget, Meet
from services.messaging.tests.make import NOON

DAY = date(2030, 5, 31)
EUR = Money(amount_minor=2_450, currency="EUR")
KIND = paper.PaperKind.VIGILANCE
TOLL = trip.ExpenseKind.TOLL


@cache
def reactions() -> tuple[Reaction[Any], ...]:
    return notices.reactions()


def commands(event: Any) -> list[Any]:
    """The commands that all reactions declared in the files give for an event."""
    reading = [reaction for reaction in reactions() if type(event) in reaction.events]
    return [command for reaction in reading for command in reaction.react(event)]


def messages(event: Any) -> list[Queue]:
    return [command for command in commands(event) if isinstance(command, Queue)]


def told(event: Any) -> Queue:
    [one] = messages(event)
    return one


def written(message: Queue, language: str) -> RenderedMessage:
    facts = ALWAYS | rendering.facts_of(message.facts, message.private)
    template = LIBRARY.template(message.template, LIBRARY.latest(message.template))
    return rendering.rendered(template, language, facts)


def concerns_ada(event: Any, template: str, topic: Topic) -> None:
    """Ada is told of the event with this template, once, and the text is complete."""
    message = told(event)
    assert (message.user_id, message.template, message.topic) == ("ada", template, topic)
    is_complete(message)
    assert told(event) == message


def is_complete(message: Queue) -> None:
    """The facts of the event fill the template in every language."""
    for language in LANGUAGES:
        written(message, language)


# --- Events -----------------------------------------------------------------


def reset(link: str = "https://x/1") -> user.PasswordResetRequested:
    return user.PasswordResetRequested(
        user_id="ada",
        organisation_id="hiflow",
        email="a@b.example",
        name="Ada",
        language="fr",
        reset_link=link,
        expires_at=NOON + timedelta(hours=1),
        requested_at=NOON,
        phone=None,
    )


def invited() -> user.UserInvited:
    return user.UserInvited(
        user_id="ada",
        organisation_id="hiflow",
        email="a@b.example",
        name="Ada",
        language="fr",
        roles=(user.Role.DRIVER,),
        phone="+336",
        invited_by="lea",
        invited_at=NOON,
        reference=None,
        dealerships=(),
        at_once=None,
    )


def activated() -> user.UserActivated:
    return user.UserActivated(
        user_id="ada",
        organisation_id="hiflow",
        email="a@b.example",
        name="Ada",
        language="fr",
        roles=(),
        activated_at=NOON,
        phone=None,
        has_password=None,
    )


def password_set(means: user.PasswordMeans) -> user.PasswordSet:
    return user.PasswordSet(user_id="ada", organisation_id="hiflow", means=means, set_at=NOON)


def signed_in(with_recovery_code: bool) -> user.SignedIn:
    return user.SignedIn(
        user_id="ada",
        organisation_id="hiflow",
        session_id="s-1",
        remembered=False,
        with_second_factor=True,
        signed_in_at=NOON,
        with_recovery_code=with_recovery_code,
    )


def address_change(email: str, link: str) -> user.EmailChangeRequested:
    return user.EmailChangeRequested(
        user_id="ada",
        organisation_id="hiflow",
        new_email=email,
        confirmation_link=link,
        expires_at=NOON + timedelta(hours=1),
        requested_at=NOON,
    )


def refused(reason: str = "blurred") -> paper.PaperRefused:
    return paper.PaperRefused(
        paper_id="p-1",
        user_id="ada",
        organisation_id="hiflow",
        kind=KIND,
        file_id="f-1",
        reason=reason,
        refused_by="lea",
        refused_at=NOON,
    )


def assigned(direct: bool) -> trip.MissionAssigned:
    return trip.MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=EUR,
        direct=direct,
        from_day=DAY,
        until_day=DAY,
        assigned_at=NOON,
        expenses=(),
    )


def quote_refused(reason: str, rule: Rule | None = None) -> trip.QuoteRefused:
    return trip.QuoteRefused(
        trip_id="t-1", driver_id="ada", reason=reason, rule=rule, refused_at=NOON
    )


def asked(request: str = "x-1") -> trip.ExtraCostRequested:
    return trip.ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id=request,
        kind=TOLL,
        amount=EUR,
        reason="a detour",
        photo_file_id="f-1",
        requested_at=NOON,
    )


def delivery(client_told: bool) -> trip.DeliveryConfirmed:
    return trip.DeliveryConfirmed(
        trip_id="t-1",
        driver_id="ada",
        channel=trip.Channel.APP,
        confirmed_at=NOON,
        client_told=client_told,
    )


def contested(by: invoice.Party, reason: str = "unreadable") -> invoice.LineContested:
    return invoice.LineContested(
        invoice_id="inv-1",
        organisation_id="hiflow",
        driver_id="ada",
        line_id="service",
        by=by,
        reason=reason,
        contested_at=NOON,
    )


def bank_change() -> payee.BankChangeRequested:
    values = dict.fromkeys(payee.BankChangeRequested.__dataclass_fields__)
    known = {"driver_id": "ada", "requested_at": NOON, "effective_at": NOON + timedelta(hours=48)}
    whole: dict[str, Any] = {**values, **known}
    return payee.BankChangeRequested(**whole)


# --- Who is told of what ----------------------------------------------------

CASES = [
    (invited(), "invited", Topic.SECURITY),
    (activated(), "activated", Topic.SECURITY),
    (reset(), "password_reset", Topic.SECURITY),
    (password_set(user.PasswordMeans.CHANGE), "password_changed", Topic.SECURITY),
    (
        user.TotpRemoved(
            user_id="ada", organisation_id="hiflow", removed_by="lea", removed_at=NOON
        ),
        "second_factor_removed",
        Topic.SECURITY,
    ),
    (
        user.CodeRefused(user_id="ada", organisation_id="hiflow", refused_at=NOON),
        "code_refused",
        Topic.SECURITY,
    ),
    (refused(), "paper_refused", Topic.PAPERS),
    (
        paper.ExpiryNoticeGiven(
            paper_id="p-1",
            user_id="ada",
            organisation_id="hiflow",
            kind=KIND,
            expires_on=DAY,
            days=7,
            noticed_at=NOON,
        ),
        "paper_expiring",
        Topic.PAPERS,
    ),
    (
        paper.PaperExpired(
            paper_id="p-1",
            user_id="ada",
            organisation_id="hiflow",
            kind=KIND,
            expires_on=DAY,
            expired_at=NOON,
        ),
        "paper_expired",
        Topic.PAPERS,
    ),
    (quote_refused("too dear"), "quote_refused", Topic.QUOTES),
    (assigned(direct=False), "quote_accepted", Topic.QUOTES),
    (assigned(direct=True), "mission_assigned", Topic.MISSIONS),
    (contested(invoice.Party.BILLING), "invoice_contested", Topic.MONEY),
    (
        invoice.InvoicePaid(
            invoice_id="inv-1",
            organisation_id="hiflow",
            driver_id="ada",
            payout_id="po-1",
            reference="VIR-1",
            paid_at=NOON,
        ),
        "invoice_paid",
        Topic.MONEY,
    ),
    (
        user.UserDeactivated(
            user_id="ada", organisation_id="hiflow", deactivated_by="lea", deactivated_at=NOON
        ),
        "deactivated",
        Topic.SECURITY,
    ),
    (asked(), "extra_cost_asked", Topic.MISSIONS),
    (
        trip.ExtraCostAccepted(
            trip_id="t-1",
            driver_id="ada",
            request_id="x-1",
            kind=TOLL,
            amount=EUR,
            accepted_at=NOON,
        ),
        "extra_cost_accepted",
        Topic.MISSIONS,
    ),
    (
        trip.ExtraCostRefused(
            trip_id="t-1", driver_id="ada", request_id="x-1", reason="in the price", refused_at=NOON
        ),
        "extra_cost_refused",
        Topic.MISSIONS,
    ),
    (
        trip.QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=NOON),
        "quote_expired",
        Topic.QUOTES,
    ),
    (
        trip.TripProposed(trip_id="t-1", driver_id="ada", proposed_at=NOON),
        "trip_proposed",
        Topic.MISSIONS,
    ),
    (
        trip.CounterOffered(
            trip_id="t-1",
            driver_id="ada",
            price=Money(amount_minor=9_000, currency="EUR"),
            offered_at=NOON,
            offered_by="lea",
        ),
        "counter_offer",
        Topic.QUOTES,
    ),
    (delivery(client_told=False), "delivery_confirmed", Topic.MISSIONS),
]


IN_DEPOTS = [
    (
        order.PreparationAssigned(
            order_id="o-1",
            organisation_id="maarif",
            tracking_number="CASA-2041",
            operator_id="ada",
            assigned_by="nadia",
            assigned_at=NOON,
        ),
        "order_to_prepare",
        Topic.MISSIONS,
    ),
    (
        tour.TourComposed(
            tour_id="t-1",
            organisation_id="maarif",
            courier_id="ada",
            orders=(),
            composed_by="nadia",
            composed_at=NOON,
        ),
        "tour_given",
        Topic.MISSIONS,
    ),
    (
        tour.TourReassigned(
            tour_id="t-1",
            organisation_id="maarif",
            courier_id="ada",
            reassigned_by="nadia",
            reassigned_at=NOON,
        ),
        "tour_given",
        Topic.MISSIONS,
    ),
    (
        tour.ExitUndone(
            tour_id="t-1",
            organisation_id="maarif",
            courier_id="ada",
            undone_by="omar",
            undone_at=NOON,
        ),
        "exit_undone",
        Topic.MISSIONS,
    ),
    (
        tour.TourCanceled(
            tour_id="t-1",
            organisation_id="maarif",
            courier_id="karim",
            given_by="ada",
            canceled_at=NOON,
        ),
        "tour_canceled",
        Topic.MISSIONS,
    ),
    (
        pickup.PickupAssigned(
            pickup_id="k-1",
            organisation_id="maarif",
            courier_id="ada",
            assigned_by="nadia",
            assigned_at=NOON,
        ),
        "pickup_given",
        Topic.MISSIONS,
    ),
    (
        pickup.PickupCanceled(
            pickup_id="k-1",
            organisation_id="maarif",
            courier_id="karim",
            assigned_by="ada",
            canceled_at=NOON,
        ),
        "pickup_canceled",
        Topic.MISSIONS,
    ),
    (
        returned.DiscrepancyFound(
            order_id="o-1",
            organisation_id="maarif",
            tracking_number="CASA-2041",
            claim_id="c-1",
            courier_id="ada",
            parcels=(),
            cash_differs=True,
            cash_stated=None,
            note=None,
            found_by="omar",
            found_at=NOON,
        ),
        "discrepancy_found",
        Topic.MISSIONS,
    ),
    (
        returned.ReturnWarned(
            order_id="o-1",
            organisation_id="maarif",
            tracking_number="CASA-2041",
            approved_by="ada",
            days=2,
            warned_at=NOON,
        ),
        "return_goes_back_soon",
        Topic.MISSIONS,
    ),
    (
        returned.SentBack(
            order_id="o-1",
            organisation_id="maarif",
            tracking_number="CASA-2041",
            approved_by="ada",
            sent_back_at=NOON,
        ),
        "return_goes_back",
        Topic.MISSIONS,
    ),
    (
        till.GapRecorded(
            till_id="maarif:2030-05-01",
            organisation_id="maarif",
            day=date(2030, 5, 1),
            courier_id="ada",
            gap=Money(-100, "MAD"),
            reason=till.GapReason.WRONG_CHANGE,
            recorded_by="nadia",
            recorded_at=NOON,
        ),
        "cash_gap_recorded",
        Topic.MONEY,
    ),
]


@pytest.mark.requirement("EXX-06", "N-06")
@pytest.mark.parametrize(("event", "template", "topic"), IN_DEPOTS)
def test_a_depot_tells_people_of_their_work(event: Any, template: str, topic: Topic) -> None:
    concerns_ada(event, template, topic)


MADE: dict[str, Any] = {"request_id": "Q1", "organisation_id": "maarif", "user_id": "ada"}
ANSWERED = request.RequestAnswered(
    **MADE, message_id="M1", message="!", file_ids=(), answered_by="lea", answered_at=NOON
)


def request_closed(side: request.Side) -> request.RequestClosed:
    return request.RequestClosed(**MADE, side=side, closed_by="lea", closed_at=NOON)


@pytest.mark.requirement("EXX-28", "N-09")
def test_requesters_are_told_of_answers_and_of_closures_by_support() -> None:
    concerns_ada(ANSWERED, "request_answered", Topic.SUPPORT)
    concerns_ada(request_closed(request.Side.SUPPORT), "request_closed", Topic.SUPPORT)
    assert messages(request_closed(request.Side.REQUESTER)) == []


def test_two_answers_of_one_instant_are_told_of_both() -> None:
    assert told(ANSWERED).message_id != told(replace(ANSWERED, message_id="M2")).message_id


def test_who_is_given_a_request_is_told() -> None:
    given = request.RequestAssigned(
        **MADE | {"user_id": "omar"},
        assignee_id="ada",
        former_assignee_id=None,
        file_ids=(),
        assigned_by="sara",
        assigned_at=NOON,
    )
    concerns_ada(given, "request_assigned", Topic.SUPPORT)


def test_support_is_told_of_targets_before_and_after() -> None:
    made, first = MADE | {"user_id": "omar"}, request.Target.FIRST_RESPONSE
    near = request.TargetNear(**made, target=first, due_at=NOON, warned_id="ada", warned_at=NOON)
    missed = request.TargetMissed(**made, target=first, supervisor_id="ada", missed_at=NOON)
    concerns_ada(near, "target_near", Topic.SUPPORT)
    concerns_ada(missed, "target_missed", Topic.SUPPORT)


@pytest.mark.requirement("HIF-03", "HIF-04", "HIF-20", "G-15")
@pytest.mark.parametrize(("event", "template", "topic"), CASES, ids=[case[1] for case in CASES])
def test_an_event_is_told_to_whom_it_concerns(event: Any, template: str, topic: Topic) -> None:
    concerns_ada(event, template, topic)


def test_an_acceptance_is_told_once_by_the_mission_that_follows() -> None:
    accepted = trip.QuoteAccepted(trip_id="t-1", driver_id="ada", accepted_at=NOON)
    assert messages(accepted) == []


@pytest.mark.parametrize(
    "event",
    [reset(REDACTED), refused(REDACTED), contested(invoice.Party.BILLING, REDACTED)],
)
def test_nothing_is_told_of_somebody_forgotten(event: Any) -> None:
    assert messages(event) == []


@pytest.mark.parametrize(
    "event",
    [
        password_set(user.PasswordMeans.BOOTSTRAP),
        user.SubjectForgotten(user_id="ada", forgotten_at=NOON),
        contested(invoice.Party.DRIVER),
        trip.TripExpired(trip_id="t-1", expired_at=NOON),
    ],
)
def test_other_events_are_told_to_nobody(event: Any) -> None:
    assert messages(event) == []


@pytest.mark.requirement("HIF-04", "N-02")
def test_a_link_is_private_ends_in_time_and_goes_by_mail_alone() -> None:
    message = told(reset())
    assert json.loads(message.private or "") == {"link": "https://x/1"}
    assert (message.facts, message.only) == ((), Channel.EMAIL)
    assert message.expires_at == NOON + timedelta(hours=1)


PHONE = "+212661234567"
CODE = user.PhoneCodeRequested(
    user_id="ada",
    organisation_id="maarif",
    phone=PHONE,
    code="204817",
    language="fr",
    expires_at=NOON + timedelta(minutes=10),
    requested_at=NOON,
)
IN_USE = user.PhoneFoundInUse(user_id="ada", organisation_id="maarif", phone=PHONE, found_at=NOON)
BY_PHONE = replace(reset(), email=None, phone=PHONE)
NEW_PHONE = user.PhoneChangeRequested(
    user_id="ada",
    organisation_id="maarif",
    new_phone=PHONE,
    code="204817",
    expires_at=NOON + timedelta(minutes=10),
    requested_at=NOON,
)
PHONE_CHANGED = user.PhoneChanged(
    user_id="ada",
    organisation_id="maarif",
    phone="+212662345678",
    former_phone=PHONE,
    changed_at=NOON,
)


@pytest.mark.requirement("G-21")
@pytest.mark.parametrize(
    ("event", "says"),
    [(CODE, "204817"), (BY_PHONE, "https://x/1"), (IN_USE, "http://localhost:8080")],
)
def test_a_phone_is_proved_by_a_text_message_to_it_alone(event: Any, says: str) -> None:
    message = told(event)
    assert (message.only, message.address) == (Channel.SMS, PHONE)
    for language in LANGUAGES:
        assert says in written(message, language).short


@pytest.mark.requirement("G-21")
def test_another_phone_is_proved_by_a_code_to_it_and_the_former_one_is_told() -> None:
    asked, changed = told(NEW_PHONE), told(PHONE_CHANGED)
    assert (asked.template, asked.only, asked.address) == ("phone_change", Channel.SMS, PHONE)
    assert json.loads(asked.private or "") == {"code": "204817"}
    assert asked.expires_at == NOON + timedelta(minutes=10)
    assert (changed.template, changed.only, changed.address) == (
        *("phone_changed", Channel.SMS),
        PHONE,
    )
    for language in LANGUAGES:
        assert "204817" in written(asked, language).short
        assert "+212662345678" not in written(changed, language).short


@pytest.mark.requirement("EXX-04", "G-20")
def test_a_registrant_is_told_of_the_decision_by_text_message() -> None:
    confirmed = organisation.RegistrationConfirmed(
        organisation_id="maarif",
        user_id="ada",
        partner="Maarif",
        confirmed_by="lea",
        confirmed_at=NOON,
    )
    rejected = organisation.RegistrationRejected(
        organisation_id="maarif",
        user_id="ada",
        partner="Maarif",
        reason="No such street",
        rejected_by="lea",
        rejected_at=NOON,
    )
    for event, says in ((confirmed, "Maarif"), (rejected, "No such street")):
        message = told(event)
        assert (message.user_id, message.only) == ("ada", Channel.SMS)
        for language in LANGUAGES:
            assert says in written(message, language).short


def test_who_registered_is_not_told_to_ask_for_a_mail() -> None:
    for event in (invited(), activated()):
        assert messages(replace(event, email=None)) == []


@pytest.mark.requirement("HIF-43")
@pytest.mark.parametrize(
    "event",
    [
        payee.BankDetailsGiven(
            driver_id="ada",
            organisation_id="hiflow",
            iban="FR14",
            bic=None,
            holder="Ada",
            proof_file_id="f-1",
            given_at=NOON,
        ),
        bank_change(),
        payee.BankChangeCancelled(
            driver_id="ada", organisation_id="hiflow", change_id="c-1", cancelled_at=NOON
        ),
        payee.BankChangeTookEffect(
            driver_id="ada", organisation_id="hiflow", change_id="c-1", took_effect_at=NOON
        ),
    ],
)
def test_bank_details_and_their_change_are_told_everywhere(event: payee.PayeeEvent) -> None:
    found = messages(event)
    assert [message.only for message in found] == [Channel.EMAIL, Channel.SMS]
    assert all(message.former_addresses for message in found)
    assert {message.topic for message in found} == {Topic.SECURITY}
    assert len({message.message_id for message in found}) == 2
    for message in found:
        is_complete(message)


@pytest.mark.requirement("HIF-30")
def test_an_answer_of_billing_is_told_and_the_question_is_not() -> None:
    question = payee.QuestionAsked(
        driver_id="ada",
        organisation_id="hiflow",
        question_id="q-1",
        invoice_id=None,
        question="When?",
        asked_at=NOON,
    )
    assert messages(question) == []
    answer = payee.QuestionAnswered(
        driver_id="ada",
        organisation_id="hiflow",
        question_id="q-1",
        answer="Tomorrow",
        answered_by="lea",
        answered_at=NOON,
    )
    message = told(answer)
    assert (message.user_id, message.template) == ("ada", "question_answered")
    assert message.private == '{"answer": "Tomorrow"}'
    other = told(replace(answer, question_id="q-2"))
    assert other.message_id != message.message_id
    assert messages(replace(answer, answer=REDACTED)) == []


def approved(self_billed: bool) -> invoice.InvoiceApproved:
    amount = Money(10_000, "EUR")
    return invoice.InvoiceApproved(
        invoice_id="inv-1",
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description="Renault Clio, Paris - Lyon",
        lines=(invoice.Line("service", None, amount, 2),),
        net=amount,
        tax=invoice.Tax(invoice.TaxCategory.EXEMPT, 0, Money(0, "EUR")),
        total=amount,
        self_billed=self_billed,
        seller_version=1,
        buyer_version=1,
        version=6,
        approved_at=NOON,
        due_on=None,
        time_zone=None,
        waits_for_own_invoice=not self_billed,
    )


def test_an_approval_says_who_writes_the_invoice() -> None:
    assert [one.template for one in messages(approved(self_billed=True))] == ["invoice_approved"]
    [wanted] = messages(approved(self_billed=False))
    assert (wanted.template, wanted.user_id) == ("own_invoice_wanted", "ada")


def test_a_driver_is_told_why_their_own_invoice_was_sent_back() -> None:
    refused = invoice.OwnInvoiceRefused(
        invoice_id="inv-1",
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        reason="Sans TVA",
        refused_at=NOON,
    )
    found = written(told(refused), "fr")
    assert found.subject == "Votre facture vous est renvoyée : 2030-14"
    assert "Motif : Sans TVA" in found.text


def test_expenses_that_are_open_again_are_told() -> None:
    reopened = invoice.ExpensesReopened(
        invoice_id="inv-t-1",
        organisation_id="hiflow",
        driver_id="ada",
        extra_id=None,
        reopened_at=NOON,
    )
    message = told(reopened)
    assert (message.user_id, message.template) == ("ada", "expenses_reopened")


@pytest.mark.requirement("HIF-27")
def test_each_extra_cost_of_a_mission_has_its_own_message_in_its_thread() -> None:
    first, second = [told(asked(request)) for request in ("x-1", "x-2")]
    assert first.message_id != second.message_id
    assert (first.about, second.about) == ("trip/t-1", "trip/t-1")


def test_two_events_make_two_messages() -> None:
    later = replace(activated(), activated_at=NOON + timedelta(seconds=1))
    assert told(activated()).message_id != told(later).message_id


@pytest.mark.requirement("G-04")
def test_a_recovery_code_that_was_used_is_told() -> None:
    assert messages(signed_in(with_recovery_code=False)) == []
    message = told(signed_in(with_recovery_code=True))
    assert (message.template, message.topic) == ("recovery_code_used", Topic.SECURITY)


@pytest.mark.requirement("HIF-39")
def test_a_new_address_is_written_to_alone_and_its_change_to_the_former_one_too() -> None:
    new, link = "new@b.example", "https://x/#token=1"
    message = told(address_change(new, link))
    assert (message.template, message.address, message.only) == ("email_change", new, Channel.EMAIL)
    end = NOON + timedelta(hours=1)
    assert (message.expires_at, json.loads(message.private or "")) == (end, {"link": link})
    assert messages(address_change(REDACTED, REDACTED)) == []
    changed = user.EmailChanged(user_id="ada", organisation_id="hiflow", email=new, changed_at=NOON)
    notice = told(changed)
    assert (notice.template, notice.former_addresses) == ("email_changed", True)


def test_the_user_who_made_a_counter_offer_is_told_of_the_answer() -> None:
    taken = trip.CounterAccepted(
        trip_id="t-1", driver_id="ada", accepted_at=NOON, offered_by="lea", price=EUR
    )
    kept = trip.CounterDeclined(
        trip_id="t-1", driver_id="ada", declined_at=NOON, offered_by="lea", price=EUR
    )
    assert [(m.user_id, m.template) for m in map(told, (taken, kept))] == [
        ("lea", "counter_accepted"),
        ("lea", "counter_declined"),
    ]
    assert messages(replace(taken, offered_by=None, price=None)) == []


@pytest.mark.requirement("HIF-27", "N-05")
def test_the_client_of_a_trip_is_told_of_the_delivery_when_there_is_one() -> None:
    mine, theirs = messages(delivery(client_told=True))
    assert (mine.user_id, mine.template) == ("ada", "delivery_confirmed")
    assert (theirs.user_id, theirs.template) == ("t-1", "vehicle_delivered")


def client(name: str = "Eve Roux", email: str = "eve@example.org") -> trip.ClientNamed:
    return trip.ClientNamed(
        trip_id="t-1",
        organisation_id="hiflow",
        name=name,
        email=email,
        language="nl",
        named_at=NOON,
    )


@pytest.mark.requirement("HIF-27", "N-05")
def test_the_client_of_a_trip_is_known_under_its_id() -> None:
    assert commands(client()) == [
        Meet(
            user_id="t-1",
            organisation_id="hiflow",
            email="eve@example.org",
            name="Eve Roux",
            language="nl",
            phone=None,
            at=NOON,
        )
    ]


def test_the_client_of_a_trip_is_forgotten_with_it() -> None:
    forgotten = trip.SubjectForgotten(trip_id="t-1", forgotten_at=NOON)
    assert commands(forgotten) == [Forget(user_id="t-1", at=NOON)]
    assert commands(client(name=REDACTED, email=REDACTED)) == []
    assert commands(trip.TripExpired(trip_id="t-1", expired_at=NOON)) == []


@pytest.mark.requirement("HIF-41", "N-04")
def test_a_new_trip_is_told_with_what_a_driver_decides_by() -> None:
    alerted = DriverAlerted(
        trip_id="t-1",
        driver_id="ada",
        organisation_id="hiflow",
        search_id="s-1",
        departure_city="Lyon",
        arrival_city="Lille",
        from_day=DAY,
        until_day=DAY,
        distance_km=690,
        alerted_at=NOON,
    )
    message = told(alerted)
    assert (message.user_id, message.topic) == ("ada", Topic.ALERTS)
    mail = written(message, "fr")
    assert "Lyon" in mail.subject
    assert "690 km" in mail.text


# --- With which words -------------------------------------------------------


@pytest.mark.requirement("FLB-009", "HIF-20")
@pytest.mark.parametrize(
    ("rule", "language", "words"),
    [
        ("trip-assigned", "fr", "Motif : le trajet a été confié à un autre conducteur"),
        ("trip-assigned", "de", "Grund: die Fahrt wurde an einen anderen Fahrer vergeben"),
        ("trip-expired", "fr", "Motif : le trajet n'a été confié à personne à temps"),
        ("a-rule-of-later", "en", "Reason: an automatic decision"),
    ],
)
def test_a_quote_that_a_rule_refused_says_so_in_the_recipients_language(
    rule: str, language: str, words: str
) -> None:
    decided = Rule(id=rule, version=1, inputs=())
    message = told(quote_refused("", decided))
    assert words in written(message, language).text
    # Former releases recorded English words beside the rule.
    assert told(quote_refused("trip assigned", decided)) == message
    is_complete(message)


def test_a_person_and_a_rule_refuse_a_quote_under_one_id() -> None:
    by_rule = told(quote_refused("x", Rule(id="trip-expired", version=1, inputs=())))
    by_person = told(quote_refused("x"))
    assert by_rule.message_id == by_person.message_id == "m-6487b85ecff659ddba7a1648e7768e91"


GOLDEN = [
    (
        refused(),
        "fr",
        "Document refusé : attestation de vigilance",
        (
            "Bonjour Ada Martin,\n\nCe document n'a pas été accepté : attestation de vigilance.\n\n"
            "Motif : blurred\n\nMerci de le renvoyer sur http://localhost:8080\n"
        ),
    ),
    (
        assigned(direct=False),
        "no",
        "Tilbud godtatt: t-1",
        (
            "Hei Ada Martin,\n\nTilbudet ditt for tur t-1 ble godtatt: det er ditt oppdrag, fra"
            " 31. mai 2030.\n\nAlt om det: http://localhost:8080\n"
        ),
    ),
    (
        asked(),
        "de",
        "Zusatzkosten beantragt: t-1",
        (
            "Guten Tag Ada Martin,\n\nIhr Antrag auf Zusatzkosten von 24,50\xa0€ für den Auftrag"
            " t-1 ist angekommen. Die Logistik wird antworten; Sie erfahren davon.\n"
        ),
    ),
    (
        reset(),
        "sv",
        "Välj ditt lösenord",
        (
            "Hej Ada Martin,\n\nNågon, troligen du, har bett om att välja ett lösenord för ditt"
            " konto. Länken fungerar en gång och en kort tid:\n\nhttps://x/1\n\nVar det inte du"
            " behöver du inte göra något: ditt konto förblir som det är.\n"
        ),
    ),
]


@pytest.mark.requirement("FLB-009")
@pytest.mark.parametrize(("event", "language", "subject", "text"), GOLDEN)
def test_messages_are_worded_as_ever(event: Any, language: str, subject: str, text: str) -> None:
    found = written(told(event), language)
    assert (found.subject, found.text) == (subject, text)


# --- Cases ------------------------------------------------------------------


def case_told(addresses: str | None, colleague: str | None) -> case.ColleaguesTold:
    return case.ColleaguesTold(
        case_id="J1",
        organisation_id="lumen",
        dealership_id="GLILLE",
        notice=case.CaseNotice.ANSWERED,
        cause="answered",
        email_addresses=addresses,
        colleague_id=colleague,
        language="fr",
        dealership_called="Lumen Lille",
        told_at=NOON,
    )


@pytest.mark.requirement("FLB-129", "N-14")
def test_the_addresses_of_a_dealership_get_one_mail_that_names_no_customer() -> None:
    event = case_told("a@lumen.example\nb@lumen.example", None)
    queued = told(event)
    [meet] = [one for one in commands(event) if isinstance(one, Meet)]
    assert (meet.user_id, meet.email) == ("GLILLE", "a@lumen.example\nb@lumen.example")
    assert (queued.user_id, queued.only, queued.address) == ("GLILLE", Channel.EMAIL, meet.email)
    is_complete(queued)
    mail = written(queued, "fr")
    assert mail.subject == "Lumen Lille : un dossier a reçu une réponse"
    assert "Le dossier J1 est sur" in mail.text


@pytest.mark.requirement("FLB-134", "N-15")
def test_whoever_has_a_case_of_sales_is_told_by_the_way_they_chose() -> None:
    event = case_told(None, "ada")
    concerns_ada(event, "case_told", Topic.MISSIONS)
    assert (told(event).only, told(event).address) == (None, None)
    assert commands(event) == [told(event)]

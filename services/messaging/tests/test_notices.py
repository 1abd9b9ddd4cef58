"""Which facts somebody is told about."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts import user_v1 as user
from contracts.alerts.alert_v1 import DriverAlerted
from contracts.common_v1 import Money, Rule
from contracts.invoices import invoice_v1 as invoice
from contracts.messaging.message_v1 import Channel, MessageQueued, Topic
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from contracts.runtime import REDACTED
from infra.post import letters
from services.messaging import notices, people
from services.messaging.edge.texts import LIBRARY
from services.messaging.preferences import ChangeAddress, ChangeReach, Forget, Meet
from services.messaging.tests.make import NOON

DAY = date(2030, 5, 31)
EUR = Money(2_450, "EUR")
WHO: tuple[str, str] = ("ada", "hiflow")
KIND = paper.PaperKind.VIGILANCE
TOLL = trip.ExpenseKind.TOLL


def reset(link: str = "https://x/1") -> user.PasswordResetRequested:
    end = NOON + timedelta(hours=1)
    return user.PasswordResetRequested(*WHO, "a@b.example", "Ada", "fr", link, end, NOON)


def invited(email: str = "a@b.example") -> user.UserInvited:
    return user.UserInvited(*WHO, email, "Ada", "fr", (user.Role.DRIVER,), "+336", "lea", NOON)


def activated() -> user.UserActivated:
    return user.UserActivated(*WHO, "a@b.example", "Ada", "fr", (), NOON, None)


def password_set(means: user.PasswordMeans) -> user.PasswordSet:
    return user.PasswordSet(*WHO, means, NOON)


def refused(reason: str = "blurred") -> paper.PaperRefused:
    return paper.PaperRefused("p-1", *WHO, KIND, "f-1", reason, "lea", NOON)


def assigned(direct: bool) -> trip.MissionAssigned:
    values = dict.fromkeys(trip.MissionAssigned.__dataclass_fields__)
    known = {"trip_id": "t-1", "driver_id": "ada", "direct": direct}
    days = {"from_day": DAY, "until_day": DAY, "assigned_at": NOON}
    whole: dict[str, Any] = {**values, **known, **days}
    return trip.MissionAssigned(**whole)


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


def told(found: list[Any]) -> MessageQueued:
    [one] = found
    message = one.message
    assert isinstance(message, MessageQueued)
    assert notices.target(one) == message.message_id
    return message


def is_complete(message: MessageQueued) -> None:
    """The facts of the reaction fill the template in every language."""
    facts = letters.facts_of(message.facts, message.private)
    found = LIBRARY.template(message.template, LIBRARY.latest(message.template))
    for language in letters.LANGUAGES:
        LIBRARY.write(found, language, {"name": "Ada", "portal": "https://x", **facts})


CASES = [
    (notices.about_accounts, invited(), "invited", Topic.SECURITY),
    (notices.about_accounts, activated(), "activated", Topic.SECURITY),
    (notices.about_accounts, reset(), "password_reset", Topic.SECURITY),
    (
        notices.about_accounts,
        password_set(user.PasswordMeans.CHANGE),
        "password_changed",
        Topic.SECURITY,
    ),
    (
        notices.about_accounts,
        user.TotpRemoved(*WHO, "lea", NOON),
        "second_factor_removed",
        Topic.SECURITY,
    ),
    (notices.about_papers, refused(), "paper_refused", Topic.PAPERS),
    (
        notices.about_papers,
        paper.ExpiryNoticeGiven("p-1", *WHO, KIND, DAY, 7, NOON),
        "paper_expiring",
        Topic.PAPERS,
    ),
    (
        notices.about_papers,
        paper.PaperExpired("p-1", *WHO, KIND, DAY, NOON),
        "paper_expired",
        Topic.PAPERS,
    ),
    (
        notices.about_trips,
        trip.QuoteRefused(
            trip_id="t-1",
            driver_id="ada",
            reason="too dear",
            rule=Rule("trip-assigned", 1, ()),
            refused_at=NOON,
        ),
        "quote_refused",
        Topic.QUOTES,
    ),
    (notices.about_trips, assigned(direct=False), "quote_accepted", Topic.QUOTES),
    (notices.about_trips, assigned(direct=True), "mission_assigned", Topic.MISSIONS),
    (
        notices.about_invoices,
        contested(invoice.Party.BILLING),
        "invoice_contested",
        Topic.MONEY,
    ),
    (
        notices.about_invoices,
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
        notices.about_accounts,
        user.UserDeactivated(*WHO, "lea", NOON),
        "deactivated",
        Topic.SECURITY,
    ),
    (notices.about_trips, asked(), "extra_cost_asked", Topic.MISSIONS),
    (
        notices.about_trips,
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
        notices.about_trips,
        trip.ExtraCostRefused(
            trip_id="t-1", driver_id="ada", request_id="x-1", reason="in the price", refused_at=NOON
        ),
        "extra_cost_refused",
        Topic.MISSIONS,
    ),
    (
        notices.about_trips,
        trip.QuoteExpired(trip_id="t-1", driver_id="ada", expired_at=NOON),
        "quote_expired",
        Topic.QUOTES,
    ),
    (
        notices.about_trips,
        trip.TripProposed(trip_id="t-1", driver_id="ada", proposed_at=NOON),
        "trip_proposed",
        Topic.MISSIONS,
    ),
    (
        notices.about_trips,
        trip.CounterOffered(
            trip_id="t-1",
            driver_id="ada",
            price=Money(9_000, "EUR"),
            offered_at=NOON,
            offered_by="lea",
        ),
        "counter_offer",
        Topic.QUOTES,
    ),
    (
        notices.about_trips,
        trip.DeliveryConfirmed(
            trip_id="t-1",
            driver_id="ada",
            channel=trip.Channel.APP,
            confirmed_at=NOON,
            client_told=False,
        ),
        "delivery_confirmed",
        Topic.MISSIONS,
    ),
]


@pytest.mark.requirement("HIF-03", "HIF-04", "HIF-20", "G-15")
@pytest.mark.parametrize(
    ("react", "event", "template", "topic"), CASES, ids=[case[2] for case in CASES]
)
def test_a_fact_is_told_to_whom_it_concerns(
    react: Any, event: Any, template: str, topic: Topic
) -> None:
    message = told(react(event))
    assert (message.user_id, message.template, message.topic) == ("ada", template, topic)
    is_complete(message)
    assert told(react(event)) == message


def test_an_acceptance_is_told_once_by_the_mission_that_follows() -> None:
    assert (
        notices.about_trips(trip.QuoteAccepted(trip_id="t-1", driver_id="ada", accepted_at=NOON))
        == []
    )


@pytest.mark.parametrize(
    ("react", "event"),
    [
        (notices.about_accounts, reset(REDACTED)),
        (notices.about_papers, refused(REDACTED)),
        (notices.about_invoices, contested(invoice.Party.BILLING, REDACTED)),
        (people.react, invited(REDACTED)),
    ],
)
def test_nothing_is_told_of_somebody_forgotten(react: Any, event: Any) -> None:
    assert react(event) == []


@pytest.mark.parametrize(
    ("react", "event"),
    [
        (notices.about_accounts, password_set(user.PasswordMeans.BOOTSTRAP)),
        (notices.about_accounts, user.SubjectForgotten(user_id="ada", forgotten_at=NOON)),
        (notices.about_invoices, contested(invoice.Party.DRIVER)),
        (notices.about_trips, trip.TripExpired(trip_id="t-1", expired_at=NOON)),
        (people.react, password_set(user.PasswordMeans.RESET)),
    ],
)
def test_other_facts_are_told_to_nobody(react: Any, event: Any) -> None:
    assert react(event) == []


@pytest.mark.requirement("HIF-04", "N-02")
def test_a_link_is_private_ends_in_time_and_goes_by_mail_alone() -> None:
    message = told(notices.about_accounts(reset()))
    assert json.loads(message.private or "") == {"link": "https://x/1"}
    assert (message.facts, message.only) == ((), Channel.EMAIL)
    assert message.expires_at == NOON + timedelta(hours=1)


def bank_change() -> payee.BankChangeRequested:
    values = dict.fromkeys(payee.BankChangeRequested.__dataclass_fields__)
    known = {"driver_id": "ada", "requested_at": NOON, "effective_at": NOON + timedelta(hours=48)}
    whole: dict[str, Any] = {**values, **known}
    return payee.BankChangeRequested(**whole)


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
    found = notices.about_payees(event)
    assert [one.message.only for one in found] == [Channel.EMAIL, Channel.SMS]
    assert all(one.message.former_addresses for one in found)
    assert {one.message.topic for one in found} == {Topic.SECURITY}
    assert len({notices.target(one) for one in found}) == 2
    for one in found:
        is_complete(one.message)


@pytest.mark.requirement("HIF-30")
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
    assert notices.about_payees(question) == []
    answer = payee.QuestionAnswered(
        driver_id="ada",
        organisation_id="hiflow",
        question_id="q-1",
        answer="Tomorrow",
        answered_by="lea",
        answered_at=NOON,
    )
    [told] = notices.about_payees(answer)
    assert (told.message.user_id, told.message.template) == ("ada", "question_answered")
    assert told.message.private == '{"answer": "Tomorrow"}'
    [other] = notices.about_payees(replace(answer, question_id="q-2"))
    assert other.message.message_id != told.message.message_id
    assert notices.about_payees(replace(answer, answer=REDACTED)) == []


def test_expenses_that_are_open_again_are_told() -> None:
    reopened = invoice.ExpensesReopened(
        invoice_id="inv-t-1",
        organisation_id="hiflow",
        driver_id="ada",
        extra_id=None,
        reopened_at=NOON,
    )
    [told] = notices.about_invoices(reopened)
    assert (told.message.user_id, told.message.template) == ("ada", "expenses_reopened")


@pytest.mark.requirement("HIF-27")
def test_each_extra_cost_of_a_mission_has_its_own_message_in_its_thread() -> None:
    first, second = [told(notices.about_trips(asked(request))) for request in ("x-1", "x-2")]
    assert first.message_id != second.message_id
    assert (first.about, second.about) == ("trip/t-1", "trip/t-1")


def test_two_facts_make_two_messages() -> None:
    later = replace(activated(), activated_at=NOON + timedelta(seconds=1))
    first, second = notices.about_accounts(activated()), notices.about_accounts(later)
    assert told(first).message_id != told(second).message_id


@pytest.mark.requirement("G-04")
def test_a_recovery_code_that_was_used_is_told() -> None:
    usual = user.SignedIn(*WHO, "s-1", False, True, NOON, with_recovery_code=False)
    assert notices.about_accounts(usual) == []
    notice = told(notices.about_accounts(replace(usual, with_recovery_code=True)))
    assert (notice.template, notice.topic) == ("recovery_code_used", Topic.SECURITY)


@pytest.mark.requirement("HIF-39")
def test_a_new_address_is_written_to_alone_and_known_once_confirmed() -> None:
    end, new = NOON + timedelta(hours=1), "new@b.example"
    asked = user.EmailChangeRequested(*WHO, new, "https://x/#token=1", end, NOON)
    message = told(notices.about_accounts(asked))
    assert (message.template, message.address, message.only) == ("email_change", new, Channel.EMAIL)
    assert (message.expires_at, json.loads(message.private or "")) == (
        end,
        {"link": "https://x/#token=1"},
    )
    assert people.react(asked) == []
    changed = user.EmailChanged(*WHO, new, NOON)
    assert people.react(changed) == [ChangeAddress("ada", new, NOON)]
    notice = told(notices.about_accounts(changed))
    assert (notice.template, notice.former_addresses) == ("email_changed", True)
    unreadable = replace(asked, new_email=REDACTED, confirmation_link=REDACTED)
    assert notices.about_accounts(unreadable) == []
    assert people.react(replace(changed, email=REDACTED)) == []


def test_who_made_a_counter_offer_is_told_of_the_answer() -> None:
    terms = ("lea", Money(9_000, "EUR"))
    taken = told(notices.about_trips(trip.CounterAccepted("t-1", "ada", NOON, *terms)))
    kept = told(notices.about_trips(trip.CounterDeclined("t-1", "ada", NOON, *terms)))
    assert [(m.user_id, m.template) for m in (taken, kept)] == [
        ("lea", "counter_accepted"),
        ("lea", "counter_declined"),
    ]
    of_before = trip.CounterAccepted(
        trip_id="t-1", driver_id="ada", accepted_at=NOON, offered_by=None, price=None
    )
    assert notices.about_trips(of_before) == []


@pytest.mark.requirement("HIF-27", "N-05")
def test_the_client_of_a_trip_is_told_of_the_delivery_when_there_is_one() -> None:
    named = trip.ClientNamed(
        trip_id="t-1",
        organisation_id="hiflow",
        name="Eve Roux",
        email="eve@example.org",
        language="nl",
        named_at=NOON,
    )
    met = Meet("t-1", "hiflow", "eve@example.org", "Eve Roux", "nl", None, NOON)
    assert people.clients(named) == [met]
    delivered = trip.DeliveryConfirmed(
        trip_id="t-1",
        driver_id="ada",
        channel=trip.Channel.APP,
        confirmed_at=NOON,
        client_told=True,
    )
    mine, theirs = (queue.message for queue in notices.about_trips(delivered))
    assert (mine.user_id, mine.template) == ("ada", "delivery_confirmed")
    assert (theirs.user_id, theirs.template) == ("t-1", "vehicle_delivered")


def test_the_client_of_a_trip_is_forgotten_with_it() -> None:
    forgotten = trip.SubjectForgotten(trip_id="t-1", forgotten_at=NOON)
    assert people.clients(forgotten) == [Forget("t-1", NOON)]
    unreadable = trip.ClientNamed(
        trip_id="t-1",
        organisation_id="hiflow",
        name=REDACTED,
        email=REDACTED,
        language="nl",
        named_at=NOON,
    )
    assert people.clients(unreadable) == []
    assert people.clients(trip.TripExpired(trip_id="t-1", expired_at=NOON)) == []


def test_an_account_makes_its_owner_known() -> None:
    met = Meet("ada", "hiflow", "a@b.example", "Ada", "fr", "+336", NOON)
    assert people.react(invited()) == [met]
    [again] = people.react(activated())
    assert isinstance(again, Meet)
    assert (again.phone, people.target(again)) == (None, "ada")


def test_a_profile_and_its_end_reach_the_recipient() -> None:
    nothing = (None,) * 6
    changed = user.ProfileChanged(*WHO, "de", "+337", *nothing, NOON)
    assert people.react(changed) == [ChangeReach("ada", "de", "+337", NOON)]
    assert people.react(user.SubjectForgotten(user_id="ada", forgotten_at=NOON)) == [
        Forget("ada", NOON)
    ]


@pytest.mark.requirement("HIF-41", "N-04")
def test_a_new_trip_is_told_with_what_a_driver_decides_by() -> None:
    trips = ("hiflow", "s-1", "Lyon", "Lille", DAY, DAY, 690, NOON)
    [told] = notices.about_alerts(DriverAlerted("t-1", "ada", *trips))
    assert (told.message.user_id, told.message.topic) == ("ada", Topic.ALERTS)
    template = LIBRARY.template(told.message.template, 1)
    known = {"name": "Ada", "portal": "https://x"}
    letter = LIBRARY.write(template, "fr", letters.facts_of(told.message.facts, None) | known)
    assert "Lyon" in letter.subject
    assert "690 km" in letter.text

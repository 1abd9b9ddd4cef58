"""How the visit was: a customer is asked once, and a low score asks for a call."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import dealers
from contracts.dealers import NOTHING_SAID, Dealership
from contracts.interventions.case_v1 import (
    CaseClosed,
    ContactHandled,
    ContactRequested,
    CustomerInvited,
    CustomerNamed,
    InvitationOutcome,
    LinkScope,
    Module,
    RecipientKind,
    SendingChannel,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitQuestionDue,
    VisitQuestionPutOff,
    VisitQuestionReason,
    VisitRated,
)
from contracts.runtime import REDACTED
from contracts.timers import CancelTimer, SetTimer
from services.interventions import case
from services.interventions.case import answering, recipients, sending, visit
from services.interventions.case.answering import Holder, LinkIsForwarded, LinkIsVoid, LinkOnlyReads
from services.interventions.case.visit import AskVisit, FallDue, Terms, VisitIsRated, VisitNotAsked
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    CONTACT,
    GROUP,
    HOLDER,
    ID,
    LATER,
    LILLE,
    LINK,
    NOON,
    PENDING,
    SENT,
    close,
    create,
    delete,
    folded,
    history,
    name_customer,
    open_page,
    request_contact,
    revise,
    send,
    take_down,
    terms,
)
from services.interventions.tests.visiting import HOUSE

DUE = LATER + timedelta(hours=24)
MORNING = DUE + timedelta(hours=9)
BOTH = frozenset({SendingChannel.SMS, SendingChannel.EMAIL})
CLOSED = (*ANSWERED, close())
QUESTION = (*CLOSED, FallDue(at=DUE))
ADDRESS = "https://example.org/customer.1"


def house(allowed: bool | None = None, of_brand: bool | None = None) -> Dealership:
    """The dealership with what it says all in all, and with the brand of the case."""
    known = dealers.opened(HOUSE[0])
    brands = tuple(
        replace(one, settings=replace(NOTHING_SAID, visit_question_allowed=of_brand))
        for one in known.brands
    )
    said = replace(NOTHING_SAID, visit_question_allowed=allowed)
    return replace(known, settings=(said,), brands=brands)


def how(
    channels: frozenset[SendingChannel] = BOTH,
    closed: VisitQuestionReason | None = None,
    at: Dealership | None = None,
    now: datetime = DUE,
    lawful_at: datetime | None = None,
) -> Terms:
    return Terms(
        dealership=at or house(),
        channels=channels,
        closed=closed,
        link=ADDRESS,
        now=now,
        lawful_at=lawful_at or now,
    )


def ask(terms: Terms | None = None, due_at: datetime = DUE) -> AskVisit:
    return AskVisit(
        case_id=ID,
        dealership_id=LILLE,
        contact_id=CONTACT,
        link_id=LINK,
        phone="+33612345678",
        due_at=due_at,
        terms=terms or how(),
    )


def rate(score: int = 7, holder: Holder = HOLDER, at: datetime = MORNING) -> visit.RateVisit:
    return visit.RateVisit(holder=holder, score=score, at=at)


ASKED = (*QUESTION, ask())


def last(*commands: case.Command) -> Any:
    """The last fact that these commands leave."""
    return history(*commands)[-1]


def closed_after(*commands: case.Command) -> datetime | None:
    """When the question comes, if the case is closed after these."""
    fact = last(*commands, close())
    assert isinstance(fact, CaseClosed)
    return fact.asked_after


def timers_of(*commands: case.Command) -> list[SetTimer | CancelTimer]:
    named = (timer for event in history(*commands) for timer in case.timers(event))
    return [one for one in named if one.name == visit.QUESTION]


class TestClosing:
    def test_the_question_comes_a_day_after_the_case_is_closed(self) -> None:
        assert closed_after(*ANSWERED) == DUE
        assert closed_after(*SENT) == DUE
        assert timers_of(*CLOSED) == [SetTimer("visit-question", DUE)]

    def test_whoever_the_case_was_not_sent_to_is_not_asked(self) -> None:
        assert closed_after(*PENDING) is None
        assert closed_after(*PENDING, send(SendingChannel.LINK)) is None
        assert closed_after(*PENDING, open_page_by_hand()) is None

    def test_nobody_is_asked_by_a_link_that_is_void(self) -> None:
        assert closed_after(*SENT, revise()) is None
        days = replace(terms(), link_days=1)
        late = replace(close(), at=NOON + timedelta(days=1))
        assert last(*PENDING, send(how=days), late).asked_after is None
        early = replace(late, at=late.at - timedelta(seconds=1))
        assert last(*PENDING, send(how=days), early).asked_after is not None

    def test_a_buyer_made_no_visit(self) -> None:
        sold = (create(Module.DIRECT_MESSAGE), name_customer(), send(works=0, proposed=0))
        assert closed_after(*sold) is None

    def test_a_message_that_failed_reached_nobody(self) -> None:
        failed = sending.FollowInvitation(
            case_id=ID,
            invitation_id="first-customer-email",
            message_id="m-1",
            outcome=InvitationOutcome.FAILED,
            at=LATER,
        )
        read = (*SENT, open_page())
        assert closed_after(*read, failed) is None

    def test_a_customer_who_was_forgotten_is_not_asked(self) -> None:
        forget = case.ForgetCase(organisation_id=GROUP, at=LATER)
        assert closed_after(*ANSWERED, forget) is None
        assert timers_of(*CLOSED, forget)[-1] == CancelTimer("visit-question")
        assert timers_of(*CLOSED, delete())[-1] == CancelTimer("visit-question")


def open_page_by_hand() -> recipients.ShareLink:
    """The link is handed on, and not sent."""
    return recipients.ShareLink(
        organisation_id=GROUP, recipient_id="customer", days=None, by="lea", at=NOON
    )


class TestAsking:
    def test_the_question_falls_due_once(self) -> None:
        given = CASE.given(*history(*CLOSED))
        due = VisitQuestionDue(
            case_id=ID,
            organisation_id=GROUP,
            dealership_id=LILLE,
            contact_id=CONTACT,
            link_id=LINK,
            phone="+33612345678",
            due_at=DUE,
        )
        given.when(FallDue(at=DUE)).records(due)
        given.when(FallDue(at=DUE - timedelta(seconds=1))).records_nothing()
        CASE.given(*history(*ANSWERED)).when(FallDue(at=DUE)).records_nothing()
        CASE.given(*history(*PENDING, close())).when(FallDue(at=DUE)).records_nothing()

    def test_the_customer_is_asked_by_the_way_they_were_told_of_the_case(self) -> None:
        CASE.given(*history(*QUESTION)).when(ask()).records(
            VisitQuestionAsked(
                case_id=ID,
                organisation_id=GROUP,
                dealership_id=LILLE,
                channel=SendingChannel.EMAIL,
                email="claire@example.org",
                phone=None,
                language="fr",
                link=ADDRESS,
                dealership_called="Lumen Lille",
                asked_at=DUE,
            )
        )

    def test_a_text_message_goes_before_an_e_mail_where_both_are_open(self) -> None:
        both = (*PENDING, send(SendingChannel.EMAIL, SendingChannel.SMS), open_page())
        due = (*both, close(), FallDue(at=DUE))
        asked = last(*due, ask())
        assert (asked.channel, asked.phone, asked.email) == (
            SendingChannel.SMS,
            "+33612345678",
            None,
        )
        only = ask(how(frozenset({SendingChannel.EMAIL})))
        assert last(*due, only).channel is SendingChannel.EMAIL

    def test_at_night_the_question_waits_for_the_morning(self) -> None:
        night = ask(how(lawful_at=MORNING))
        put_off = VisitQuestionPutOff(
            case_id=ID,
            organisation_id=GROUP,
            dealership_id=LILLE,
            asked_after=MORNING,
            put_off_at=DUE,
        )
        CASE.given(*history(*QUESTION)).when(night).records(put_off)
        waiting = (*QUESTION, night)
        assert timers_of(*waiting)[-1] == SetTimer("visit-question", MORNING)
        CASE.given(*history(*waiting)).when(ask()).records_nothing()
        CASE.given(*history(*waiting)).when(FallDue(at=DUE)).records_nothing()
        by_day = (*waiting, FallDue(at=MORNING), ask(how(now=MORNING), MORNING))
        assert last(*by_day).asked_at == MORNING
        assert isinstance(last(*ASKED), VisitQuestionAsked)

    @pytest.mark.parametrize(
        ("terms", "reason"),
        [
            (how(at=house(allowed=False)), "SWITCHED_OFF"),
            (how(at=house(allowed=True, of_brand=False)), "SWITCHED_OFF"),
            (how(frozenset(), VisitQuestionReason.CUSTOMER_ERASED), "CUSTOMER_ERASED"),
            (how(frozenset(), VisitQuestionReason.CHANNELS_BLOCKED), "CHANNELS_BLOCKED"),
            (how(frozenset(), VisitQuestionReason.CONSENT_WITHDRAWN), "CONSENT_WITHDRAWN"),
            (how(frozenset({SendingChannel.SMS})), "NO_CHANNEL"),
        ],
    )
    def test_whoever_is_not_to_be_written_to_is_not_asked(self, terms: Terms, reason: str) -> None:
        CASE.given(*history(*QUESTION)).when(ask(terms)).records(dropped(reason))
        CASE.given(*history(*QUESTION, ask(terms))).when(FallDue(at=DUE)).records_nothing()

    def test_a_brand_may_ask_where_the_dealership_does_not(self) -> None:
        allowed = ask(how(at=house(allowed=False, of_brand=True)))
        assert isinstance(last(*QUESTION, allowed), VisitQuestionAsked)

    def test_a_link_that_ended_meanwhile_asks_nothing(self) -> None:
        days = replace(terms(), link_days=1)
        events = history(*PENDING, send(how=days), close(), FallDue(at=DUE))
        CASE.given(*events).when(ask()).records(dropped("LINK_IS_VOID"))

    def test_a_customer_who_was_erased_meanwhile_is_not_asked(self) -> None:
        forget = case.ForgetCase(organisation_id=GROUP, at=LATER)
        CASE.given(*history(*QUESTION, forget)).when(ask()).records(dropped("CUSTOMER_ERASED"))

    @pytest.mark.requirement("G-50")
    def test_a_customer_who_cannot_be_read_any_more_is_not_asked(self) -> None:
        """The key is destroyed before the case hears of it."""
        closed, question = unreadable(*CLOSED), unreadable(*QUESTION)
        due = last(*QUESTION)
        assert isinstance(due, VisitQuestionDue)
        CASE.given(*closed).when(FallDue(at=DUE)).records(replace(due, phone=None))
        CASE.given(*question).when(ask()).records(dropped("CUSTOMER_ERASED"))

    def test_a_case_that_was_deleted_asks_nothing(self) -> None:
        CASE.given(*history(*QUESTION, delete())).when(ask()).records_nothing()
        CASE.given(*history(*CLOSED, delete())).when(FallDue(at=DUE)).records_nothing()


def dropped(reason: str) -> VisitQuestionDropped:
    return VisitQuestionDropped(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        reason=VisitQuestionReason[reason],
        dropped_at=DUE,
    )


def unreadable(*commands: case.Command) -> list[Any]:
    """The facts that these commands leave, once nobody can read who the customer is."""
    return [
        replace(one, email=REDACTED, phone=REDACTED)
        if isinstance(one, CustomerNamed | CustomerInvited)
        else one
        for one in history(*commands)
    ]


def rated(score: int) -> VisitRated:
    return VisitRated(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        link_id=LINK,
        score=score,
        rated_at=MORNING,
    )


def lease(scope: LinkScope = LinkScope.ANSWER) -> recipients.NameRecipient:
    """Somebody beside the customer is shown the case."""
    return recipients.NameRecipient(
        organisation_id=GROUP,
        recipient_id="lease",
        kind=RecipientKind.LEASING_COMPANY,
        name="Lease",
        email="lease@example.org",
        phone=None,
        language="fr",
        scope=scope,
        sees_prices=True,
        by="lea",
        at=NOON,
    )


def of_lease() -> Holder:
    return replace(HOLDER, link_id="lease.1")


CALL = ContactRequested(
    case_id=ID,
    organisation_id=GROUP,
    dealership_id=LILLE,
    recipient_id="customer",
    sender_id="lea",
    requested_at=MORNING,
)


class TestRating:
    @pytest.mark.parametrize(("score", "call"), [(0, [CALL]), (6, [CALL]), (7, []), (10, [])])
    def test_six_or_less_asks_for_a_call(self, score: int, call: list[Any]) -> None:
        given = CASE.given(*history(*ASKED))
        given.when(rate(score)).records(rated(score), *call)

    def test_the_first_score_stands(self) -> None:
        given = CASE.given(*history(*ASKED, rate(7)))
        given.when(rate(7)).records_nothing()
        given.when(rate(6)).is_rejected(VisitIsRated(7))

    def test_a_call_that_is_asked_for_already_is_asked_for_once(self) -> None:
        wanted = (*SENT, open_page(), request_contact(), close(), FallDue(at=DUE), ask())
        assert last(*wanted, rate(3)) == rated(3)
        handled = answering.HandleContact(organisation_id=GROUP, by="lea", at=DUE)
        assert last(*wanted, handled, rate(3)) == CALL

    @pytest.mark.requirement("G-83")
    def test_a_call_that_somebody_else_asked_for_is_not_the_customers(self) -> None:
        by_lease = (*PENDING, lease(), send(), open_page(), request_contact(of_lease()))
        asked = (*by_lease, close(), FallDue(at=DUE), ask())
        assert last(*asked, rate(3)) == CALL
        CASE.given(*history(*asked)).when(rate(3)).records(rated(3), CALL)
        assert last(*asked, rate(7)) == rated(7)

    @pytest.mark.requirement("G-83")
    def test_each_recipient_asks_for_a_call_of_their_own_until_it_is_handled(self) -> None:
        wanted = (*PENDING, lease(), send(), open_page(), request_contact(), open_page(of_lease()))
        both = (*wanted, request_contact(of_lease()))
        assert last(*both).recipient_id == "lease"
        for again in (request_contact(), request_contact(of_lease())):
            CASE.given(*history(*both)).when(again).records_nothing()
        handled = answering.HandleContact(organisation_id=GROUP, by="lea", at=LATER)
        assert last(*both, handled, request_contact()).recipient_id == "customer"

    @pytest.mark.requirement("G-83")
    def test_the_call_is_made_though_the_case_is_closed(self) -> None:
        handled = answering.HandleContact(organisation_id=GROUP, by="lea", at=MORNING)
        assert isinstance(last(*ASKED, rate(2), handled), ContactHandled)
        nothing = CASE.given(*history(*ASKED, rate(9)))
        nothing.when(handled).is_rejected(answering.NoContactRequested())

    @pytest.mark.parametrize(
        "commands",
        [ANSWERED, CLOSED, QUESTION, (*QUESTION, ask(how(lawful_at=MORNING)))],
        ids=["open", "closed", "due", "put-off"],
    )
    def test_nobody_answers_before_they_are_asked(self, commands: Iterable[case.Command]) -> None:
        CASE.given(*history(*commands)).when(rate()).is_rejected(VisitNotAsked())

    def test_whoever_was_not_asked_gives_no_score(self) -> None:
        off = (*QUESTION, ask(how(at=house(allowed=False))))
        CASE.given(*history(*off)).when(rate()).is_rejected(VisitNotAsked())

    @pytest.mark.parametrize("scope", [LinkScope.READ, LinkScope.ANSWER])
    def test_another_recipient_is_not_asked(self, scope: LinkScope) -> None:
        asked = (*PENDING, lease(scope), send(), close(), FallDue(at=DUE), ask())
        CASE.given(*history(*asked)).when(rate(holder=of_lease())).is_rejected(VisitNotAsked())

    def test_a_forwarded_link_rates_once_the_code_of_the_known_phone_is_given(self) -> None:
        first, other = replace(HOLDER, browser="a" * 32), replace(HOLDER, browser="b" * 32)
        asked = (*SENT, open_page(first), close(), FallDue(at=DUE), ask())
        given = CASE.given(*history(*asked))
        given.when(rate(holder=other)).is_rejected(LinkIsForwarded())
        code = answering.AskCode(holder=other, code="482913", at=DUE)
        take = answering.TakeLink(holder=other, attempt_id="A1", code="482913", at=DUE)
        assert last(*asked, code, take, rate(8, other)) == rated(8)
        not_needed = answering.AskCode(holder=first, code="482913", at=DUE)
        given.when(not_needed).is_rejected(case.CaseIsClosed())

    def test_a_link_that_only_reads_or_is_void_gives_no_score(self) -> None:
        held = folded(*history(*ASKED))
        assert isinstance(held, case.Closed)
        link = replace(held.dossier.links[LINK], scope=LinkScope.READ)
        refused = visit.rate(rate(), held.dossier, link, None)
        assert refused == LinkOnlyReads()
        forget = case.ForgetCase(organisation_id=GROUP, at=MORNING)
        CASE.given(*history(*ASKED, forget)).when(rate()).is_rejected(LinkIsVoid())

    @pytest.mark.requirement("G-44")
    def test_nothing_but_the_score_is_taken_of_a_closed_case(self) -> None:
        given = CASE.given(*history(*ASKED))
        for command in (open_page(), request_contact()):
            given.when(command).is_rejected(case.CaseIsClosed())
        given.when(take_down("pads")).is_rejected(case.CaseIsClosed())
        CASE.given(*history(*ASKED, delete())).when(rate()).is_rejected(case.CaseIsClosed())

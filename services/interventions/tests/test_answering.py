"""Read, decided, replied to, closed and deleted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.decisions import Changed
from contracts.interventions.case_v1 import (
    AnswerOrigin,
    CaseAnswered,
    CaseRead,
    CodeAsked,
    CodeMistaken,
    CustomerInvited,
    InvitationKind,
    LineAccepted,
    LineRefused,
    LinkScope,
    Module,
    SendingChannel,
    VersionFixed,
    WorkLevel,
)
from services.interventions import case
from services.interventions.case import answering
from services.interventions.case.answering import (
    CODE_HOLDS,
    MOST_CODES,
    MOST_TRIES,
    AnswerCodeIsWrong,
    CodeIsNeeded,
    CodesAskedTooOften,
    CodeTriedTooOften,
    Holder,
    LinkIsVoid,
    LinkOnlyReads,
    NoContactRequested,
    NoPhoneForCode,
    NoSuchWork,
    RiskNotAcknowledged,
)
from services.interventions.case.content import NotOfModule
from services.interventions.case.sending import ChannelNotPossible, Confirmation
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
    PRICE,
    READ,
    SENT,
    amounts,
    answer,
    ask_answer,
    close,
    create,
    delete,
    eur,
    history,
    list_work,
    name_customer,
    open_page,
    place,
    reply,
    revise,
    send,
    share,
    state,
    take_down,
    terms,
)
from services.interventions.tests.test_sending import name_recipient

TWO = (*PENDING, list_work("tyres", WorkLevel.ADVISED))
TWO_READ = (*TWO, send(works=2, proposed=24_000), open_page())
CODED = (*PENDING, send(how=terms(code_above=10_000)), open_page())
DESK = ("+31612345678", "nl")
ASK = answering.AskCode(holder=HOLDER, code="123456", at=LATER)
DIRECT = (create(Module.DIRECT_MESSAGE), name_customer())
REQUEST = answering.RequestContact(holder=HOLDER, at=LATER)
HANDLE = answering.HandleContact(organisation_id=GROUP, by="lea", at=LATER)


def mistake(n: int, code: str = "654321") -> answering.AnswerCase:
    return answer("pads", code=code, attempt=f"A{n}")


def mistaken(n: int) -> CodeMistaken:
    return CodeMistaken(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        link_id=LINK,
        attempt_id=f"A{n}",
        mistaken_at=LATER,
    )


def ask(n: int) -> answering.AskCode:
    return replace(ASK, code=f"12345{n}")


@pytest.mark.requirement("SM-13")
def test_the_first_opening_makes_a_sent_case_read() -> None:
    assert isinstance(state(*SENT), case.Sent)
    found = state(*READ)
    assert isinstance(found, case.Read)
    assert (found.read.version, found.read.recipient_id) == (1, "customer")
    CASE.given(*history(*READ)).when(open_page()).records_nothing()


@pytest.mark.requirement("FLB-071", "G-43")
def test_a_case_that_is_opened_before_it_is_sent_is_fixed_and_may_be_answered() -> None:
    fixed, read = history(*PENDING, share(), open_page())[-2:]
    assert isinstance(fixed, VersionFixed)
    assert isinstance(read, CaseRead)
    found = state(*PENDING, share(), open_page(), answer("pads"))
    assert isinstance(found, case.Answered)
    CASE.given(*history(*PENDING, share())).when(answer("pads")).is_rejected(case.CaseIsNotRead())


@pytest.mark.requirement("FLB-071", "SM-14", "G-81")
def test_what_is_not_accepted_is_refused_and_each_line_has_what_was_shown() -> None:
    accepted, refused, answered = history(*TWO_READ, answer("pads"))[-3:]
    assert isinstance(accepted, LineAccepted)
    assert isinstance(refused, LineRefused)
    assert (accepted.version, accepted.work.label, accepted.work.amounts) == (
        *(1, "Pads"),
        amounts(10_000, 12_000),
    )
    assert (accepted.link_id, accepted.ip_address, accepted.device) == (
        *(LINK, "203.0.113.9"),
        "phone",
    )
    assert refused.work.work_id == "tyres"
    assert isinstance(answered, CaseAnswered)
    assert answered.accepted == amounts(10_000, 12_000)
    assert answered.proposed == amounts(20_000, 24_000)


@pytest.mark.requirement("FLB-047", "G-37")
def test_a_line_names_the_public_media_that_were_shown_with_it() -> None:
    pair = (
        replace(place("m-1"), work_id="pads"),
        replace(place("m-2"), work_id="pads", private=True),
    )
    seen = replace(send().seen, media=1)
    sent = replace(send(), seen=seen)
    *_, line, _ = history(*PENDING, *pair, sent, open_page(), answer("pads"))
    assert isinstance(line, LineAccepted)
    assert line.work.media_ids == ("m-1",)


def test_refusing_an_urgent_work_needs_the_risk_to_be_acknowledged() -> None:
    given = CASE.given(*history(*READ))
    given.when(answer()).is_rejected(RiskNotAcknowledged(("Pads",)))
    *_, refused, _ = history(*READ, answer(risks=("pads",)))
    assert isinstance(refused, LineRefused)
    assert refused.risk_acknowledged
    advised = CASE.given(*history(*TWO_READ))
    assert isinstance(advised.answer(answer("pads")), list)


def test_an_answer_is_about_the_version_that_was_seen() -> None:
    later = (
        *READ,
        revise(),
        send(id="second", at=LATER),
        open_page(Holder(link_id="customer.2", ip_address=None, device=None)),
    )
    second = Holder(link_id="customer.2", ip_address=None, device=None)
    given = CASE.given(*history(*later))
    given.when(answer("pads", holder=second)).is_rejected(Changed({"version": 1}, {"version": 2}))
    assert isinstance(given.answer(answer("pads", version=2, holder=second)), list)
    given.when(answer("pads")).is_rejected(LinkIsVoid())


@pytest.mark.requirement("FLB-071", "G-77")
def test_of_two_phones_at_once_the_first_whole_answer_wins() -> None:
    given = CASE.given(*history(*ANSWERED))
    given.when(answer("pads")).records_nothing()
    given.when(answer(risks=("pads",))).is_rejected(case.CaseIsAnswered())
    given.when(open_page()).records_nothing()


@pytest.mark.requirement("G-77")
@pytest.mark.parametrize(("late", "seconds"), [(False, 0), (True, 1)])
def test_an_answer_after_the_time_for_it_counts_and_is_marked_late(
    late: bool, seconds: int
) -> None:
    asked = (*PENDING, ask_answer(LATER), send(), open_page())
    *_, answered = history(*asked, answer("pads", at=LATER + timedelta(seconds=seconds)))
    assert isinstance(answered, CaseAnswered)
    assert answered.late is late


def test_only_works_to_decide_on_are_accepted() -> None:
    ok = (*PENDING, list_work("oil", WorkLevel.OK), send(works=2), open_page())
    CASE.given(*history(*ok)).when(answer("oil")).is_rejected(NoSuchWork("oil"))


def test_whoever_may_only_read_does_not_answer() -> None:
    desk = Holder(link_id="lease.1", ip_address=None, device=None)
    given = CASE.given(*history(*PENDING, name_recipient(), send(), open_page(desk)))
    given.when(answer("pads", holder=desk)).is_rejected(LinkOnlyReads())
    made_up = Holder(link_id="lease.9", ip_address=None, device=None)
    given.when(answer("pads", holder=made_up)).is_rejected(LinkIsVoid())


def test_above_an_amount_an_answer_needs_the_code_that_was_sent() -> None:
    given = CASE.given(*history(*CODED))
    given.when(answer("pads")).is_rejected(CodeIsNeeded(eur(10_000)))
    given.when(answer("pads", code="123456")).is_rejected(AnswerCodeIsWrong())
    asked = CASE.given(*history(*CODED, ASK))
    assert isinstance(state(*CODED, ASK, mistake(1)), case.Read)
    asked.when(mistake(1)).records(mistaken(1))
    *_, answered = history(*CODED, ASK, answer("pads", code="123456"))
    assert isinstance(answered, CaseAnswered)
    assert answered.code_given
    assert isinstance(given.answer(answer(risks=("pads",))), list)


def test_at_the_amount_itself_no_code_is_needed() -> None:
    exact = (*PENDING, send(how=terms(code_above=12_000)), open_page())
    assert isinstance(CASE.given(*history(*exact)).answer(answer("pads")), list)


def test_a_code_holds_for_ten_minutes_and_for_five_wrong_tries() -> None:
    asked = (*CODED, ASK)
    over = answer("pads", code="123456", at=LATER + CODE_HOLDS)
    CASE.given(*history(*asked)).when(over).is_rejected(AnswerCodeIsWrong())
    four: tuple[case.Command, ...] = (*asked, *(mistake(n) for n in range(MOST_TRIES - 1)))
    assert isinstance(state(*four, mistake(9, code="123456")), case.Answered)
    five = CASE.given(*history(*four, mistake(8)))
    five.when(mistake(9, code="123456")).is_rejected(CodeTriedTooOften(MOST_TRIES))


def test_a_link_is_sent_five_codes_and_no_more() -> None:
    five = CASE.given(*history(*CODED, *(ask(n) for n in range(MOST_CODES))))
    five.when(ask(MOST_CODES - 1)).records_nothing()
    five.when(ask(MOST_CODES)).is_rejected(CodesAskedTooOften(MOST_CODES))
    four = CASE.given(*history(*CODED, *(ask(n) for n in range(MOST_CODES - 1))))
    assert isinstance(four.answer(ask(MOST_CODES)), list)


def test_a_code_goes_to_a_phone_that_is_known() -> None:
    no_phone = (create(), name_customer(phone=None), list_work(), send(), open_page())
    CASE.given(*history(*no_phone)).when(ASK).is_rejected(NoPhoneForCode())


@pytest.mark.parametrize(("link", "way"), [(LINK, ("+33612345678", "fr")), ("lease.1", DESK)])
def test_a_code_is_sent_to_the_phone_and_in_the_language_of_whoever_has_the_link(
    link: str, way: tuple[str, str]
) -> None:
    theirs = replace(name_recipient(), phone=DESK[0], scope=LinkScope.ANSWER)
    given = history(*PENDING, theirs, send(how=terms(code_above=10_000)), open_page())
    asked = CASE.given(*given).answer(replace(ASK, holder=replace(HOLDER, link_id=link)))
    assert isinstance(asked, list)
    [code] = asked
    assert isinstance(code, CodeAsked)
    assert (code.phone, code.language) == way


@pytest.mark.requirement("FLB-103", "FLB-104")
def test_a_colleague_takes_an_answer_down_with_its_origin() -> None:
    for commands in (SENT, READ):
        *_, line, answered = history(*commands, take_down("pads"))
        assert isinstance(line, LineAccepted)
        assert isinstance(answered, CaseAnswered)
        assert (answered.origin, answered.taken_down_by) == (AnswerOrigin.PHONE, "lea")
    fixed, line, _ = history(*PENDING, take_down("pads", version=0))[-3:]
    assert isinstance(fixed, VersionFixed)
    assert isinstance(line, LineAccepted)
    assert line.version == 1
    given = CASE.given(*history(*ANSWERED))
    given.when(take_down("pads")).is_rejected(case.CaseIsAnswered())


def notifying(*channels: SendingChannel) -> answering.TakeDownAnswer:
    confirmation = Confirmation(
        sending_id="told", channels=channels, terms=terms(), by="lea", at=LATER
    )
    return replace(take_down("pads"), notify=confirmation)


@pytest.mark.requirement("FLB-104")
@pytest.mark.parametrize(
    "channels", [(SendingChannel.EMAIL,), (SendingChannel.EMAIL, SendingChannel.SMS)]
)
def test_the_customer_is_told_what_was_taken_down_by_the_chosen_channels(
    channels: tuple[SendingChannel, ...],
) -> None:
    told = [
        (one.channel, one.kind, one.version)
        for one in history(*READ, notifying(*channels))
        if isinstance(one, CustomerInvited)
    ]
    assert told[1:] == [(one, InvitationKind.CONFIRMATION, 1) for one in channels]
    given = CASE.given(*history(*READ))
    decided = given.answer(notifying(*channels))
    assert isinstance(decided, list)
    given.when(notifying(*channels)).records(*decided)


@pytest.mark.requirement("FLB-104")
def test_nobody_is_told_where_the_customer_has_no_such_address_and_nothing_is_taken_down() -> None:
    no_phone = (create(), name_customer(phone=None), list_work(), send(), open_page())
    CASE.given(*history(*no_phone)).when(notifying(SendingChannel.SMS)).is_rejected(
        ChannelNotPossible(SendingChannel.SMS, blocked=False)
    )


@pytest.mark.requirement("FLB-109")
def test_a_sales_case_takes_no_answer_by_hand() -> None:
    CASE.given(*history(*DIRECT)).when(take_down(version=0)).is_rejected(
        NotOfModule(Module.DIRECT_MESSAGE)
    )


@pytest.mark.requirement("FLB-111")
def test_the_reply_to_a_sales_case_answers_it() -> None:
    read = (*DIRECT, send(works=0, proposed=0), open_page())
    found = state(*read, reply())
    assert isinstance(found, case.Answered)
    assert found.answered.reply == "Is it still there?"
    CASE.given(*history(*read, reply())).when(reply("Another")).is_rejected(case.CaseIsAnswered())
    CASE.given(*history(*READ)).when(reply()).is_rejected(NotOfModule(Module.MECHANICAL))


@pytest.mark.requirement("G-83")
def test_a_wish_to_be_called_leaves_the_status_as_it_is() -> None:
    CASE.given(*history(*READ)).when(HANDLE).is_rejected(NoContactRequested())
    asked = (*READ, REQUEST)
    assert isinstance(state(*asked), case.Read)
    CASE.given(*history(*asked)).when(REQUEST).records_nothing()
    handled = CASE.given(*history(*asked, HANDLE))
    handled.when(HANDLE).records_nothing()
    assert isinstance(handled.answer(REQUEST), list)


@pytest.mark.requirement("FLB-106", "G-44", "FLB-082")
@pytest.mark.parametrize("commands", [PENDING, SENT, READ, ANSWERED])
def test_a_case_is_closed_from_any_status_and_nothing_follows(
    commands: tuple[case.Command, ...],
) -> None:
    closed = CASE.given(*history(*commands, close()))
    closed.when(close()).records_nothing()
    for refused in (send(), revise(), share(), take_down("pads"), open_page(), list_work()):
        closed.when(refused).is_rejected(case.CaseIsClosed())


@pytest.mark.requirement("FLB-107")
def test_only_a_closed_case_is_deleted_and_for_good() -> None:
    CASE.given(*history(*ANSWERED)).when(delete()).is_rejected(case.CaseIsNotClosed())
    deleted = CASE.given(*history(*ANSWERED, close(), delete()))
    deleted.when(delete()).records_nothing()
    deleted.when(close()).is_rejected(case.NoSuchCase())


@pytest.mark.requirement("FLB-123", "G-50")
def test_a_case_whose_customer_was_forgotten_stays_as_it_is() -> None:
    forget = case.ForgetCase(organisation_id=GROUP, at=LATER)
    forgotten = CASE.given(*history(*READ, forget))
    forgotten.when(forget).records_nothing()
    forgotten.when(answer("pads")).is_rejected(LinkIsVoid())
    forgotten.when(revise()).is_rejected(case.CaseIsForgotten())
    CASE.given(*history(*PENDING, forget)).when(list_work()).is_rejected(case.CaseIsForgotten())


@pytest.mark.requirement("FLB-102", "FLB-110", "G-92", "FLB-004")
def test_a_duplicate_has_the_vehicle_customer_message_and_media_but_no_works_in_sales() -> None:
    source = state(*PENDING, place())
    assert isinstance(source, case.Pending)
    held = source.dossier
    copied = case.Copied(
        case_id="JOTHER",
        vehicle=None,
        customer=held.customer,
        message=None,
        works=held.listed,
        media=held.placed,
    )
    same = state(create(copied=copied))
    assert isinstance(same, case.Pending)
    assert [one.work_id for one in same.dossier.listed] == ["pads"]
    sales = state(create(Module.DIRECT_MESSAGE, copied=copied))
    assert isinstance(sales, case.Pending)
    assert (sales.dossier.listed, len(sales.dossier.placed)) == ((), 1)
    assert sales.dossier.created.duplicated_from == "JOTHER"


def test_the_same_creation_again_is_no_news_and_another_one_is_refused() -> None:
    given = CASE.given(*history(*PENDING))
    given.when(create()).records_nothing()
    given.when(replace(create(), at=NOON + timedelta(1), language="nl")).records_nothing()
    given.when(replace(create(), reference="OR-9")).is_rejected(case.CaseIdTaken(create().case_id))


@pytest.mark.requirement("G-92")
def test_a_duplicate_elsewhere_has_neither_their_customer_nor_prices_in_other_money() -> None:
    known = replace(name_customer(), customer_id="HCLAIRE")
    source = state(create(), known, list_work())
    assert isinstance(source, case.Pending)
    copied = case.Copied(
        case_id="JOTHER",
        vehicle=None,
        customer=source.dossier.customer,
        message=None,
        works=source.dossier.listed,
        media=(),
    )
    same = state(create(copied=copied))
    other = state(replace(create(copied=copied), dealership_id="GBASEL", currency="CHF"))
    assert isinstance(same, case.Pending)
    assert isinstance(other, case.Pending)
    assert (same.dossier.contact_id, other.dossier.contact_id) == ("HCLAIRE", CONTACT)
    assert other.dossier.customer is not None
    assert not other.dossier.customer.known
    assert [(one.price, one.amounts) for one in other.dossier.listed] == [(None, None)]
    assert [one.price for one in same.dossier.listed] == [PRICE]

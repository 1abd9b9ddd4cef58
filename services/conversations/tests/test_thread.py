"""The rules of threads."""

from dataclasses import replace

import pytest

from contracts.conversations.thread_v1 import Member, ThreadEnd
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.conversations import thread
from services.conversations.tests.make import (
    CLAIRE,
    KARIM,
    LATER,
    LEA,
    MARC,
    MARION,
    NOON,
    OF_CASE,
    SOPHIE,
    added,
    among,
    awaited,
    closed,
    customer_awaited,
    end_customer_awaited,
    end_customer_known,
    erased,
    known,
    messages_read,
    of_agora,
    open_among,
    open_with_customer,
    open_with_end_customer,
    read,
    remind,
    removed,
    with_customer,
    with_driver,
    with_end_customer,
    write,
    written,
)
from services.conversations.thread import (
    MOST_MEMBERS,
    MOST_MESSAGES,
    AddMember,
    CloseThread,
    EndMatter,
    EraseThread,
    NoSuchThread,
    RemoveMember,
    ThreadGoesWithItsMatter,
    ThreadIsClosed,
    ThreadIsFull,
    TooManyMembers,
)

given = Spec(thread.decide, thread.evolve, thread.initial).given
WAITS = written("other", watched=("organisation",))
FROM_LEA = written("organisation", "lea", watched=("other",))


@pytest.mark.requirement("G-51")
def test_a_thread_with_a_customer_is_one_whoever_opens_it() -> None:
    given().when(open_with_customer()).records(with_customer(), known())
    given(with_customer()).when(open_with_customer(by=None)).records_nothing()


@pytest.mark.requirement("FLB-124")
def test_a_thread_among_colleagues_has_so_many_members() -> None:
    given().when(open_among()).records(among())
    most = tuple(Member(user_id=f"u{n}", organisation_id="lumen") for n in range(MOST_MEMBERS))
    given().when(open_among(*most)).records(among(*most))
    given().when(open_among(*most, LEA)).is_rejected(TooManyMembers(MOST_MEMBERS))
    full = given(among(*most))
    full.when(AddMember(member=LEA, by="u1", at=NOON)).is_rejected(TooManyMembers(MOST_MEMBERS))


@pytest.mark.requirement("G-51")
def test_a_customer_writes_and_the_side_of_the_dealership_is_watched() -> None:
    opened = given(with_customer(), known())
    opened.when(write(subscribed=("lea", "marc"))).records(replace(WAITS, told_ids=("lea", "marc")))
    given().when(write()).is_rejected(NoSuchThread())


def test_what_is_watched_already_is_not_watched_from_anew() -> None:
    second = written("other", number=2)
    given(with_customer(), WAITS).when(write(number=2, read=1)).records(second)


def test_whoever_writes_takes_part_and_is_not_told_of_it() -> None:
    told = replace(written("organisation", "marc", watched=("other",)), told_ids=("lea",))
    command = write(MARC, subscribed=("lea", "marc"))
    given(with_customer()).when(command).records(added(MARC, "marc"), told)


def test_whoever_writes_has_read_what_was_before_their_eyes_and_not_what_came_meanwhile() -> None:
    history = (with_customer(), WAITS, written("other", number=2))
    seen = written("organisation", "lea", 3, watched=("other",))
    given(*history).when(write(LEA, 3, read=2)).records(seen)
    unseen = replace(seen, read_messages=1, unread_messages=1, caught_up=False)
    given(*history).when(write(LEA, 3, read=1)).records(unseen)


@pytest.mark.requirement("FLB-124")
def test_strangers_neither_write_nor_read_what_colleagues_do() -> None:
    given(among()).when(write(KARIM)).is_rejected(NoSuchThread())
    given(among()).when(read(KARIM, 1)).is_rejected(NoSuchThread())


def test_messages_among_colleagues_are_sealed_for_their_author_and_those_of_a_case_for_it() -> None:
    mine = written("marc", "marc", watched=("lea",), user_id="marc")
    given(among()).when(write(MARC)).records(mine)
    of_case = replace(among(), matter=OF_CASE, user_id="J1")
    given(of_case).when(write(MARC)).records(replace(mine, user_id="J1"))


def test_a_thread_has_so_many_messages() -> None:
    many = [written("other", number=n) for n in range(1, MOST_MESSAGES)]
    last = written("other", number=MOST_MESSAGES)
    command = write(number=MOST_MESSAGES, read=MOST_MESSAGES)
    given(with_customer(), *many).when(command).records(replace(last, watched=()))
    full = given(with_customer(), *many, last)
    full.when(write(number=MOST_MESSAGES + 1)).is_rejected(ThreadIsFull(MOST_MESSAGES))
    full.when(command).records_nothing()


def test_what_is_newly_known_of_a_customer_is_recorded_with_a_message() -> None:
    opened = given(with_customer(), known())
    opened.when(write(LEA, customer=CLAIRE)).records(FROM_LEA)
    moved = replace(CLAIRE, email=None)
    opened.when(write(LEA, customer=moved)).records(known(moved), FROM_LEA)


@pytest.mark.requirement("FLB-124")
def test_reading_goes_forward_up_to_what_there_is() -> None:
    history = (with_customer(), WAITS, written("other", number=2))
    one = messages_read("organisation", "lea", 1, unread=1, caught_up=False)
    given(*history).when(read(LEA, 1)).records(one)
    given(*history).when(read(LEA, 9)).records(messages_read("organisation", "lea", 2))
    given(*history, one).when(read(LEA, 1)).records_nothing()
    given(*history, one).when(read(LEA, 0)).records_nothing()


def test_one_who_reads_is_enough_of_a_dealership_and_colleagues_each_read() -> None:
    history = (with_customer(), added(MARC), WAITS, messages_read("organisation", "marc"))
    given(*history).when(remind("organisation")).records_nothing()
    colleagues = (among(), written("lea", "lea", watched=("marc",), user_id="lea"))
    given(*colleagues).when(remind("marc")).records(awaited("marc", "marc"))


@pytest.mark.requirement("FLB-125")
def test_a_side_is_reminded_once_until_it_has_read() -> None:
    waiting = (with_customer(), added(MARC), WAITS)
    both = (awaited("organisation", "lea"), awaited("organisation", "marc"))
    given(*waiting).when(remind("organisation")).records(*both)
    again = (*waiting, *both, written("other", number=2))
    given(*again).when(remind("organisation")).records_nothing()
    answered = (*waiting, *both, messages_read("organisation", "lea"))
    next_one = written("other", number=2, watched=("organisation",))
    given(*answered).when(write(number=2, read=1)).records(next_one)
    given(*answered, next_one).when(remind("organisation")).records(*both)


def test_a_customer_is_reminded_by_mail_else_by_phone_else_not_at_all() -> None:
    given(with_customer(), known(), FROM_LEA).when(remind("other")).records(customer_awaited())
    phone = known(replace(CLAIRE, email=None))
    by_phone = customer_awaited(email=None, phone=CLAIRE.phone)
    given(with_customer(), phone, FROM_LEA).when(remind("other")).records(by_phone)
    none = known(replace(CLAIRE, email=None, phone=None))
    given(with_customer(), none, FROM_LEA).when(remind("other")).records_nothing()
    given(with_customer(), FROM_LEA).when(remind("other")).records_nothing()


def test_a_driver_is_the_other_side_of_a_mission_and_stays() -> None:
    mine = written("other", "karim", watched=("organisation",), user_id="karim")
    given(with_driver()).when(write(KARIM)).records(mine)
    given(with_driver(), mine).when(remind("organisation")).records(awaited("organisation", "lea"))
    stays = RemoveMember(user_id="karim", by="lea", at=NOON)
    given(with_driver()).when(stays).is_rejected(ThreadGoesWithItsMatter())


def test_members_come_and_go_once() -> None:
    add = AddMember(member=MARC, by="lea", at=NOON)
    given(with_customer()).when(add).records(added(MARC))
    given(with_customer(), added(MARC)).when(add).records_nothing()
    leave = RemoveMember(user_id="marc", by="marc", at=NOON)
    given(with_customer(), added(MARC)).when(leave).records(removed("marc", "marc"))
    given(with_customer()).when(leave).records_nothing()


@pytest.mark.requirement("OGU-28")
def test_a_provider_has_somebody_who_is_told_of_what_its_customer_writes() -> None:
    leave = RemoveMember(user_id="marion", by="marion", at=NOON)
    alone = (with_end_customer(), of_agora(added(SOPHIE)))
    given(*alone).when(leave).is_rejected(ThreadGoesWithItsMatter())
    yann = Member(user_id="yann", organisation_id="vitrex")
    left = replace(removed("marion", "marion"), organisation_id="agora")
    given(*alone, of_agora(added(yann))).when(leave).records(left)
    away = replace(leave, user_id="sophie")
    gone = replace(removed("sophie", "marion"), organisation_id="agora")
    given(*alone).when(away).records(gone)


def test_colleagues_close_their_thread_and_only_the_matter_ends_any_other() -> None:
    close = CloseThread(by="lea", at=NOON)
    given(among()).when(close).records(closed("lea"))
    given(with_customer()).when(close).is_rejected(ThreadGoesWithItsMatter())
    end = EndMatter(thread_id="W1", at=NOON)
    given(with_customer()).when(end).records(closed())
    given().when(end).records_nothing()


def test_a_closed_thread_is_read_and_nothing_else() -> None:
    over = given(with_customer(), WAITS, closed())
    over.when(write(number=2)).is_rejected(ThreadIsClosed())
    over.when(write()).records_nothing()
    over.when(AddMember(member=MARC, by="lea", at=NOON)).is_rejected(ThreadIsClosed())
    over.when(remind("organisation")).records_nothing()
    over.when(read(LEA, 1)).records(messages_read("organisation", "lea"))


@pytest.mark.requirement("G-50")
def test_an_erased_thread_lets_its_files_go_and_is_no_thread_any_more() -> None:
    erase = EraseThread(thread_id="W1", at=NOON)
    with_files = replace(WAITS, file_ids=("f-1", "f-2"))
    given(with_customer(), with_files, closed()).when(erase).records(erased("f-1", "f-2"))
    gone = given(with_customer(), WAITS, erased())
    gone.when(write(number=2)).is_rejected(NoSuchThread())
    gone.when(open_with_customer()).is_rejected(NoSuchThread())
    given().when(erase).records_nothing()


def test_a_clock_runs_for_each_side_that_has_something_to_read() -> None:
    assert thread.timers(WAITS) == (
        CancelTimer("unseen.other"),
        SetTimer("unseen.organisation", LATER),
    )
    assert thread.timers(messages_read("organisation", "lea")) == (
        CancelTimer("unseen.organisation"),
    )
    assert thread.timers(messages_read("organisation", "lea", caught_up=False)) == ()
    assert thread.timers(closed()) == ()
    assert thread.on_timer("unseen.organisation", "W1", LATER) == remind("organisation")
    with pytest.raises(LookupError):
        thread.on_timer("due", "W1", LATER)


FROM_AWA = of_agora(written("other", user_id="Q1", watched=("organisation", "provider")))
FROM_MARION = of_agora(
    written("provider", "marion", user_id="Q1", watched=("organisation", "other"))
)


@pytest.mark.requirement("OGU-28")
def test_a_thread_with_an_end_customer_is_one_whoever_opens_it() -> None:
    opened = (with_end_customer(), end_customer_known())
    given().when(open_with_end_customer()).records(*opened)
    given(*opened).when(open_with_end_customer(by=None)).records_nothing()
    mine = replace(opened[0], opened_by=None)
    given().when(open_with_end_customer(by=None)).records(mine, opened[1])


@pytest.mark.requirement("OGU-28", "N-26")
def test_the_end_customer_the_provider_and_the_operator_are_three_sides() -> None:
    given(with_end_customer()).when(write()).records(FROM_AWA)
    given(with_end_customer()).when(write(MARION)).records(FROM_MARION)
    joined = of_agora(added(SOPHIE, "sophie"))
    hers = of_agora(written("organisation", "sophie", user_id="Q1", watched=("provider", "other")))
    given(with_end_customer()).when(write(SOPHIE)).records(joined, hers)


@pytest.mark.requirement("OGU-28", "N-26")
def test_each_side_that_has_not_read_is_told_and_the_operator_once_it_takes_part() -> None:
    reminded = of_agora(awaited("provider", "marion"))
    waiting = given(with_end_customer(), end_customer_known(), FROM_AWA)
    waiting.when(remind("provider")).records(reminded)
    waiting.when(remind("organisation")).records_nothing()
    joined = of_agora(added(SOPHIE, "sophie"))
    hers = of_agora(awaited("organisation", "sophie"))
    both = given(with_end_customer(), joined, FROM_AWA)
    both.when(remind("organisation")).records(hers)
    answered = given(with_end_customer(), end_customer_known(), FROM_MARION)
    answered.when(remind("other")).records(end_customer_awaited())
    told = given(with_end_customer(), end_customer_known(), FROM_MARION, end_customer_awaited())
    told.when(remind("other")).records_nothing()


@pytest.mark.requirement("OGU-28")
def test_a_job_that_passes_on_ends_its_thread_as_such_and_once() -> None:
    ended = replace(of_agora(closed()), end=ThreadEnd.PASSED_ON)
    passes = EndMatter(thread_id="W1", passed_on=True, at=NOON)
    given(with_end_customer()).when(passes).records(ended)
    given(with_end_customer(), ended).when(passes).records_nothing()
    over = of_agora(closed())
    stays = EndMatter(thread_id="W1", at=NOON)
    given(with_end_customer()).when(stays).records(over)
    given(with_end_customer(), over).when(write(MARION)).is_rejected(ThreadIsClosed())

"""The rules of a request."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from contracts.decisions import Changed
from contracts.support.request_v1 import (
    AttachedObject,
    ObjectKind,
    ObjectStatus,
    RequestChannel,
    RequestType,
    Side,
)
from infra.http.models import Id
from infra.testing.spec import Spec
from services.support import request
from services.support.reactions import from_depot_tours_returned, from_support_request
from services.support.request import (
    MOST_MESSAGES,
    NoSuchRequest,
    OpenRequest,
    RequestIdTaken,
    RequestIsClosed,
    RequestIsEscalated,
    RequestIsOpen,
    RequestIsRated,
    ThreadIsFull,
    id_of_claim,
    id_of_follow_up,
)
from services.support.tests.make import (
    LATER,
    SARA,
    TOUR,
    answer,
    answered,
    assign,
    assigned,
    close,
    close_own,
    closed,
    discrepancy,
    open_request,
    opened,
    rate,
    rated,
    write,
    written,
)

given = Spec(request.decide, request.evolve, request.initial).given


class TestOpen:
    @pytest.mark.requirement("EXX-27")
    def test_a_request_is_made_with_the_thing_it_is_about(self) -> None:
        given().when(open_request(about=TOUR)).records(opened(about=TOUR))

    def test_the_same_request_again_is_no_news_though_the_thing_stands_otherwise(self) -> None:
        moved = replace(TOUR, status=ObjectStatus.OUT, version=4)
        given(opened(about=TOUR)).when(open_request(about=moved, at=LATER)).records_nothing()

    def test_an_id_names_one_request(self) -> None:
        given(opened()).when(open_request("Another")).is_rejected(RequestIdTaken("Q1"))
        elsewhere = open_request(organisation="elsewhere")
        given(opened()).when(elsewhere).is_rejected(RequestIdTaken("Q1"))


class TestWrite:
    @pytest.mark.requirement("G-28")
    def test_a_message_on_an_answered_request_returns_it_to_new(self) -> None:
        history = opened(), answered()
        given(*history).when(write()).records(written())
        state = request.initial
        for event in (*history, written()):
            state = request.evolve(state, event)
        assert isinstance(state, request.New)

    def test_a_message_names_who_has_the_request(self) -> None:
        given(opened(), assigned()).when(write()).records(written(assignee="lea"))

    @pytest.mark.requirement("G-28", "SM-12")
    def test_closed_is_final(self) -> None:
        given(opened(), closed()).when(write()).is_rejected(RequestIsClosed())

    def test_a_message_that_came_before_the_end_may_come_again(self) -> None:
        given(opened(), written(), closed()).when(write()).records_nothing()

    def test_nobody_else_writes(self) -> None:
        for command in (write(user="nadia"), write(organisation="elsewhere")):
            given(opened()).when(command).is_rejected(NoSuchRequest())
        given().when(write()).is_rejected(NoSuchRequest())

    def test_a_thread_has_an_end(self) -> None:
        messages = [written(f"T{n}") for n in range(MOST_MESSAGES - 1)]
        given(opened(), *messages).when(write("last")).records(written("last"))
        full = given(opened(), *messages, written("last"))
        full.when(write("one more")).is_rejected(ThreadIsFull(MOST_MESSAGES))
        full.when(answer(seen=MOST_MESSAGES)).is_rejected(ThreadIsFull(MOST_MESSAGES))


class TestAssign:
    def test_whoever_has_the_request_reads_all_files_of_the_requester(self) -> None:
        history = opened(), written(), written("M2")
        given(*history).when(assign()).records(assigned(files=("f-1", "f-2")))

    def test_somebody_else_takes_it_from_who_was_seen_to_have_it(self) -> None:
        given(opened(), assigned()).when(assign(SARA, "lea")).records(assigned("sara", "lea"))
        stale = Changed({"instead_of": None}, {"instead_of": "lea"})
        given(opened(), assigned()).when(assign(SARA)).is_rejected(stale)

    def test_an_escalated_request_is_for_supervisors(self) -> None:
        given(opened(escalated=True)).when(assign()).is_rejected(RequestIsEscalated())
        given(opened(escalated=True)).when(assign(SARA)).records(assigned("sara"))

    def test_a_closed_request_is_given_to_nobody(self) -> None:
        given(opened(), closed()).when(assign()).is_rejected(RequestIsClosed())
        given().when(assign()).is_rejected(NoSuchRequest())


class TestAnswer:
    @pytest.mark.requirement("EXX-28", "SM-12")
    def test_support_answers_and_may_add_to_it(self) -> None:
        given(opened()).when(answer()).records(answered())
        given(opened(), answered()).when(answer("M10", seen=1)).records(answered("M10"))

    def test_a_message_that_came_meanwhile_is_not_answered_unread(self) -> None:
        stale = Changed({"messages": 0}, {"messages": 1})
        given(opened(), written()).when(answer(seen=0)).is_rejected(stale)
        given(opened(), written()).when(close(seen=0)).is_rejected(stale)

    def test_an_escalated_request_is_answered_and_closed_by_supervisors(self) -> None:
        escalated = given(opened(escalated=True))
        for command in (answer(), close()):
            escalated.when(command).is_rejected(RequestIsEscalated())
        escalated.when(answer(agent=SARA)).records(answered(by="sara"))
        escalated.when(close(agent=SARA)).records(closed(Side.SUPPORT, "sara"))

    def test_a_closed_request_is_not_answered(self) -> None:
        given(opened(), closed()).when(answer()).is_rejected(RequestIsClosed())
        given().when(answer()).is_rejected(NoSuchRequest())


class TestClose:
    @pytest.mark.requirement("EXX-29", "SM-12")
    def test_the_requester_or_support_closes(self) -> None:
        given(opened(), answered()).when(close_own()).records(closed())
        given(opened()).when(close()).records(closed(Side.SUPPORT, "lea"))

    def test_the_second_to_close_finds_it_done(self) -> None:
        given(opened(), closed()).when(close(seen=7)).records_nothing()
        given(opened(), closed(Side.SUPPORT, "lea")).when(close_own()).records_nothing()

    def test_nobody_else_closes(self) -> None:
        given(opened()).when(close_own("nadia")).is_rejected(NoSuchRequest())
        given().when(close()).is_rejected(NoSuchRequest())


class TestRate:
    def test_one_mark_after_the_end(self) -> None:
        given(opened(), closed()).when(rate()).records(rated())
        given(opened(), closed(), rated()).when(rate(5)).is_rejected(RequestIsRated(2))

    def test_no_mark_before_the_end_and_none_of_others(self) -> None:
        given(opened(), answered()).when(rate()).is_rejected(RequestIsOpen())
        given(opened(), closed()).when(rate(user="nadia")).is_rejected(NoSuchRequest())


DISPUTED = AttachedObject(
    kind=ObjectKind.RETURN,
    object_id="p-1",
    called="CASA-2041",
    status=ObjectStatus.DISPUTED,
    version=None,
    carrier_id="karim",
)


class TestReactions:
    def test_a_bad_mark_opens_another_request_for_a_supervisor(self) -> None:
        [command] = from_support_request.react(rated(2))
        assert command == OpenRequest(
            request_id="Q1-F",
            organisation_id="maarif",
            user_id="omar",
            type=RequestType.COMPLAINT,
            channel=RequestChannel.AUTOMATIC,
            message="Too late.",
            follows="Q1",
            escalated=True,
            at=LATER,
        )
        assert from_support_request.target(command) == "Q1-F"
        assert from_support_request.react(rated(3)) == []

    def test_requests_that_go_on_from_one_another_are_numbered(self) -> None:
        found = [id_of_claim("P0123456789ABCDEF", "C0123456789A")]
        for _ in range(40):
            found.append(id_of_follow_up(found[-1]))
        assert [one.removeprefix(found[0]) for one in found[:4]] == ["", "-F", "-F2", "-F3"]
        assert len(set(found)) == len(found)
        assert TypeAdapter(list[Id]).validate_python(found) == found

    @pytest.mark.requirement("G-26")
    def test_a_discrepancy_opens_a_request_of_who_counted(self) -> None:
        [command] = from_depot_tours_returned.react(discrepancy())
        assert from_depot_tours_returned.target(command) == "Q-p-1-c-1"
        given().when(command).records(
            replace(
                opened(about=DISPUTED),
                request_id="Q-p-1-c-1",
                type=RequestType.DISCREPANCY,
                channel=RequestChannel.AUTOMATIC,
                subject=None,
                message=None,
                file_ids=(),
                claim_id="c-1",
                language=None,
            )
        )

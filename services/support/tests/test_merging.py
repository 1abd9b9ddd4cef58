"""Two requests about one matter go on in one of them, until they are parted."""

from functools import reduce

import pytest

from contracts.decisions import Changed
from contracts.support.request_v1 import Priority, RequestEvent
from infra.testing.spec import Spec
from services.support import request
from services.support.request import (
    NoSuchRequest,
    RequestIsClosed,
    RequestIsEscalated,
    RequestIsOpen,
)
from services.support.request.merging import (
    MergedIntoItself,
    OtherRequestIsClosed,
    OtherRequestIsMerged,
    RequestIsMerged,
    RequestOfSomebodyElse,
)
from services.support.tests.make import (
    LEA,
    SARA,
    answer,
    answered,
    close,
    close_own,
    closed,
    merge,
    merged,
    opened,
    other,
    prioritise,
    prioritised,
    rate,
    read,
    unmerge,
    unmerged,
    was_read,
    write,
    written,
)

given = Spec(request.decide, request.evolve, request.initial).given


def state_of(*history: RequestEvent) -> request.Request:
    return reduce(request.evolve, history, request.initial)


class TestMerge:
    def test_a_request_goes_on_in_another_one_of_its_requester(self) -> None:
        given(opened()).when(merge()).records(merged())
        given(opened(), answered()).when(merge(seen=1)).records(merged())
        given().when(merge()).is_rejected(NoSuchRequest())

    def test_no_request_goes_on_in_itself(self) -> None:
        given(opened()).when(merge(other("Q1"))).is_rejected(MergedIntoItself())
        around = other("Q2", merged_into="Q1")
        given(opened()).when(merge(around)).is_rejected(MergedIntoItself())

    @pytest.mark.parametrize("into", [other(user="nadia"), other(organisation="elsewhere")])
    def test_a_request_is_for_nobody_else(self, into: request.merging.Other) -> None:
        given(opened()).when(merge(into)).is_rejected(RequestOfSomebodyElse())

    def test_closed_is_final_on_either_side(self) -> None:
        given(opened()).when(merge(other(closed=True))).is_rejected(OtherRequestIsClosed())
        given(opened(), closed()).when(merge()).is_rejected(RequestIsClosed())

    def test_a_request_goes_on_in_one_that_goes_on_by_itself(self) -> None:
        elsewhere = other(merged_into="Q3")
        given(opened()).when(merge(elsewhere)).is_rejected(OtherRequestIsMerged("Q3"))
        given(opened(), merged()).when(merge(other("Q3"))).is_rejected(RequestIsMerged("Q2"))
        given(opened(), merged()).when(merge()).records_nothing()

    def test_what_came_meanwhile_is_not_overlooked(self) -> None:
        stale = Changed({"messages": 0}, {"messages": 1})
        given(opened(), written()).when(merge()).is_rejected(stale)

    def test_what_is_escalated_is_merged_by_a_supervisor(self) -> None:
        for first, into in ((opened(escalated=True), other()), (opened(), other(escalated=True))):
            given(first).when(merge(into)).is_rejected(RequestIsEscalated())
            given(first).when(merge(into, agent=SARA)).records(merged(by="sara"))


class TestMeanwhile:
    def test_nothing_happens_to_it_by_itself(self) -> None:
        it = given(opened(), merged())
        for command in (write(), answer(), close(), close_own()):
            it.when(command).is_rejected(RequestIsMerged("Q2"))
        it.when(rate()).is_rejected(RequestIsOpen())

    def test_it_is_not_split(self) -> None:
        state = state_of(opened(), merged())
        assert isinstance(state, request.Merged)
        assert request.not_to_split(state, LEA) == RequestIsMerged("Q2")


class TestUnmerge:
    def test_it_stands_as_it_did_before(self) -> None:
        for history in ((opened(),), (opened(), answered()), (opened(), answered(), written())):
            given(*history, merged()).when(unmerge()).records(unmerged())
            after = state_of(*history, merged(), unmerged())
            assert type(after) is type(state_of(*history))

    def test_only_from_where_it_was_seen(self) -> None:
        stale = Changed({"was_in": "Q3"}, {"was_in": "Q2"})
        given(opened(), merged()).when(unmerge("Q3")).is_rejected(stale)
        given(opened()).when(unmerge()).records_nothing()
        given().when(unmerge()).is_rejected(NoSuchRequest())

    def test_what_is_escalated_is_parted_by_a_supervisor(self) -> None:
        it = given(opened(escalated=True), merged())
        it.when(unmerge()).is_rejected(RequestIsEscalated())
        it.when(unmerge(agent=SARA)).records(unmerged(by="sara"))


class TestSplit:
    def test_a_matter_of_an_open_request_is_split_off(self) -> None:
        for history, agent, refusal in (
            ((opened(),), LEA, None),
            ((opened(), answered()), LEA, None),
            ((opened(), closed()), SARA, RequestIsClosed()),
            ((opened(escalated=True),), LEA, RequestIsEscalated()),
            ((opened(escalated=True),), SARA, None),
        ):
            state = state_of(*history)
            assert not isinstance(state, request.Unopened)
            assert request.not_to_split(state, agent) == refusal


class TestRead:
    @pytest.mark.requirement("N-09")
    def test_a_requester_reads_what_is_there(self) -> None:
        given(opened(), answered()).when(read()).records(was_read())
        given(opened(), answered()).when(read(7)).records(was_read())
        given(opened(), answered()).when(read(0)).records_nothing()
        given(opened(), answered(), was_read()).when(read()).records_nothing()
        given(opened(), answered()).when(read(user="nadia")).is_rejected(NoSuchRequest())


class TestPriority:
    def test_support_says_what_is_looked_at_first(self) -> None:
        given(opened()).when(prioritise()).records(prioritised())
        given(opened(), closed()).when(prioritise()).is_rejected(RequestIsClosed())
        given(opened(escalated=True)).when(prioritise()).is_rejected(RequestIsEscalated())

    def test_the_priority_that_was_seen_is_changed(self) -> None:
        stale = given(opened(), prioritised(Priority.LOW)).when(prioritise())
        stale.is_rejected(Changed({"instead_of": Priority.NORMAL}, {"instead_of": Priority.LOW}))

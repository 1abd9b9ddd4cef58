from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import get_args

import pytest

from contracts.decisions import Changed
from contracts.papers.paper_v1 import PaperEvent, PaperKind
from contracts.timers import CancelTimer, SetTimer
from infra.testing.problems import said_everywhere, told
from infra.testing.spec import Spec
from services.papers import paper
from services.papers.http.problems import WORDING, Rejection
from services.papers.paper import (
    Command,
    EndMissing,
    ExpirePaper,
    GiveNotice,
    NoSuchPaper,
    PaperIsAccepted,
    PaperIsRefused,
    Seen,
)
from services.papers.terms import HORIZON, LONGEST_TEXT, DayNotPossible, TextMissing, TextTooLong
from services.papers.tests.make import (
    DAY,
    INSURANCE,
    LAST,
    LATER,
    NOON,
    TODAY,
    accept,
    accepted,
    add,
    added,
    expired,
    noticed,
    refuse,
    refused,
)

given = Spec(paper.decide, paper.evolve, paper.initial).given
SECOND = timedelta(seconds=1)
END = datetime(2030, 10, 31, 23, tzinfo=UTC)
"""Midnight of Paris in winter."""
MORNINGS = {
    30: datetime(2030, 10, 1, 6, tzinfo=UTC),
    7: datetime(2030, 10, 24, 6, tzinfo=UTC),
    1: datetime(2030, 10, 30, 7, tzinfo=UTC),
}


@pytest.mark.requirement("HIF-42")
class TestAdding:
    @pytest.mark.parametrize("kind", list(PaperKind))
    def test_a_partner_shows_a_paper_of_any_kind(self, kind: PaperKind) -> None:
        given().when(add(kind=kind)).records(added(kind=kind))

    def test_a_newer_version_may_be_shown_at_any_time(self) -> None:
        newer = added("f-2")
        given(added()).when(add("f-2")).records(newer)
        given(added(), accepted()).when(add("f-2")).records(newer)
        given(added(), refused()).when(add("f-2")).records(newer)

    def test_the_same_paper_is_no_news(self) -> None:
        given(added(), accepted()).when(add(at=LATER)).records_nothing()

    def test_only_a_contract_may_have_no_end(self) -> None:
        contract = PaperKind.CONTRACT
        endless = added(expires_on=None, kind=contract)
        given().when(add(expires_on=None, kind=contract)).records(endless)
        given().when(add(expires_on=None)).is_rejected(EndMissing(INSURANCE))

    def test_a_paper_holds_today_at_least(self) -> None:
        given().when(add(expires_on=TODAY)).records(added(expires_on=TODAY))
        over = DayNotPossible("expires_on", TODAY - DAY, TODAY, TODAY + HORIZON)
        given().when(add(expires_on=TODAY - DAY)).is_rejected(over)

    def test_a_paper_was_issued_today_at_the_latest(self) -> None:
        late = DayNotPossible("issued_on", TODAY + DAY, TODAY - HORIZON, TODAY)
        given().when(add(issued_on=TODAY + DAY)).is_rejected(late)

    def test_a_paper_is_one_organisations(self) -> None:
        given(added()).when(add(organisation="rival")).is_rejected(NoSuchPaper())


class TestDeciding:
    def test_staff_accepts_what_was_shown(self) -> None:
        given(added()).when(accept()).records(accepted())

    def test_staff_refuses_with_a_reason(self) -> None:
        given(added()).when(refuse()).records(refused())
        given(added()).when(refuse(reason=" ")).is_rejected(TextMissing("reason"))
        long = "x" * LONGEST_TEXT
        given(added()).when(refuse(reason=long)).records(refused(reason=long))
        longer = TextTooLong("reason", LONGEST_TEXT + 1, LONGEST_TEXT)
        given(added()).when(refuse(reason=long + "x")).is_rejected(longer)

    @pytest.mark.parametrize("command", [accept(), refuse()], ids=["accept", "refuse"])
    def test_only_what_was_shown_is_decided_on(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchPaper())

    @pytest.mark.parametrize("command", [accept(), refuse()], ids=["accept", "refuse"])
    def test_what_was_seen_is_decided_on(self, command: Command) -> None:
        given(added(), added("f-2")).when(command).is_rejected(
            Changed({"file_id": "f-1"}, {"file_id": "f-2"})
        )
        longer = added(expires_on=LAST + DAY)
        given(added(), longer).when(command).is_rejected(
            Changed({"expires_on": LAST}, {"expires_on": LAST + DAY})
        )
        older = added(issued_on=TODAY - DAY)
        given(added(), older).when(command).is_rejected(
            Changed({"issued_on": TODAY}, {"issued_on": TODAY - DAY})
        )

    @pytest.mark.requirement("G-01")
    def test_another_organisation_decides_nothing(self) -> None:
        given(added()).when(accept(organisation="rival")).is_rejected(NoSuchPaper())
        given(added()).when(refuse(organisation="rival")).is_rejected(NoSuchPaper())

    def test_what_was_decided_stays_so(self) -> None:
        history = (added(), accepted())
        given(*history).when(accept(at=LATER)).records_nothing()
        given(*history).when(refuse()).is_rejected(PaperIsAccepted("f-1"))
        given(added(), refused()).when(refuse(at=LATER)).records_nothing()
        given(added(), refused()).when(accept()).is_rejected(PaperIsRefused("f-1"))

    def test_what_expired_while_it_waited_is_not_accepted(self) -> None:
        given(added()).when(accept(today=LAST)).records(accepted())
        late = LAST + DAY
        over = DayNotPossible("expires_on", LAST, late, late + HORIZON)
        given(added()).when(accept(today=late)).is_rejected(over)

    def test_a_file_may_come_again_with_another_end(self) -> None:
        later = LAST + DAY
        history = (added(), accepted(), added(expires_on=later))
        seen = Seen(file_id="f-1", issued_on=TODAY, expires_on=later)
        given(*history).when(accept(seen=seen)).records(accepted(expires_on=later))


class TestExpiring:
    @pytest.mark.parametrize("days", [30, 7, 1])
    def test_notice_is_given_in_the_morning(self, days: int) -> None:
        at = MORNINGS[days]
        given(added(), accepted()).when(GiveNotice(days, at)).records(noticed(days, at))
        given(added(), accepted()).when(GiveNotice(days, at - SECOND)).records_nothing()

    def test_a_paper_expires_when_its_last_day_is_over(self) -> None:
        given(added(), accepted()).when(ExpirePaper(END)).records(expired(END))
        given(added(), accepted()).when(ExpirePaper(END - SECOND)).records_nothing()

    def test_a_paper_that_waits_or_has_no_end_does_not_expire(self) -> None:
        for history in ((added(),), (added(), accepted(expires_on=None))):
            given(*history).when(ExpirePaper(END)).records_nothing()
            given(*history).when(GiveNotice(30, END)).records_nothing()

    def test_a_newer_end_counts_from_its_acceptance_on(self) -> None:
        longer = accepted("f-2", LAST + DAY)
        history = (added(), accepted(), added("f-2", expires_on=LAST + DAY))
        given(*history).when(ExpirePaper(END)).records(expired(END))
        given(*history, longer).when(ExpirePaper(END)).records_nothing()

    def test_notices_begin_again_with_a_new_acceptance(self) -> None:
        longer = (added("f-2", expires_on=LAST), accepted("f-2"))
        at = MORNINGS[30]
        history = (added(), accepted(), noticed(1), *longer)
        given(*history).when(GiveNotice(30, at)).records(noticed(30, at))

    def test_an_acceptance_sets_the_timers_that_are_still_to_come(self) -> None:
        assert paper.timers(accepted()) == (
            SetTimer("expiry", END),
            *(SetTimer(f"notice-{days}", at) for days, at in MORNINGS.items()),
        )
        late = accepted(at=MORNINGS[7])
        assert paper.timers(late) == (
            SetTimer("expiry", END),
            CancelTimer("notice-30"),
            CancelTimer("notice-7"),
            SetTimer("notice-1", MORNINGS[1]),
        )

    def test_without_an_end_there_is_nothing_to_wait_for(self) -> None:
        names = {timer.name for timer in paper.timers(accepted(expires_on=None))}
        assert names == {"expiry", "notice-30", "notice-7", "notice-1"}
        kinds = {type(timer) for timer in paper.timers(accepted(expires_on=None))}
        assert kinds == {CancelTimer}
        assert [paper.timers(event) for event in (added(), refused(), expired())] == [()] * 3

    def test_a_timer_becomes_its_command(self) -> None:
        assert paper.on_timer("expiry", "p", NOON) == ExpirePaper(NOON)
        assert paper.on_timer("notice-7", "p", NOON) == GiveNotice(7, NOON)
        with pytest.raises(LookupError):
            paper.on_timer("notice-2", "p", NOON)


@pytest.mark.parametrize(
    ("history", "status", "holds"),
    [
        ((), "missing", False),
        ((added(),), "waiting", False),
        ((added(), accepted()), "accepted", True),
        ((added(), refused()), "refused", False),
        ((added(), accepted(), added("f-2")), "waiting", True),
        ((added(), accepted(), added("f-2"), refused("f-2")), "refused", True),
        ((added(), accepted(), expired()), "expired", False),
        ((added(), accepted(), expired(), added("f-2")), "waiting", False),
        ((added(), accepted(), expired(), added("f-2"), accepted("f-2")), "accepted", True),
    ],
)
def test_a_partner_is_told_how_a_paper_stands(
    history: tuple[PaperEvent, ...], status: str, holds: bool
) -> None:
    found = reduce(paper.evolve, history, paper.initial)
    assert (found.status, found.holds) == (status, holds)


REJECTIONS: list[Rejection] = [
    NoSuchPaper(),
    EndMissing(INSURANCE),
    PaperIsAccepted("f-1"),
    PaperIsRefused("f-1"),
    Changed({"file_id": "f-1"}, {"file_id": "f-2"}),
    DayNotPossible("expires_on", TODAY, TODAY, TODAY),
    TextMissing("reason"),
    TextTooLong("reason", 501, 500),
]


def test_every_rejection_is_a_status_and_a_sentence() -> None:
    assert {type(one) for one in REJECTIONS} == set(get_args(Rejection))
    for rejection in REJECTIONS:
        status, sentence = told(rejection, WORDING)
        assert status in (404, 409, 412, 422)
        assert sentence.endswith(".")


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)

from datetime import date, timedelta
from functools import reduce

import pytest
from hypothesis import given as property_of
from hypothesis import strategies as st

from contracts.missions.clearance_v1 import (
    ClearanceEvent,
    PaperHeld,
    PaperLapsed,
    PapersRequired,
)
from contracts.papers.paper_v1 import PaperKind
from infra.testing.spec import Spec
from services.missions import clearance
from services.missions.clearance import (
    Clearance,
    Command,
    HoldPaper,
    LapsePaper,
    NoSuchPaper,
    RequirePapers,
    evolve,
    initial,
    lacking,
)
from services.missions.tests.make import DAY, LATER, NOON, TODAY

given = Spec(clearance.decide, evolve, initial).given

END = date(2030, 12, 31)


def held(until: date | None = END, kind: str = "vigilance", org: str = "hiflow") -> PaperHeld:
    return PaperHeld(
        driver_id="ada", organisation_id=org, kind=kind, valid_until=until, held_at=NOON
    )


def lapsed(until: date = END, kind: str = "vigilance") -> PaperLapsed:
    return PaperLapsed(
        driver_id="ada", organisation_id="hiflow", kind=kind, valid_until=until, lapsed_at=LATER
    )


def required(*kinds: str, org: str = "hiflow") -> PapersRequired:
    return PapersRequired(driver_id="ada", organisation_id=org, kinds=kinds, required_at=NOON)


def hold(until: date | None = END, kind: str = "vigilance") -> HoldPaper:
    return HoldPaper(
        driver_id="ada", organisation_id="hiflow", kind=kind, valid_until=until, at=NOON
    )


def lapse(until: date = END) -> LapsePaper:
    return LapsePaper(
        driver_id="ada", organisation_id="hiflow", kind="vigilance", valid_until=until, at=LATER
    )


def require(*kinds: str) -> RequirePapers:
    return RequirePapers(driver_id="ada", organisation_id="hiflow", kinds=kinds, at=NOON)


def after(*events: ClearanceEvent) -> Clearance:
    return reduce(evolve, events, initial)


# --- Clear for new work ----------------------------------------------


def test_nothing_required_and_nothing_shown_lets_a_driver_work() -> None:
    assert lacking(initial, "hiflow", TODAY) == ()


@pytest.mark.requirement("HIF-42")
def test_an_accepted_paper_holds_through_its_last_day_and_no_longer() -> None:
    shown = after(held(until=TODAY))
    assert lacking(shown, "hiflow", TODAY) == ()
    assert lacking(shown, "hiflow", TODAY + DAY) == ("vigilance",)


def test_a_paper_without_an_end_holds_for_ever() -> None:
    assert lacking(after(held(until=None)), "hiflow", date.max) == ()


@pytest.mark.requirement("HIF-42")
def test_a_required_paper_that_was_never_accepted_is_lacking() -> None:
    asked = after(required("driving_licence", "vigilance"))
    assert lacking(asked, "hiflow", TODAY) == ("driving_licence", "vigilance")
    assert lacking(evolve(asked, held()), "hiflow", TODAY) == ("driving_licence",)


@pytest.mark.requirement("HIF-42")
def test_a_lapsed_paper_is_lacking_until_another_one_is_accepted() -> None:
    ended = after(held(), lapsed())
    assert lacking(ended, "hiflow", TODAY) == ("vigilance",)
    assert lacking(evolve(ended, held(until=END + DAY)), "hiflow", TODAY) == ()


def test_papers_count_in_their_own_organisation_alone() -> None:
    elsewhere = after(required("vigilance"), held(org="stranger"))
    assert lacking(elsewhere, "hiflow", TODAY) == ("vigilance",)
    assert lacking(after(required("vigilance", org="stranger")), "hiflow", TODAY) == ()


# --- What is recorded --------------------------------------------------------


def test_an_accepted_paper_is_held() -> None:
    given().when(hold()).records(held())


def test_a_paper_lapses_at_its_end() -> None:
    given(held()).when(lapse()).records(lapsed())


def test_the_end_of_an_older_paper_lapses_no_newer_one() -> None:
    given(held(), held(until=END + DAY)).when(lapse()).records_nothing()


def test_a_paper_that_nobody_holds_cannot_lapse() -> None:
    given().when(lapse()).records_nothing()


def test_requirements_are_recorded_each_once_and_in_order() -> None:
    asked = require("vigilance", "contract", "vigilance")
    given().when(asked).records(required("contract", "vigilance"))


def test_requirements_may_be_lifted() -> None:
    given(required("contract")).when(require()).records(required())


def test_requiring_nothing_of_whom_nothing_is_required_says_nothing() -> None:
    given().when(require()).records_nothing()


def test_only_known_papers_can_be_required() -> None:
    given().when(require("vigilance", "passport")).is_rejected(NoSuchPaper("passport"))


@pytest.mark.parametrize("kind", [kind.name.lower() for kind in PaperKind])
def test_every_kind_of_paper_can_be_required(kind: str) -> None:
    given().when(require(kind)).records(required(kind))


# --- Properties ----------------------------------------------------------------

days = st.sampled_from([TODAY - DAY, TODAY, TODAY + DAY])
kinds = st.sampled_from(["contract", "vigilance"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(hold, st.none() | days, kinds),
    st.builds(lapse, days),
    st.lists(kinds, max_size=2).map(lambda some: require(*some)),
)


@property_of(st.lists(commands, max_size=12))
def test_a_repeated_command_records_nothing_new(sequence: list[Command]) -> None:
    state = initial
    for command in sequence:
        answer = clearance.decide(command, state)
        assert isinstance(answer, list)
        state = reduce(evolve, answer, state)
        assert clearance.decide(command, state) == []


@property_of(st.lists(commands, max_size=12), days)
def test_a_driver_stays_clear_only_while_every_paper_holds(
    sequence: list[Command], day: date
) -> None:
    state = initial
    for command in sequence:
        answer = clearance.decide(command, state)
        state = reduce(evolve, answer, state) if isinstance(answer, list) else state
    later = day + timedelta(days=1)
    assert set(lacking(state, "hiflow", day)) <= set(lacking(state, "hiflow", later))

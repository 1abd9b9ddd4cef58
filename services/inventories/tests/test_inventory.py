from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.decisions import Changed
from contracts.inventories.inventory_v1 import Counter, DifferenceKind, Explanation
from infra.testing.spec import Spec
from services.inventories import inventory
from services.inventories.inventory import (
    Command,
    CountingIsNotOver,
    CountingIsOver,
    InventoryIsOver,
    NoSuchInventory,
    ShelfNamedTwice,
)
from services.inventories.inventory.counting import (
    MOST_DIFFERENCES,
    CountedBefore,
    CountIsOver,
    InventoryIsNotBlind,
    ShelfIsNotCounted,
    TooManyDifferences,
    Whereabouts,
)
from services.inventories.inventory.settling import (
    FITTING,
    DifferencesNotSettled,
    ExplanationDoesNotFit,
    ParcelDoesNotDiffer,
    ParcelIsDisputed,
    ParcelIsOnlyMisplaced,
)
from services.inventories.tests.make import (
    FIRST,
    LATER,
    NOON,
    SECOND,
    STRANGE,
    abandon,
    abandoned,
    both_here,
    close,
    closed,
    count,
    counted,
    differs,
    dispute,
    disputed,
    end,
    ended,
    explain,
    explained,
    open_it,
    opened,
    place,
    settled,
)

given = Spec(inventory.decide, inventory.evolve, inventory.initial).given
SURPLUS, MISPLACED = DifferenceKind.SURPLUS, DifferenceKind.MISPLACED
AGAIN = (opened(), counted(), ended(differs()))
"""The first count lacks a parcel, so a second one is made."""
LACKING = (*AGAIN, ended(differs(), number=2))
BY_OMAR = Counter(count=1, user_id="omar", parcels=1)


class TestOpen:
    def test_a_depot_or_some_of_its_shelves_are_counted(self) -> None:
        given().when(open_it()).records(opened())
        given().when(open_it("B-12", "B-13")).records(opened("B-12", "B-13"))

    def test_a_shelf_is_named_once(self) -> None:
        given().when(open_it("B-12", "B-12")).is_rejected(ShelfNamedTwice("B-12"))

    def test_only_its_depot_has_it(self) -> None:
        given(opened()).when(count(organisation="anfa")).is_rejected(NoSuchInventory())
        given().when(count()).is_rejected(NoSuchInventory())


class TestCount:
    def test_what_was_not_scanned_there_yet_is_recorded(self) -> None:
        given(opened()).when(count(FIRST, SECOND, FIRST)).records(counted(FIRST, SECOND))
        given(opened(), counted()).when(count(FIRST, SECOND)).records(counted(SECOND))
        given(opened(), counted()).when(count(shelf="B-13")).records(counted(shelf="B-13"))

    def test_a_scan_that_comes_late_moves_nothing_back(self) -> None:
        history = (opened(), counted(), counted(shelf="B-13"))
        given(*history).when(count(at=LATER)).records(counted())
        given(*history).when(count(at=LATER - timedelta(microseconds=1))).records_nothing()

    def test_who_sees_what_is_expected_does_not_count(self) -> None:
        given(opened()).when(count(manages=True)).is_rejected(InventoryIsNotBlind())

    def test_only_the_shelves_of_the_inventory_are_counted(self) -> None:
        given(opened("B-12")).when(count()).records(counted())
        bad = ShelfIsNotCounted(("B-12",))
        given(opened("B-12")).when(count(shelf="B-13")).is_rejected(bad)
        given(opened("B-12")).when(count(shelf=None)).is_rejected(bad)

    def test_others_make_the_second_count(self) -> None:
        given(*AGAIN).when(count(SECOND, number=2)).is_rejected(CountedBefore())
        hind = counted(SECOND, number=2, by="hind")
        given(*AGAIN).when(count(SECOND, number=2, by="hind")).records(hind)

    def test_whose_parcels_others_scanned_again_has_counted_as_well(self) -> None:
        elsewhere = counted(shelf="B-13", by="hind")
        history = (opened(), counted(), elsewhere, ended(differs()))
        for by in ("omar", "hind"):
            again = count(SECOND, number=2, by=by)
            given(*history).when(again).is_rejected(CountedBefore())

    def test_a_scan_of_the_first_count_is_none_of_the_second(self) -> None:
        given(*AGAIN).when(count(SECOND)).is_rejected(CountIsOver(1))
        given(*AGAIN).when(count(FIRST)).records_nothing()
        given(opened()).when(count(number=2)).is_rejected(CountIsOver(2))

    def test_nothing_is_counted_afterwards(self) -> None:
        given(*LACKING).when(count(SECOND, by="hind")).is_rejected(CountingIsOver())
        given(opened(), abandoned()).when(count()).is_rejected(InventoryIsOver())


class TestEnd:
    def test_a_count_that_finds_all_is_the_only_one(self) -> None:
        found = counted(FIRST, SECOND)
        given(opened(), found).when(end(both_here(), parcels=2)).records(ended(found=2))

    def test_what_nobody_found_is_missing(self) -> None:
        given(opened(), counted()).when(end(both_here())).records(ended(differs()))

    def test_what_one_of_two_counts_found_is_there(self) -> None:
        found = counted(SECOND, number=2, by="hind")
        second = end(both_here(), number=2)
        given(*AGAIN, found).when(second).records(ended(number=2, found=2))
        nothing = end(both_here(), number=2, parcels=0)
        given(*AGAIN).when(nothing).records(ended(differs(), number=2))

    def test_what_came_left_or_was_moved_meanwhile_says_nothing(self) -> None:
        just = NOON + timedelta(seconds=1)
        came = {FIRST: place(), SECOND: place(since=just)}
        given(opened(), counted()).when(end(came)).records(ended(expected=1))
        left = {FIRST: place(Whereabouts.AWAY, None, just)}
        given(opened(), counted()).when(end(left)).records(ended(expected=0))
        moved = {FIRST: place(shelf="B-13", since=just)}
        given(opened(), counted()).when(end(moved)).records(ended(expected=0))

    def test_what_was_there_at_the_opening_is_expected(self) -> None:
        there = {FIRST: place(), SECOND: place(since=NOON)}
        given(opened(), counted()).when(end(there)).records(ended(differs()))

    def test_a_parcel_on_another_shelf_is_misplaced(self) -> None:
        there = {FIRST: place(shelf="B-13")}
        wrong = differs(FIRST, MISPLACED, "B-13", "B-12")
        given(opened(), counted()).when(end(there)).records(ended(wrong, expected=1))
        nowhere = {FIRST: place(shelf=None)}
        given(opened(), counted()).when(end(nowhere)).records(ended(expected=1))

    def test_a_parcel_that_should_not_be_there_is_surplus(self) -> None:
        out = {FIRST: place(Whereabouts.AWAY, None)}
        gone = differs(FIRST, SURPLUS, None, "B-12")
        given(opened(), counted()).when(end(out)).records(ended(gone, expected=0))
        strange = differs(STRANGE, SURPLUS, None, "B-12", known=False)
        given(opened(), counted(STRANGE)).when(end({})).records(ended(strange, expected=0))

    def test_of_what_nobody_checked_nothing_is_expected(self) -> None:
        unsure = {FIRST: place(Whereabouts.UNSURE, None), SECOND: place(Whereabouts.UNSURE, None)}
        given(opened(), counted()).when(end(unsure)).records(ended(expected=0))

    def test_of_other_shelves_nothing_is_expected(self) -> None:
        places = {FIRST: place(), SECOND: place(shelf="B-13")}
        given(opened("B-12"), counted()).when(end(places)).records(ended(expected=1))

    def test_it_names_how_many_were_scanned(self) -> None:
        stale = Changed({"parcels": 2}, {"parcels": 1})
        given(opened(), counted()).when(end(both_here(), parcels=2)).is_rejected(stale)

    def test_a_count_that_lacks_whole_shelves_is_not_over(self) -> None:
        many = {f"CASA-{n:05}": place() for n in range(MOST_DIFFERENCES + 1)}
        bad = TooManyDifferences(MOST_DIFFERENCES + 1, MOST_DIFFERENCES)
        given(opened()).when(end(many, parcels=0)).is_rejected(bad)
        many.popitem()
        assert isinstance(given(opened()).answer(end(many, parcels=0)), list)

    def test_a_count_ends_when_it_is_made(self) -> None:
        given(opened()).when(end({}, number=2)).is_rejected(CountIsOver(2))
        given(*AGAIN).when(end(both_here())).records_nothing()
        given(*LACKING).when(end({}, number=2)).records_nothing()
        given(opened(), ended()).when(end({}, number=2)).is_rejected(CountingIsOver())


class TestSettle:
    def test_a_difference_is_explained_and_the_last_explanation_holds(self) -> None:
        given(*LACKING).when(explain()).records(explained())
        late = Explanation.TOLD_LATE
        given(*LACKING, explained()).when(explain(why=late)).records(explained(why=late))

    @pytest.mark.parametrize("kind", DifferenceKind, ids=lambda kind: kind.name.lower())
    def test_an_explanation_fits_the_kind_of_difference(self, kind: DifferenceKind) -> None:
        history = (*AGAIN, ended(differs(kind=kind), number=2))
        for why in Explanation:
            answer = given(*history).answer(explain(why=why))
            fits = [explained(why=why)] if why in FITTING[kind] else ExplanationDoesNotFit(SECOND)
            assert answer == fits

    def test_what_nobody_can_explain_is_disputed_once(self) -> None:
        given(*LACKING).when(dispute()).records(disputed())
        given(*LACKING, explained()).when(dispute()).records(disputed())
        given(*LACKING, disputed()).when(dispute(claim="c-2")).records_nothing()
        given(*LACKING, disputed()).when(explain()).is_rejected(ParcelIsDisputed(SECOND))

    def test_a_parcel_that_is_only_misplaced_is_not_disputed(self) -> None:
        history = (*AGAIN, ended(differs(kind=MISPLACED), number=2))
        given(*history).when(dispute()).is_rejected(ParcelIsOnlyMisplaced(SECOND))

    def test_only_what_differs_is_settled_after_the_counts(self) -> None:
        given(*LACKING).when(explain(FIRST)).is_rejected(ParcelDoesNotDiffer(FIRST))
        given(*LACKING).when(dispute(FIRST)).is_rejected(ParcelDoesNotDiffer(FIRST))
        given(*AGAIN).when(explain()).is_rejected(CountingIsNotOver())


class TestClose:
    def test_it_is_closed_with_what_became_of_each_difference_and_who_counted(self) -> None:
        one, hind = settled(), Counter(count=2, user_id="hind", parcels=1)
        seen = (counted(number=2, by="hind"), ended(differs(), number=2), explained())
        over = closed(one, counters=(BY_OMAR, hind))
        given(*AGAIN, *seen).when(close(one)).records(over)
        given(*AGAIN, *seen, over).when(close()).is_rejected(InventoryIsOver())
        claimed = settled(why=None, claim="c-1")
        fact = closed(claimed, counters=(BY_OMAR,))
        given(*LACKING, disputed()).when(close(claimed)).records(fact)

    def test_each_difference_is_settled_before(self) -> None:
        given(*LACKING).when(close()).is_rejected(DifferencesNotSettled((SECOND,)))
        given(*AGAIN).when(close()).is_rejected(CountingIsNotOver())

    def test_it_names_what_was_seen(self) -> None:
        seen, now = (settled(),), (settled(why=None, claim="c-1"),)
        stale = Changed({"settled": seen}, {"settled": now})
        given(*LACKING, explained(), disputed()).when(close(*seen)).is_rejected(stale)

    def test_it_is_given_up_before_the_close_only(self) -> None:
        given(opened()).when(abandon()).records(abandoned())
        given(*LACKING).when(abandon()).records(abandoned())
        over = closed(settled(), counters=(BY_OMAR,))
        given(*LACKING, explained(), over).when(abandon()).is_rejected(InventoryIsOver())
        given(opened(), abandoned()).when(close()).is_rejected(InventoryIsOver())


commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(open_it),
    st.builds(
        count,
        st.sampled_from([FIRST, SECOND, STRANGE]),
        number=st.integers(1, 2),
        by=st.sampled_from(["omar", "hind"]),
    ),
    st.builds(end, st.just(both_here()), st.integers(1, 2), st.integers(0, 3)),
    st.builds(explain, st.sampled_from([FIRST, SECOND]), st.sampled_from(list(Explanation))),
    st.builds(dispute, st.sampled_from([FIRST, STRANGE])),
    st.builds(close),
    st.builds(abandon),
)


@any_of(st.lists(commands, max_size=12))
def test_a_redelivered_command_records_nothing_new(sequence: list[Command]) -> None:
    state = inventory.initial
    for command in (open_it(), *sequence):
        answer = inventory.decide(command, state)
        if isinstance(answer, list):
            state = reduce(inventory.evolve, answer, state)
            assert inventory.decide(command, state) == []

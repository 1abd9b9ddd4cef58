"""The rules of checklists: a dealership's own ones, and those of manufacturers."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.dealerships.checklist_v1 import (
    BrandThresholds,
    ItemMeasurement,
    MeasurementUnit,
    Thresholds,
)
from infra.testing.spec import Spec
from services.dealerships import checklist
from services.dealerships.checklist import (
    BrandNamedTwice,
    ChecklistOfManufacturer,
    ItemNamedTwice,
    LabelNamedTwice,
    NoSuchChecklist,
    PriceInOtherCurrency,
    PriceOfManufacturer,
    ThresholdsOutOfOrder,
    ThresholdTooFine,
    TooManyItems,
)
from services.dealerships.tests.make import (
    category,
    checklist_deleted,
    checklist_saved,
    delete_checklist,
    item,
    save_checklist,
)

given = Spec(checklist.decide, checklist.evolve, checklist.initial).given
SAVED = checklist_saved(category(item()))
OF_MANUFACTURER = checklist_saved(category(item()), dealership=None, organisation="relais")
EUROS, FRANCS = Money(18_900, "EUR"), Money(18_900, "CHF")


class TestWriting:
    @pytest.mark.requirement("FLB-144", "G-91")
    def test_the_last_one_that_is_saved_counts_whole(self) -> None:
        given().when(save_checklist(category(item()))).records(SAVED)
        priced = category(item("discs", EUROS))
        given(SAVED).when(save_checklist(priced)).records(checklist_saved(priced))

    def test_one_that_is_saved_as_it_is_makes_no_news(self) -> None:
        given(SAVED).when(save_checklist(category(item()))).records_nothing()

    def test_one_that_was_deleted_is_saved_again(self) -> None:
        given(SAVED, checklist_deleted()).when(save_checklist(category(item()))).records(SAVED)

    @pytest.mark.parametrize("owner", [("hill", "group"), ("lake", "other"), (None, "group")])
    def test_nobody_else_writes_it(self, owner: tuple[str | None, str]) -> None:
        other = save_checklist(dealership=owner[0], organisation=owner[1])
        given(SAVED).when(other).is_rejected(NoSuchChecklist())

    def test_a_copy_stays_one(self) -> None:
        copied = checklist_saved(category(item()), copy_of="c-0")
        spec = given(copied)
        spec.when(save_checklist(title="Mine")).records(
            checklist_saved(title="Mine", copy_of="c-0")
        )
        spec.when(save_checklist(category(item()))).records_nothing()


class TestContent:
    def test_works_have_names_of_their_own_in_all_categories(self) -> None:
        twice = save_checklist(category(item("a")), category(item("b"), item("a")))
        given().when(twice).is_rejected(ItemNamedTwice("a"))

    def test_there_is_room_for_three_hundred_works(self) -> None:
        most = category(*(item(f"i-{n}") for n in range(300)))
        given().when(save_checklist(most)).records(checklist_saved(most))
        one_more = save_checklist(most, category(item("x")))
        given().when(one_more).is_rejected(TooManyItems(300))

    @pytest.mark.requirement("FLB-145")
    def test_only_the_languages_that_are_used_are_translated(self) -> None:
        some = category(item(languages=("en", "ar")), languages=("de",))
        given().when(save_checklist(some)).records(checklist_saved(some))

    @pytest.mark.parametrize(("languages", "twice"), [(("en", "en"), "en"), (("fr",), "fr")])
    def test_a_label_has_one_text_a_language(self, languages: tuple[str, ...], twice: str) -> None:
        work = save_checklist(category(item(languages=languages)))
        given().when(work).is_rejected(LabelNamedTwice("Pads", twice))
        group = save_checklist(category(languages=languages))
        given().when(group).is_rejected(LabelNamedTwice("Brakes", twice))

    @pytest.mark.requirement("G-80", "G-91")
    def test_prices_are_in_the_currency_of_the_dealership(self) -> None:
        foreign = save_checklist(category(item(price=FRANCS)))
        given().when(foreign).is_rejected(PriceInOtherCurrency("pads", "CHF", "EUR"))


class TestMeasurements:
    def test_a_work_says_what_its_values_mean(self) -> None:
        said = category(item(measurement=pads(MM, (5_000, 3_000), renault=(6_000, 4_000))))
        given().when(save_checklist(said)).records(checklist_saved(said))

    def test_one_value_may_end_both_levels_but_urgent_is_never_the_milder(self) -> None:
        same = category(item(measurement=pads(MM, (3_000, 3_000))))
        given().when(save_checklist(same)).records(checklist_saved(same))
        for bad in (pads(MM, (3_000, 3_010)), pads(MM, (5_000, 0), renault=(3_000, 3_010))):
            refused = save_checklist(category(item("a"), item(measurement=bad)))
            given().when(refused).is_rejected(ThresholdsOutOfOrder("pads"))

    @pytest.mark.parametrize(
        ("unit", "fine", "too_fine", "decimals"),
        [("MILLIMETRE", 1_610, 1_601, 2), ("PERCENT", 80_500, 80_550, 1), ("VOLT", 10, 11, 2)],
    )
    def test_a_threshold_is_no_finer_than_what_is_read_off(
        self, unit: str, fine: int, too_fine: int, decimals: int
    ) -> None:
        said = category(item(measurement=pads(MeasurementUnit[unit], (fine, 0))))
        given().when(save_checklist(said)).records(checklist_saved(said))
        refused = save_checklist(
            category(item(measurement=pads(MeasurementUnit[unit], (too_fine, 0))))
        )
        given().when(refused).is_rejected(ThresholdTooFine("pads", decimals))

    def test_a_brand_has_thresholds_once(self) -> None:
        once = pads(MM, (5_000, 3_000), renault=(6_000, 4_000))
        twice = replace(once, brands=(*once.brands, *once.brands))
        refused = save_checklist(category(item(measurement=twice)))
        given().when(refused).is_rejected(BrandNamedTwice("pads", "renault"))

    def test_a_value_may_mean_nothing(self) -> None:
        shown = ItemMeasurement(unit=MM, thresholds=None, brands=())
        said = category(item(measurement=shown))
        given().when(save_checklist(said)).records(checklist_saved(said))


MM = MeasurementUnit.MILLIMETRE


def pads(
    unit: MeasurementUnit, of_all: tuple[int, int], **brands: tuple[int, int]
) -> ItemMeasurement:
    """A value to read off, and the two thresholds of all and of each brand."""
    return ItemMeasurement(
        unit=unit,
        thresholds=thresholds(*of_all),
        brands=tuple(
            BrandThresholds(brand=brand, thresholds=thresholds(*said))
            for brand, said in brands.items()
        ),
    )


def thresholds(advised_below_thousandths: int, urgent_below_thousandths: int) -> Thresholds:
    return Thresholds(
        advised_below_thousandths=advised_below_thousandths,
        urgent_below_thousandths=urgent_below_thousandths,
        advised_due_days=90,
        urgent_due_days=None,
    )


class TestManufacturer:
    @pytest.mark.requirement("FLB-143")
    def test_dealerships_only_read_it(self) -> None:
        spec = given(OF_MANUFACTURER)
        spec.when(save_checklist()).is_rejected(ChecklistOfManufacturer())
        spec.when(delete_checklist()).is_rejected(ChecklistOfManufacturer())

    def test_the_operator_changes_it(self) -> None:
        changed = save_checklist(dealership=None, organisation="relais")
        recorded = checklist_saved(dealership=None, organisation="relais")
        given(OF_MANUFACTURER).when(changed).records(recorded)

    def test_another_operator_does_not(self) -> None:
        other = save_checklist(dealership=None, organisation="other")
        given(OF_MANUFACTURER).when(other).is_rejected(NoSuchChecklist())

    @pytest.mark.requirement("G-91")
    def test_it_says_no_prices(self) -> None:
        priced = save_checklist(category(item(price=EUROS)), dealership=None)
        given().when(priced).is_rejected(PriceOfManufacturer("pads"))


class TestDeleting:
    @pytest.mark.requirement("FLB-144")
    def test_a_checklist_is_deleted_once(self) -> None:
        given(SAVED).when(delete_checklist()).records(checklist_deleted())
        given().when(delete_checklist()).is_rejected(NoSuchChecklist())

    def test_nobody_else_deletes_it(self) -> None:
        given(SAVED).when(delete_checklist("hill")).is_rejected(NoSuchChecklist())
        other = delete_checklist(organisation="other")
        given(SAVED, checklist_deleted()).when(other).is_rejected(NoSuchChecklist())

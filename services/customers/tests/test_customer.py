"""The rules of a customer."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest

from contracts.customers.customer_v1 import (
    ConsentPurpose,
    CustomerChannel,
    CustomerEvent,
    LinkReason,
)
from contracts.decisions import Changed
from infra.testing.spec import Spec
from services.customers import customer
from services.customers.customer import Active, Erased, Merged
from services.customers.customer.commands import (
    MOST_VEHICLES,
    Command,
    ConsentIdTaken,
    CustomerIdTaken,
    CustomerIsErased,
    CustomerIsMerged,
    CustomerStatus,
    NoSuchCustomer,
    OtherDealership,
    SaidInFuture,
    SurvivorIsErased,
    SurvivorIsMerged,
    SurvivorIsTheSame,
    TooManyVehicles,
    VehicleIsNameless,
    VinRepeated,
)
from services.customers.customer.editing import CLOCKS
from services.customers.customer.record import Details, standing_consent
from services.customers.tests.make import (
    CAMILLE,
    NOON,
    PARIS,
    VIN,
    block,
    blocked,
    change,
    changed,
    consent,
    consented,
    describe,
    described,
    erase,
    erase_with,
    erased,
    export,
    exported,
    forget,
    forgotten,
    link,
    linked,
    merge,
    merged,
    nameless,
    record,
    record_from_case,
    recorded,
    remove_vehicle,
    undo,
    undone,
    vehicle_removed,
    withdrawn,
)

given = Spec(customer.decide, customer.evolve, customer.initial).given
MARTIN = replace(CAMILLE, last_name="Lefèvre-Martin")
OF_STAFF: tuple[Command, ...] = (
    *(change(MARTIN), block(sms=True), consent(), describe(), remove_vehicle(), export()),
)


def state(*history: CustomerEvent) -> customer.Customer:
    return reduce(customer.evolve, history, customer.initial)


class TestRecord:
    @pytest.mark.requirement("FLB-120")
    def test_a_customer_is_recorded_by_hand(self) -> None:
        given().when(record()).records(recorded())

    @pytest.mark.requirement("G-76")
    def test_a_case_records_its_customer_and_is_theirs(self) -> None:
        of_case = linked(contact_id="c1", reason=LinkReason.RECORDED)
        given().when(record_from_case()).records(recorded(case_id="d1"), of_case)

    def test_an_id_is_of_one_customer(self) -> None:
        other = record(details=MARTIN)
        given(recorded()).when(other).is_rejected(CustomerIdTaken("c1"))

    @pytest.mark.requirement("FLB-120")
    def test_the_last_word_about_a_customer_counts(self) -> None:
        given(recorded()).when(change(MARTIN)).records(changed(MARTIN))

    def test_details_that_stand_already_are_no_news(self) -> None:
        given(recorded(), changed(MARTIN)).when(change(MARTIN)).records_nothing()

    def test_a_customer_of_another_organisation_is_not_there(self) -> None:
        strange = change(MARTIN, organisation_id="other")
        given(recorded()).when(strange).is_rejected(NoSuchCustomer())

    @pytest.mark.parametrize("command", OF_STAFF)
    def test_nobody_can_be_changed_before_they_are_recorded(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchCustomer())


class TestCases:
    @pytest.mark.requirement("FLB-119", "G-76")
    def test_a_case_with_the_phone_of_a_customer_is_theirs(self) -> None:
        given(recorded()).when(link()).records(linked())

    def test_a_case_is_linked_once(self) -> None:
        given(recorded(), linked()).when(link(reason=LinkReason.EMAIL)).records_nothing()

    @pytest.mark.requirement("G-76")
    def test_a_case_of_another_dealership_is_not_theirs(self) -> None:
        given(recorded()).when(link(dealership_id=PARIS)).is_rejected(NoSuchCustomer())


class TestPreferences:
    @pytest.mark.requirement("FLB-121")
    def test_a_channel_is_blocked(self) -> None:
        given(recorded()).when(block(sms=True)).records(blocked(sms=True))

    @pytest.mark.requirement("FLB-121")
    def test_a_channel_that_is_not_named_is_open_again(self) -> None:
        given(recorded(), blocked(sms=True)).when(block(email=True)).records(blocked(email=True))

    def test_channels_are_open_from_the_start(self) -> None:
        given(recorded()).when(block()).records_nothing()

    def test_a_consent_is_a_dated_fact(self) -> None:
        given(recorded()).when(consent()).records(consented())

    def test_a_withdrawal_is_a_dated_fact(self) -> None:
        given(recorded()).when(consent(given=False)).records(withdrawn())

    def test_what_was_said_is_recorded_again_when_it_is_said_again(self) -> None:
        given(recorded(), consented("k1")).when(consent("k2")).records(consented("k2"))

    def test_an_id_is_of_one_consent(self) -> None:
        other = consent(wording="Tout.")
        given(recorded(), consented()).when(other).is_rejected(ConsentIdTaken("k1"))

    def test_a_clock_may_be_a_little_ahead(self) -> None:
        ahead = NOON + CLOCKS
        given(recorded()).when(consent(said_at=ahead)).records(consented(given_at=ahead))

    def test_nobody_consents_in_the_future(self) -> None:
        ahead = NOON + CLOCKS + timedelta(microseconds=1)
        given(recorded()).when(consent(said_at=ahead)).is_rejected(SaidInFuture())

    @pytest.mark.parametrize(
        ("seconds", "said"), [(-1, None), (0, "k1"), (59, "k1"), (60, "k2"), (999, "k2")]
    )
    def test_the_ledger_answers_for_every_time(self, seconds: int, said: str | None) -> None:
        # Recorded the other way round than it was said.
        ledger = (withdrawn("k2", NOON + timedelta(seconds=60)), consented("k1"))
        at = NOON + timedelta(seconds=seconds)
        found = standing_consent(ledger, ConsentPurpose.OFFERS, CustomerChannel.EMAIL, at)
        assert (found and found.consent_id) == said

    def test_of_two_words_at_one_time_the_last_recorded_counts(self) -> None:
        ledger = (consented("k1"), withdrawn("k2"))
        found = standing_consent(ledger, ConsentPurpose.OFFERS, CustomerChannel.EMAIL, NOON)
        assert found == withdrawn("k2")

    def test_a_word_about_one_channel_says_nothing_of_another(self) -> None:
        ledger = (consented(channel=CustomerChannel.SMS),)
        found = standing_consent(ledger, ConsentPurpose.OFFERS, CustomerChannel.EMAIL, NOON)
        assert found is None


class TestVehicles:
    def test_a_vehicle_is_described(self) -> None:
        given(recorded()).when(describe()).records(described())

    def test_the_last_word_about_a_vehicle_counts(self) -> None:
        further = describe(mileage_km=50_000)
        given(recorded(), described()).when(further).records(described(mileage_km=50_000))

    def test_a_vehicle_is_called_by_something(self) -> None:
        given(recorded()).when(nameless()).is_rejected(VehicleIsNameless())

    def test_a_vin_is_enough(self) -> None:
        given(recorded()).when(describe(plate=None)).records(described(plate=None))

    def test_two_vehicles_have_two_vins(self) -> None:
        given(recorded(), described()).when(describe("v2")).is_rejected(VinRepeated("v1"))

    def test_vehicles_without_a_vin_are_not_taken_for_one(self) -> None:
        known = described(vin=None)
        given(recorded(), known).when(describe("v2", vin=None)).records(described("v2", vin=None))

    @pytest.mark.parametrize("there", [MOST_VEHICLES - 1, MOST_VEHICLES])
    def test_a_customer_has_so_many_vehicles_at_most(self, there: int) -> None:
        fleet = [described(f"f{n}", vin=None) for n in range(there)]
        outcome = given(recorded(), *fleet).when(describe())
        if there < MOST_VEHICLES:
            outcome.records(described())
        else:
            outcome.is_rejected(TooManyVehicles(MOST_VEHICLES))

    def test_a_vehicle_is_removed(self) -> None:
        given(recorded(), described()).when(remove_vehicle()).records(vehicle_removed())

    def test_the_vin_of_a_removed_vehicle_is_free(self) -> None:
        gone = (recorded(), described(), vehicle_removed())
        given(*gone).when(describe("v2", vin=VIN)).records(described("v2"))


class TestMerge:
    @pytest.mark.requirement("G-76")
    def test_two_records_are_merged(self) -> None:
        given(recorded()).when(merge()).records(merged())

    @pytest.mark.requirement("G-76")
    def test_a_customer_is_not_merged_into_themselves(self) -> None:
        given(recorded()).when(merge("c1")).is_rejected(SurvivorIsTheSame())

    @pytest.mark.requirement("G-76")
    def test_a_customer_is_not_merged_into_another_dealership_s(self) -> None:
        given(recorded()).when(merge(dealership_id=PARIS)).is_rejected(OtherDealership(PARIS))

    @pytest.mark.requirement("G-76")
    def test_a_merged_record_is_no_survivor_so_there_is_no_cycle(self) -> None:
        closing = merge(standing=CustomerStatus.MERGED)
        given(recorded()).when(closing).is_rejected(SurvivorIsMerged())

    def test_an_erased_record_is_no_survivor(self) -> None:
        late = merge(standing=CustomerStatus.ANONYMISED)
        given(recorded()).when(late).is_rejected(SurvivorIsErased())

    @pytest.mark.requirement("G-76")
    def test_a_record_is_merged_once(self) -> None:
        given(recorded(), merged("c3")).when(merge()).is_rejected(CustomerIsMerged("c3"))

    @pytest.mark.parametrize("command", OF_STAFF)
    def test_a_merged_record_stays_as_it_is(self, command: Command) -> None:
        given(recorded(), merged()).when(command).is_rejected(CustomerIsMerged("c2"))

    @pytest.mark.requirement("G-76")
    def test_a_merge_is_undone(self) -> None:
        given(recorded(), merged()).when(undo()).records(undone())

    def test_a_merge_is_undone_where_it_was_seen(self) -> None:
        given(recorded(), merged("c3")).when(undo("c2")).is_rejected(CustomerIsMerged("c3"))

    @pytest.mark.requirement("G-76")
    def test_undoing_restores_the_record_exactly(self) -> None:
        before = (recorded(), described(), consented(), blocked(sms=True), linked("d1"))
        assert state(*before, merged(), undone()) == state(*before)

    @pytest.mark.requirement("G-76")
    def test_a_case_that_came_to_a_merged_record_goes_with_it(self) -> None:
        given(recorded(), merged()).when(link()).records(linked())
        assert state(recorded(), merged(), linked(), undone()) == state(recorded(), linked())


class TestErase:
    @pytest.mark.requirement("FLB-123", "SM-22")
    def test_a_customer_is_erased_with_their_cases(self) -> None:
        history = (recorded(), linked("d1"), linked("d2"), linked("d3", contact_id="c1"))
        told = erased(case_ids=("d1", "d2", "d3"), contact_ids=("of-d1", "of-d2", "c1"))
        given(*history).when(erase(cases=3)).records(told)

    @pytest.mark.requirement("FLB-123")
    def test_who_confirms_has_seen_how_much_goes(self) -> None:
        outcome = given(recorded(), linked(), described()).when(erase(cases=0, vehicles=1))
        outcome.is_rejected(Changed({"cases": 0}, {"cases": 1}))

    @pytest.mark.requirement("SM-22")
    @pytest.mark.parametrize("command", [*OF_STAFF, link(), merge(), undo(), record()])
    def test_nothing_is_done_with_an_erased_customer(self, command: Command) -> None:
        given(recorded(), erased()).when(command).is_rejected(CustomerIsErased())

    @pytest.mark.requirement("FLB-123")
    def test_nothing_of_an_erased_customer_is_kept(self) -> None:
        found = state(recorded(), described(), consented(), erased(), forgotten())
        assert found == Erased(recorded(), erased(), forgotten())

    def test_a_merged_record_is_erased_by_way_of_its_survivor(self) -> None:
        given(recorded(), merged()).when(erase()).is_rejected(CustomerIsMerged("c2"))
        given(recorded(), merged()).when(erase_with()).records(erased(with_id="c2"))

    def test_the_survivor_names_the_records_that_go_with_it(self) -> None:
        outcome = given(recorded()).when(erase(merged_ids=("c7", "c8")))
        outcome.records(erased(merged_ids=("c7", "c8")))

    @pytest.mark.requirement("FLB-123")
    def test_the_key_of_an_erased_customer_is_destroyed_next(self) -> None:
        given(recorded(), erased()).when(forget()).records(forgotten())

    def test_whom_an_operator_forgets_is_erased(self) -> None:
        told = erased(case_ids=("d1",), contact_ids=("of-d1",), by="operator")
        given(recorded(), linked()).when(forget()).records(told, forgotten())

    def test_a_contact_of_a_case_is_forgotten_without_a_record(self) -> None:
        given().when(forget()).records(forgotten())

    @pytest.mark.requirement("FLB-123")
    def test_a_forgotten_contact_becomes_no_customer(self) -> None:
        given(forgotten()).when(record_from_case()).is_rejected(CustomerIsErased())


class TestExport:
    @pytest.mark.requirement("FLB-122", "G-86")
    def test_an_export_is_a_fact(self) -> None:
        given(recorded()).when(export()).records(exported())


def test_the_state_holds_what_was_recorded() -> None:
    nobody = Details()
    found = state(recorded(details=nobody), changed(CAMILLE))
    assert isinstance(found, Active)
    assert (found.record.details, found.record.recorded.last_name) == (CAMILLE, None)
    assert isinstance(state(recorded(), merged()), Merged)

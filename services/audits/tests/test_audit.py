"""The rules of audits, which come from devices late and twice."""

from dataclasses import replace

import pytest

from contracts.common_v1 import Money
from contracts.interventions import case_v1
from contracts.runtime import REDACTED
from infra.testing.spec import Spec
from services.audits import audit
from services.audits.audit import (
    MOST_MINOR,
    AuditIdTaken,
    AuditIsCompleted,
    FindingInOtherCurrency,
    FindingNamedTwice,
    FindingPriceNotPossible,
    NoSuchAudit,
)
from services.audits.reactions import from_interventions_case
from services.audits.tests.make import (
    GROUP,
    LATER,
    LILLE,
    begin,
    begun,
    complete,
    completed,
    finding,
    forget,
    forget_linked,
    forgotten,
)

given = Spec(audit.decide, audit.evolve, audit.initial).given


@pytest.mark.requirement("SM-23", "FLB-021")
class TestAnAudit:
    def test_it_is_begun_and_completed_with_all_that_was_found(self) -> None:
        given().when(begin()).records(begun())
        found = (finding(), finding("tyres", None))
        given(begun()).when(complete(*found)).records(completed(*found))

    def test_one_that_found_nothing_is_completed_too(self) -> None:
        given(begun()).when(complete()).records(completed())

    def test_one_that_comes_again_says_nothing_new(self) -> None:
        again = begin(by="tablet-2", at=LATER)
        given(begun()).when(again).records_nothing()
        done = given(begun(), completed(finding()))
        done.when(again).records_nothing()
        done.when(complete(finding(), by="tablet-2")).records_nothing()

    @pytest.mark.parametrize("other", [begin("OR-2"), begin(auditor="nora")], ids=["id", "who"])
    def test_another_one_of_that_id_is_refused(self, other: audit.BeginAudit) -> None:
        given(begun()).when(other).is_rejected(AuditIdTaken("AU1"))

    def test_what_was_found_stays(self) -> None:
        done = given(begun(), completed(finding()))
        done.when(complete()).is_rejected(AuditIsCompleted())

    def test_what_was_not_begun_is_not_completed(self) -> None:
        given().when(complete()).is_rejected(NoSuchAudit())

    def test_another_organisation_has_no_part_in_it(self) -> None:
        given(begun()).when(complete(organisation="other")).is_rejected(NoSuchAudit())


@pytest.mark.requirement("G-79")
class TestFindings:
    def test_each_is_named_once(self) -> None:
        twice = complete(finding(), finding())
        given(begun()).when(twice).is_rejected(FindingNamedTwice("pads"))

    def test_they_are_priced_as_the_dealership_prices(self) -> None:
        other = complete(finding(currency="CHF"))
        refused = FindingInOtherCurrency("pads", "CHF", "EUR")
        given(begun()).when(other).is_rejected(refused)

    @pytest.mark.parametrize("amount", [0, MOST_MINOR])
    def test_they_cost_nothing_or_up_to_the_most(self, amount: int) -> None:
        found = finding(amount_minor=amount)
        given(begun()).when(complete(found)).records(completed(found))

    @pytest.mark.parametrize("amount", [-1, MOST_MINOR + 1])
    def test_they_cost_no_less_and_no_more(self, amount: int) -> None:
        refused = FindingPriceNotPossible("pads", Money(amount, "EUR"), Money(MOST_MINOR, "EUR"))
        given(begun()).when(complete(finding(amount_minor=amount))).is_rejected(refused)


@pytest.mark.requirement("G-50")
class TestForgetting:
    def test_it_is_forgotten_once_whatever_its_state(self) -> None:
        given(begun()).when(forget()).records(forgotten())
        given(begun(), completed()).when(forget_linked()).records(forgotten())

    def test_nothing_is_known_of_others(self) -> None:
        given().when(forget()).is_rejected(NoSuchAudit())
        given().when(forget_linked()).records_nothing()
        given(begun()).when(forget("other")).is_rejected(NoSuchAudit())
        given(begun()).when(forget_linked("other")).records_nothing()

    def test_one_that_was_forgotten_comes_again_in_silence_and_is_completed(self) -> None:
        gone = given(begun(REDACTED), forgotten())
        gone.when(begin()).records_nothing()
        gone.when(complete()).records(completed())
        done = given(begun(REDACTED), forgotten(), completed())
        done.when(forget()).records_nothing()

    def test_a_case_that_is_forgotten_forgets_the_audits_that_were_linked_to_it(self) -> None:
        event = case_v1.SubjectForgotten(
            case_id="J1",
            organisation_id=GROUP,
            dealership_id=LILLE,
            forgotten_at=LATER,
            file_ids=(),
            audit_ids=("AU1", "AU2"),
        )
        commands = from_interventions_case.react(event)
        assert commands == [forget_linked(), replace(forget_linked(), audit_id="AU2")]
        assert [from_interventions_case.target(one) for one in commands] == ["AU1", "AU2"]

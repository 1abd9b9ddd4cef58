"""The rules of templates of audits."""

import pytest

from infra.testing.spec import Spec
from services.audits import template
from services.audits.template import AuditItemNamedTwice, NoSuchAuditTemplate
from services.audits.tests.make import (
    delete_template,
    save_template,
    template_deleted,
    template_saved,
)

given = Spec(template.decide, template.evolve, template.initial).given
SAVED = template_saved("pads", "tyres")


@pytest.mark.requirement("FLB-022")
def test_the_last_one_that_is_saved_counts_whole() -> None:
    given().when(save_template("pads", "tyres")).records(SAVED)
    given(SAVED).when(save_template("tyres")).records(template_saved("tyres"))
    given(SAVED).when(save_template("pads", "tyres")).records_nothing()


def test_each_item_is_named_once() -> None:
    given().when(save_template("pads", "pads")).is_rejected(AuditItemNamedTwice("pads"))


def test_it_is_deleted_once_and_may_be_saved_again() -> None:
    given(SAVED).when(delete_template()).records(template_deleted())
    gone = given(SAVED, template_deleted())
    gone.when(delete_template()).records_nothing()
    gone.when(save_template("pads", "tyres")).records(SAVED)
    given().when(delete_template()).is_rejected(NoSuchAuditTemplate())


@pytest.mark.parametrize("owner", [("other", "GLILLE"), ("lumen", "GMETZ")])
def test_another_dealership_has_its_own(owner: tuple[str, str]) -> None:
    organisation, dealership = owner
    others = save_template("pads", organisation=organisation, dealership=dealership)
    given(SAVED).when(others).is_rejected(NoSuchAuditTemplate())
    given(SAVED).when(delete_template(*owner)).is_rejected(NoSuchAuditTemplate())

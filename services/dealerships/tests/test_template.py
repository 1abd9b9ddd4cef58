"""The rules of templates."""

import pytest

from infra.testing.spec import Spec
from services.dealerships import template
from services.dealerships.template import NoSuchTemplate, TemplateIsEmpty
from services.dealerships.terms import LanguageNamedTwice
from services.dealerships.tests.make import (
    delete_template,
    save_template,
    template_deleted,
    template_saved,
)

given = Spec(template.decide, template.evolve, template.initial).given


@pytest.mark.requirement("FLB-137", "FLB-138", "FLB-139")
def test_the_last_one_that_is_saved_counts_whole() -> None:
    given().when(save_template("fr", "ar", banner="f-1")).records(
        template_saved("fr", "ar", banner="f-1")
    )
    given(template_saved("fr")).when(save_template("fr", title="May")).records(
        template_saved("fr", title="May")
    )
    given(template_saved("fr")).when(save_template("fr")).records_nothing()


@pytest.mark.parametrize("file", ["banner", "advertising"])
def test_a_picture_alone_makes_a_template(file: str) -> None:
    banner, advertising = ("f-1", None) if file == "banner" else (None, "f-1")
    given().when(save_template(banner=banner, advertising=advertising)).records(
        template_saved(banner=banner, advertising=advertising)
    )


def test_nothing_at_all_makes_none() -> None:
    given().when(save_template()).is_rejected(TemplateIsEmpty())


@pytest.mark.requirement("FLB-138")
def test_a_language_has_one_text() -> None:
    given().when(save_template("fr", "ar", "fr")).is_rejected(LanguageNamedTwice("fr"))


@pytest.mark.requirement("FLB-140")
def test_one_of_the_group_is_no_dealerships() -> None:
    group = template_saved("fr", dealership=None)
    given().when(save_template("fr", dealership=None)).records(group)
    given(group).when(save_template("ar")).is_rejected(NoSuchTemplate())
    given(group).when(delete_template()).is_rejected(NoSuchTemplate())
    given(template_saved("fr")).when(delete_template(None)).is_rejected(NoSuchTemplate())


def test_another_organisation_has_its_own() -> None:
    other = save_template("ar", organisation="other")
    given(template_saved("fr")).when(other).is_rejected(NoSuchTemplate())


def test_a_template_is_deleted_once_and_may_be_saved_again() -> None:
    given(template_saved("fr")).when(delete_template()).records(template_deleted())
    gone = given(template_saved("fr"), template_deleted())
    gone.when(save_template("fr")).records(template_saved("fr"))
    given().when(delete_template()).is_rejected(NoSuchTemplate())

"""The rules of predefined messages, and the language in which a customer reads one."""

import pytest

from contracts.dealers import Picked, picked
from contracts.dealerships.predefined_message_v1 import Module
from infra.testing.spec import Spec
from services.dealerships import predefined_message
from services.dealerships.predefined_message import NoSuchPredefinedMessage
from services.dealerships.terms import LanguageNamedTwice
from services.dealerships.tests.make import (
    delete_message,
    message_deleted,
    message_saved,
    save_message,
    texts,
)

given = Spec(predefined_message.decide, predefined_message.evolve, predefined_message.initial).given


@pytest.mark.requirement("FLB-141")
def test_the_last_one_that_is_saved_counts_whole() -> None:
    given().when(save_message("fr", "nl")).records(message_saved("fr", "nl"))
    report = save_message("fr", module=Module.WORK_REPORT)
    given(message_saved("fr")).when(report).records(message_saved("fr", module=Module.WORK_REPORT))
    given(message_saved("fr")).when(save_message("fr")).records_nothing()


def test_a_language_has_one_text() -> None:
    given().when(save_message("fr", "fr")).is_rejected(LanguageNamedTwice("fr"))


@pytest.mark.parametrize("owner", [("hill", "group"), ("lake", "other")])
def test_nobody_else_has_it(owner: tuple[str, str]) -> None:
    spec = given(message_saved("fr"))
    spec.when(save_message("nl", dealership=owner[0], organisation=owner[1])).is_rejected(
        NoSuchPredefinedMessage()
    )
    spec.when(delete_message(*owner)).is_rejected(NoSuchPredefinedMessage())


def test_a_message_is_deleted_once_and_may_be_saved_again() -> None:
    given(message_saved("fr")).when(delete_message()).records(message_deleted())
    gone = given(message_saved("fr"), message_deleted())
    gone.when(save_message("fr")).records(message_saved("fr"))
    given().when(delete_message()).is_rejected(NoSuchPredefinedMessage())


@pytest.mark.requirement("FLB-142", "G-53")
@pytest.mark.parametrize(
    ("there", "customer", "usual", "told", "translated"),
    [
        (("fr", "nl", "de"), "nl", "de", "nl", True),
        (("fr", "nl"), "nl-BE", "de", "nl", True),
        (("fr", "nl-NL", "nl-BE"), "nl-BE", "de", "nl-BE", True),
        (("fr-BE",), "fr", "de", "fr-BE", True),
        (("fr", "de"), "nl", "de", "de", False),
        (("fr", "de"), "nl", "es", "fr", False),
        (("fr", "de"), None, "de", "de", True),
        (("fr", "de"), None, "es", "fr", False),
    ],
)
def test_a_customer_is_told_in_their_language_or_it_is_said_that_there_is_none(
    there: tuple[str, ...], customer: str | None, usual: str, told: str, translated: bool
) -> None:
    assert picked(texts(*there), customer, usual) == Picked(
        language=told, text=f"Ready in {told}", translated=translated
    )


def test_nothing_is_told_where_nothing_is_written() -> None:
    assert picked((), "fr", "fr") is None

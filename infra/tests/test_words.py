"""A value has words in each language, and one that nobody listed does not stop anybody."""

import pytest

from infra.words import of_api, word, words


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("ExpenseKind", "toll", "péage"),
        ("Rule", "trip-assigned", "le trajet a été confié à un autre conducteur"),
        ("Rule", "a-rule-of-later", "une décision automatique"),
        ("Tag", "as_they_wrote_it", "as_they_wrote_it"),
        ("Country", "MA", "Maroc"),
        ("Language", "sv", "suédois"),
    ],
)
def test_a_value_is_said_in_the_language(kind: str, value: str, shown: str) -> None:
    assert word("fr", kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "value"), [("Colour", "red"), ("PaperKind", "papyrus"), ("Country", "XX")]
)
def test_nothing_is_said_of_what_there_is_not(kind: str, value: str) -> None:
    with pytest.raises(KeyError):
        word("fr", kind, value)


def test_the_words_of_some_values_come_in_the_order_of_these() -> None:
    assert dict(words("en", "Channel", ["sms", "email"])) == {
        "sms": "text message",
        "email": "e-mail",
    }
    assert "app" in dict(words("en", "Channel"))


def test_an_api_whose_document_is_not_written_yet_has_no_words() -> None:
    assert of_api("missions").codes == ["AdditionalService", "DeliveryType", "Rule", "Tag"]
    assert of_api("of-tomorrow") == ({}, [])

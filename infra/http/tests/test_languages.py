"""Accept-Language is read as RFC 9110 says, and what cannot be read does no harm."""

import pytest

from infra.http.languages import MOST_BYTES, asked_for, preferred

HEADERS = [
    ("fr", "fr"),
    ("FR-ca", "fr"),
    ("nb-NO, en;q=0.1", "no"),
    ("nn", "no"),
    ("ar", "ar"),
    ("ar-MA, fr;q=0.9", "ar"),
    ("en, fr", "en"),
    ("fr, en", "fr"),
    ("en;q=0.5, fr;q=0.501", "fr"),
    ("en;q=0.5, fr;q=0.5", "en"),
    ("it ; q=0.3,\tes;Q=0.4", "es"),
    ("pl, ja;q=0.9", "en"),
    ("pl, sv;q=0.001", "sv"),
    ("sv;q=0", "en"),
    ("*", "en"),
    ("en;q=0, *", "fr"),
    ("de;q=0.4, *;q=0.5", "en"),
    ("de;q=0.5, *;q=0.4", "de"),
    ("*;q=0", "en"),
    ("en;q=0, *;q=0", "en"),
    ("", "en"),
    (",;q=1,,", "en"),
    ("fr;q=2, de", "de"),
    ("fr;q=0.1234, de;q=0.1", "de"),
    ("fr;q=one", "en"),
    ("fr; q", "en"),
    ("fr_FR", "en"),
    ("français, nl", "nl"),
    ("12, 1a;q=1, pt", "pt"),
]


@pytest.mark.parametrize(("header", "language"), HEADERS)
def test_the_language_with_the_highest_weight_is_taken(header: str, language: str) -> None:
    assert preferred(header.encode()) == language


def test_without_the_header_it_is_english() -> None:
    assert asked_for({"headers": [(b"accept", b"fr")]}) == "en"


def test_a_header_may_come_in_several_lines() -> None:
    lines = [(b"accept-language", b"pl"), (b"accept-language", b"es;q=0.2, it;q=0.3")]
    assert asked_for({"headers": lines}) == "it"


@pytest.mark.parametrize(("length", "language"), [(MOST_BYTES, "fr"), (MOST_BYTES + 1, "en")])
def test_a_header_of_endless_length_is_not_read(length: int, language: str) -> None:
    assert preferred(b"fr".ljust(length)) == language

"""Number plates: French ones in their forms, all others nearly as they come."""

import pytest

from infra.wording import Unfit
from services.missions.http.plates import plate


@pytest.mark.parametrize(
    ("entered", "country", "kept"),
    [
        ("AB-123-CD", "FR", "AB-123-CD"),
        ("ab 123 cd", "FR", "AB 123 CD"),
        ("AB123CD", "FR", "AB123CD"),
        ("WW-001-ZZ", "FR", "WW-001-ZZ"),
        ("W-123-AB", "FR", "W-123-AB"),
        ("1234 abc 75", "FR", "1234 ABC 75"),
        ("1 A 2b", "FR", "1 A 2B"),
        ("12-AB-974", "FR", "12-AB-974"),
        ("B  XY 1234", "DE", "B XY 1234"),
        ("M\u00dc-A 1", "DE", "M\u00dc-A 1"),
        ("12345-A-6", "MA", "12345-A-6"),
        ("12345 \u0623 6", "MA", "12345 \u0623 6"),
        ("1-ABC-234", "BE", "1-ABC-234"),
        ("X1", "GB", "X1"),
        ("ABCDEFGH1234567", "GB", "ABCDEFGH1234567"),
    ],
)
def test_a_plate_is_kept_as_it_was_entered_in_capitals(
    entered: str, country: str, kept: str
) -> None:
    assert plate(entered, country) == kept


@pytest.mark.parametrize(
    ("entered", "country", "rule"),
    [
        ("AB-12-CD", "FR", "plate_french"),
        ("AI-123-CD", "FR", "plate_french"),
        ("SS-123-CD", "FR", "plate_french"),
        ("AB-123-SS", "FR", "plate_french"),
        ("AB-000-CD", "FR", "plate_french"),
        ("0123 ABC 75", "FR", "plate_french"),
        ("1234 ABC 96", "FR", "plate_french"),
        ("1234 ABC 00", "FR", "plate_french"),
        ("B XY 1234", "FR", "plate_french"),
        ("X", "GB", "plate"),
        ("ABCDEFGH12345678", "GB", "plate"),
        ("AB--123", "GB", "plate"),
        ("-AB123", "GB", "plate"),
        ("AB/123", "GB", "plate"),
        ("<b>", "GB", "plate"),
    ],
)
def test_what_is_no_plate_is_refused(entered: str, country: str, rule: str) -> None:
    with pytest.raises(Unfit) as refused:
        plate(entered, country)
    assert refused.value.rule == rule

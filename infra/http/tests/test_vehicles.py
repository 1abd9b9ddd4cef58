"""Number plates, French ones in their forms and all others nearly as they come; VINs."""

import pytest
from pydantic import TypeAdapter, ValidationError

from infra.http.vehicles import Vin, normal_plate, plate
from infra.wording import Unfit


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


@pytest.mark.parametrize(
    ("entered", "found_as"),
    [
        ("AB-123-CD", "AB123CD"),
        ("ab 123.cd", "AB123CD"),
        ("M\u00dc-A 1", "MUA1"),
        ("\u0410 123 \u0412\u0421 77", "A123BC77"),
        ("\u0399\u0391\u0392-1234", "IAB1234"),
        ("12345 \u0623 6", "12345\u06276"),
        ("\u0661\u0662\u0663\u0664\u0665 \u0627 \u0666", "12345\u06276"),
        ("\uff21\uff22\uff11", "AB1"),
    ],
)
def test_a_plate_is_found_however_it_was_entered(entered: str, found_as: str) -> None:
    assert normal_plate(entered) == found_as


@pytest.mark.parametrize("entered", ["VF1RFB00066123456", "vf1 rfb0006 6123456"])
def test_a_vin_is_kept_in_one_form(entered: str) -> None:
    assert TypeAdapter(Vin).validate_python(entered) == "VF1RFB00066123456"


@pytest.mark.parametrize(
    "entered",
    [
        "VF1RFB0006612345",
        "VF1RFB000661234567",
        "VF1RFB0006612345I",
        "VF1RFB0006612345O",
        "VF1RFB0006612345Q",
        "VF1RFB00066-23456",
    ],
)
def test_what_has_not_the_shape_of_a_vin_is_refused(entered: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Vin).validate_python(entered)
    [error] = refused.value.errors()
    assert error["ctx"]["error"].rule == "vin"

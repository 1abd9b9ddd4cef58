import pytest

from infra.http.labels import parcel_code, sscc
from infra.wording import Unfit

SSCC = "340123450000000000"


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        ("CASA-2041", "CASA-2041"),
        (" casa-2041/2\r\n", "CASA-2041/2"),
        ("CASA-2041/99", "CASA-2041/99"),
        ("]C0CASA-2041", "CASA-2041"),
        (f"00{SSCC}", SSCC),
        (f"(00){SSCC}", SSCC),
        (f"]C100{SSCC}", SSCC),
        (f"\x1d00{SSCC}", SSCC),
        (f"(00){SSCC}(400)ORDER7", SSCC),
        (f"]C1400ORDER7\x1d00{SSCC}", SSCC),
        (f"(400)ORDER7(00){SSCC}", SSCC),
    ],
)
def test_a_label_is_read_as_a_scanner_sends_it(scanned: str, code: str) -> None:
    assert parcel_code(scanned) == code


@pytest.mark.parametrize(
    ("scanned", "rule"),
    [
        ("", "label_unreadable"),
        ("CAS", "label_unreadable"),
        ("CASA-2041/0", "label_unreadable"),
        ("CASA-2041/100", "label_unreadable"),
        ("https://example.org/CASA-2041", "label_unreadable"),
        ("(9", "label_unreadable"),
        ("(01)03453120000011", "label_without_sscc"),
        ("00340123450000000001", "sscc"),
    ],
)
def test_what_names_no_parcel_is_refused_by_its_rule(scanned: str, rule: str) -> None:
    with pytest.raises(Unfit) as refused:
        parcel_code(scanned)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "number",
    ["34012345000000000", "3401234500000000000", "34012345000000000x", "٣40123450000000000"],
)
def test_an_sscc_has_18_digits(number: str) -> None:
    assert sscc(SSCC) == SSCC
    with pytest.raises(Unfit):
        sscc(number)

"""Bank accounts that exist, and those a digit away."""

import pytest

from services.payments.adapters.checks import iban

RIB = "011519000001205000534921"
MOROCCAN = f"MA64{RIB}"


@pytest.mark.requirement("HIF-43")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
        (MOROCCAN, MOROCCAN),
        (RIB, MOROCCAN),
        ("011 519 0000012050005349 21", MOROCCAN),
    ],
)
def test_an_account_is_kept_as_its_iban(text: str, kept: str) -> None:
    assert iban(text) == kept


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FR1420041010050500013M02607", "iban_checksum"),
        ("MA37011519000001205000534922", "rib_key"),
        (f"{RIB[:-1]}2", "rib_key"),
        (RIB[:-1], "iban"),
        (f"{RIB}1", "iban"),
    ],
)
def test_an_account_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        iban(text)

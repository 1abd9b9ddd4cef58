"""How support is reached, as "Help" shows it."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.settings import Settings
from services.support.tests.test_api import served

SAID: dict[str, Any] = {
    "support_email": "support@relais.example",
    "support_phones": "+33123456789, +3221234567",
    "support_guide": "https://docs.relais.example/guide",
}


@pytest.mark.requirement("FLB-011")
async def test_everybody_finds_the_address_the_numbers_and_the_guide(database: str) -> None:
    async with served(database, **SAID) as api:
        answer = await api.ask("GET", "/contact")
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "email": "support@relais.example",
                "urgent_phones": ["+33123456789", "+3221234567"],
                "user_guide": "https://docs.relais.example/guide",
            },
        )
        stranger = await api.anybody("GET", "/contact", None, {})
        assert stranger.status_code == 401


@pytest.mark.requirement("FLB-011")
async def test_what_an_installation_does_not_say_is_null(database: str) -> None:
    async with served(database) as api:
        answer = (await api.ask("GET", "/contact")).json()
    assert answer == {"email": None, "urgent_phones": [], "user_guide": None}


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("support_email", "support"),
        ("support_email", "sup port@relais.example"),
        ("support_phones", "0123456789"),
        ("support_phones", "+33123456789,+0123456789"),
        ("support_guide", "http://docs.relais.example"),
    ],
)
def test_what_nobody_reaches_is_no_setting(name: str, bad: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: bad})

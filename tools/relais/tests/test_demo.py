"""The story of the demo, over the platform as `relais up` starts it."""

from io import StringIO

import pytest
from rich.console import Console

from infra.tokens import Role, SigningKey
from tools.demo.story import play
from tools.relais.keys import development_token
from tools.relais.tests.conftest import Platform


@pytest.mark.requirement("HIF-01")
async def test_the_story_is_told_twice_on_one_platform(platform: Platform) -> None:
    key = SigningKey.from_pem((platform.home / "keys" / "signing.pem").read_text())

    def token(subject: str, organisation: str, role: Role) -> str:
        return development_token(key, subject, organisation, [role])

    for _ in range(2):
        told = StringIO()
        await play(platform.url, token, Console(file=told), drivers_count=8, trips_count=40)
        assert "now: delivered" in told.getvalue()

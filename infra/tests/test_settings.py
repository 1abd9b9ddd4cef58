"""Settings that would weaken us are refused before anything starts."""

import base64
import json

import pytest
from pydantic import ValidationError

from infra.settings import Settings

STRONG = bytes(range(32))


def settings(**keys: bytes) -> Settings:
    """Settings with these master keys."""
    text = json.dumps({name: base64.b64encode(key).decode() for name, key in keys.items()})
    return Settings.model_validate({"master_keys": text})


def test_master_keys_are_kept_in_their_order() -> None:
    assert list(settings(new=STRONG, old=STRONG[::-1]).masters) == ["new", "old"]


def test_without_master_keys_settings_can_be_read() -> None:
    assert Settings().master_keys.get_secret_value() == ""


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ({"old": STRONG, "new": STRONG[:31]}, "the key new must have 32 bytes, not 31"),
        ({"new": STRONG + b"x"}, "the key new must have 32 bytes, not 33"),
        ({"new": STRONG[:16]}, "not 16"),
        ({"new": bytes(32)}, "the bytes of the key new are all the same"),
        ({}, "must have a key"),
    ],
)
def test_weak_master_keys_are_refused(keys: dict[str, bytes], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        settings(**keys)


@pytest.mark.parametrize("text", ["no json", "[]", '{"new": 1}', '{"new": "***"}'])
def test_what_are_no_master_keys_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError, match="a JSON object of names and keys") as refused:
        Settings.model_validate({"master_keys": text})
    assert f"input_value={text!r}" not in str(refused.value)

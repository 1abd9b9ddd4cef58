"""Keys of a dealership's account: restricted ones, asked at once, sealed, and never shown."""

from typing import Any

import pytest

from infra.testing.cards import ALL_SCOPES, KEY, PUBLISHABLE, SECRET, Key
from services.payments.tests.cards_stage import ACCOUNT, COMPANY, KEYS, served

LIVE = {"restricted_key": "rk_live_0123456789", "publishable_key": "pk_live_0123456789"}


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.mark.requirement("FLB-170")
async def test_an_account_is_shown_whole_and_without_its_secrets(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        shown = (await api.ask("GET", ACCOUNT)).json()
        history = (await api.ask("GET", f"{ACCOUNT}/history")).text
    connection = shown.pop("connection")
    assert connection.pop("connected_at")
    assert shown == {
        "dealership_id": "lyon",
        "live": False,
        "takes_cards": True,
        "company": COMPANY,
    }
    assert connection == {
        "provider_account_id": "acct_1",
        "publishable_key": PUBLISHABLE,
        "key_ends_with": "7f2q",
        "currencies": ["EUR", "GBP", "JPY", "TND"],
        "connected_by": "gina",
    }
    assert KEY not in history
    assert SECRET not in history


async def test_secret_keys_are_sealed_wherever_they_are_kept(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        async with api.running.pool.connection() as connection:
            events = await (await connection.execute("select data from es.event")).fetchall()
            kept = await (await connection.execute("select sealed from cards.keys")).fetchall()
    stored = b"".join(bytes(row[0]) for row in (*events, *kept))
    assert KEY.encode() not in stored
    assert SECRET.encode() not in stored


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("restricted_key", "sk_test_0123456789abcdefghij"),
        ("restricted_key", "rk_test_1"),
        ("publishable_key", "sk_test_0123456789abcdefghij"),
        ("webhook_secret", "0123456789abcdefghij"),
    ],
)
async def test_only_restricted_keys_are_taken(database: str, field: str, value: str) -> None:
    async with served(database) as api:
        answer = await api.ask("PUT", f"{ACCOUNT}/keys", KEYS | {field: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"/{field}")
        assert value not in answer.text
        assert api.cards.asked == []


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (Key(ALL_SCOPES - {"refunds", "balance"}), "scopes-missing"),
        (Key(ALL_SCOPES | {"payouts"}), "scopes-too-wide"),
        (None, "key-refused"),
    ],
    ids=["narrow", "wide", "unknown"],
)
async def test_the_provider_is_asked_what_a_key_may(
    database: str, key: Key | None, said: str
) -> None:
    async with served(database) as api:
        api.cards.keys = {KEY: key} if key else {}
        answer = await api.ask("PUT", f"{ACCOUNT}/keys", KEYS)
        assert (answer.status_code, slug(answer)) == (422, said)


async def test_a_live_key_is_none_for_a_test_dealership(database: str) -> None:
    async with served(database) as api:
        api.cards.keys[LIVE["restricted_key"]] = Key(live=True)
        refused = await api.ask("PUT", f"{ACCOUNT}/keys", KEYS | LIVE)
        assert slug(refused) == "key-is-live"
        mixed = await api.ask(
            "PUT", f"{ACCOUNT}/keys", LIVE | KEYS | {"publishable_key": "pk_live_0123456789"}
        )
        assert slug(mixed) == "keys-of-two-modes"
        assert (await api.ask("PUT", f"{ACCOUNT}/mode", {"live": True})).status_code == 403
        assert (await api.operator("PUT", f"{ACCOUNT}/mode", {"live": True})).is_success
        assert (await api.ask("PUT", f"{ACCOUNT}/keys", KEYS | LIVE)).is_success
        assert slug(await api.operator("PUT", f"{ACCOUNT}/mode", {"live": False})) == (
            "account-is-connected"
        )


@pytest.mark.requirement("G-59")
async def test_a_currency_that_the_account_cannot_take_is_refused(database: str) -> None:
    async with served(database, currency="MAD") as api:
        answer = await api.ask("PUT", f"{ACCOUNT}/keys", KEYS)
        assert (answer.status_code, slug(answer)) == (409, "currency-not-taken")


async def test_while_the_provider_is_away_no_key_is_taken(database: str) -> None:
    async with served(database) as api:
        api.cards.away = True
        answer = await api.ask("PUT", f"{ACCOUNT}/keys", KEYS)
        assert (answer.status_code, slug(answer)) == (503, "provider-away")


async def test_keys_that_are_given_back_are_destroyed(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        assert (await api.ask("DELETE", f"{ACCOUNT}/keys")).is_success
        assert await api.cashier.keys.of("lyon") is None
        assert (await api.ask("GET", ACCOUNT)).json()["connection"] is None


@pytest.mark.requirement("G-01")
async def test_an_account_is_for_the_managers_of_its_dealership(database: str) -> None:
    async with served(database) as api:
        await api.connect()
        for path, body in (("", None), ("/keys", KEYS), ("/company", COMPANY)):
            method = "PUT" if body else "GET"
            stranger = await api.ask(method, ACCOUNT + path, body, org="grand")
            assert stranger.status_code == 404, stranger.text

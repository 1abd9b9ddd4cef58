"""Notifications in browsers, over a real push service with the keys of real browsers (FLB-125)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.messaging.message_v1 import Channel, Topic
from contracts.messaging.preferences_v1 import (
    BrowserSubscribed,
    BrowserUnsubscribed,
    SubjectForgotten,
    UnsubscriptionReason,
)
from infra.testing.spec import Spec
from infra.vault import Vault
from services.messaging import preferences
from services.messaging.adapters.outbound import (
    Accepted,
    NeverThere,
    NotNow,
    OutboundMessage,
    RenderedMessage,
    Why,
)
from services.messaging.adapters.outbound.push import (
    Browser,
    Push,
    is_allowed,
    key_of,
    public_half,
)
from services.messaging.preferences import (
    MOST_BROWSERS,
    NoSuchRecipient,
    SubscribeBrowser,
    TooManyBrowsers,
    UnsubscribeBrowser,
)
from services.messaging.tests import make
from services.messaging.tests.make import LATER, NOON
from services.messaging.tests.push_service import Browser as Opener
from services.messaging.tests.push_service import PushService, push_service
from services.messaging.tests.stage import SENDER, Stage, staged

given = Spec(preferences.decide, preferences.evolve, preferences.initial).given
HOSTS = ("fcm.googleapis.com", ".push.apple.com", "push.example.org:8443")


def subscribe(browser_id: str = "b-1", key: str = "key") -> SubscribeBrowser:
    return SubscribeBrowser(
        user_id="ada",
        organisation_id="hiflow",
        browser_id=browser_id,
        endpoint=f"https://push.example.org/{browser_id}",
        public_key=key,
        shared_secret="secret",
        at=NOON,
    )


def subscribed(browser_id: str = "b-1", key: str = "key") -> BrowserSubscribed:
    return BrowserSubscribed(
        user_id="ada",
        organisation_id="hiflow",
        browser_id=browser_id,
        endpoint=f"https://push.example.org/{browser_id}",
        public_key=key,
        shared_secret="secret",
        subscribed_at=NOON,
    )


def unsubscribe(reason: UnsubscriptionReason = UnsubscriptionReason.GONE) -> UnsubscribeBrowser:
    return UnsubscribeBrowser(user_id="ada", browser_id="b-1", reason=reason, at=NOON)


UNSUBSCRIBED = BrowserUnsubscribed(
    user_id="ada",
    organisation_id="hiflow",
    browser_id="b-1",
    reason=UnsubscriptionReason.GONE,
    unsubscribed_at=NOON,
)


@pytest.mark.requirement("FLB-125")
def test_a_browser_is_told_until_it_is_not() -> None:
    known = make.contact()
    given(known).when(subscribe()).records(subscribed())
    given(known, subscribed()).when(subscribe(key="other")).records(subscribed(key="other"))
    given(known, subscribed()).when(unsubscribe()).records(UNSUBSCRIBED)
    given(known).when(unsubscribe()).records_nothing()
    given().when(subscribe()).is_rejected(NoSuchRecipient())
    forgotten = SubjectForgotten(user_id="ada", forgotten_at=LATER)
    given(known, subscribed(), forgotten).when(subscribe()).is_rejected(NoSuchRecipient())


def test_somebody_is_told_in_so_many_browsers() -> None:
    others = [subscribed(f"b-{n}") for n in range(2, MOST_BROWSERS + 1)]
    known = make.contact()
    given(known, *others).when(subscribe()).records(subscribed())
    full = given(known, *others, subscribed())
    full.when(subscribe("b-0")).is_rejected(TooManyBrowsers(MOST_BROWSERS))
    full.when(subscribe(key="other")).records(subscribed(key="other"))


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://fcm.googleapis.com:443/fcm/send/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://push.example.org:8443/abc", True),
        ("https://push.example.org/abc", False),
        ("http://fcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com:8443/abc", False),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://evil.example/fcm.googleapis.com", False),
        ("https://fcm.googleapis.com@evil.example/abc", False),
        ("https://notpush.apple.com/abc", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://localhost/abc", False),
        ("https://[::1]:x/abc", False),
    ],
)
def test_messages_go_to_known_push_services_alone(endpoint: str, allowed: bool) -> None:
    assert is_allowed(endpoint, HOSTS) is allowed


# --- Over a real push service -----------------------------------------------


@dataclass
class Room:
    """The service with browsers, its push service, and the channel."""

    stage: Stage
    service: PushService
    push: Push
    public_key: str

    async def send(
        self, *openers: Opener, subject: str = "Un message", key: str = "m-1.push"
    ) -> Accepted:
        return await self.push.send(outbound(openers, "Un message", "m-1.push"))


@asynccontextmanager
async def room(database: str, folder: Path) -> AsyncIterator[Room]:
    async with (
        push_service(folder) as service,
        staged(database, push_hosts=service.host, push_ca=str(service.authority)) as stage,
    ):
        key = await key_of(Vault(stage.running.pool, stage.running.settings.masters))
        push = Push(key, SENDER, (service.host,), service.authority)
        stage.sender.transports = {Channel.PUSH: push}
        yield Room(stage, service, push, public_half(key))


def outbound(openers: tuple[Opener, ...], subject: str, key: str) -> OutboundMessage:
    content = RenderedMessage(language="ar", subject=subject, text="t", html="h", short=subject)
    to = tuple(
        Browser(
            one.endpoint.rpartition("/")[2],
            one.endpoint,
            one.subscription()["keys"]["p256dh"],
            one.subscription()["keys"]["auth"],
        ).written()
        for one in openers
    )
    return OutboundMessage(key=key, to=to, name="Ada", content=content)


@pytest.mark.requirement("FLB-125")
async def test_the_browser_alone_opens_what_a_proven_sender_sends(
    database: str, tmp_path: Path
) -> None:
    async with room(database, tmp_path) as it:
        browser = it.service.browser()
        assert await it.send(browser) == Accepted("m-1.push")
        shown = {"id": "m-1.push", "title": "Un message", "body": "", "lang": "ar", "dir": "rtl"}
        assert browser.told == [shown]
        assert it.service.senders == {it.public_key}
        [headers] = it.service.headers
        assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "86400")
        assert len(headers["topic"]) == 32


async def test_the_longest_words_fit_into_a_message(database: str, tmp_path: Path) -> None:
    async with room(database, tmp_path) as it:
        browser = it.service.browser()
        words = replace(outbound((browser,), "\u0645" * 200, "k").content, short="\u0645" * 5_000)
        message = replace(outbound((browser,), "", "k"), content=words)
        await it.push.send(message)
        assert len(browser.told[0]["body"]) == 600


async def test_one_browser_that_takes_it_is_enough_and_those_that_are_gone_are_named(
    database: str, tmp_path: Path
) -> None:
    async with room(database, tmp_path) as it:
        here, gone = it.service.browser("b1"), Opener(f"https://{it.service.host}/push/b2")
        assert await it.send(here, gone) == Accepted("m-1.push", gone=("b2",))
        with pytest.raises(NeverThere) as never:
            await it.send(gone)
        assert (never.value.why, never.value.gone) == (Why.RECIPIENT, ("b2",))


@pytest.mark.parametrize(
    ("status", "failure", "why", "gone"),
    [
        (404, NeverThere, Why.RECIPIENT, ("b1",)),
        (410, NeverThere, Why.RECIPIENT, ("b1",)),
        (429, NotNow, Why.BUSY, None),
        (503, NotNow, Why.BUSY, None),
        (403, NeverThere, Why.SETUP, ()),
        (413, NeverThere, Why.MESSAGE, ()),
        (307, NeverThere, Why.MESSAGE, ()),
    ],
)
async def test_a_push_service_that_says_no(
    database: str, tmp_path: Path, status: int, failure: type[Any], why: Why, gone: Any
) -> None:
    async with room(database, tmp_path) as it:
        it.service.answers = [status]
        with pytest.raises(failure) as refused:
            await it.send(it.service.browser("b1"))
        assert (refused.value.why, getattr(refused.value, "gone", None)) == (why, gone)


async def test_a_push_service_of_another_authority_or_an_unknown_one_gets_nothing(
    database: str, tmp_path: Path
) -> None:
    async with room(database, tmp_path) as it:
        browser, key = (
            it.service.browser(),
            await key_of(Vault(it.stage.running.pool, it.stage.running.settings.masters)),
        )
        message = outbound((browser,), "!", "k")
        with pytest.raises(NotNow):
            await Push(key, SENDER, (it.service.host,)).send(message)
        with pytest.raises(NeverThere) as unknown:
            await Push(key, SENDER, HOSTS, it.service.authority).send(message)
        assert unknown.value.said == "host"
        assert browser.told == []


# --- From the browser to the message ----------------------------------------


def chat(message_id: str = "m-1") -> Any:
    one = make.queued(Topic.CONVERSATIONS, message_id)
    until = datetime.now(UTC) + timedelta(days=1)
    return replace(one, template="message_written", facts=(), only=Channel.PUSH, expires_at=until)


@pytest.mark.requirement("FLB-125", "N-16")
async def test_who_subscribed_a_browser_is_told_in_it_and_a_gone_one_is_removed(
    database: str, tmp_path: Path
) -> None:
    async with room(database, tmp_path) as it:
        await it.stage.meet()
        shown = await it.stage.ask("GET", "/push-key")
        assert shown.json() == {"public_key": it.public_key}
        browser = it.service.browser()
        made = await it.stage.ask("POST", "/browsers", browser.subscription())
        assert made.status_code == 201, made.text
        await it.stage.queue(chat())
        await it.stage.round()
        assert [one["title"] for one in browser.told] == ["Vous avez un nouveau message"]
        assert (await it.stage.types())[-1] == "sent"
        del it.service.browsers["b1"]
        await it.stage.queue(chat("m-2"))
        await it.stage.round()
        assert await it.stage.types("m-2") == ["queued", "scheduled", "channel_failed", "failed"]
        assert (await it.stage.ask("GET", "/browsers")).json() == {"items": [], "next": None}


async def test_browsers_are_listed_and_removed_by_hand(database: str, tmp_path: Path) -> None:
    async with room(database, tmp_path) as it:
        await it.stage.meet()
        made = await it.stage.ask("POST", "/browsers", it.service.browser().subscription())
        path = made.headers["location"].removeprefix("/messaging")
        [shown] = (await it.stage.ask("GET", "/browsers")).json()["items"]
        assert shown.pop("subscribed_at")
        assert shown == {"browser_id": path.rpartition("/")[2], "host": it.service.host}
        matrix = (await it.stage.ask("GET", "/preferences")).json()["choices"]
        reachable = [one for one in matrix if one["channel"] == "push" and one["reachable"]]
        assert {one["topic"]: one["immediacy"] for one in reachable}["conversations"] == "now"
        assert (await it.stage.ask("DELETE", path)).is_success
        assert (await it.stage.ask("GET", "/browsers")).json()["items"] == []
        stranger = await it.stage.ask("GET", "/browsers", org="other")
        assert stranger.status_code == 404


async def test_a_browser_tells_whoever_signed_in_there_last(database: str, tmp_path: Path) -> None:
    async with room(database, tmp_path) as it:
        await it.stage.meet()
        await it.stage.meet("ben", "ben@example.org")
        body = it.service.browser().subscription()
        for who in ("ada", "ben"):
            assert (await it.stage.ask("POST", "/browsers", body, who=who)).status_code == 201
            await it.stage.catch_up()
        told = {
            who: len((await it.stage.ask("GET", "/browsers", who=who)).json()["items"])
            for who in ("ada", "ben")
        }
        assert told == {"ada": 0, "ben": 1}


async def test_a_subscription_that_is_none_is_refused(database: str, tmp_path: Path) -> None:
    async with room(database, tmp_path) as it:
        await it.stage.meet()
        good = it.service.browser().subscription()
        for changed, field in (
            ({"endpoint": "https://evil.example/x"}, None),
            ({"endpoint": "http://fcm.googleapis.com/x"}, "/endpoint"),
            ({"keys": good["keys"] | {"auth": "c2hvcnQ"}}, "/keys/auth"),
            ({"keys": good["keys"] | {"p256dh": "BAAA"}}, "/keys/p256dh"),
            ({"keys": good["keys"] | {"p256dh": "!"}}, "/keys/p256dh"),
        ):
            refused = await it.stage.ask("POST", "/browsers", good | changed)
            assert refused.status_code == 422, refused.text
            errors = refused.json().get("errors") or [{"field": None}]
            assert errors[0]["field"] == field

"""The client of a request is the peer, unless known proxies say otherwise."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from starlette.types import Scope

from infra.http.clients import Proxies, named
from infra.settings import Settings

BEHIND = Proxies([ip_network("10.0.0.0/8"), ip_network("2001:db8:f::/48")])
STRANGER = "192.0.2.9"


def scope(peer: str | None, *forwarded: str) -> Scope:
    """A request from a peer, with these lines of `X-Forwarded-For`."""
    lines = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return {"client": (peer, 1234) if peer else None, "headers": [(b"host", b"bells"), *lines]}


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "10.0.0.1"])
def test_nobody_is_believed_by_default(peer: str) -> None:
    assert Proxies().client(scope(peer, "198.51.100.1")) == peer


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:f::1", ["[2001:db8:1:2::7]:443"], "2001:db8:1:2::/64"),
        # What stands left of the first stranger, that one may have written.
        ("10.0.0.1", ["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.5", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (STRANGER, ["198.51.100.1"], STRANGER),
        # A proxy that does not say it is itself the client.
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, "], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (None, ["198.51.100.1"], ""),
    ],
)
def test_proxies_are_believed_about_whom_they_speak_for(
    peer: str | None, forwarded: list[str], client: str
) -> None:
    assert BEHIND.client(scope(peer, *forwarded)) == client


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_the_addresses_of_one_ipv6_site_count_as_one_client(
    one: str, other: str, same: bool
) -> None:
    assert (named(one) == named(other)) is same


def test_proxies_are_a_list_of_networks() -> None:
    settings = Settings.model_validate({"proxies": "10.0.0.0/8, 2001:db8::/32,192.0.2.1"})
    found = Proxies(settings.proxies)
    known = [found.has(one) for one in ("10.9.9.9", "2001:db8::1", "192.0.2.1", "192.0.2.2")]
    assert known == [True, True, True, False]


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValidationError, match="host bits"):
        Settings.model_validate({"proxies": "10.0.0.1/8"})

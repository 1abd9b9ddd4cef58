"""Finds out which client a request comes from, also through proxies that are known."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from starlette.types import Scope

CLIENT = "relais.client"
"""Where a request has the name of its client in its scope."""
PRINCIPAL = "relais.principal"
"""Where a request that was let in has its principal in its scope."""
NOBODY_KNOWN = ""
"""The client of a request whose server cannot tell."""
SITE_BITS = 64
"""One household or firm has this much of IPv6 to itself, and any address in it."""
REMEMBERED = 4_096

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Proxies:
    """The proxies before an API. They alone are believed about whom they speak for."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def has(self, address: str) -> bool:
        """Whether that is the address of a proxy."""
        found = _address(address)
        return found is not None and self._trusts(found)

    def client(self, scope: Scope) -> str:
        """The client a request comes from, as one name for all addresses of one IPv6 site.

        `X-Forwarded-For` is read from the right, as far as each address is a proxy's: what stands
        further left, anybody may have written.
        """
        peer = scope.get("client")
        host: str = peer[0] if peer else NOBODY_KNOWN
        found = _address(host) if self._networks else None
        if found is None:
            return named(host)
        for text in _forwarded(scope):
            before = _address(text)
            if before is None or not self._trusts(found):
                break
            found = before
        return named(str(found))

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(REMEMBERED)
def named(host: str) -> str:
    """The name under which a client is counted: its address, or the /64 of an IPv6 address."""
    found = _address(host)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, SITE_BITS), strict=False))
    return host if found is None else str(found)


def client_of(scope: Mapping[str, Any]) -> str:
    """The client of a request that was let in."""
    found: str = scope[CLIENT]
    return found


def _forwarded(scope: Scope) -> Iterator[str]:
    """The addresses that proxies noted, the last one first."""
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    for line in reversed(lines):
        yield from reversed(line.decode("latin-1").split(","))


def _address(text: str) -> Address | None:
    """The address in a text like `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found

"""Addresses of servers, as settings name them: each is refused by the rule that it breaks.

No rule repeats the address, which may hold a password.
"""

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_HOST_PORT = re.compile(rf"{_HOST}(?::([0-9]{{1,5}}))?")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^\s?#]*)?")
_EVENT_STORE = re.compile(
    r"(?:esdb|kurrentdb)(\+discover)?://([^\s@/?#]+@)?([^\s@/?#]+)/?"
    r"(?:\?([^\s#]*))?(?:#[A-Za-z0-9_-]+)?"
)
_MOST = 65_535


def url(given: str, schemes: Collection[str], like: str) -> str:
    """A URL of one of these schemes with a host. Raises ValueError: it must be like `like`."""
    if not _is_url(given, schemes):
        raise ValueError(f"must be like {like}")
    return given


def _is_url(given: str, schemes: Collection[str]) -> bool:
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        # Its words hold what stands in the place of the port.
        return False
    host = bool(_HOST_PORT.fullmatch(_bracketed(parts.hostname)))
    # A word with a slash or a hash that is not escaped ends the host before it.
    cut = parts.fragment or "@" in parts.path or re.search(r"\s", given)
    return parts.scheme in schemes and host and port != 0 and not cut


def _bracketed(host: str | None) -> str:
    return f"[{host}]" if host and ":" in host else host or ""


def servers(given: str) -> str:
    """Hosts between commas, each with its port or with the usual one. Raises ValueError."""
    for one in given.split(","):
        match = _HOST_PORT.fullmatch(one.strip())
        if match is None or (match[1] is not None and not _is_port(match[1])):
            raise ValueError("must be like host:9092,host:9092, without a scheme")
    return given


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) <= _MOST


def server(given: str) -> str:
    """One host with its port. Raises ValueError."""
    match = _HOST_PORT.fullmatch(given)
    if match is None or match[1] is None or not _is_port(match[1]):
        raise ValueError("must be like host:3310, without a scheme")
    return given


def bucket(given: str) -> str:
    """A bucket, or a folder of it. Raises ValueError."""
    if not _BUCKET.fullmatch(given):
        raise ValueError("must be like s3://bucket/folder")
    return given


def postgres(given: str, like: str = "postgresql://user:word@host:5432") -> str:
    """An address that libpq takes, in either form. Raises ValueError: it must be like `like`."""
    try:
        ports = str(conninfo_to_dict(given).get("port") or 5432).split(",")
    except ProgrammingError:
        # Its words may hold a password.
        raise ValueError(f"must be like {like}") from None
    if not all(_is_port(one) for one in ports):
        raise ValueError(f"must be like {like}")
    return given


def event_store(given: str) -> str:
    """An address of EventStoreDB or KurrentDB. Raises ValueError with the rule that it breaks."""
    match = _EVENT_STORE.fullmatch(given)
    hosts = match[3].split(",") if match else []
    if match is None or not all(
        (host := _HOST_PORT.fullmatch(one)) and (host[1] is None or _is_port(host[1]))
        for one in hosts
    ):
        raise ValueError(
            "must be like esdb://user:word@host:2113 or kurrentdb://host:2113?tls=false"
        )
    options = {name.lower(): value.lower() for name, value in parse_qsl(match[4] or "")}
    if options.get("tls") != "false" and not re.fullmatch("[^:]+:[^:]+@", match[2] or ""):
        raise ValueError("needs user:word@ before the host, unless it says tls=false")
    if match[1] and len(hosts) > 1:
        raise ValueError("has one name that stands for all hosts, where it says +discover")
    if options.get("nodepreference", "leader") != "leader":
        # Others are late, and what an append became is told by reading.
        raise ValueError("must be read from the leader: leave out nodePreference")
    return given


def database_of(given: str) -> tuple[str, str, str]:
    """Host, port and name of the database that a good address leads to, however it is written."""
    parts = conninfo_to_dict(given)
    host = parts.get("host") or parts.get("hostaddr") or ""
    return str(host).lower(), str(parts.get("port") or 5432), str(parts.get("dbname") or "")


def without_password(given: str) -> str:
    """An address of PostgreSQL for people to read."""
    parts = conninfo_to_dict(given)
    return given if "password" not in parts else make_conninfo(given, password="...")

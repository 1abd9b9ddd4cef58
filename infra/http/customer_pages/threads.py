"""The way from the page of a case to the page of its thread: who has the link to one has the other.

The page of a case is made by `interventions`, that of the thread by `conversations`
([ADR 80](docs/adr/0080-threads.md)).
"""

from collections.abc import Mapping

from infra import passes

PURPOSE = "thread"
PAGE = "/conversations/page"


def path(masters: Mapping[str, bytes], case_id: str, link_id: str) -> str:
    """Where the page of the thread is, for the holder of that link to the case."""
    return f"{PAGE}/{passes.made(masters, PURPOSE, f'{case_id}.{link_id}')}"


def read(masters: Mapping[str, bytes], token: str) -> tuple[str, str] | None:
    """The case and the link that a token is for; None for one that was made up."""
    text = passes.read(masters, PURPOSE, token)
    case_id, _, link_id = (text or "").partition(".")
    return (case_id, link_id) if link_id else None

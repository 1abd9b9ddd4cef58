"""Looks for people in what processes write."""

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus


def mentioned(log: str, personal: Iterable[str]) -> list[str]:
    """Those of these texts about people that stand in a log, however it writes them."""
    told = log.casefold()
    return [text for text in personal if any(form.casefold() in told for form in _forms(text))]


def _forms(text: str) -> Iterator[str]:
    """The text as it is, as JSON, in a URL, and without its spaces."""
    yield text
    yield json.dumps(text)[1:-1]
    yield quote(text)
    yield quote_plus(text)
    yield repr(text.encode())[2:-1]
    if not re.search(r"[^\W\d]\s", text):
        # Numbers are written with spaces, and without.
        yield re.sub(r"\s", "", text)

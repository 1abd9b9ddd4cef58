"""A customer's page as a test reads it: its words, and what its forms send by themselves."""

import re
from html import unescape

import httpx

_FORM = re.compile(
    r'<form method="post" action="[^"?]*/([a-z-]+)(?:\?[^"]*)?".*?</form>', re.DOTALL
)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_TAG = re.compile(r"<[^>]+>")


def words(page: httpx.Response) -> str:
    """All that a page says, a blank between its pieces."""
    body = page.text.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(_TAG.sub(" ", body)).split())


def hidden(text: str) -> dict[str, str]:
    """The fields that a form sends beside what is entered; of a page, those of its last form."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(text)}


def forms(page: httpx.Response, act: str) -> list[dict[str, str]]:
    """The same of each form of a page that leads to an act, in their order."""
    return [hidden(one.group()) for one in _FORM.finditer(page.text) if one.group(1) == act]

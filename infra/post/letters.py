"""Templates to letters: nine languages, versions that stay, nothing filled in by guessing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LANGUAGES = ("en", "fr", "de", "nl", "es", "it", "pt", "sv", "no")
"""FLB-009."""
SAME = {"nb": "no", "nn": "no"}
SUBJECT_LENGTH = 200


class NoSuchTemplate(LookupError):
    """There is no template of that name and version."""


class NotFilled(ValueError):
    """The facts do not fill the template."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person reads: in a mail the subject with text or page, elsewhere the short form."""

    language: str
    subject: str
    text: str
    html: str
    short: str


@dataclass(frozen=True, slots=True)
class Template:
    """One version of one template: subject, body and sample facts; `by_language` is complete."""

    name: str
    version: int
    sample: Mapping[str, str]
    by_language: Mapping[str, Mapping[str, str]]


def language_of(tag: str) -> str:
    """The language of FLB-009 a BCP 47 tag means; English when it means none of them."""
    primary = tag.replace("_", "-").partition("-")[0].lower()
    primary = SAME.get(primary, primary)
    return primary if primary in LANGUAGES else "en"


class Library:
    """The templates of a folder: `<name>.<version>.yaml`, `words.json` for the filter `word`."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._environments: dict[str, ImmutableSandboxedEnvironment] = {}

    @cached_property
    def templates(self) -> Mapping[tuple[str, int], Template]:
        """All of them, by name and version."""
        found = {}
        for file in self._folder.iterdir():
            if file.name.endswith(".yaml"):
                name, version, _ = file.name.split(".")
                content = yaml.safe_load(file.read_text(encoding="utf-8"))
                sample = content.pop("sample")
                found[name, int(version)] = Template(name, int(version), sample, content)
        return found

    def latest(self, name: str) -> int:
        """The newest version of a template. Raises `NoSuchTemplate`."""
        versions = [version for known, version in self.templates if known == name]
        if not versions:
            raise NoSuchTemplate(name)
        return max(versions)

    def template(self, name: str, version: int) -> Template:
        """That very version. Raises `NoSuchTemplate`."""
        if (found := self.templates.get((name, version))) is None:
            raise NoSuchTemplate(f"{name} {version}")
        return found

    def write(self, found: Template, language: str, facts: Mapping[str, str]) -> Letter:
        """The letter with these facts. Raises `NotFilled` when one is missing or not shown."""
        words = found.by_language[language]
        try:
            subject = " ".join(self._plain(language, words["subject"], facts).split())
            text = self._plain(language, words["body"], facts).strip()
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            name = f"{found.name} {found.version} {language}"
            raise NotFilled(f"{name}: {type(error).__name__}: {error}") from error
        subject = subject[:SUBJECT_LENGTH]
        return Letter(
            language=language,
            subject=subject,
            text=text + "\n",
            html=_page(language, subject, [text]),
            short=subject,
        )

    def _plain(self, language: str, source: str, facts: Mapping[str, str]) -> str:
        # Plain text has nothing to escape; what becomes a page is escaped there.
        return self._environment(language).from_string(source).render(facts)

    def _environment(self, language: str) -> ImmutableSandboxedEnvironment:
        if (made := self._environments.get(language)) is None:
            locale = Locale.parse("nb" if language == "no" else language)
            made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
            made.filters["word"] = lambda name: self._words[name][language]
            made.filters["money"] = lambda value: _money(value, locale)
            made.filters["day"] = lambda value: _day(value, locale)
            self._environments[language] = made
        return made

    @cached_property
    def _words(self) -> Mapping[str, Mapping[str, str]]:
        found: Mapping[str, Mapping[str, str]] = json.loads(
            (self._folder / "words.json").read_text(encoding="utf-8")
        )
        return found


def together(letters: Sequence[Letter]) -> Letter:
    """One letter of several, for people who want few."""
    if len(letters) == 1:
        return letters[0]
    language = letters[0].language
    heading = COUNTED[language].format(count=len(letters))
    text = "\n\n".join(f"{one.subject}\n{'-' * 40}\n{one.text}" for one in letters)
    return Letter(
        language=language,
        subject=heading,
        text=text,
        html=_page(language, heading, [f"{one.subject}\n\n{one.text}" for one in letters]),
        short="\n".join(one.short for one in letters),
    )


def facts_of(facts: Sequence[Any], private: str | None) -> dict[str, str]:
    """The facts of a message by name; the private ones as well, while they can be read."""
    found = {fact.name: fact.value for fact in facts}
    try:
        more = json.loads(private) if private else {}
    except ValueError:
        # Of somebody forgotten; the template will miss them.
        more = {}
    return found | more


COUNTED = {
    "en": "{count} messages for you",
    "fr": "{count} messages pour vous",
    "de": "{count} Nachrichten für Sie",
    "nl": "{count} berichten voor u",
    "es": "{count} mensajes para usted",
    "it": "{count} messaggi per lei",
    "pt": "{count} mensagens para si",
    "sv": "{count} meddelanden till dig",
    "no": "{count} meldinger til deg",
}

_LAYOUT = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font: 16px/1.5 sans-serif; max-width: 36rem; margin: 2rem auto; color: #1a1a1a">
{% for part in parts %}{% for paragraph in part.split("\n\n") -%}
<p style="white-space: pre-line">{{ paragraph | urlize(rel="noopener") }}</p>
{% endfor %}{% if not loop.last %}<hr>{% endif %}{% endfor %}
</body></html>
"""


_PAGES = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _day(value: str, locale: Locale) -> str:
    return format_date(date.fromisoformat(value), format="long", locale=locale)


def _money(value: str, locale: Locale) -> str:
    """Of "12500 EUR", in minor units."""
    minor, currency = value.split(" ")
    amount = Decimal(int(minor)).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=locale)


def _page(language: str, subject: str, parts: Sequence[str]) -> str:
    layout = _PAGES.from_string(_LAYOUT)
    return layout.render(language=language, subject=subject, parts=parts)

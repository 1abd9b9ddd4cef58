"""The texts that people read: in English, and translated by catalogues of gettext.

The English texts of a folder are in its `texts.yaml`, their translations in its `locales/`: a
service has them for its notices and for its problems. Nothing is compiled: catalogues are read as
translators keep them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources.abc import Traversable
from io import BytesIO
from string import Formatter
from typing import Annotated, Literal, NamedTuple, get_args

import yaml
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision
from pydantic import BaseModel, BeforeValidator, ConfigDict

Language = Literal["en", "fr", "de", "nl", "es", "it", "pt", "sv", "no", "ar"]
LANGUAGES: Sequence[str] = get_args(Language)
"""FLB-009, and Arabic. Texts are written in the first one and translated into the others."""
ENGLISH = "en"
FILE = "texts.yaml"
ALWAYS = {"name": "Ada Martin", "portal": "http://localhost:8080"}
"""Facts of every message, with examples: the recipient's name, and where the portal is."""
OTHER = "other"
"""The label of a value that has none of its own."""
ISOLATE, ISOLATED = "\u2068", "\u2069"
"""Begin and end a part whose direction is that of its first letter (UAX 9)."""
LATIN = "\u2066"
"""Begins one that is written from left to right."""
_NO_ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))
KINDS = frozenset({"text", "number", "day", "time", "money"})
"""The kinds of the facts of a problem, beside the names of labels; a list has that of its items."""
PARSED = 4_096
"""Texts whose pieces a process remembers; a page has a hundred."""
WRITTEN = 8_192
"""Amounts, and numbers, that a process remembers as they are written: a price stands on a page
several times, and on each page of its case."""


def catalogue(language: str) -> str:
    """Where the translations into a language are, below the folder of the notices."""
    return f"locales/{language}/LC_MESSAGES/texts.po"


def _pair(value: object) -> object:
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else value


class Fact(NamedTuple):
    """A fact that a template is given, like `{day: 2030-05-31}`."""

    kind: str
    """`text`, `day`, `money`, `number`, or the name of labels or plurals of the service."""
    example: str | int | date


class Text(BaseModel):
    """One version of a template. `{trip}` stands for the fact of that name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: Mapping[str, Annotated[Fact, BeforeValidator(_pair)]] = {}
    subject: str
    body: str
    unsubscribe: str = ""
    """The fact with the address at which one click ends mails like it (RFC 8058); "" where whoever
    reads it cannot, or ends them elsewhere."""


class Said(BaseModel):
    """The words for something that goes wrong, and the facts that come with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detail: str
    """A sentence for people. `{price}` stands for the fact of that name."""
    facts: Mapping[str, str] = {}
    """The kind of each, of `KINDS` or the name of labels."""
    without: Mapping[str, str] = {}
    """The sentence instead, by the name of a fact that may be absent."""

    def sentences(self, context: str) -> Iterator[tuple[str, str]]:
        """Every sentence in English, each with its context in the catalogues."""
        if self.detail:
            yield context, self.detail
        for fact, sentence in self.without.items():
            yield f"{context}.without.{fact}", sentence


def _said(value: object) -> object:
    return {"detail": value} if isinstance(value, str) else value


class SaidOfProblem(Said):
    """The words for a kind of problem."""

    status: int
    """The HTTP status of its answers."""
    detail: str = ""
    """Empty: what its first field says."""


Rule = Annotated[Said, BeforeValidator(_said)]
"""A sentence, or that with its facts."""


class Plural(BaseModel):
    """A phrase that depends on a number, which is its `{count}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    one: str
    other: str


class Entry(NamedTuple):
    """Something to translate; of a plural, its two English forms."""

    context: str
    english: tuple[str, ...]


class Content(BaseModel):
    """A `texts.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    templates: Mapping[str, Mapping[int, Text]] = {}
    """By name and version."""
    labels: Mapping[str, Mapping[str, str]] = {}
    """Words for the members of an enumeration, or for other values known by a name."""
    plurals: Mapping[str, Plural] = {}
    titles: Mapping[int, str] = {}
    """The headings of problems, by their status."""
    problems: Mapping[str, SaidOfProblem] = {}
    """By the last part of their type."""
    rules: Mapping[str, Rule] = {}
    """What is wrong with one field, by the rule that it breaks."""

    def entries(self) -> Iterator[Entry]:
        """All that is to be translated."""
        for name, versions in self.templates.items():
            for version, text in versions.items():
                yield Entry(f"{name}.{version}.subject", (text.subject,))
                yield Entry(f"{name}.{version}.body", (text.body.strip(),))
        for kind, labels in self.labels.items():
            yield from (Entry(f"{kind}.{value}", (label,)) for value, label in labels.items())
        for name, plural in self.plurals.items():
            yield Entry(name, (plural.one, plural.other))
        for status, title in self.titles.items():
            yield Entry(f"title.{status}", (title,))
        for kind, sayings in (("problem", self.problems), ("rule", self.rules)):
            for name, said in sayings.items():
                for context, sentence in said.sentences(f"{kind}.{name}"):
                    yield Entry(context, (sentence,))


def read(text: str) -> Content:
    """The content of a `texts.yaml`. Raises ValueError for an unknown or a missing word."""
    try:
        return Content.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


@dataclass
class Texts:
    """The texts of one folder; read when they are asked for."""

    folder: Traversable
    _catalogues: dict[str, NullTranslations] = field(default_factory=dict)

    @cached_property
    def content(self) -> Content:
        """The English texts."""
        file = self.folder / FILE
        return read(file.read_text(encoding="utf-8")) if file.is_file() else Content()

    def translated(self, language: str, context: str, english: str) -> str:
        """A text in a language."""
        return self._in(language).pgettext(context, english)

    def label(self, language: str, kind: str, value: str) -> str:
        """The words for a value. Raises KeyError when it has none."""
        labels = self.content.labels[kind]
        known = value if value in labels else OTHER
        return self.translated(language, f"{kind}.{known}", labels[known])

    def counted(self, language: str, name: str, count: int) -> str:
        """The form of a plural that this number takes. Raises KeyError for an unknown plural."""
        plural = self.content.plurals[name]
        return self._in(language).npgettext(name, plural.one, plural.other, count)

    def _in(self, language: str) -> NullTranslations:
        if (found := self._catalogues.get(language)) is None:
            found = NullTranslations()
            if language != ENGLISH:
                found = _compiled((self.folder / catalogue(language)).read_bytes())
            self._catalogues[language] = found
        return found


SAME = {"nb": "no", "nn": "no"}
_LOCALES = {"no": "nb", "ar": "ar_MA"}
"""Where a language is written otherwise than CLDR does by default. Morocco has digits and months of
its own."""


def language_of(tag: str) -> str | None:
    """The language of ours that a BCP 47 tag means; None when it means none of them."""
    primary = tag.replace("_", "-").partition("-")[0].lower()
    primary = SAME.get(primary, primary)
    return primary if primary in LANGUAGES else None


@cache
def locale_of(language: str) -> Locale:
    """How days, amounts and numbers are written in a language of ours."""
    return Locale.parse(_LOCALES.get(language, language))


@cache
def direction(language: str) -> str:
    """In which direction it is written: `ltr` or `rtl`."""
    return locale_of(language).text_direction


def isolated(language: str, text: str) -> str:
    """A fact as a part of its own within a sentence.

    In a language that is written from right to left, signs that nobody sees keep a name, an amount
    or an id from taking over the direction of what stands beside it, and from losing its own.
    """
    if direction(language) == "ltr":
        return text
    return f"{ISOLATE}{text.translate(_NO_ISOLATES)}{ISOLATED}"


@lru_cache(WRITTEN)
def money(amount_minor: int, currency: str, locale: Locale) -> str:
    """An amount with its currency, as the language writes it."""
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=locale)


@lru_cache(WRITTEN)
def number(value: float, locale: Locale) -> str:
    """A number with the separators of the language."""
    return format_decimal(value, locale=locale)


def _compiled(content: bytes) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(content), abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """The pieces of a text: words, each with the name of the fact that follows them, if any.

    Raises ValueError for a placeholder that is more than the name of a fact.
    """
    for words, name, form, conversion in Formatter().parse(text):
        if name is not None and (form or conversion or not name.isidentifier()):
            raise ValueError(f"{{{name}}} is no plain placeholder")
        yield words, name


def placeholders(text: str) -> frozenset[str]:
    """The facts that a text shows. Raises ValueError for other placeholders."""
    return frozenset(name for _, name in pieces(text) if name is not None)


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its facts. Raises KeyError for a missing one, ValueError as `pieces` does."""
    return "".join([words + ("" if name is None else facts[name]) for words, name in _parsed(text)])


@lru_cache(PARSED)
def _parsed(text: str) -> Sequence[tuple[str, str | None]]:
    return tuple(pieces(text))

"""The sentences that people read when something goes wrong, in the languages of the product.

They stand in `texts.yaml` files: one of all APIs, and one of each service beside its routes.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from importlib.resources import files
from typing import Any, get_args

from babel.dates import format_date, format_time

from contracts.common_v1 import Money
from infra.catalogues import (
    KINDS,
    Said,
    SaidOfProblem,
    Texts,
    filled,
    isolated,
    locale_of,
    money,
    number,
    placeholders,
)
from infra.words import WORDS, word

UNKNOWN = "value_error"
"""The rule whose sentence says least; it stands for rules that have none."""
COMMAS = {"ar": "، "}
"""What parts the items of a list, where that is no comma."""
_ALL = Texts(files("infra.http"))


class Unfit(ValueError):
    """A value is not as its field takes it; `rule` names the sentence that says so."""

    def __init__(self, rule: str, **facts: object) -> None:
        super().__init__(f"{rule} {facts}" if facts else rule)
        self.rule = rule
        self.facts = facts


class Wording:
    """The sentences of one API: its own, and those that all of them have.

    Files are read when they are first needed.
    """

    def __init__(self, package: str | None = None, rejections: Any = None) -> None:
        """`package` has the `texts.yaml`; `rejections` is the union of the rules that say no."""
        own = Texts(files(package)) if package is not None else None
        self._texts = (_ALL,) if own is None else (own, _ALL)
        self.package = package
        self.rejections: tuple[type, ...] = get_args(rejections)

    @property
    def problems(self) -> Mapping[str, SaidOfProblem]:
        """The kinds of problems of the API, its own first."""
        return {
            name: said
            for texts in self._texts
            for name, said in texts.content.problems.items()
            if texts is self._texts[0] or name not in self._texts[0].content.problems
        }

    def problem(self, slug: str) -> SaidOfProblem:
        """The declaration of a kind of problem. Raises KeyError for one that there is not."""
        return next(self._problems(slug))[1]

    def title(self, language: str, status: int) -> str:
        """The heading of the problems with a status."""
        titles = _ALL.content.titles
        known = status if status in titles else status // 100 * 100
        return _ALL.translated(language, f"title.{known}", titles[known])

    def label(self, language: str, kind: str, value: str) -> str:
        """A word of this API, or of all. Raises KeyError when there is none."""
        known = (texts for texts in self._texts if kind in texts.content.labels)
        return next(known, _ALL).label(language, kind, value)

    def labels(self, kind: str) -> frozenset[str]:
        """The values that have a word of this kind. Raises KeyError for an unknown kind."""
        found = (texts.content.labels.get(kind) for texts in (*self._texts, WORDS))
        labels = next((labels for labels in found if labels is not None), None)
        if labels is None:
            raise KeyError(kind)
        return frozenset(labels)

    def of_problem(
        self, language: str, slug: str, facts: Mapping[str, object], zone: tzinfo = UTC
    ) -> str:
        """The sentence of a problem; empty when it says what its first field says.

        Times are told in the zone. Raises KeyError for an unknown problem or a missing fact.
        """
        texts, said = next(self._problems(slug))
        return _sentence(texts, f"problem.{slug}", said, language, facts, zone)

    def templates(self, language: str, slug: str) -> Iterator[str]:
        """The sentences of a problem as they are written, with the names of their facts."""
        texts, said = next(self._problems(slug))
        for context, english in said.sentences(f"problem.{slug}"):
            yield texts.translated(language, context, english)

    def of_rule(
        self, language: str, rule: str, facts: Mapping[str, object], zone: tzinfo = UTC
    ) -> str:
        """The sentence of a rule that a field breaks, or the one that says least."""
        for texts in self._texts:
            if (said := texts.content.rules.get(rule)) is not None:
                return _sentence(texts, f"rule.{rule}", said, language, facts, zone)
        return self.of_rule(language, UNKNOWN, facts, zone)

    def rule(self, rule: str) -> Said | None:
        """The declaration of a rule; None for one that has no sentence of its own."""
        found = (texts.content.rules.get(rule) for texts in self._texts)
        return next(filter(None, found), None)

    def _problems(self, slug: str) -> Iterator[tuple[Texts, SaidOfProblem]]:
        for texts in self._texts:
            if (said := texts.content.problems.get(slug)) is not None:
                yield texts, said
        raise KeyError(slug)


ALL = Wording()
"""The sentences that every API has."""


def _sentence(
    texts: Texts,
    context: str,
    said: Said,
    language: str,
    facts: Mapping[str, object],
    zone: tzinfo,
) -> str:
    english = said.detail
    for absent, sentence in said.without.items():
        if facts.get(absent) is None:
            context, english = f"{context}.without.{absent}", sentence
            break
    if not english:
        return ""
    sentence = texts.translated(language, context, english)
    shown = {
        name: isolated(
            language, _shown(texts, said.facts.get(name, "text"), facts[name], language, zone)
        )
        for name in placeholders(sentence)
    }
    return filled(sentence, shown)


def _shown(texts: Texts, kind: str, value: object, language: str, zone: tzinfo) -> str:
    """A fact as people write it in that language."""
    if isinstance(value, tuple | list):
        return COMMAS.get(language, ", ").join(
            _shown(texts, kind, one, language, zone) for one in value
        )
    locale = locale_of(language)
    match kind, value:
        case "money", Money():
            return money(value.amount_minor, value.currency, locale)
        case "number", int() | float():
            return number(value, locale)
        case "time", datetime():
            there = value.astimezone(zone)
            clock = format_time(there, "short", locale=locale)
            day = format_date(there, "long", locale)
            return f"{day}{COMMAS.get(language, ', ')}{clock} {there.tzname()}"
        case "day", date():
            return format_date(value, "long", locale=locale)
        case _ if kind in KINDS:
            return name_of(value)
        case _:
            return label(texts, language, kind, name_of(value))


def label(texts: Texts, language: str, kind: str, value: str) -> str:
    """The words that a folder has for a value, or else all services. KeyError without any."""
    own = kind in texts.content.labels
    return texts.label(language, kind, value) if own else word(language, kind, value)


def name_of(value: object) -> str:
    """A value as data calls it: of an enumeration, the name in lower case."""
    return value.name.lower() if isinstance(value, Enum) else str(value)

"""Writes messages: the texts of all services, filled with facts in the recipient's language."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources.abc import Traversable

from babel.dates import format_date
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from contracts.messaging.message_v1 import Fact, MessageQueued, MessageScheduled
from infra import catalogues
from infra.catalogues import (
    ALWAYS,
    ENGLISH,
    ISOLATE,
    ISOLATED,
    LATIN,
    Text,
    Texts,
    direction,
    filled,
    isolated,
    locale_of,
    money,
    number,
    placeholders,
)
from infra.wording import label
from services.messaging.adapters.notices import folders
from services.messaging.adapters.outbound import RenderedMessage
from services.messaging.preferences import Recipient

OWN = "messaging"
SUBJECT_LENGTH = 200
LINKS = frozenset({"portal", "link"})
"""Facts that are links of ours; all other words may have been written by anybody."""
# Some programs take the full stops of other scripts for dots.
_LINKING = re.compile(r"(?<=\S)[.:\u3002\uff0e\uff61](?=\S)")


class NoSuchTemplate(LookupError):
    """There is no template of that name and version."""


class NotFilled(ValueError):
    """The facts do not fill the template."""


@dataclass(frozen=True, slots=True)
class Template:
    """One version of one template, with the texts of its service."""

    name: str
    version: int
    text: Text
    texts: Texts

    @property
    def examples(self) -> Mapping[str, str]:
        """Facts that fill it."""
        return ALWAYS | {name: str(fact.example) for name, fact in self.text.facts.items()}


def language_of(tag: str) -> str:
    """The language of FLB-009 a BCP 47 tag means; English when it means none of them."""
    return catalogues.language_of(tag) or ENGLISH


class Library:
    """The templates of all services, from their folders `notices`."""

    def __init__(self, folders: Mapping[str, Traversable]) -> None:
        self._texts = {service: Texts(folder) for service, folder in folders.items()}

    @cached_property
    def templates(self) -> Mapping[tuple[str, int], Template]:
        """All of them, by name and version."""
        return {
            (name, version): Template(name, version, text, texts)
            for texts in self._texts.values()
            for name, versions in texts.content.templates.items()
            for version, text in versions.items()
        }

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

    def together(self, messages: Sequence[RenderedMessage]) -> RenderedMessage:
        """One message of several, for people who want few."""
        if len(messages) == 1:
            return messages[0]
        language = messages[0].language
        count = len(messages)
        heading = self._texts[OWN].counted(language, "messages_for_you", count)
        subject = filled(heading, {"count": number(count, locale_of(language))})
        texts = [f"{one.subject}\n{'-' * 40}\n{one.text}" for one in messages]
        return RenderedMessage(
            language=language,
            subject=subject,
            text="\n\n".join(texts),
            html=_page(language, subject, [f"{one.subject}\n\n{one.text}" for one in messages]),
            short="\n".join(one.short for one in messages),
        )


LIBRARY = Library(folders())


def rendered(template: Template, language: str, facts: Mapping[str, str]) -> RenderedMessage:
    """The message with these facts. Raises `NotFilled` when one is missing or cannot be shown."""
    try:
        subject = " ".join(_filled(template, language, "subject", facts).split())
        text = _filled(template, language, "body", facts).strip()
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        name = f"{template.name} {template.version} {language}"
        raise NotFilled(f"{name}: {type(error).__name__}: {error}") from error
    subject = subject[:SUBJECT_LENGTH]
    return RenderedMessage(
        language=language,
        subject=subject,
        text=text + "\n",
        html=_page(language, subject, [text]),
        short=subject,
        unsubscribe=facts[template.text.unsubscribe] if template.text.unsubscribe else "",
    )


def message(
    queued: MessageQueued, plan: MessageScheduled, person: Recipient, portal: str
) -> RenderedMessage:
    """The words of a message, in the language and version of its plan.

    Raises `NoSuchTemplate`, or `NotFilled` when its facts do not fill them (any more).
    """
    template = LIBRARY.template(queued.template, plan.template_version)
    always = {"name": person.contact.name, "portal": portal}
    facts = facts_of(queued.facts, queued.private) | always
    return rendered(template, plan.language, facts)


def facts_of(facts: Sequence[Fact], private: str | None) -> dict[str, str]:
    """The facts of a message by name; the private ones as well, while they can be read."""
    found = {fact.name: fact.value for fact in facts}
    try:
        more = json.loads(private) if private else {}
    except ValueError:
        # The recipient was forgotten since; the template will miss these facts.
        more = {}
    return found | more


def _filled(template: Template, language: str, part: str, facts: Mapping[str, str]) -> str:
    english = getattr(template.text, part).strip()
    context = f"{template.name}.{template.version}.{part}"
    text = template.texts.translated(language, context, english)
    shown = {name: _shown(template, language, name, facts[name]) for name in placeholders(text)}
    return filled(text, shown)


def _shown(template: Template, language: str, fact: str, value: str) -> str:
    """A fact as people write it in that language."""
    kind = "text" if fact in ALWAYS else template.text.facts[fact].kind
    if fact in LINKS:
        return value
    return isolated(language, _written(template, language, kind, value))


def _written(template: Template, language: str, kind: str, value: str) -> str:
    locale = locale_of(language)
    match kind:
        case "text":
            return inert(value)
        case "day":
            return format_date(date.fromisoformat(value), format="long", locale=locale)
        case "money":
            minor, currency = value.split(" ")
            return money(int(minor), currency, locale)
        case "number":
            return number(int(value), locale)
        case plural if plural in template.texts.content.plurals:
            count = int(value)
            form = template.texts.counted(language, plural, count)
            return filled(form, {"count": number(count, locale)})
        case labels:
            return label(template.texts, language, labels, value)


def inert(text: str) -> str:
    """The text as it looks, but no program that shows it makes a link of it.

    A word joiner, which nobody sees, parts what would be a scheme or a domain.
    """
    return _LINKING.sub("\\g<0>\u2060", text)


_LAYOUT = """<!doctype html>
<html lang="{{ language }}" dir="{{ direction }}">
<head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font: 16px/1.5 sans-serif; max-width: 36rem; margin: 2rem auto; color: #1a1a1a">
{% for part in parts %}{% for paragraph in part.split("\n\n") -%}
<p style="white-space: pre-line">{{ paragraph | urlize(rel="noopener") | parted }}</p>
{% endfor %}{% if not loop.last %}<hr>{% endif %}{% endfor %}
</body></html>
"""
_PAGES = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _parted(html: Markup) -> Markup:
    """The same with elements in place of the signs that part a text; more programs know those."""
    text = str(html).replace(ISOLATE, "<bdi>").replace(LATIN, '<bdi dir="ltr">')
    return Markup(text.replace(ISOLATED, "</bdi>"))  # noqa: S704 - it is safe already


_PAGES.filters["parted"] = _parted
_WHOLE = _PAGES.from_string(_LAYOUT)


def _page(language: str, subject: str, parts: Sequence[str]) -> str:
    way = direction(language)
    return _WHOLE.render(language=language, direction=way, subject=subject, parts=parts)

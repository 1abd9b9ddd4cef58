"""Texts for people are whole: every placeholder is a fact, and every language has them all."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath

from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po

from infra import catalogues as files
from infra.catalogues import (
    ALWAYS,
    ENGLISH,
    KINDS,
    LANGUAGES,
    Content,
    Entry,
    Said,
    Text,
    placeholders,
)
from tools.checks.source import Finding, Tree, line_of

RULE = "texts"
COUNT = frozenset({"count"})
FIELDS = frozenset({"fields"})
"""What every problem may show beside its facts."""
WORDS = PurePosixPath("contracts/words", files.FILE)
"""The words that all texts may show a fact by."""


def texts(tree: Tree) -> Iterator[Finding]:
    """Each `texts.yaml`, and the catalogues of gettext that translate it."""
    owners: dict[str, PurePosixPath] = {}
    shared = words(tree)
    for path in sorted(path for path in tree.files if path.name == files.FILE):
        try:
            content = files.read(tree.files[path])
        except ValueError as error:
            yield Finding(path, 1, RULE, str(error))
            continue
        for name, complaint in _of_english(content, shared):
            yield Finding(path, line_of(tree.files[path], name), RULE, complaint)
        for name in content.templates:
            if (owner := owners.setdefault(name, path)) != path:
                message = f"{owner} has a template {name} as well"
                yield Finding(path, line_of(tree.files[path], name), RULE, message)
        for language in LANGUAGES:
            if language != ENGLISH:
                yield from _of_language(tree, path.parent, language, list(content.entries()))


def words(tree: Tree) -> Content:
    """The words that all services have. Raises ValueError as `catalogues.read` does."""
    return files.read(tree.files.get(WORDS, "{}"))


# --- English ----------------------------------------------------------------


def _of_english(content: Content, shared: Content) -> Iterator[tuple[str, str]]:
    """A word near the fault, and what is wrong."""
    for name, versions in content.templates.items():
        if sorted(versions) != list(range(1, len(versions) + 1)):
            yield name, f"{name}: versions are numbered 1, 2, 3 without a gap"
        for version, text in versions.items():
            for complaint in _of_template(text, content, shared):
                yield name, f"{name} {version}: {complaint}"
    for name, plural in content.plurals.items():
        if {*_shown(plural.one), *_shown(plural.other)} - COUNT or not _shown(plural.other):
            yield name, f"{name}: a plural shows its {{count}}, and nothing else"
    for name, said in (*content.problems.items(), *content.rules.items()):
        yield from ((name, complaint) for complaint in _of_said(said, content, shared))


def _of_said(said: Said, content: Content, shared: Content) -> Iterator[str]:
    kinds = KINDS | content.labels.keys() | shared.labels.keys()
    yield from (f"{{{kind}}} is no kind" for kind in said.facts.values() if kind not in kinds)
    yield from (f"{one} is no fact" for one in sorted(said.without.keys() - said.facts.keys()))
    for absent, sentence in (("", said.detail), *said.without.items()):
        known = said.facts.keys() - {absent} | FIELDS
        yield from (f"{{{one}}} is no fact" for one in sorted(_shown(sentence) - known))


def _of_template(text: Text, content: Content, shared: Content) -> Iterator[str]:
    own = {*content.labels, *content.plurals}
    kinds = {"text", "day", "money", "number", *own, *shared.labels}
    yield from (
        f"there is nothing of the kind {fact.kind}"
        for fact in text.facts.values()
        if fact.kind not in kinds
    )
    for part in (text.subject, text.body):
        unknown = _shown(part) - text.facts.keys() - ALWAYS.keys()
        yield from (f"{{{name}}} is no fact" for name in sorted(unknown))


def _shown(text: str) -> frozenset[str]:
    """The placeholders of a text; one that can never be filled for a text that is malformed."""
    try:
        return placeholders(text)
    except ValueError as error:
        return frozenset({str(error)})


# --- The other languages ----------------------------------------------------


def _of_language(
    tree: Tree, folder: PurePosixPath, language: str, entries: list[Entry]
) -> Iterator[Finding]:
    path = folder / files.catalogue(language)
    try:
        catalog = read_po(BytesIO(tree.files[path].encode()), abort_invalid=True)
    except KeyError:
        yield Finding(path, 1, RULE, "a service that tells something tells it in every language")
        return
    except (PoFileError, ValueError) as error:
        yield Finding(path, 1, RULE, str(error))
        return
    for context, complaint in (
        *_of_head(catalog, language),
        *(pair for entry in entries for pair in _of_entry(catalog, entry)),
        *_left_over(catalog, entries),
    ):
        yield Finding(path, line_of(tree.files[path], context), RULE, complaint)


def _of_head(catalog: Catalog, language: str) -> Iterator[tuple[str, str]]:
    expected = get_plural(language)
    if (catalog.num_plurals, catalog.plural_expr) != tuple(expected):
        yield "Plural-Forms", f"the plurals of {language} are: {expected}"


def _of_entry(catalog: Catalog, entry: Entry) -> Iterator[tuple[str, str]]:
    is_plural = len(entry.english) > 1
    found = catalog.get(entry.english[0], context=entry.context)
    if found is None or found.id != (entry.english if is_plural else entry.english[0]):
        yield entry.context, f"{entry.context} is missing, or its English text is another one"
        return
    forms = found.string if isinstance(found.string, tuple) else (str(found.string or ""),)
    if found.fuzzy or not all(forms) or len(forms) != (catalog.num_plurals if is_plural else 1):
        yield entry.context, f"{entry.context} is not translated, or not surely"
        return
    expected = frozenset().union(*map(_shown, entry.english))
    if not _shows_just(forms, expected):
        yield entry.context, f"{entry.context} does not show just: {', '.join(sorted(expected))}"


def _shows_just(forms: Sequence[str], expected: frozenset[str]) -> bool:
    """Whether these are the facts shown. Arabic has words for one and for two, without a number."""
    return all(_shown(form) <= expected for form in forms) and (
        expected <= frozenset().union(*map(_shown, forms[-1:]))
    )


def _left_over(catalog: Catalog, entries: list[Entry]) -> Iterator[tuple[str, str]]:
    known = {entry.context for entry in entries}
    for message in catalog:
        if message.id and message.context not in known:
            yield message.context or "", f"{message.context} is no text any more"

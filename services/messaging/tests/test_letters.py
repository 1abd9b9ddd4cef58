"""Templates: complete in nine languages, filled exactly, harmless whatever fills them."""

from dataclasses import replace

import pytest

from infra.post import letters
from infra.post.letters import LANGUAGES, NoSuchTemplate, NotFilled, Template
from services.messaging.edge.texts import LIBRARY

ALL = sorted(LIBRARY.templates.values(), key=lambda one: (one.name, one.version))
PORTAL = {"portal": "https://portal.example"}
PLAIN = LIBRARY.template("quote_refused", 1)


def sample(found: Template, **changed: str) -> dict[str, str]:
    return {**PORTAL, **found.sample, **changed}


def saying(body: str) -> Template:
    words = {language: {"subject": "{{ trip }}", "body": body} for language in LANGUAGES}
    return replace(PLAIN, by_language=words)


@pytest.mark.requirement("FLB-009")
@pytest.mark.parametrize("found", ALL, ids=lambda one: f"{one.name}.{one.version}")
def test_a_template_speaks_nine_languages(found: Template) -> None:
    assert set(found.by_language) == set(LANGUAGES)
    written = [LIBRARY.write(found, language, sample(found)) for language in LANGUAGES]
    assert len({letter.text for letter in written}) == len(LANGUAGES)
    assert all(letter.subject and found.sample["name"] in letter.text for letter in written)


@pytest.mark.requirement("FLB-009")
@pytest.mark.parametrize(
    ("tag", "language"),
    [("fr", "fr"), ("pt-BR", "pt"), ("nb-NO", "no"), ("nn", "no"), ("de_AT", "de"), ("pl", "en")],
)
def test_a_tag_means_one_of_the_nine(tag: str, language: str) -> None:
    assert letters.language_of(tag) == language


def test_money_and_days_are_written_as_in_the_language() -> None:
    invoice = LIBRARY.template("invoice_approved", 1)
    assert "384,50" in LIBRARY.write(invoice, "de", sample(invoice)).text
    assert "€384.50" in LIBRARY.write(invoice, "en", sample(invoice)).text
    paper = LIBRARY.template("paper_expired", 1)
    assert "31 mai 2030" in LIBRARY.write(paper, "fr", sample(paper)).text


@pytest.mark.parametrize("missing", ["trip", "reason", "name"])
def test_a_missing_fact_is_an_error_and_not_a_gap(missing: str) -> None:
    facts = {name: value for name, value in sample(PLAIN).items() if name != missing}
    with pytest.raises(NotFilled):
        LIBRARY.write(PLAIN, "en", facts)


@pytest.mark.parametrize("body", ["{{ 1 / 0 }}", "{{ trip | money }}", "{{ trip | word }}", "{{"])
def test_what_cannot_be_shown_is_an_error(body: str) -> None:
    with pytest.raises(NotFilled):
        LIBRARY.write(saying(body), "en", sample(PLAIN))


def test_a_template_reaches_nothing_but_its_facts() -> None:
    with pytest.raises(NotFilled):
        LIBRARY.write(saying("{{ trip.__class__.__mro__ }}"), "en", sample(PLAIN))


def test_a_fact_is_text_and_never_a_template_or_markup() -> None:
    nasty = "<script>alert(1)</script>{{ portal }}"
    letter = LIBRARY.write(PLAIN, "en", sample(PLAIN, reason=nasty))
    assert nasty in letter.text
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html


def test_a_subject_is_one_line() -> None:
    letter = LIBRARY.write(PLAIN, "en", sample(PLAIN, trip="t-1\r\nBcc: all@example.org"))
    assert letter.subject == "Quote not accepted: t-1 Bcc: all@example.org"


def test_the_newest_version_is_taken_and_an_unknown_one_is_none() -> None:
    assert LIBRARY.latest("activated") == 1
    with pytest.raises(NoSuchTemplate):
        LIBRARY.latest("no-such")
    with pytest.raises(NoSuchTemplate):
        LIBRARY.template("activated", 99)


def test_private_facts_that_cannot_be_read_are_missing() -> None:
    assert letters.facts_of((), '{"link": "x"}') == {"link": "x"}
    assert letters.facts_of((), "XXXX") == {}

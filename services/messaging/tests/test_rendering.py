"""Messages are filled exactly, in every language, and are harmless whatever fills them."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.catalogues import ALWAYS, LANGUAGES, Text, Texts
from services.messaging.adapters.notices import folders
from services.messaging.adapters.outbound import RenderedMessage
from services.messaging.adapters.rendering import (
    LIBRARY,
    Library,
    NoSuchTemplate,
    NotFilled,
    Template,
    facts_of,
    inert,
    language_of,
    rendered,
)

ALL = sorted(LIBRARY.templates.values(), key=lambda one: (one.name, one.version))
TO_A_PHONE = {
    *("password_reset_by_phone", "phone_code", "phone_in_use"),
    *("phone_change", "phone_changed"),
}
"""These greet nobody: whoever holds the phone is not told whose account it is."""
NAMELESS = (
    "case_",
    "contract_",
    "customer_",
    "debt_",
    "job_",
    "marketplace_",
    "offer_",
    "provider_replaced",
)
"""These name nobody: they go to several people, or to the address of a company."""
NOT_BY_NAME = {
    *("company_signed_up", "end_customer_unread"),
    *("request_offered", "request_offered_again", "request_proposals", "request_received"),
    *("request_unanswered", "request_won"),
    *("reminder", "reminder_by_phone", "reminder_follow_up", "reminder_follow_up_by_phone"),
    "reminders_declined_by_phone",
}
"""Nor do these; others that begin alike do."""
PLAIN = LIBRARY.template("quote_refused", 1)
TEXTS = """\
templates:
  reminder:
    1:
      facts: {left: {days_left: 1}, km: {number: 1}}
      subject: "{left}"
      body: "{km} km"
plurals:
  days_left: {one: "{count} day", other: "{count} days"}
"""
SWEDISH = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "days_left"
msgid "{count} day"
msgid_plural "{count} days"
msgstr[0] "{count} dag"
msgstr[1] "{count} dagar"
"""


def examples(template: Template, **changed: str) -> dict[str, str]:
    return {**template.examples, **changed}


def saying(body: str) -> Template:
    text = Text.model_validate({**PLAIN.text.model_dump(), "subject": "{trip}", "body": body})
    return replace(PLAIN, name="saying", text=text)


@pytest.mark.requirement("FLB-009")
@pytest.mark.parametrize("template", ALL, ids=lambda one: f"{one.name}.{one.version}")
def test_a_template_speaks_every_language(template: Template) -> None:
    written = [rendered(template, language, examples(template)) for language in LANGUAGES]
    assert len({message.text for message in written}) == len(LANGUAGES)
    assert all(message.subject for message in written)
    greets = [ALWAYS["name"] in message.text for message in written]
    nobody = template.name in TO_A_PHONE | NOT_BY_NAME or template.name.startswith(NAMELESS)
    assert set(greets) == {not nobody}


@pytest.mark.requirement("FLB-009")
@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("pt-BR", "pt"),
        ("nb-NO", "no"),
        ("nn", "no"),
        ("de_AT", "de"),
        ("ar-MA", "ar"),
        ("pl", "en"),
    ],
)
def test_a_tag_means_one_of_ours(tag: str, language: str) -> None:
    assert language_of(tag) == language


def test_money_and_days_are_written_as_in_the_language() -> None:
    invoice = LIBRARY.template("invoice_approved", 1)
    assert "384,50" in rendered(invoice, "de", examples(invoice)).text
    assert "€384.50" in rendered(invoice, "en", examples(invoice)).text
    paper = LIBRARY.template("paper_expired", 1)
    assert "31 mai 2030" in rendered(paper, "fr", examples(paper)).text


@pytest.mark.parametrize(
    ("count", "language", "subject", "text"),
    [
        ("1", "en", "1 day", "1 km"),
        ("1200", "en", "1,200 days", "1,200 km"),
        ("1", "sv", "1 dag", "1 km"),
        ("1200", "sv", "1 200 dagar", "1\xa0200 km"),
    ],
)
def test_numbers_take_the_form_and_the_separators_of_the_language(
    tmp_path: Path, count: str, language: str, subject: str, text: str
) -> None:
    (tmp_path / "texts.yaml").write_text(TEXTS)
    swedish = tmp_path / "locales" / "sv" / "LC_MESSAGES"
    swedish.mkdir(parents=True)
    (swedish / "texts.po").write_text(SWEDISH)
    template = Library({"trains": tmp_path}).template("reminder", 1)
    written = rendered(template, language, {"left": count, "km": count})
    assert (written.subject, written.text) == (subject, f"{text}\n")


@pytest.mark.requirement("FLB-158")
def test_the_mails_that_one_click_ends_are_those_of_reminders_by_the_link_in_them() -> None:
    ended = {}
    for template in ALL:
        if address := rendered(template, "fr", examples(template)).unsubscribe:
            ended[template.name] = (address, examples(template)["link"])
    link = "https://portal.example.org/r/1"
    assert ended == {"reminder": (link, link), "reminder_follow_up": (link, link)}


# --- Arabic -----------------------------------------------------------------


def arabic(name: str, **changed: str) -> RenderedMessage:
    template = LIBRARY.template(name, 1)
    return rendered(template, "ar", examples(template, **changed))


def test_arabic_is_written_as_in_morocco() -> None:
    assert "\u206831 ماي 2030\u2069" in arabic("paper_expired").text
    assert (
        "\u2068\u200f1.384,50\xa0د.م.\u200f\u2069"
        in arabic("invoice_approved", total="138450 MAD").text
    )


def test_facts_in_arabic_keep_their_direction_and_leave_that_of_the_sentence() -> None:
    assert arabic("trip_alert").subject == "رحلة جديدة: \u2068Lyon\u2069 \u2013 \u2068Lille\u2069"
    html = arabic("trip_alert").html
    assert '<html lang="ar" dir="rtl">' in html
    assert "<bdi>Lyon</bdi> \u2013 <bdi>Lille</bdi>" in html


def test_a_link_in_arabic_is_nothing_but_the_link() -> None:
    written = arabic("trip_alert")
    assert written.text.endswith(f": {ALWAYS['portal']}\n")
    assert f'href="{ALWAYS["portal"]}"' in written.html


def test_nobody_ends_the_part_that_is_theirs() -> None:
    written = arabic("question_answered", answer="a\u2069b\u2067c")
    assert "\u2068abc\u2069" in written.text
    assert written.html.count("<bdi") == written.html.count("</bdi>")


def test_other_languages_need_no_direction() -> None:
    written = rendered(PLAIN, "fr", examples(PLAIN))
    assert 'dir="ltr"' in written.html
    assert "\u2068" not in written.text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "رسالة واحدة لك"),
        (2, "رسالتان لك"),
        (3, "{count} رسائل لك"),
        (10, "{count} رسائل لك"),
        (11, "{count} رسالة لك"),
        (100, "{count} رسالة لك"),
    ],
)
def test_arabic_has_words_for_one_and_two_and_forms_for_more(count: int, words: str) -> None:
    assert Texts(folders()["messaging"]).counted("ar", "messages_for_you", count) == words


def test_several_messages_are_one_with_a_heading() -> None:
    one = rendered(PLAIN, "fr", examples(PLAIN))
    assert LIBRARY.together([one]) == one
    both = LIBRARY.together([one, one])
    assert both.subject == "2 messages pour vous"
    assert both.short == f"{one.subject}\n{one.subject}"
    assert both.text.count(one.text) == both.html.count("T-1042 n&#39;a pas") == 2


@pytest.mark.parametrize("missing", ["trip", "reason", "name"])
def test_a_missing_fact_is_an_error_and_not_a_gap(missing: str) -> None:
    facts = {name: value for name, value in examples(PLAIN).items() if name != missing}
    with pytest.raises(NotFilled):
        rendered(PLAIN, "en", facts)


@pytest.mark.parametrize("body", ["{", "{}", "{1}", "{trip!r}", "{trip:>9}", "{other}"])
def test_what_cannot_be_shown_is_an_error(body: str) -> None:
    with pytest.raises(NotFilled):
        rendered(saying(body), "en", examples(PLAIN, other="undeclared"))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("invoice_approved", {"total": "much"}),
        ("paper_expired", {"last_day": "soon"}),
        ("paper_expired", {"paper": "papyrus"}),
        ("trip_alert", {"km": "far"}),
    ],
)
def test_a_fact_that_is_not_of_its_kind_is_an_error(name: str, changed: dict[str, str]) -> None:
    template = LIBRARY.template(name, 1)
    with pytest.raises(NotFilled):
        rendered(template, "en", examples(template, **changed))


def test_a_template_reaches_nothing_but_its_facts() -> None:
    with pytest.raises(NotFilled):
        rendered(saying("{trip.__class__.__mro__}"), "en", examples(PLAIN))


def test_a_fact_is_text_and_never_a_template_or_markup() -> None:
    nasty = "<script>alert(1)</script>{portal}"
    message = rendered(PLAIN, "en", examples(PLAIN, reason=nasty))
    assert nasty in message.text
    assert "<script>" not in message.html
    assert "&lt;script&gt;" in message.html


def test_a_subject_is_one_line() -> None:
    message = rendered(PLAIN, "en", examples(PLAIN, trip="t-1\r\nBcc: all@example.org"))
    assert message.subject == inert("Quote not accepted: t-1 Bcc: all@example.org")


def test_the_newest_version_is_taken_and_an_unknown_one_is_none() -> None:
    assert LIBRARY.latest("activated") == 1
    with pytest.raises(NoSuchTemplate):
        LIBRARY.latest("no-such")
    with pytest.raises(NoSuchTemplate):
        LIBRARY.template("activated", 99)


def test_private_facts_that_cannot_be_read_are_missing() -> None:
    assert facts_of((), '{"link": "x"}') == {"link": "x"}
    assert facts_of((), "XXXX") == {}


def test_every_service_that_tells_something_is_found() -> None:
    assert {"accounts", "messaging", "missions"} <= folders().keys()


@pytest.mark.parametrize(
    "name",
    ["https://evil.example/a", "evil.example", "www.evil.com", "HTTP://EVIL.COM", "evil\u3002com"],
)
def test_a_name_is_no_link(name: str) -> None:
    written = rendered(saying("{name}, {portal}"), "en", examples(PLAIN, name=name))
    assert name not in written.text
    assert written.text.replace("\u2060", "") == f"{name}, {ALWAYS['portal']}\n"
    assert written.html.count("href=") == 1
    assert f'href="{ALWAYS["portal"]}"' in written.html


def test_a_fact_of_others_is_no_link_in_a_subject() -> None:
    written = rendered(saying("x"), "en", examples(PLAIN, trip="evil.example"))
    assert written.subject == written.short == "evil.\u2060example"


def test_words_that_are_no_link_stay_as_they_are() -> None:
    for text in (
        "Ada Martin",
        "Ada M. Martin",
        "Martin, J.",
        "toll: 12 euros",
        "O'Brien-\u0141ukasz",
    ):
        assert inert(text) == text


def test_our_own_links_work() -> None:
    template = LIBRARY.template("password_reset", LIBRARY.latest("password_reset"))
    written = rendered(template, "en", examples(template, link="https://portal.example/a#b=c"))
    assert "https://portal.example/a#b=c" in written.text
    assert 'href="https://portal.example/a#b=c"' in written.html

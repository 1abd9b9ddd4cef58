"""The catalogue and the READMEs say what the services declare."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from contracts.index import contracts
from infra.host import Service
from services import registry
from tools.catalogue import readmes, units
from tools.catalogue.__main__ import CATALOGUE, ROOT, documents, main, news, tables, unread
from tools.catalogue.readers import Reader, readers
from tools.compiler import outputs
from tools.compiler.changes import Change, Kind, Release
from tools.compiler.schema import Package
from tools.compiler.topics import Topics

SERVICES = registry.services()
READERS = readers(SERVICES)
KINDS = [kind for contract in contracts for kind in contract.types]


@cache
def packages() -> list[Package]:
    return outputs.contracts(ROOT)[1]


@cache
def topics() -> Topics:
    return outputs.promises(ROOT, packages())


@cache
def pages() -> Mapping[Path, str]:
    return dict(documents(packages(), topics(), READERS))


def named(name: str) -> Reader:
    return next(reader for reader in READERS if reader.full_name == name)


def test_nothing_is_stale_and_every_event_is_read_or_says_why_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_each_reader_reads_what_it_declares() -> None:
    assert named("accounts.forgetting").types == {"relais.accounts.user.v1.subject_forgotten"}
    assert named("missions.papers").kind == "reaction"
    assert named("papers.files").kind == "lookup"
    assert named("views.partner.trips").package == "relais.missions.trip.v1"
    assert all(reader.purpose for reader in READERS)


@pytest.mark.parametrize("type", [kind.type for kind in KINDS])
def test_the_catalogue_names_every_event_and_its_readers(type: str) -> None:
    row = next(
        line for line in pages()[CATALOGUE / "README.md"].splitlines() if f"| `{type}` |" in line
    )
    reading = [reader.full_name for reader in READERS if type in reader.types]
    assert row.endswith(f"| {', '.join(reading)} |") or (not reading and "| nobody: " in row)


def test_the_links_of_the_catalogue_lead_to_examples() -> None:
    links = [
        part.partition(")")[0] for text in pages().values() for part in text.split("[example](")[1:]
    ]
    assert len(links) == len(KINDS)
    assert all((ROOT / CATALOGUE / link).is_file() for link in links)


def test_the_catalogue_marks_personal_fields() -> None:
    assert (
        "| 2 | `phone` | [SealedText](common.md#commonsealedtext) |  | `driver_id` |  |"
        in pages()[CATALOGUE / "missions.md"]
    )


def test_the_catalogue_says_whose_the_personal_data_of_a_topic_is() -> None:
    assert (
        "- personal data of `user_id`: `PaperRefused.reason`\n" in pages()[CATALOGUE / "papers.md"]
    )


def test_the_catalogue_says_the_unit_of_each_number_and_what_a_time_means() -> None:
    page = pages()[CATALOGUE / "missions.md"]
    assert "| `distance_km` | int32 | kilometres |" in page
    assert "| `published_at` | Timestamp | UTC; counts in reports |" in page
    assert "| `valid_until` | Timestamp, may be absent | UTC |" in page
    assert "[Money](common.md#commonmoney) | smallest unit of its currency |" in page


def test_every_link_to_a_value_leads_to_its_heading() -> None:
    headings = {
        (path.name, heading.lower().replace(".", ""))
        for path, text in pages().items()
        for heading in re.findall(r"^#+ (\S+)$", text, re.MULTILINE)
    }
    links = {
        link for text in pages().values() for link in re.findall(r"\]\((\w+\.md)#(\w+)\)", text)
    }
    assert ("papers.md", "paperpaperkind") in links
    assert links <= headings


def test_an_enumeration_says_how_its_values_look_in_json() -> None:
    page = pages()[CATALOGUE / "papers.md"]
    assert "| `PAPER_KIND_W_GARAGE` | 7 | `w_garage` |" in page
    assert "| `PAPER_KIND_UNSPECIFIED` | 0 | never |" in page


def test_a_number_whose_name_says_no_unit_is_refused() -> None:
    assert list(units.unknown(packages())) == []
    [trips] = [package for package in packages() if package.name == "relais.missions.trip.v1"]
    published = next(one for one in trips.messages if one.name == "TripPublished")
    fields = [replace(one, name=one.name.replace("_km", "_far")) for one in published.fields]
    far = replace(published, fields=tuple(fields))
    [complaint] = units.unknown([replace(trips, messages=(far,))])
    assert complaint.startswith(
        "relais.missions.trip.v1.TripPublished.distance_far: a number needs a unit"
    )


RELEASES = [
    Release("2030-05-01", "The first.", ()),
    Release("2030-06-01", "", (Change(Kind.VALUE, "relais.x.v1.How.HOW_WELL", "Quite."),)),
]
COMING = [Change(Kind.FIELD, "relais.x.v1.Done.note", "")]


def test_the_page_of_changes_has_what_comes_and_then_the_newest_release() -> None:
    page = news(RELEASES, COMING)[CATALOGUE / "changes.md"]
    coming, second, first = (page.index(f"## {h}") for h in ("Next", "2030-06-01", "2030-05-01"))
    assert coming < page.index("- `relais.x.v1.Done.note`\n") < second < first
    assert second < page.index("- `relais.x.v1.How.HOW_WELL`: Quite.\n") < first
    assert "release their readers first" in page


def test_the_feed_has_an_item_a_release_whose_id_never_changes() -> None:
    feed = json.loads(news(RELEASES, COMING)[CATALOGUE / "changes.json"])
    told = [(one["id"].rpartition(":")[2], one.get("date_published")) for one in feed["items"]]
    days = ("2030-06-01T00:00:00Z", "2030-05-01T00:00:00Z")
    assert told == [("next", None), ("2", days[0]), ("1", days[1])]
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert "relais.x.v1.How.HOW_WELL: Quite." in feed["items"][1]["content_text"]
    nothing = json.loads(news(RELEASES, [])[CATALOGUE / "changes.json"])
    assert len(nothing["items"]) == 2


def test_an_event_that_nobody_reads_has_to_say_why() -> None:
    deaf = [reader for reader in READERS if reader.package != "relais.papers.paper.v1"]
    found = list(unread(packages(), topics(), deaf))
    assert (
        "relais.papers.paper.v1.added: nobody reads it; say why in its topic.yaml (unread)" in found
    )


def test_a_reason_for_what_is_read_is_refused() -> None:
    topic = topics()["relais.papers.paper.v1"].model_copy(
        update={"unread": {"added": "Nobody does."}}
    )
    found = list(unread(packages(), {**topics(), "relais.papers.paper.v1": topic}, READERS))
    assert found == ["relais.papers.paper.v1.added: is read; its topic.yaml says that it is not"]


def test_a_new_reader_changes_the_readmes_of_both_services_and_the_catalogue() -> None:
    new = replace(named("missions.papers"), service="alerts", name="papers")
    changed = dict(tables(SERVICES, [*READERS, new]))
    before = dict(tables(SERVICES, READERS))
    different = {path.parent.name for path in changed if changed[path] != before[path]}
    assert different == {"alerts", "papers"}
    with_it = dict(documents(packages(), topics(), [*READERS, new]))
    assert "alerts.papers" in with_it[CATALOGUE / "README.md"]


def test_a_readme_without_a_place_for_its_table_is_refused() -> None:
    service: Service = registry.service("papers")
    with pytest.raises(readmes.NoBlock, match="services/papers/README"):
        readmes.completed("# papers\n", service, READERS)

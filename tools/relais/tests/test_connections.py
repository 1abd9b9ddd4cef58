"""Settings that no platform can be meant by are refused before a command does anything."""

import pytest

from infra.store.protocol import StoreAway
from tools.relais.answers import UNREACHABLE, USAGE, Trouble, refusal_of
from tools.relais.connections import environment
from tools.relais.tests.conftest import Line

SECRET = "hunter2"
SERVER = f"postgresql://relais:{SECRET}@db"


@pytest.mark.parametrize(
    "databases",
    [
        {},
        {"missions": f"{SERVER}/one", "views.partner": f"{SERVER}/two", "keys": f"{SERVER}/three"},
        # The keys may lie beside the events of a service; two services never lie together.
        {"missions": f"{SERVER}/one", "keys": f"{SERVER}/one"},
        {"missions": f"{SERVER}:5433/relais_papers"},
    ],
)
def test_databases_of_known_services_are_taken(databases: dict[str, str]) -> None:
    assert environment(postgres=SERVER, databases=databases).databases == databases


@pytest.mark.parametrize(
    ("databases", "rule"),
    [
        ({"mission": f"{SERVER}/one"}, "there is no service mission"),
        ({"views-partner": f"{SERVER}/one"}, "there is no service views-partner"),
        (
            {"missions": f"{SERVER}/one", "papers": f"{SERVER}:5432/one"},
            "missions and papers have one database",
        ),
        # That of the server for all.
        ({"missions": f"{SERVER}/relais_papers"}, "missions and papers have one database"),
        ({"missions": f"mysql://{SECRET}"}, "the database of missions must be like postgresql://"),
    ],
)
def test_databases_that_cannot_be_meant_are_refused_by_name(
    databases: dict[str, str], rule: str
) -> None:
    with pytest.raises(Trouble, match=f"RELAIS_DATABASES: .*{rule}") as refused:
        environment(postgres=SERVER, databases=databases)
    assert refused.value.code == USAGE
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("words", [("views", "list"), ("migrate",)])
def test_what_is_no_json_is_refused_by_name(nowhere: Line, words: tuple[str, ...]) -> None:
    given = {**nowhere.environment, "RELAIS_DATABASES": f"{{{SECRET}"}
    said = Line(nowhere.home, given).say(*words)
    assert (said.exit_code, "databases" in said.stderr) == (USAGE, True)
    assert SECRET not in said.output


def test_a_rule_about_several_settings_names_them() -> None:
    with pytest.raises(Trouble, match="read: kafka_user, kafka_password and kafka_token need"):
        environment(kafka_user="relais")


STORE = f"esdb://relais:{SECRET}@log"


@pytest.mark.parametrize(
    "address",
    [
        f"{STORE}:2113",
        f"{STORE}?tls=false",
        "esdb://ada:word@one:2113,two:2113,three:2113?tls=true&nodePreference=leader",
        "kurrentdb+discover://ada:word@cluster.example.org",
        "kurrentdb://log:2113/?tls=false#staging",
    ],
)
def test_stores_of_services_that_record_are_taken(address: str) -> None:
    assert environment(stores={"missions": address}).stores == {"missions": address}


@pytest.mark.parametrize(
    ("stores", "rule"),
    [
        ({"mission": STORE}, "RELAIS_STORES: mission is no service that records events"),
        ({"views.partner": STORE}, "RELAIS_STORES: views.partner is no service that records"),
        ({"missions": f"{SERVER}/one"}, "the store of missions must be like esdb://"),
        ({"missions": f"{STORE}:70000"}, "the store of missions must be like esdb://"),
        ({"missions": f"{STORE}#a.b"}, "the store of missions must be like esdb://"),
        ({"missions": "esdb://log:2113"}, "the store of missions needs user:word@"),
        ({"missions": "esdb://ada@log:2113?tls=true"}, "the store of missions needs user:word@"),
        ({"missions": STORE.replace("esdb", "esdb+discover") + ",other"}, "one name that stands"),
        ({"missions": f"{STORE}?nodePreference=follower"}, "must be read from the leader"),
    ],
)
def test_stores_that_cannot_be_meant_are_refused_by_name(stores: dict[str, str], rule: str) -> None:
    with pytest.raises(Trouble, match=rule) as refused:
        environment(stores=stores)
    assert refused.value.code == USAGE
    assert SECRET not in str(refused.value)


def test_a_store_that_is_away_is_said_in_one_line() -> None:
    error = StoreAway("ServiceUnavailableError: failed to connect")
    assert refusal_of(error) == (f"cannot reach it: StoreAway {error}", UNREACHABLE)


@pytest.mark.parametrize(
    "words",
    [
        ("phantoms", "list", "missions"),
    ],
)
def test_a_command_that_reads_tables_says_that_the_events_are_not_there(
    nowhere: Line, words: tuple[str, ...]
) -> None:
    given = {"RELAIS_STORES": f'{{"missions": "{STORE}"}}', "RELAIS_KAFKA": "127.0.0.1:1"}
    said = Line(nowhere.home, {**nowhere.environment, **given}).say(*words)
    assert said.exit_code == USAGE
    assert "missions records in EventStoreDB (RELAIS_STORES)" in said.stderr

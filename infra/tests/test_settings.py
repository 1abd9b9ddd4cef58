"""Settings that would weaken us are refused before anything starts."""

import base64
import json

import pytest
from pydantic import ValidationError

from infra.endpoints import database_of, without_password
from infra.settings import Settings

STRONG = bytes(range(32))


def settings(**keys: bytes) -> Settings:
    """Settings with these master keys."""
    text = json.dumps({name: base64.b64encode(key).decode() for name, key in keys.items()})
    return Settings.model_validate({"master_keys": text})


def test_master_keys_are_kept_in_their_order() -> None:
    assert list(settings(new=STRONG, old=STRONG[::-1]).masters) == ["new", "old"]


def test_without_master_keys_settings_can_be_read() -> None:
    assert Settings().master_keys.get_secret_value() == ""


@pytest.mark.parametrize(
    ("keys", "rule"),
    [
        ({"old": STRONG, "new": STRONG[:31]}, "the key new must have 32 bytes, not 31"),
        ({"new": STRONG + b"x"}, "the key new must have 32 bytes, not 33"),
        ({"new": STRONG[:16]}, "not 16"),
        ({"new": bytes(32)}, "the bytes of the key new are all the same"),
        ({}, "must have a key"),
    ],
)
def test_weak_master_keys_are_refused(keys: dict[str, bytes], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        settings(**keys)


@pytest.mark.parametrize("text", ["no json", "[]", '{"new": 1}', '{"new": "***"}'])
def test_what_are_no_master_keys_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError, match="a JSON object of names and keys") as refused:
        Settings.model_validate({"master_keys": text})
    assert f"input_value={text!r}" not in str(refused.value)


GOOD = {
    "postgres": [
        "postgresql://relais@/?host=/run/postgresql",
        "postgres://relais:word@[::1]:5432",
        "host=db user=relais password='a b'",
    ],
    "databases": [
        '{"missions": "postgresql://m:word@db/missions", "keys": "host=db dbname=keys"}',
        "{}",
    ],
    "kafka": ["kafka:9092", "one:9092, two.example.org:9092,[::1]:9092", "10.0.0.1", ""],
    "smtp": ["smtps://user:w%23ord@mail.example.org:465", "smtp://127.0.0.1:2525", ""],
    "objects": ["s3://relais", "s3://relais-files/some/folder", ""],
    "s3_endpoint": ["http://minio:9000", "https://s3.example.org"],
    "portal": ["https://relais.example.org/portal", "http://localhost:8080", "http://[::1]:8080"],
    "jwks_url": ["http://accounts:8080/accounts/jwks.json"],
    "sms_url": ["https://sms.example.org/v1/messages?account=7"],
    "t_scan_url": ["https://scans.example.org/v1", ""],
    "planet_vo_url": ["http://127.0.0.1:8081"],
    "otlp_endpoint": ["http://collector:4318"],
    "clamd": ["127.0.0.1:3310", "[::1]:3310", ""],
    "proxies": ["10.0.0.0/8,2001:db8::/32", ""],
    "pages": ["https://api.example.org", ""],
    "origins": ["https://portal.example.org,http://localhost:5173", ""],
}
SECRET = "hunter2"
BAD = {
    "postgres": [f"postgre://relais:{SECRET}@db", f"mysql://relais:{SECRET}@db/relais", SECRET],
    "databases": [
        f'{{"missions": "postgre://m:{SECRET}@db/missions"}}',
        f'{{"missions": "postgresql://m:{SECRET}@db:x/missions"}}',
        f'{{"missions": {{"url": "{SECRET}"}}}}',
        f'["postgresql://m:{SECRET}@db/missions"]',
    ],
    "kafka": ["kafka://kafka:9092", "kafka;9092", "kafka:0", "kafka:65536", "one:9092,,two:9092"],
    "smtp": [
        f"imap://user:{SECRET}@mail",
        f"smtp://user:{SECRET}#x@mail",
        f"smtp://user:12/{SECRET}@mail",
        "smtp://",
        "mail.example.org:25",
    ],
    "objects": ["ftp://files", "s3:/relais", "http://minio/relais", "s3://", "s3://Upper"],
    "s3_endpoint": ["minio:9000", f"s3://key:{SECRET}@minio", "http://minio:65536"],
    "portal": ["relais.example.org", "htps://relais.example.org", "https://", "https://a b"],
    "jwks_url": ["/accounts/jwks.json", "https://host:port/jwks.json"],
    "sms_url": [f"sms://{SECRET}", "https:/sms.example.org"],
    "t_scan_url": [f"ftp://{SECRET}@scans"],
    "planet_vo_url": ["planet-vo.example.org"],
    "otlp_endpoint": ["collector:4318", "grpc://collector:4317"],
    "clamd": ["clamd", "tcp://clamd:3310", "clamd:0", "clamd:65536"],
    "proxies": ["10.0.0.0/33", "proxy.example.org"],
    "pages": ["api.example.org"],
    "origins": ["portal.example.org", "https://portal.example.org/page"],
}


@pytest.mark.parametrize(
    ("name", "address"), [(name, one) for name, addresses in GOOD.items() for one in addresses]
)
def test_an_address_that_can_be_meant_is_taken(name: str, address: str) -> None:
    given = read(name, address)
    found = getattr(Settings.model_validate({name: given}), name)
    assert found == given or name in ("smtp", "proxies", "origins")


@pytest.mark.parametrize(
    ("name", "address"), [(name, one) for name, addresses in BAD.items() for one in addresses]
)
def test_an_address_that_cannot_be_meant_is_refused_by_name_without_a_secret(
    name: str, address: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: read(name, address)})
    [error] = refused.value.errors(include_input=False, include_url=False, include_context=False)
    assert error["loc"][0] == name
    assert SECRET not in str(refused.value) + str(error)


def read(name: str, address: str) -> object:
    """The value of a setting, as it is read from the environment."""
    return json.loads(address) if name == "databases" else address


def test_two_ways_to_write_one_database_are_told_to_be_one() -> None:
    same = [
        "postgresql://a:word@DB/missions",
        "postgresql://b@db:5432/missions?sslmode=require",
        "host=db dbname=missions",
    ]
    assert len({database_of(one) for one in same}) == 1
    others = ["postgresql://db:5433/missions", "postgresql://db/papers", "host=x dbname=missions"]
    assert len({database_of(one) for one in [same[0], *others]}) == 4


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://a@db:5432/x", "postgresql://a@db:5432/x"),
        (f"postgresql://a:{SECRET}@db/x", "user=a password=... dbname=x host=db"),
    ],
)
def test_people_are_shown_no_password(given: str, shown: str) -> None:
    assert without_password(given) == shown


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"portal": "https://relais.example.org/app"}, "https://relais.example.org"),
        ({"portal": "http://[::1]:8080/app/"}, "http://[::1]:8080"),
        ({"portal": "http://localhost:8080"}, "http://localhost:8080"),
        (
            {"portal": "https://relais.example.org/app", "pages": "https://api.example.org/"},
            "https://api.example.org",
        ),
    ],
)
def test_pages_of_customers_are_where_the_apis_are(given: dict[str, str], url: str) -> None:
    assert Settings.model_validate(given).pages_url == url

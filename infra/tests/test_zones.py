"""Every process takes its time zones from the pinned package, whatever the system has."""

import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
WRONG = timedelta(hours=9)
ASKED = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
print(datetime(2026, 12, 1, 12, tzinfo=UTC).astimezone(ZoneInfo("Africa/Casablanca")).utcoffset())
"""
PROCESSES = [
    "infra.settings",
    "tools.relais.connections",
    "tools.demo.teller",
    "tools.bench.main",
    "services.messaging.message.routing",
]


@pytest.fixture
def wrong_zones(tmp_path: Path) -> Path:
    """Zones of a system, in which Casablanca has the time of Tokyo."""
    place = tmp_path / "Africa" / "Casablanca"
    place.parent.mkdir()
    place.write_bytes(files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes())
    return tmp_path


def told(program: str, zones: Path) -> str:
    """The offset of Casablanca by a process of a system with these zones."""
    environment = {"PYTHONTZPATH": str(zones), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_python_alone_would_take_the_zones_of_the_system(wrong_zones: Path) -> None:
    assert told(ASKED, wrong_zones) == str(WRONG)


@pytest.mark.parametrize("module", PROCESSES)
def test_a_process_of_ours_takes_those_of_the_package(module: str, wrong_zones: Path) -> None:
    assert told(f"import {module}{ASKED}", wrong_zones) == "0:00:00"


def test_a_zone_read_before_does_not_stay(wrong_zones: Path) -> None:
    assert told(f"{ASKED}import infra{ASKED}", wrong_zones).split() == [str(WRONG), "0:00:00"]


def test_tests_take_those_of_the_package_too() -> None:
    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize(
    ("at", "ahead"),
    [
        (datetime(2026, 9, 19, 12, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 9, 21, 12, tzinfo=UTC), timedelta(0)),
        (DECEMBER, timedelta(0)),
    ],
)
def test_the_package_knows_that_morocco_left_its_hour(at: datetime, ahead: timedelta) -> None:
    assert at.astimezone(ZoneInfo("Africa/Casablanca")).utcoffset() == ahead

"""Few lines are written of a broker or a database that is away."""

import logging
from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaConnectionError

from infra import outages
from infra.outages import OVER_SECONDS, SAY_SECONDS, Limiter, Outage
from infra.telemetry import TelemetrySettings, running


def broker() -> Outage:
    return Outage("the broker", ("aiokafka",), ("aiokafka",))


def line(name: str, level: int, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 0, "%s" * len(args), args, None)


class TestWhatItIsAbout:
    @pytest.mark.parametrize("name", ["aiokafka", "aiokafka.consumer.fetcher"])
    def test_a_warning_of_its_client_is_about_it(self, name: str) -> None:
        assert broker().concerns(line(name, logging.WARNING))

    def test_an_error_of_its_client_is_about_it_whoever_writes_it(self) -> None:
        assert broker().concerns(line("relais.supervisor", logging.INFO, KafkaConnectionError()))

    @pytest.mark.parametrize(
        ("name", "level", "args"),
        [
            ("aiokafka", logging.INFO, ()),
            ("aiokafkaesque", logging.ERROR, ()),
            ("relais.supervisor", logging.ERROR, (ValueError("bug"),)),
        ],
    )
    def test_everything_else_is_not(self, name: str, level: int, args: Sequence[object]) -> None:
        assert not broker().concerns(line(name, level, *args))


class TestOutage:
    def test_its_first_line_is_written_and_no_other(self) -> None:
        outage = broker()
        assert [outage.saw("away", now) for now in (0, 1, 59)] == [True, False, False]

    def test_once_a_minute_it_says_that_it_lasts_and_how_much_was_left_out(self) -> None:
        outage = broker()
        for now in range(60):
            outage.saw(f"away {now}", now)
        assert outage.passed(SAY_SECONDS - 0.1) is None
        said = outage.passed(SAY_SECONDS)
        assert said == (
            "trouble with the broker since 60 s; lines left out: 59, the last one: away 59"
        )
        outage.saw("away still", 61)
        assert outage.passed(SAY_SECONDS + 1) is None

    def test_it_is_over_when_nothing_was_heard_of_it_for_long_enough(self) -> None:
        outage = broker()
        outage.saw("away", 0)
        outage.saw("away", 7)
        assert outage.passed(7 + OVER_SECONDS - 0.1) is None
        assert outage.passed(7 + OVER_SECONDS) == (
            "no more trouble with the broker, after 7 s; lines left out: 1, the last one: away"
        )
        assert outage.passed(7 + OVER_SECONDS) is None

    def test_the_next_one_begins_with_a_line_again(self) -> None:
        outage = broker()
        outage.saw("away", 0)
        outage.passed(OVER_SECONDS)
        assert outage.saw("away", 100)


class TestLimiter:
    def test_a_flood_of_a_library_is_one_line_and_others_are_written(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with running(TelemetrySettings("missions")):
            for _ in range(1000):
                logging.getLogger("aiokafka.client").error("Unable to connect")
                logging.getLogger("relais.database").warning("a request had no answer")
            logging.getLogger("relais.relay").warning("something else")
        written = capsys.readouterr().err.splitlines()
        assert [one.count("Unable to connect") for one in written] == [1, 0, 0]
        assert [one.count("no answer") for one in written] == [0, 1, 0]

    def test_two_handlers_write_the_same_line(self) -> None:
        limiter, first = Limiter(), line("aiokafka", logging.ERROR)
        assert [limiter.filter(first) for _ in range(2)] == [True, True]
        second = line("aiokafka", logging.ERROR)
        assert [limiter.filter(second) for _ in range(2)] == [False, False]

    def test_what_it_says_itself_is_never_left_out(self) -> None:
        limiter = Limiter()
        assert all(limiter.filter(line(outages.log.name, logging.WARNING)) for _ in range(2))

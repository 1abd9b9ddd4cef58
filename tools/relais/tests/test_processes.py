"""Doctor asks every process of production, at every address that it has."""

from collections.abc import Mapping

import httpx
import pytest
import yaml
from pydantic import ValidationError

from infra.settings import Settings
from services.names import NAMES
from tools.outside import ROOT
from tools.relais.processes import Process, asked, names, of_one
from tools.relais.report import Report

WHERE = "http://{process}:9090"


def answering(answers: Mapping[str, httpx.Response]) -> httpx.AsyncClient:
    """A client that these addresses answer so; no other one answers."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host not in answers:
            raise httpx.ConnectError("refused")
        assert request.url.path == "/health/ready"
        return answers[request.url.host]

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def said(status: int = 200, **checks: str) -> httpx.Response:
    return httpx.Response(status, json={"status": "ok", "checks": {"relay": "ok", **checks}})


async def examined(answers: Mapping[str, httpx.Response], *addresses: str) -> Report:
    """The report about `missions-workers`, which has these addresses."""
    report = Report()

    async def resolve(url: httpx.URL) -> list[str]:
        assert url.host == "missions-workers"
        return list(addresses)

    async with answering(answers) as client:
        await Process("missions-workers", WHERE, client, resolve).ask(report)
    return report


async def test_a_process_that_is_ready_is_well() -> None:
    report = await examined({"10.0.0.1": said(), "10.0.0.2": said()}, "10.0.0.1", "10.0.0.2")
    assert (report.findings, report.looked_at) == (
        [],
        [{"where": "missions-workers", "ready": "2 of 2"}],
    )


async def test_one_of_several_that_halted_is_named_with_its_reason() -> None:
    answers = {"10.0.0.1": said(), "10.0.0.2": said(503, timers="halted: a newer release")}
    report = await examined(answers, "10.0.0.1", "10.0.0.2")
    [finding] = report.findings
    assert (finding.where, finding.what) == (
        "missions-workers at 10.0.0.2: timers",
        "halted: a newer release",
    )
    assert report.looked_at[0]["ready"] == "1 of 2"


async def test_one_that_does_not_answer_is_wrong() -> None:
    [finding] = (await examined({}, "10.0.0.1")).findings
    assert (finding.where, finding.what) == ("missions-workers", "no answer: ConnectError")


async def test_one_that_nobody_deployed_is_wrong() -> None:
    [finding] = (await examined({})).findings
    assert (finding.what, finding.do) == ("missions-workers has no address", "is it deployed?")


async def test_an_open_port_does_not_say_why_and_counts_all_the_same() -> None:
    failing = httpx.Response(503, json={"status": "failing"})
    [finding] = (await examined({"10.0.0.1": failing}, "10.0.0.1")).findings
    assert (finding.where, finding.what) == ("missions-workers: process", "failing")


async def test_what_is_no_answer_of_ours_is_none() -> None:
    other = httpx.Response(200, text="<html>")
    [finding] = (await examined({"10.0.0.1": other}, "10.0.0.1")).findings
    assert finding.what == "no answer: JSONDecodeError"


async def test_all_that_are_declared_are_asked() -> None:
    report = Report()
    async with answering({}) as client:
        await asked(Settings(probes=WHERE), NAMES, report, client, of_one)
    assert {one.where for one in report.findings} == set(names(NAMES))


async def test_where_nobody_says_where_they_are_that_is_said() -> None:
    report = Report()
    async with answering({}) as client:
        await asked(Settings(), NAMES, report, client)
    assert "RELAIS_PROBES" in report.looked_at[0]["asked"]


def test_they_are_called_as_their_services_are_on_kubernetes() -> None:
    made = {
        yaml.safe_load(text)["metadata"]["name"]
        for file in (ROOT / "deploy/k8s/base").glob("*.yaml")
        for text in file.read_text().split("\n---\n")
        if "\n  clusterIP: None\n" in text
    }
    assert made == set(names(NAMES))


def test_a_place_for_the_name_is_needed() -> None:
    with pytest.raises(ValidationError, match="must say where"):
        Settings(probes="http://missions:9090")

"""The processes of an installation, asked one by one whether they are ready.

In production these are the API and the workers of every service. Where they are is said by
`RELAIS_PROBES`; a platform on this machine says it by itself.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping

import httpx

from infra.settings import Settings
from tools.relais import connections
from tools.relais.report import Report

COMPONENTS = ("api", "workers")
PROBE_SECONDS = 5.0
MEND = "mend the cause, then start the process again"

Resolve = Callable[[httpx.URL], Awaitable[list[str]]]
"""The addresses behind the name in a URL; none when nobody knows the name."""


def names(services: Iterable[str]) -> list[str]:
    """The processes of these services: `missions-api`, `missions-workers`, and so on."""
    named = [service.replace(".", "-").replace("_", "-") for service in services]
    return [f"{name}-{component}" for name in named for component in COMPONENTS]


async def asked(
    settings: Settings,
    services: Iterable[str],
    report: Report,
    client: httpx.AsyncClient,
    resolve: Resolve | None = None,
) -> None:
    """The findings about the processes, by their own account; none where nobody knows them."""
    here = connections.running_here(settings).get("url")
    if settings.probes:
        found = (
            Process(name, settings.probes, client, resolve or addresses) for name in names(services)
        )
        await asyncio.gather(*(one.ask(report) for one in found))
    elif here:
        await Process(here, here, client, of_one).ask(report)
    else:
        report.right("processes", asked="none; RELAIS_PROBES says where they are")


async def addresses(url: httpx.URL) -> list[str]:
    """The addresses that the name server has for the host of a URL."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port, type=socket.SOCK_STREAM
        )
    except socket.gaierror:
        return []
    return sorted({str(address[0]) for *_, address in found})


async def of_one(url: httpx.URL) -> list[str]:
    """The host as it is named: one process, whatever addresses it has."""
    return [url.host]


class Process:
    """A process by name, as often as it runs: each address behind the name is asked."""

    def __init__(
        self, name: str, where: str, client: httpx.AsyncClient, resolve: Resolve = addresses
    ) -> None:
        self._name = name
        self._url = httpx.URL(where.replace("{process}", name)).join("/health/ready")
        self._client = client
        self._resolve = resolve

    async def ask(self, report: Report) -> None:
        """Report every address that does not answer, and every check that one of them fails."""
        found = await self._resolve(self._url)
        if not found:
            report.wrong(self._name, f"{self._url.host} has no address", "is it deployed?")
            return
        answers = await asyncio.gather(*(self._ask(address) for address in found))
        ready = 0
        for address, answer in zip(found, answers, strict=True):
            where = self._name if len(found) == 1 else f"{self._name} at {address}"
            if isinstance(answer, str):
                report.wrong(where, f"no answer: {answer}", "look at its log, start it again")
                continue
            failing = {name: said for name, said in answer.items() if said != "ok"}
            ready += not failing
            for name, said in failing.items():
                report.wrong(f"{where}: {name}", said, MEND)
        report.right(self._name, ready=f"{ready} of {len(found)}")

    async def _ask(self, address: str) -> Mapping[str, str] | str:
        """The word of each check, `ok` when all is well; or, in words, why there is no answer."""
        host = {"Host": self._url.netloc.decode()}
        try:
            answer = await self._client.get(self._url.copy_with(host=address), headers=host)
            body = answer.json()
            # A port that is open to everybody does not say why.
            return dict(body.get("checks") or {"process": body["status"]})
        except (httpx.HTTPError, ValueError, KeyError, AttributeError) as error:
            return type(error).__name__

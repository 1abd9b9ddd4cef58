"""`relais up`, `servers` and `demo`: what runs on a laptop until it is told to stop."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from contracts.accounts.organisation_v1 import OrganisationKind, Profile
from contracts.accounts.user_v1 import Role as UserRole
from infra.endpoints import without_password
from infra.host import Running
from infra.settings import Settings
from infra.stack.ports import is_free
from infra.testing.cards import card_server
from infra.timers import Timers
from tools.demo import dealership as case_of_dealership
from tools.demo import depot as day_in_depot
from tools.demo import house
from tools.demo import marketplace as requests_of_marketplace
from tools.demo.chronicle import Chronicle, keep
from tools.demo.story import play
from tools.demo.summary import show_addresses, summarise
from tools.demo.teller import Unexpected
from tools.relais import servers
from tools.relais.bootstrap import Founder, found
from tools.relais.connections import environment
from tools.relais.home import nearest
from tools.relais.hosting import run, until_told_to_stop
from tools.relais.platform import platform

console = Console(soft_wrap=True)
STARTING = "starting PostgreSQL, the broker and the services: half a minute, more the first time"
ROLES = {
    OrganisationKind.MARKETPLACE: UserRole.MARKETPLACE_MANAGER,
    OrganisationKind.PROVIDER: UserRole.PROVIDER_MANAGER,
}
"""The role that does the work in an organisation of a kind."""


def up() -> int:
    """The whole platform, until Ctrl-C or SIGTERM."""
    return run(lambda: _up(environment()))


async def _up(settings: Settings) -> int:
    told = until_told_to_stop()
    console.print(STARTING)
    async with platform(settings) as running:
        console.print(
            f"Relais runs at [bold]{running.url}[/bold], which is a page (stop it with Ctrl-C)"
        )
        for service in running.services:
            console.print(f"  {service.service.name}: {running.url}{service.service.prefix}/docs")
        server = without_password(running.settings.postgres)
        console.print(f"  PostgreSQL {server}\n  Kafka {running.settings.kafka}")
        for line in first_steps(running.settings, running.url):
            console.print(f"  {line}", markup=False)
        await running.until(told)
        console.print("stopping: the batches at hand are finished first")
    return 0


def first_steps(settings: Settings, url: str) -> Iterator[str]:
    """Where somebody who is new goes on."""
    home = settings.home.resolve()
    if not settings.smtp.get_secret_value():
        yield f"mail that people get: {url}/messaging/inbox"
    yield "an organisation with somebody who can sign in: `relais found --help`"
    yield f"a token for a request: `relais token --help`; elsewhere with RELAIS_HOME={home}"


def servers_alone() -> int:
    """PostgreSQL and the broker of this home, until Ctrl-C or SIGTERM."""
    return run(lambda: _servers_alone(nearest(environment(), Path.cwd())))


async def _servers_alone(settings: Settings) -> int:
    told = until_told_to_stop()
    settings.home.mkdir(parents=True, exist_ok=True)
    async with servers.alone(settings) as (found, kept):
        console.print(f"PostgreSQL {without_password(found.postgres)}\nKafka {found.kafka}")
        console.print("no service runs; stop them with Ctrl-C")
        await servers.until(told, kept)
    return 0


def demo(depot: bool, dealership: bool, marketplace: bool, companies: int) -> int:
    """The platform, and the story on it; stays up in a terminal until Ctrl-C."""
    settings = environment(log_level="ERROR")
    return run(lambda: _demo(settings, depot, dealership, companies if marketplace else None))


def service_of(services: Sequence[Running], name: str) -> Running:
    [found] = [one for one in services if one.service.name == name]
    return found


async def found_operator(services: Sequence[Running]) -> None:
    """The organisation that lets depots in, for the story of a depot."""
    accounts = service_of(services, "accounts")
    lea = Founder(day_in_depot.LEA, "lea.demo@example.org", "Léa Garnier")
    kind = OrganisationKind.MARKETPLACE_OPERATOR
    profile = Profile(
        name="Relais", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
    )
    await found(accounts, day_in_depot.OPERATOR, kind, profile, lea)


async def found_group(services: Sequence[Running]) -> None:
    """The group of dealerships, for the story of a dealership."""
    accounts = service_of(services, "accounts")
    maya = Founder(house.MAYA, "maya.demo@example.org", "Maya Garnier")
    profile = Profile(
        name="Garages", time_zone="Europe/Paris", currency="EUR", country="FR", contacts=()
    )
    kind = OrganisationKind.DEALER_GROUP
    await found(accounts, house.GROUP, kind, profile, maya)


async def company(accounts: Running, id: str, kind: OrganisationKind, user_id: str) -> None:
    """An organisation of the story of a marketplace, with somebody who does everything in it."""
    roles = (UserRole.ADMINISTRATION, ROLES[kind])
    profile = Profile(name=id, time_zone="Europe/Paris", currency="EUR", country="FR", contacts=())
    await found(accounts, id, kind, profile, Founder(user_id, f"{user_id}@example.org", id, roles))


async def rehearse(running: Running, at: datetime) -> None:
    """Let all happen in a service that falls due until then, as if it were that time."""
    await Timers(running.service.name, running.commands, running.service.aggregates).fire_due(at)


async def _demo(settings: Settings, depot: bool, dealership: bool, companies: int | None) -> int:
    port = settings.port if is_free(settings.port) else 0
    told = until_told_to_stop()
    async with AsyncExitStack() as stack:
        cards = await stack.enter_async_context(card_server())
        settings = settings.model_copy(update={"port": port, "card_provider": cards.url})
        console.print(STARTING)
        running = await stack.enter_async_context(platform(settings))
        try:
            chronicle = Chronicle()
            if depot:
                await found_operator(running.services)
                await day_in_depot.play(running.url, running.token, console, chronicle=chronicle)
            elif dealership:
                await found_operator(running.services)
                await found_group(running.services)
                reminders = service_of(running.services, "reminders")
                cases = service_of(running.services, "interventions")
                await case_of_dealership.play(
                    running.url,
                    running.token,
                    console,
                    cards,
                    partial(rehearse, reminders),
                    partial(rehearse, cases),
                    chronicle=chronicle,
                )
            elif companies is not None:
                accounts = service_of(running.services, "accounts")
                dispatch = service_of(running.services, "dispatch")
                await requests_of_marketplace.play(
                    running.url,
                    running.token,
                    console,
                    partial(company, accounts),
                    partial(rehearse, dispatch),
                    providers=companies,
                    chronicle=chronicle,
                )
            else:
                await play(running.url, running.token, console, chronicle=chronicle)
        except Unexpected as error:
            console.print(f"[red]The story broke off:[/red] {error}")
            return 1
        keep(running.settings.home, await chronicle.steps(running.services))
        await summarise(running.services, console)
        if not sys.stdout.isatty():
            console.print("\n`make up` serves all of it, and shows the story at its address.")
        else:
            show_addresses(running.services, running.url, console)
            console.print("\nIt stays up: look around, then Ctrl-C.")
            await running.until(told)
    return 0

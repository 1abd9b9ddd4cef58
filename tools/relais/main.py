"""The `relais` command line: run the platform, look at it, mend it."""

from typing import Annotated

import typer

from tools.relais import verbs

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
ServiceName = Annotated[
    str, typer.Argument(help="Like missions or views.partner; a name that is none lists them all.")
]


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"relais {version('relais')}")
        raise typer.Exit


@app.callback()
def relais(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which release.", is_eager=True, callback=_tell_version),
    ] = False,
) -> None:
    """Run the platform, look at it, mend it.

    New here? `relais demo` plays the story of one mission; `relais up` runs everything on this
    machine, for your own requests. In production `relais serve` is the API of one service and
    `relais work` its workers.

    Something is wrong? `relais doctor` says what, and what to do; docs/runbook goes from the
    symptom to the command.

    Commands find the platform of this folder, of one above it, or of RELAIS_HOME; elsewhere
    RELAIS_POSTGRES, RELAIS_KAFKA and RELAIS_MASTER_KEYS say where it is. Exit codes: 0 all is well,
    1 something was found or refused, 2 misspelt, 3 something cannot be reached.
    """


@app.command()
def up() -> None:
    """Run everything on this machine until Ctrl-C.

    PostgreSQL, a broker, every API and its workers start, and keep their data in `.relais` of this
    folder, or in RELAIS_HOME. RELAIS_PORT is the port of the APIs, 8080 by default.
    """
    from tools.relais import running

    raise typer.Exit(running.up())


@app.command("servers")
def servers_alone() -> None:
    """Run PostgreSQL and the broker of this home without any service, for repairs."""
    from tools.relais import running

    raise typer.Exit(running.servers_alone())


@app.command()
def serve(service: ServiceName) -> None:
    """Serve the API of one service."""
    from tools.relais import production

    raise typer.Exit(production.serve(service))


@app.command()
def work(service: ServiceName) -> None:
    """Run the workers of one service: relay, timers, reactions, views."""
    from tools.relais import production

    raise typer.Exit(production.work(service))


@app.command()
def migrate(service: Annotated[str | None, typer.Argument(help="Unless all.")] = None) -> None:
    """Bring databases to what this release needs, before its processes start. Safe to repeat."""
    from tools.relais import production

    raise typer.Exit(production.migrate(service))


@app.command()
def demo(
    depot: Annotated[bool, typer.Option("--depot", help="A day in a depot instead.")] = False,
    dealership: Annotated[
        bool, typer.Option("--dealership", help="A case of a dealership instead.")
    ] = False,
    marketplace: Annotated[
        bool, typer.Option("--marketplace", help="Two requests on a marketplace instead.")
    ] = False,
    companies: Annotated[
        int,
        typer.Option(min=8, max=200, help="Of the marketplace; a fifth are near the customer."),
    ] = 8,
) -> None:
    """Run everything and play a story on it: of one mission, unless another one is chosen."""
    from tools.relais import running

    raise typer.Exit(running.demo(depot, dealership, marketplace, companies))


@app.command()
def bench(
    quick: Annotated[
        bool, typer.Option(help="See that it works; the figures mean little.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Measure only this.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="Measure both builds in turns instead.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Measure this one: esdb, or the URL of an EventStoreDB.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long each side has the loads whose goals name ten.")
    ] = None,
) -> None:
    """Measure each hop beside its limit, and write bench.json."""
    from tools.bench.main import run

    run(quick=quick, only=only or (), against=against, store=store, minutes=minutes)


app.command()(verbs.doctor)
app.command()(verbs.why)
app.command()(verbs.adopt)
app.add_typer(verbs.events, name="events")
app.add_typer(verbs.topics, name="topics")
app.add_typer(verbs.views, name="views")
app.add_typer(verbs.parked, name="parked")
app.add_typer(verbs.phantoms, name="phantoms")
app.add_typer(verbs.relay, name="relay")
app.add_typer(verbs.timers, name="timers")
app.add_typer(verbs.messages, name="messages")
app.add_typer(verbs.subject, name="subject")
app.command()(verbs.export)
app.command()(verbs.token)
app.command()(verbs.found)

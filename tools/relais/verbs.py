"""The operator's words. Each imports what it needs when it is said."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print facts for a program.")]
ServiceName = Annotated[str | None, typer.Option("--service", help="Only this service.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")]
Last = Annotated[int, typer.Option("-n", min=1, help="How many of those there are.")]
Within = Annotated[float, typer.Option(min=0, help="How many seconds to wait for the workers.")]
ConsumerName = Annotated[str | None, typer.Option("--consumer", help="Only this consumer.")]
ViewService = Annotated[str, typer.Argument(help="A service with views, like views.partner.")]
WrittenReason = Annotated[str, typer.Option(help="Why; it is written down.")]
LagLimit = Annotated[int, typer.Option(min=0, help="How many records behind is near enough.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Do not say how far it has come.")]
Force = Annotated[bool, typer.Option("--force", help="Also when behind, or of another release.")]


class RoleName(StrEnum):
    """The role of a development token."""

    DRIVER = "driver"
    LOGISTICS = "logistics"
    ADMINISTRATION = "administration"
    ANALYST = "analyst"
    OPERATOR = "operator"
    BILLING = "billing"
    COURIER = "courier"
    DEPOT_AGENT = "depot_agent"
    DEALERSHIP_MANAGER = "dealership_manager"
    ADMINISTRATIVE_AGENT = "administrative_agent"
    SALES_REPRESENTATIVE = "sales_representative"
    AUDIT_MANAGER = "audit_manager"
    GROUP_MANAGER = "group_manager"
    MARKETPLACE_MANAGER = "marketplace_manager"
    PROVIDER_MANAGER = "provider_manager"
    DEVICE = "device"


class FoundedKind(StrEnum):
    """The part that a founded organisation plays."""

    DRIVER_PARTNER = "driver_partner"
    DEPOT = "depot"
    DEALERSHIP = "dealership"
    DEALER_GROUP = "dealer_group"
    MARKETPLACE_OPERATOR = "marketplace_operator"
    MARKETPLACE = "marketplace"
    PROVIDER = "provider"


def _group(about: str) -> typer.Typer:
    return typer.Typer(no_args_is_help=True, help=about)


# --- Events -----------------------------------------------------------------

events = _group("What the stores hold.")


@events.command("show")
def events_show(
    stream: Annotated[str, typer.Argument(help="trip-T1, or missions.trip/T1.")],
    personal: Annotated[
        bool, typer.Option("--personal", help="Open personal fields; this is written down.")
    ] = False,
    json: Json = False,
) -> None:
    """Every event of one stream; personal fields read XXXX unless asked for."""
    from tools.relais import events, servers

    servers.answer(events.show(stream, personal), as_json=json)


@events.command("tail")
def events_tail(
    type: Annotated[str | None, typer.Option(help="Only such types: *.quote_submitted")] = None,
    since: Annotated[str | None, typer.Option("--from", help="All since this time.")] = None,
    service: ServiceName = None,
    last: Last = 20,
    follow: Follow = False,
    json: Json = False,
) -> None:
    """The latest events of all streams, in the order they were recorded."""
    from tools.relais import events, servers

    servers.answer_lines(events.tail(service, type, since, last, follow), events.line, json)


EventVersion = Annotated[int, typer.Argument(min=1, help="Its version in the stream.")]
AmendmentReason = Annotated[str, typer.Option("--reason", help="Why; it is kept for ever.")]
Certainly = Annotated[bool, typer.Option("--yes", help="Do it. Without this, only say what.")]
OtherFields = Annotated[Path, typer.Option("--with", help="JSON: the fields that change.")]


@events.command("correct")
def events_correct(
    stream: str,
    version: EventVersion,
    fields: OtherFields,
    reason: AmendmentReason,
    yes: Certainly = False,
    json: Json = False,
) -> None:
    """Let other values of an event hold, from now on and for everybody."""
    from tools.relais import amending, servers

    servers.answer(amending.corrected(stream, version, fields, reason, yes), as_json=json)


@events.command("redact")
def events_redact(
    stream: str,
    version: EventVersion,
    reason: AmendmentReason,
    fields: Annotated[
        Path | None,
        typer.Option("--with", help="JSON: the fields that change; else nothing holds."),
    ] = None,
    yes: Certainly = False,
    json: Json = False,
) -> None:
    """Remove what an event says from the store for good, and keep a proof of it."""
    from tools.relais import amending, servers

    servers.answer(amending.redacted(stream, version, fields, reason, yes), as_json=json)


@events.command("skip")
def events_skip(
    stream: str,
    version: EventVersion,
    reason: AmendmentReason,
    reader: Annotated[
        list[str] | None, typer.Option(help="Who: missions.bookings, views.partner. Or everybody.")
    ] = None,
    yes: Certainly = False,
    json: Json = False,
) -> None:
    """Let an event be passed over that cannot be read, or that one reader cannot take."""
    from tools.relais import amending, servers

    servers.answer(amending.skipped(stream, version, reader or [], reason, yes), as_json=json)


@events.command("amended")
def events_amended(service: ServiceName = None, json: Json = False) -> None:
    """Every event that was corrected, redacted or passed over: by whom and why."""
    from tools.relais import amending, servers

    servers.answer(amending.listed(service), as_json=json)


@events.command("proof")
def events_proof(
    stream: str,
    version: EventVersion,
    file: Annotated[Path, typer.Argument(help="The value, as it was on the topic.")],
    json: Json = False,
) -> None:
    """Whether a file is what stood in an event before it was redacted; exit code 1 if not."""
    from tools.relais import amending, servers

    servers.answer(amending.proven(stream, version, file), as_json=json)


# --- Topics -----------------------------------------------------------------

topics = _group("What the broker holds.")


@topics.command("list")
def topics_list(json: Json = False) -> None:
    """Every topic, as its file wants it and as the broker has it."""
    from tools.relais import servers, topics

    servers.answer(topics.listed(), as_json=json)


@topics.command("create")
def topics_create(json: Json = False) -> None:
    """Create the topics that are missing."""
    from tools.relais import servers, topics

    servers.answer(topics.create(), as_json=json)


@topics.command("tail")
def topics_tail(topic: str, last: Last = 20, follow: Follow = False, json: Json = False) -> None:
    """The last records of each partition; needs no keys, personal fields read XXXX."""
    from tools.relais import servers, topics

    servers.answer_lines(topics.tail(topic, last, follow), topics.line, json)


class ExportFormat(StrEnum):
    """The form of the files that `relais export` writes."""

    NDJSON = "ndjson"
    PARQUET = "parquet"


def export(
    topics: Annotated[list[str] | None, typer.Argument(help="Unless all.")] = None,
    to: Annotated[Path, typer.Option(help="The folder; each topic gets one in it.")] = Path(
        "export"
    ),
    format: Annotated[ExportFormat, typer.Option(help="Parquet needs the extra `export`.")] = (
        ExportFormat.NDJSON
    ),
    since: Annotated[
        str | None, typer.Option("--from", help="Only what was recorded since this time.")
    ] = None,
    after: Annotated[
        list[str] | None, typer.Option(help="PARTITION/OFFSET: only what comes after it.")
    ] = None,
    json: Json = False,
) -> None:
    """Write topics into files; goes on where the last export into the folder ended."""
    from tools.relais import exporting, servers

    told = exporting.export(topics or [], to, format.value, since, after or [])
    servers.answer_lines(told, exporting.line, json)


# --- Views ------------------------------------------------------------------

views = _group("Generations of views: look, make a new one, swap, swap back.")


@views.command("list")
def views_list(service: ServiceName = None, json: Json = False) -> None:
    """Every generation, what state it is in and how far it is behind."""
    from tools.relais import servers, views

    servers.answer(views.listed(service), as_json=json)


@views.command("rebuild")
def views_rebuild(
    service: ViewService,
    swap: Annotated[bool, typer.Option(help="Let queries read it when it is ready.")] = True,
    lag_limit: LagLimit = 0,
    within: Within = 600.0,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Fill a new generation beside the one that is read, then swap it in. No downtime."""
    from tools.relais import answers, views

    answers.answer(views.rebuilt(service, swap, lag_limit, within, quiet), as_json=json)


@views.command("swap")
def views_swap(
    service: ViewService,
    number: Annotated[int | None, typer.Argument(help="By default the newest one.")] = None,
    lag_limit: LagLimit = 0,
    force: Force = False,
    json: Json = False,
) -> None:
    """Let queries read a filled generation; the former one stays."""
    from tools.relais import servers, views

    servers.answer(views.swapped(service, number, lag_limit, force), as_json=json)


@views.command("rollback")
def views_rollback(service: ViewService, force: Force = False, json: Json = False) -> None:
    """Let queries read the generation that was active before."""
    from tools.relais import servers, views

    servers.answer(views.rolled_back(service, force), as_json=json)


@views.command("drop")
def views_drop(service: ViewService, number: int, force: Force = False, json: Json = False) -> None:
    """Remove a generation that is not read; --force: or that only other releases read."""
    from tools.relais import servers, views

    servers.answer(views.dropped(service, number, force), as_json=json)


# --- Parked streams ---------------------------------------------------------

parked = _group("Streams a consumer could not go on with.")


@parked.command("list")
def parked_list(service: ServiceName = None, json: Json = False) -> None:
    """Every parked stream, with the reason of its first record."""
    from tools.relais import parked, servers

    servers.answer(parked.listed(service), as_json=json)


@parked.command("show")
def parked_show(stream: str, consumer: ConsumerName = None, json: Json = False) -> None:
    """The parked records of a stream."""
    from tools.relais import parked, servers

    servers.answer(parked.shown(stream, consumer), as_json=json)


@parked.command("requeue")
def parked_requeue(
    stream: Annotated[str | None, typer.Argument(help="By default all of them.")] = None,
    consumer: ConsumerName = None,
    within: Within = 30.0,
    json: Json = False,
) -> None:
    """Have parked records handled again, in order, once the cause is mended."""
    from tools.relais import answers, parked

    answers.answer(parked.requeued(stream, consumer, within), as_json=json)


@parked.command("discard")
def parked_discard(
    stream: str,
    reason: WrittenReason,
    consumer: ConsumerName = None,
    everywhere: Annotated[
        bool, typer.Option("--all-consumers", help="Of every consumer that parked the stream.")
    ] = False,
    within: Within = 30.0,
    json: Json = False,
) -> None:
    """Give up the first parked record of a stream for good, for one consumer or for all."""
    from tools.relais import answers, parked

    answers.answer(
        parked.discarded(stream, consumer, reason, within, everywhere=everywhere), as_json=json
    )


# --- Phantom events ---------------------------------------------------------

phantoms = _group("Events that were published and that a restored store does not have.")


@phantoms.command("list")
def phantoms_list(
    service: Annotated[str | None, typer.Argument(help="Whose store; by default all.")] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """List what topics and readers hold that the stores do not have; changes nothing."""
    from tools.relais import phantoms, servers

    servers.answer(phantoms.listed(service, quiet), as_json=json)


@phantoms.command("repair")
def phantoms_repair(
    service: Annotated[str, typer.Argument(help="The service whose store was restored.")],
    reason: WrittenReason,
    yes: Certainly = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Have all that the store has published and read again, and nothing else. Safe to repeat."""
    from tools.relais import phantoms, servers

    servers.answer(phantoms.repaired(service, reason, yes, quiet), as_json=json)


# --- Relays, timers, people -------------------------------------------------

relay = _group("From the store to the topics.")
timers = _group("What falls due.")
messages = _group("Messages to people.")
subject = _group("People whose personal data we hold.")


@relay.command("status")
def relay_status(service: ServiceName = None, json: Json = False) -> None:
    """How far each relay has come, who leads, what holds it back."""
    from tools.relais import relays, servers

    servers.answer(relays.status(service), as_json=json)


@timers.command("list")
def timers_list(
    service: ServiceName = None,
    late: Annotated[bool, typer.Option("--late", help="Only those overdue.")] = False,
    json: Json = False,
) -> None:
    """The timers that are set, by due date."""
    from tools.relais import servers, timers

    servers.answer(timers.listed(service, late), as_json=json)


FailedFor = Annotated[str | None, typer.Option("--reason", help="Only those, like unreachable.")]
FailedSince = Annotated[str | None, typer.Option("--since", help="Like 2026-11-28T08:00:00Z.")]


@messages.command("waiting")
def messages_waiting(json: Json = False) -> None:
    """How many messages no provider has yet, and what they wait for."""
    from tools.relais import messages, servers

    servers.answer(messages.waiting(), as_json=json)


@messages.command("failed")
def messages_failed(
    reason: FailedFor = None, since: FailedSince = None, json: Json = False
) -> None:
    """The messages that failed, newest first."""
    from tools.relais import messages, servers

    servers.answer(messages.failed(reason, since), as_json=json)


@messages.command("again")
def messages_again(
    message: Annotated[list[str] | None, typer.Argument(help="Ids of messages.")] = None,
    reason: FailedFor = None,
    since: FailedSince = None,
    json: Json = False,
) -> None:
    """Send messages again that failed, while what they say still holds."""
    from tools.relais import messages, servers

    servers.answer(messages.again(message or (), reason, since), as_json=json)


@subject.command("show")
def subject_show(subject: str, json: Json = False) -> None:
    """Whether somebody has a key, and where there is personal data of theirs."""
    from tools.relais import servers, subjects

    servers.answer(subjects.show(subject), as_json=json)


@subject.command("forget")
def subject_forget(
    subject: str,
    requested_by: Annotated[str, typer.Option(help="Who asked for it.")],
    reason: WrittenReason,
    within: Within = 30.0,
    json: Json = False,
) -> None:
    """Destroy somebody's key for ever, record it, and prove that nothing can be read any more."""
    from tools.relais import answers, subjects

    answers.answer(subjects.forget(subject, requested_by, reason, within), as_json=json)


@subject.command("export")
def subject_export(
    subject: str,
    to: Annotated[Path, typer.Option(help="The archive, like answer.zip; it must not be there.")],
    requested_by: Annotated[str, typer.Option(help="Who asked for it.")],
    reason: WrittenReason,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write all that is held about somebody into one archive; what others said stays closed."""
    from tools.relais import handing, servers

    servers.answer(handing.export(subject, to, requested_by, reason, quiet), as_json=json)


# --- Everything at once, and tokens -----------------------------------------


def doctor(
    settled: Annotated[
        float, typer.Option(min=0, help="What is younger, in seconds, may be under way.")
    ] = 5.0,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read every topic from its beginning.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Compare store, topics and views, and say what is wrong and what to do.

    It looks at all that it can reach. Exit codes: 0 nothing is wrong, 1 something is, 3 something
    could not be reached, whatever else was found.
    """
    from tools.relais import doctor, servers

    servers.answer(doctor.examine(settled, whole, quiet), as_json=json)


def why(
    correlation: Annotated[
        str, typer.Argument(help="Of an answer (Relais-Correlation-Id), or the id of an event.")
    ],
    last: Annotated[int, typer.Option("-n", min=1, max=5_000, help="Events on a page.")] = 200,
    after: Annotated[str | None, typer.Option(help="The `next` of the page before.")] = None,
    json: Json = False,
) -> None:
    """Follow one cause across all services: what it led to, and what waits because of it."""
    from tools.relais import servers, why

    servers.answer(why.followed(correlation, last, after), as_json=json)


def adopt(
    reason: WrittenReason,
    service: Annotated[str | None, typer.Argument(help="Or `objects`; by default all.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Take the keys, databases and objects, as they are now, for one installation."""
    from tools.relais import installations, servers

    servers.answer(installations.adopted(service, reason, yes), as_json=json)


def token(
    role: Annotated[list[RoleName], typer.Option(help="May be given several times.")],
    subject: Annotated[str, typer.Option(help="The user; of a driver, the driver's id.")],
    org: Annotated[str, typer.Option(help="The organisation.")],
    dealership: Annotated[
        list[str] | None, typer.Option(help="Where the roles hold; may be given several times.")
    ] = None,
    json: Json = False,
) -> None:
    """An access token for development, valid for twelve hours."""
    from tools.relais import answers, tokens

    made = tokens.made([one.value for one in role], subject, org, dealership or ())
    answers.answer(made, as_json=json)


def found(
    organisation: Annotated[str, typer.Argument(help="The id of the organisation.")],
    name: Annotated[str, typer.Option(help="What it is called.")],
    user: Annotated[str, typer.Option(help="The id of its first administrator.")],
    email: Annotated[str, typer.Option(help="Their address.")],
    person: Annotated[str, typer.Option(help="Their name.")],
    country: Annotated[
        str, typer.Option(help="Where it works, by ISO 3166, like FR; phone numbers are read so.")
    ],
    time_zone: Annotated[
        str | None, typer.Option(help="By its IANA name, where the country has several.")
    ] = None,
    kind: Annotated[
        FoundedKind,
        typer.Option(help="What it is; a marketplace_operator lets in who registers."),
    ] = FoundedKind.DRIVER_PARTNER,
    json: Json = False,
) -> None:
    """Let an organisation begin, with an administrator; safe to repeat."""
    from tools.relais import bootstrap, servers

    begun = bootstrap.founded(
        organisation, name, user, email, person, country, time_zone, kind.value
    )
    servers.answer(begun, as_json=json)

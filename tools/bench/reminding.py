"""Reminders that are all due at nine o'clock, until the last mail is with a mail server.

The workers of reminders and of messaging are killed twice meanwhile. Each customer has an address
of their own, so that the server knows who was told twice.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session

from contracts.common_v1 import Money
from contracts.dealers import NOTHING_SAID, Brand, Dealership
from contracts.reminders import reminder_v1
from infra.database import Connection, Pool
from infra.host import Running, opened
from infra.lookups import customers, dealerships
from infra.personal import Codec
from infra.topics import create_topics
from services.messaging.service import service as messaging
from services.reminders.lookups import customers_customer
from services.reminders.reminder.hours import send_time
from services.reminders.reminder.sending import SEND
from services.reminders.service import service as reminders
from tools.bench import events
from tools.bench.figures import Figure, Samples, at_most
from tools.bench.ground import Ground
from tools.bench.lists import new_streams
from tools.bench.matching import write
from tools.bench.processes import RELAIS, Child, child
from tools.bench.subject import Size, Subject

A_MINUTE = 10_000
"""Reminders: 100 000 in the ten minutes that are asked for."""
AREA = "reminding"
SERVICES = ("reminders", "messaging")
ORGANISATION, DEALERSHIP, BRAND = "lumen", "GLILLE", "peugeot"
PAGE = 5_000
KILLED_AFTER = (1 / 3, 2 / 3)
"""Shares of the mails that are with the server when the workers are killed."""
TOO_LONG = 10
"""The run breaks off once it took so many times what is asked for."""
GRACE_SECONDS = 300
"""Added to that: processes that begin take as long for a few reminders as for all."""
LOOK_SECONDS = 0.2
MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.IGNORECASE | re.MULTILINE)


class ToldTwice(Exception):
    """A customer got two mails that no server can know to be one."""


@dataclass(slots=True)
class MailServer:
    """A real SMTP server, and the Message-IDs of what each address got."""

    port: int = 0
    mails: dict[str, list[bytes]] = field(default_factory=dict)
    """A mail whose acceptance the sender did not hear of comes again under its Message-ID."""
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        [message_id] = MESSAGE_ID.findall(envelope.original_content or b"")
        for address in envelope.rcpt_tos:
            self.mails.setdefault(address, []).append(message_id)
        self._came.set()
        return "250 taken"

    async def has(self, most: int) -> None:
        """Wait until so many addresses were written to."""
        while len(self.mails) < most:
            self._came.clear()
            await self._came.wait()

    @property
    def taken(self) -> int:
        """All mails, those that came again among them."""
        return sum(map(len, self.mails.values()))

    def refuse_twice(self) -> None:
        """Raises `ToldTwice` when somebody got mails with different Message-IDs."""
        if twice := [one for one, ids in self.mails.items() if len({*ids}) > 1]:
            raise ToldTwice(f"{len(twice)} customers were told twice")


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Listens within the block."""
    loop, made = asyncio.get_running_loop(), MailServer()
    server = await loop.create_server(lambda: SMTP(made, loop=loop), "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


class Workers:
    """The processes that do the work, which may be killed and begun again."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._alive: list[Child] = []

    async def begin(self, stack: AsyncExitStack) -> None:
        """Start both, until the end of the stack."""
        begun = (child(*RELAIS, "work", name, environment=self._environment) for name in SERVICES)
        self._alive = [await stack.enter_async_context(one) for one in begun]

    async def kill(self) -> None:
        """End all of them at once, whatever they are at."""
        await asyncio.gather(*(one.kill() for one in self._alive))


async def measure(ground: Ground, size: Size, step: Callable[[], None]) -> Samples:
    await ground.broker.wipe()
    for service in (reminders, messaging):
        await create_topics(ground.broker.bootstrap, service.contracts, 1)
    asked, due = size.minutes * 60, round(A_MINUTE * size.minutes)
    settings = ground.settings(AREA)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(opened(reminders, settings))
        told = await stack.enter_async_context(opened(messaging, settings))
        server = await stack.enter_async_context(mail_server())
        nine = await seed(running, due)
        step()
        smtp = {"RELAIS_SMTP": f"smtp://127.0.0.1:{server.port}"}
        workers = Workers(ground.environment(AREA) | smtp)
        await workers.begin(stack)
        await _until(running.pool, "select count(*) = %s from reminders.live", due)
        step()
        started = perf_counter()
        await _nine_o_clock(running.pool, nine)
        async with asyncio.timeout(TOO_LONG * asked + GRACE_SECONDS):
            for share in KILLED_AFTER:
                await server.has(round(share * due))
                await workers.kill()
                await workers.begin(stack)
                step()
            await server.has(due)
            seconds = perf_counter() - started
            # What goes out twice goes out before its message is known to be sent.
            await _until(told.pool, "select count(*) = 0 from messaging.message where needs <> ''")
    server.refuse_twice()
    return {
        "seconds": [seconds],
        "asked": [asked],
        "mails": [float(server.taken)],
        "due": [float(due)],
    }


async def _nine_o_clock(pool: Pool, nine: datetime) -> None:
    """The time has come for all of them."""
    async with pool.connection() as connection:
        await connection.execute("update es.timer set due_at = %s", (nine,))


async def _until(pool: Pool, query: str, *values: object) -> None:
    """Wait until that is so."""
    while True:
        async with pool.connection() as connection:
            row = await (await connection.execute(query.encode(), values)).fetchone()
        if row == (True,):
            return
        await asyncio.sleep(LOOK_SECONDS)


# --- What is there when it begins -----------------------------------------------------------------


async def seed(running: Running, due: int) -> datetime:
    """A dealership whose reminders go out by themselves, its customers, and a reminder of each;
    answers the time for which all are planned."""
    now = datetime.now(UTC)
    # Wherever it is about noon: nobody is written to in the night.
    zone = f"Etc/GMT{now.hour - 12:+d}"
    nine = send_time(now.astimezone(ZoneInfo(zone)).date(), ZoneInfo(zone))
    assert running.generations is not None
    active = await running.generations.active()
    assert active is not None
    codec: Codec[Any] = Codec(reminder_v1.contract, running.keyring)
    async with running.pool.connection() as connection:
        await connection.set_autocommit(True)
        await write(connection, active.schema, dealerships.lookup, [dealership(zone)])
        for first in range(0, due, PAGE):
            page = range(first, min(first + PAGE, due))
            known = [customer(number) for number in page]
            await write(connection, active.schema, customers.lookup, known)
            contacts = [contact(number) for number in page]
            await write(connection, active.schema, customers_customer.contacts, contacts)
            created = [(f"reminder-R{n}", reminder(n, zone, nine)) for n in page]
            await events.record(running.pool, await new_streams(codec, created, nine))
            await _timers(connection, [stream for stream, _ in created], now + timedelta(days=1))
        await connection.execute("vacuum analyze")
        await connection.set_autocommit(False)
    return nine


async def _timers(connection: Connection, streams: Sequence[str], due_at: datetime) -> None:
    copied = connection.cursor().copy("copy es.timer (stream, name, due_at) from stdin")
    async with copied as copy:
        for stream in streams:
            await copy.write_row((stream, SEND, due_at))


def dealership(zone: str) -> Dealership:
    works = replace(NOTHING_SAID, reminders_allowed=True, reminders_automatic=True)
    return Dealership(
        dealership_id=DEALERSHIP,
        organisation_id=ORGANISATION,
        dealership_name="Lumen Lille",
        time_zone=zone,
        currency="EUR",
        country="FR",
        default_language="fr",
        vat_basis_points=2_000,
        brands=(Brand(brand=BRAND, brand_name="Peugeot", settings=NOTHING_SAID),),
        settings=(works,),
    )


def customer(number: int) -> customers.Customer:
    return customers.Customer(
        customer_id=f"C{number}", organisation_id=ORGANISATION, dealership_id=DEALERSHIP
    )


def contact(number: int) -> customers_customer.Contact:
    return customers_customer.Contact(
        customer_id=f"C{number}",
        organisation_id=ORGANISATION,
        dealership_id=DEALERSHIP,
        last_name="Moreau",
        first_name="Claire",
        email=f"claire{number}@example.org",
        phone=None,
        language="fr",
    )


def reminder(number: int, zone: str, nine: datetime) -> reminder_v1.ReminderCreated:
    return reminder_v1.ReminderCreated(
        reminder_id=f"R{number}",
        organisation_id=ORGANISATION,
        dealership_id=DEALERSHIP,
        brand=BRAND,
        cause=reminder_v1.ReminderCause.BY_HAND,
        case_id=None,
        reference="OR-48213",
        customer_id=f"C{number}",
        currency="EUR",
        time_zone=zone,
        works=(work("belt", 64_000), work("pads", 12_000)),
        send_on=nine.date(),
        send_at=nine,
        created_by="lea",
        created_at=nine - timedelta(days=30),
    )


def work(label: str, price: int) -> reminder_v1.DueWork:
    return reminder_v1.DueWork(
        work_id=label,
        label=label.title(),
        level=reminder_v1.WorkLevel.ADVISED,
        price=Money(price, "EUR"),
        due_on=date(2030, 6, 30),
        due_mileage_km=None,
        case_id="J1",
        case_work_id=label,
    )


SUBJECT = Subject(
    figures=(
        Figure(
            "100 000 reminders due at nine, until the last is with the mail server, two kills",
            "s",
            "ten minutes for 100 000",
            at_most(1),
            "seconds",
            "asked",
        ),
        Figure(
            "mails that the server took, workers killed twice meanwhile",
            "mails",
            "reminders due",
            at_most(1),
            "mails",
            "due",
        ),
    ),
    measure=measure,
)

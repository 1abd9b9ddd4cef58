"""Today's cases as they happen: counted in windows by Faust, written to a table of this service.

A case counts once for each status that it reaches, and its answer with what it accepts. What is
closed is forgotten.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, assert_never

from contracts.dealers import Mode
from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseRead,
    CaseSent,
    Module,
    contract,
)
from infra.consumers.windows import KEPT, Count, Window, WindowCounts
from infra.database import Pool
from infra.host import Running
from services.views.dealer.cases import SALES

GROUP = "relais.views.dealer.counts"
TABLES = """
create schema if not exists live;
create table live.case_count (
  partition       int         not null,
  organisation_id text        not null,
  dealership_id   text        not null,
  brand           text        not null,
  mode            text        not null,
  currency        text        not null,
  reached         text        not null,
  begins_at       timestamptz not null,
  cases           int         not null,
  amount_minor    bigint      not null,
  primary key (
    organisation_id, dealership_id, begins_at, brand, mode, currency, reached, partition
  )
);
"""
WRITE = """
insert into live.case_count as known
  (organisation_id, dealership_id, brand, mode, currency, reached, partition, begins_at, cases,
   amount_minor)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (organisation_id, dealership_id, begins_at, brand, mode, currency, reached, partition)
do update set cases = excluded.cases, amount_minor = excluded.amount_minor
"""
FORGET = "delete from live.case_count where begins_at < %s"

Reads = CaseCreated | CaseSent | CaseRead | CaseAnswered | CaseClosed | CaseDeleted


def counted(known: Any, event: Reads) -> tuple[Any, Sequence[Count]]:
    """The new knowledge of a case after an event, and the counts that it adds.

    Known are the key of the case, and the statuses that it has reached.
    """
    match event:
        case CaseCreated():
            if known is not None or event.module is Module.WORK_REPORT:
                return known, ()
            return reached({"key": key_of(event), "reached": []}, "created", event.created_at)
        case CaseSent():
            return reached(known, "sent", event.sent_at)
        case CaseRead():
            return reached(known, "read", event.read_at)
        case CaseAnswered():
            amount = event.accepted.excluding_vat.amount_minor
            return reached(known, "answered", event.answered_at, amount)
        case CaseClosed():
            _, counts = reached(known, "closed", event.closed_at)
            return None, counts
        case CaseDeleted():
            return None, ()
        case unhandled:
            assert_never(unhandled)


def key_of(event: CaseCreated) -> list[str]:
    mode = Mode.SALES if event.module in SALES else Mode.AFTER_SALES
    return [event.organisation_id, event.dealership_id, event.brand, mode, event.currency]


def reached(known: Any, status: str, at: datetime, amount: int = 0) -> tuple[Any, Sequence[Count]]:
    """The case at that status, once."""
    if known is None or status in known["reached"]:
        return known, ()
    then = known | {"reached": [*known["reached"], status]}
    return then, (Count((*known["key"], status), at, amount),)


def counting(running: Running) -> WindowCounts:
    """The worker that counts."""
    settings = running.settings

    async def keep(windows: Sequence[Window]) -> None:
        await write(running.pool, windows)

    return WindowCounts(
        GROUP,
        contract,
        (CaseCreated, CaseSent, CaseRead, CaseAnswered, CaseClosed, CaseDeleted),
        counted,
        keep,
        settings.cluster,
        settings.topic_replication,
    )


async def write(pool: Pool, windows: Sequence[Window]) -> None:
    """Keep the totals of these windows, and forget those that nobody asks for any more."""
    rows = [
        (*one.key, one.partition, one.begins_at, one.count, one.amount_minor) for one in windows
    ]
    oldest = datetime.now(UTC) - KEPT
    async with pool.connection() as connection, connection.transaction():
        cursor = connection.cursor()
        await cursor.executemany(WRITE, rows)
        await cursor.execute(FORGET, (oldest,))

"""Ends the threads whose case, mission, request or job is over, and erases those of which the case
or the customer is gone."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from infra.commands import CommandContext, Refused
from infra.consumers.reactions import CommandRefused
from infra.host import Running
from infra.polling import Polling
from services.conversations.aggregates import THREAD
from services.conversations.thread import EndMatter, EraseThread

ENDING = uuid5(NAMESPACE_URL, "relais:conversations:ending")
ACTOR = "worker:conversations.ending"
PAGE = 100
_OVER = """
select thread_id, organisation_id, gone, passed_on from (
  select m.thread_id, m.organisation_id, c.state = 'gone' as gone, false as passed_on
  from threads m join cases c on c.case_id = m.matter_id
  where m.kind = 'case' and (c.state = 'gone' or c.state = 'closed' and not m.closed)
  union all
  select m.thread_id, m.organisation_id, false, false
  from threads m join missions t on t.trip_id = m.matter_id
  where m.kind = 'mission' and t.state = 'closed' and not m.closed
  union all
  select m.thread_id, m.organisation_id, r.state = 'gone', false
  from threads m join service_requests r on r.request_id = m.matter_id
  where m.kind = 'request' and (r.state = 'gone' or r.state = 'closed' and not m.closed)
  union all
  select m.thread_id, m.organisation_id, r.state = 'gone', j.state = 'passed_on'
  from threads m
  join service_jobs j on j.job_id = m.matter_id
  join service_requests r on r.request_id = j.request_id
  where m.kind = 'job' and (r.state = 'gone' or j.state <> 'open' and not m.closed)
) over_now order by thread_id limit %s
"""


class Ending(Polling):
    """Looks at how things are, not at what happened: whatever came late or twice is made up for.

    Several may run; what one of them did is silence for the others.
    """

    rest_seconds = 1.0
    idle_seconds = 5.0

    def __init__(self, running: Running) -> None:
        super().__init__(running.seen)
        self._pool, self._commands = running.pool, running.commands

    async def turn(self) -> bool:
        """End a page of threads. The table of threads follows; nothing is done twice meanwhile."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_OVER.encode(), (PAGE,))
            found = await cursor.fetchall()
        for thread_id, organisation_id, gone, passed_on in found:
            now = datetime.now(UTC)
            await self._end(
                thread_id,
                organisation_id,
                EraseThread(thread_id=thread_id, at=now)
                if gone
                else EndMatter(thread_id=thread_id, passed_on=passed_on, at=now),
            )
        return False

    async def _end(
        self, thread_id: str, organisation_id: str, command: EraseThread | EndMatter
    ) -> None:
        id = uuid5(ENDING, f"{type(command).__name__}/{thread_id}")
        context = CommandContext(
            command_id=id,
            correlation_id=str(id),
            causation_id=thread_id,
            actor=ACTOR,
            organisation_id=organisation_id,
            at=command.at,
            fingerprint="",
        )
        done = await self._commands.handle(THREAD, thread_id, command, context)
        if isinstance(done, Refused):
            raise CommandRefused(f"{thread_id}: {done.rejection}")

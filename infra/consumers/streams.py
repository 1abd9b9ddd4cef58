"""How far the streams of a consumer are, remembered from batch to batch."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from infra.consumers.plan import StreamState
from infra.database import Connection

MOST_KNOWN = 100_000


class Streams:
    """The states of streams, read from the database when first asked for."""

    def __init__(self, consumer: str) -> None:
        self._consumer = consumer
        self._known: dict[str, StreamState] = {}

    async def states(
        self, connection: Connection, streams: Iterable[str]
    ) -> dict[str, StreamState]:
        """The state of each stream; the caller's to change."""
        wanted = set(streams)
        unknown = [stream for stream in wanted if stream not in self._known]
        if unknown:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
                unknown = list(wanted)
            self._known |= dict.fromkeys(unknown, StreamState())
            cursor = await connection.execute(
                "select s, coalesce(v.version, 0), p.head from unnest(%s::text[]) s"
                " left join consumer.stream v on v.consumer = %s and v.stream = s"
                " left join lateral (select min(version) as head from"
                "   consumer.parked where consumer = %s and stream = s) p on true",
                (unknown, self._consumer, self._consumer),
            )
            for stream, seen, head in await cursor.fetchall():
                self._known[stream] = StreamState(seen, head)
        return {stream: replace(self._known[stream]) for stream in wanted}

    def keep(self, states: Mapping[str, StreamState]) -> None:
        """Remember states that were committed."""
        self._known |= states

    def forget(self) -> None:
        """Read all of them anew: they may have changed, or were not committed."""
        self._known.clear()

"""python -m tools.bench.load: sends requests over kept connections, as fast as they are answered.

Takes JSON on standard input: `port`, `connections` and `requests`, each request a whole one as
text, and `a_second` where they are due at a pace: what they take counts from then. Answers
`seconds`, the count of each status, and what 99 of 100 requests took at most. It does next to
nothing else, because it shares the machine with the server it measures.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from statistics import quantiles
from time import perf_counter
from typing import cast

import uvloop

LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """Sends the next request once the former one is answered."""

    def __init__(
        self,
        requests: Iterator[tuple[float, bytes]],
        statuses: Counter[str],
        latencies: list[float],
    ) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._statuses = statuses
        self._latencies = latencies
        self._sent_at = 0.0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(LENGTH)[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._latencies.append(perf_counter() - self._sent_at)
        self._statuses[head[9:12].decode()] += 1
        self._buffer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _send(self) -> None:
        due, request = next(self._requests, (0.0, b""))
        if not request:
            self.done.set_result(None)
            self._transport.close()
            return
        now = perf_counter()
        self._sent_at = due or now
        if due > now:
            asyncio.get_running_loop().call_later(due - now, self._transport.write, request)
        else:
            self._transport.write(request)


async def main() -> None:
    """Send everything, then tell how long it took."""
    wanted = json.load(sys.stdin)
    statuses: Counter[str] = Counter()
    latencies: list[float] = []
    pace, sent = wanted["a_second"], [request.encode() for request in wanted["requests"]]
    loop = asyncio.get_running_loop()
    started = perf_counter()
    requests = iter(
        [(started + number / pace if pace else 0.0, one) for number, one in enumerate(sent)]
    )
    made = [
        await loop.create_connection(
            lambda: Connection(requests, statuses, latencies), "127.0.0.1", wanted["port"]
        )
        for _ in range(wanted["connections"])
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    seconds = perf_counter() - started
    p99 = quantiles(latencies, n=100, method="inclusive")[98]
    json.dump({"seconds": seconds, "statuses": statuses, "p99": p99}, sys.stdout)


if __name__ == "__main__":
    uvloop.run(main())

"""noida-db, a small broker in a wheel: the default on a laptop and in tests.

It keeps records in memory and writes them down when it is stopped in order. Before it stands a
process that makes questions wait as Apache Kafka does (`infra.stack.longpoll`).
"""

import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.stack.broker import PORTS_TRIED, ChildBroker, until_listening
from infra.stack.ports import free_port, is_free
from infra.stack.process import Child, ServerFailed, packaged

LONGPOLL = Path(__file__).with_name("longpoll.py")


class NoidaBroker(ChildBroker):
    """One noida-db over one data folder. Its log takes a loader warning that means nothing."""

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._server_port = 0
        self._server: Child | None = None
        log = self._data_dir.with_name(self._data_dir.name + ".log")
        super().__init__(self._longpoll, self._remove_data, log, port)

    @property
    def running(self) -> bool:
        return super().running and self._server is not None and self._server.running

    def _longpoll(self, port: int) -> Sequence[str]:
        # It needs the standard library only, so it starts without anything else.
        return [sys.executable, "-I", "-S", str(LONGPOLL), str(port), str(self._server_port)]

    async def _start_on(self, port: int) -> None:
        await self._start_server()
        try:
            await super()._start_on(port)
        except BaseException:
            await self._end(signal.SIGKILL)
            raise

    async def _end(self, how: signal.Signals) -> None:
        await super()._end(how)
        if self._server is not None:
            await self._server.stop(how)
            self._server = None

    async def _start_server(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        # It writes its records so that anybody may read them.
        self._data_dir.chmod(0o700)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, PORTS_TRIED + 1):
            port = free_port()
            server = Child(self._command_of(port), self._log)
            try:
                await until_listening(server, port)
            except ServerFailed:
                # Somebody else took the port between the look and the start.
                if attempt == PORTS_TRIED or is_free(port):
                    raise
            else:
                self._server, self._server_port = server, port
                return

    def _command_of(self, port: int) -> Sequence[str]:
        program = packaged("noida_db", "noida-db")
        where = ["--kafka-port", str(port), "--data-dir", str(self._data_dir)]
        return [str(program), "start", "--only", "kafka", *where]

    def _remove_data(self) -> None:
        shutil.rmtree(self._data_dir, ignore_errors=True)

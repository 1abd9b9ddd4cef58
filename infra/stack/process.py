"""A server as a child of this process: it logs to a file and never outlives its parent."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

LOG_LINES_SHOWN = 20
UNPRIVILEGED = "nobody"
ROOTLESS = (
    "PostgreSQL does not run as root, and this root may not become `nobody`: do it as another"
    " user, or allow the capabilities chown, setuid, setgid, setpcap and dac_override"
)
# A parent that dies before the child has asked for the signal sends none.
_UNLESS_ORPHANED = '[ "$PPID" = "$1" ] || exit 1; shift; exec "$@"'


class ServerFailed(Exception):
    """A server did not start, or ended by itself; the message carries the end of its log."""


class Child:
    """One run of a server program.

    Start it from a thread that lives as long as the server has to: the kernel sends
    `on_parent_death` when that thread ends. Objects are not bound to an event loop.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        on_parent_death: signal.Signals = signal.SIGTERM,
        unprivileged: bool = False,
    ) -> None:
        prefix = launcher(on_parent_death, unprivileged=unprivileged)
        self.command, self.log = command, log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C belongs to the parent, which then stops its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raise ServerFailed when the program has ended."""
        if not self.running:
            code = self._process.returncode
            raise ServerFailed(f"{self.command[0]} ended with {code}\n{tail(self.log)}")

    async def stop(self, how: signal.Signals = signal.SIGTERM, within_seconds: float = 30) -> None:
        """Send the signal and wait for the end; kill what is still there after the time."""
        if not self.running:
            return
        self._process.send_signal(how)
        try:
            async with asyncio.timeout(within_seconds):
                while self.running:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            self._process.kill()
            self._process.wait()


def launcher(on_parent_death: signal.Signals, *, unprivileged: bool) -> list[str]:
    """The command prefix that ties a program to its parent and, for root, takes its rank away.

    PostgreSQL refuses to run as root. As `nobody` with the one capability to pass any folder it
    runs without a new account and without changing the permissions of anybody's folders, also
    where the programs or the data are in a folder that only root may enter.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerFailed("setpriv is missing: install util-linux")
    prefix = [setpriv, "--pdeathsig", on_parent_death.name.removeprefix("SIG")]
    if unprivileged and os.geteuid() == 0:
        nobody = pwd.getpwnam(UNPRIVILEGED)
        prefix += [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        # PostgreSQL looks for its programs by access(2), which would ignore capabilities.
        prefix += ["--securebits=+no_setuid_fixup"]
    return [*prefix, "--", "sh", "-c", _UNLESS_ORPHANED, "sh", str(os.getpid())]


def give_to_unprivileged(folder: Path) -> None:
    """Let a folder that root has made belong to the account `launcher` switches to."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam(UNPRIVILEGED)
        try:
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        except PermissionError as error:
            raise ServerFailed(f"{ROOTLESS} ({error})") from error


def unprivileged_owners() -> set[int]:
    """The user ids that folders of an unprivileged server may have."""
    me = os.geteuid()
    return {me, pwd.getpwnam(UNPRIVILEGED).pw_uid} if me == 0 else {me}


def packaged(package: str, program: str) -> Path:
    """A program that a Python package carries, found without importing the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {package} is not installed")
    return Path(spec.origin).parent / program


def tail(log: Path) -> str:
    """The last lines of a log file, empty when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])

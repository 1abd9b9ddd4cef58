"""Apache Kafka in KRaft mode, one process for all roles; needs Java 17, at first Maven."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.stack.broker import ChildBroker
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.process import ServerFailed

POM = Path(__file__).with_name("pom.xml")
CLUSTER_ID = "relais-on-a-laptop-000"  # 22 characters of URL-safe base64: a KRaft cluster id
HEAP = "-Xmx512m"


class ApacheBroker(ChildBroker):
    """One Apache Kafka over one data folder; `libraries` is the folder `fetch` fills once."""

    def __init__(
        self,
        data_dir: Path,
        libraries: Path,
        *,
        port: int | None = None,
        more: Mapping[str, str] | None = None,
        scram: Sequence[str] = (),
        beside: "ApacheBroker | None" = None,
    ) -> None:
        """`more` are properties of the server, `scram` the users that its storage begins with.

        One `beside` another is the second broker of its cluster, and leaves control to the first.
        """
        self._more = dict(more or {})
        self._scram = [word for user in scram for word in ("--add-scram", user)]
        self._data_dir = data_dir.absolute()
        self._libraries = libraries.absolute()
        self._second = beside is not None
        self._controller_port: int = beside._controller_port if beside else free_port()
        log = self._data_dir.with_name(self._data_dir.name + ".log")
        super().__init__(self._start_command, self._remove_data, log, port)

    def _start_command(self, port: int) -> Sequence[str]:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        properties = self._data_dir / "server.properties"
        log = self._data_dir / "log"
        made = settings(port, self._controller_port, log, self._more, second=self._second)
        properties.write_text(made)
        if not (self._data_dir / "log").exists():
            self._format(properties)
        return self._java("kafka.Kafka", str(properties))

    def _format(self, properties: Path) -> None:
        tool = self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID)
        done = subprocess.run(
            [*tool, *self._scram, "-c", str(properties)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"the Kafka storage tool failed\n{done.stdout}{done.stderr}")

    def _java(self, *arguments: str) -> list[str]:
        return [program("java"), HEAP, "-cp", f"{fetch(self._libraries)}/*", *arguments]

    def _remove_data(self) -> None:
        shutil.rmtree(self._data_dir, ignore_errors=True)


def fetch(libraries: Path, pom: Path = POM, name: str = "apache-kafka") -> Path:
    """The folder with the jars a POM names, fetched by Maven when this POM's are not there yet.

    Several processes may ask at once: each fetches aside, the first to finish is kept.
    """
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    complete = libraries / f"{name}-{version}"
    if complete.exists():
        return complete
    libraries.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libraries) as aside:
        target = Path(aside) / "libs"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={target}"]
        command = [program("mvn"), "-q", "-B", "-f", str(pom), *goal]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerFailed(f"Maven could not fetch {name}\n{done.stdout}")
        if not complete.exists():
            target.rename(complete)
    return complete


def program(name: str) -> str:
    """Where a program of the machine is. Raises `ServerFailed` when it is missing."""
    path = shutil.which(name)
    if path is None:
        raise ServerFailed(f"Apache Kafka needs `{name}`, which is not installed")
    return path


def settings(
    port: int, controller_port: int, log_dir: Path, more: Mapping[str, str], *, second: bool = False
) -> str:
    """The server's properties: one node, nothing replicated, no wait before a group starts.

    `more` are added to them; a listener of its own is added to those that are there. A second node
    has the controller of the first.
    """
    controlling = "" if second else f",CONTROLLER://{LOOPBACK}:{controller_port}"
    lines = {
        "process.roles": "broker" if second else "broker,controller",
        "node.id": "2" if second else "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port}{controlling}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(log_dir),
        "auto.create.topics.enable": "false",
        # A killed broker starts again as soon as its old registration has run out.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.num.partitions": "3",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }
    more = dict(more)
    for name in ("listeners", "advertised.listeners"):
        lines[name] += more.pop(name, "")
    return "".join(f"{name}={value}\n" for name, value in {**lines, **more}.items())

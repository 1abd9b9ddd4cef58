"""A control plane of Kubernetes on the loopback address, with nodes on which no container runs.

etcd, API server, controllers and scheduler are the real ones. kwok plays the kubelets: a pod that
is bound to a node of its is ready at once, and that of a Job completes. KEDA asks a Prometheus.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.stack.ports import LOOPBACK, free_port
from infra.stack.process import Child
from infra.testing.certificates import Authority
from tools.cluster.programs import stages

Object = dict[str, Any]
ZONES = ("a", "b", "c")
NAMESPACE, KEDA = "relais", "keda"
SERVICES = "10.96.0.0/16"
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.2
GROUPS = {
    "pods": "api/v1",
    "deployments": "apis/apps/v1",
    "poddisruptionbudgets": "apis/policy/v1",
    "horizontalpodautoscalers": "apis/autoscaling/v2",
}
TOKEN = "rehearsal"
FOR_NOTHING = {"Warning: spec.SessionAffinity is ignored for headless services"}
"""What the API server warns of although it has written it itself."""
WHOM_IT_ASKS = ("authentication", "authorization", "lister")


class Lag:
    """Says over HTTP, as the measures of workers do, by how many seconds each is behind."""

    def __init__(self) -> None:
        self.port = free_port()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def told(self) -> Iterator[None]:
        """It answers within the block."""
        lag = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lines = (
                    f'relais_consumer_lag_seconds{{namespace="{NAMESPACE}",service="{name}"}} {n}\n'
                    for name, n in lag.seconds.items()
                )
                self.send_response(200)
                self.end_headers()
                self.wfile.write("".join(lines).encode())

            def log_message(self, *_: object) -> None:
                return

        with ThreadingHTTPServer((LOOPBACK, self.port), Handler) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


class Refused(Exception):
    """kubectl ended with an error, which is the message."""


def _address() -> str:
    return f"http://{LOOPBACK}:{free_port()}"


def until(
    check: Callable[[], bool],
    what: str,
    within: float = PATIENCE_SECONDS,
    pause: float = LOOK_SECONDS,
) -> None:
    """Return once it holds. Raises `TimeoutError` with what was waited for."""
    deadline = time.monotonic() + within
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within:.0f} s for {what}")
        time.sleep(pause)


class Starting:
    """Starts programs, each with a log, and ends them with the block in turn."""

    def __init__(self, folder: Path, programs: Mapping[str, Path], stack: ExitStack) -> None:
        self.folder = folder
        self._programs, self._stack = programs, stack
        self._children: list[Child] = []

    def __call__(self, name: str, *words: str, env: Mapping[str, str] = {}) -> None:
        """Start a program."""
        prefix = ["env", *(f"{key}={value}" for key, value in env.items())] if env else []
        command = [*prefix, str(self._programs[name]), *words]
        child = Child(command, self.folder / f"{name}.log")
        self._children.append(child)
        self._stack.callback(lambda: asyncio.run(child.stop()))

    def check(self) -> None:
        """Raise `ServerFailed` when one of them has ended."""
        for child in self._children:
            child.check()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The way in of whoever may do everything."""

    program: Path
    address: str
    config: Path
    """By which other programs find it."""
    start: Starting

    def kubectl(self, *words: str, given: str | None = None) -> str:
        """The output of kubectl. Raises `Refused`, also when the server warned of something."""
        command = [str(self.program), f"--kubeconfig={self.config}", *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        warned = any(one not in FOR_NOTHING for one in done.stderr.splitlines())
        if done.returncode or warned:
            raise Refused(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def applied(self, objects: Iterable[Object], *words: str) -> None:
        """Have the server take these as they are, an unknown field being an error."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [*objects]})
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", *words, given=text)

    def items(self, kind: str, labels: str = "") -> list[Object]:
        """The objects of a kind in the namespace of a platform, which have these labels."""
        url = f"{self.address}/{GROUPS[kind]}/namespaces/{NAMESPACE}/{kind}"
        with _client() as client:
            answer = client.get(url, params={"labelSelector": labels})
        items: list[Object] = answer.raise_for_status().json()["items"]
        return items

    def evict(self, pod: str) -> int:
        """Ask a pod to go, as a node does that is drained; the status of the answer."""
        about = {"name": pod, "namespace": NAMESPACE}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": about}
        path = f"{self.address}/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction"
        with _client() as client:
            return client.post(path, json=body).status_code

    def ready(self) -> bool:
        """Whether the API server serves; raises `ServerFailed` when it has ended."""
        self.start.check()
        return self.answers("/readyz")

    def answers(self, path: str) -> bool:
        """Whether a path is answered with 200."""
        try:
            with _client() as client:
                return client.get(f"{self.address}{path}").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running(programs: Mapping[str, Path]) -> Iterator[Cluster]:
    """A new cluster with a node in each of three zones, for the time of a block.

    Raises `ServerFailed` at its end when one of its programs has ended before.
    """
    with TemporaryDirectory(prefix="relais-cluster-") as place, ExitStack() as stack:
        folder = Path(place)
        start = Starting(folder, programs, stack)
        store, port = _address(), free_port()
        start(
            "etcd",
            f"--data-dir={folder / 'etcd'}",
            *(f"--listen-client-urls={store}", f"--advertise-client-urls={store}"),
            f"--listen-peer-urls={_address()}",
        )
        start(
            "kube-apiserver",
            *(f"--etcd-servers={store}", f"--secure-port={port}", *_secured(folder)),
        )
        config = _config(folder / "config.json", f"https://{LOOPBACK}:{port}")
        cluster = Cluster(programs["kubectl"], f"https://{LOOPBACK}:{port}", config, start)
        until(cluster.ready, "the API server")
        alone = (f"--kubeconfig={config}", "--leader-elect=false", f"--bind-address={LOOPBACK}")
        start(
            "kube-controller-manager",
            *(*alone, f"--secure-port={free_port()}"),
            f"--service-account-private-key-file={folder / 'accounts.key'}",
            *("--kube-api-qps=500", "--kube-api-burst=1000"),
            # On a busy machine a node that is well says so late.
            "--node-monitor-grace-period=1h",
            # Autoscalers look every 15 seconds otherwise.
            "--horizontal-pod-autoscaler-sync-period=2s",
        )
        start("kube-scheduler", *alone, f"--secure-port={free_port()}")
        lives = (f"--config={path}" for path in stages())
        start("kwok", f"--kubeconfig={config}", "--manage-all-nodes", *lives)
        cluster.applied(_node(zone) for zone in ZONES)
        yield cluster
        start.check()


def scaled(cluster: Cluster, lag: Lag) -> str:
    """Start KEDA and a Prometheus that reads these lags; answers where Prometheus is.

    KEDA's definitions are there already.
    """
    start, folder = cluster.start, cluster.config.parent
    prometheus, adapter, asked = free_port(), free_port(), free_port()
    rules = {
        "global": {"scrape_interval": "5s"},
        "scrape_configs": [
            {
                "job_name": "relais",
                "honor_labels": True,
                "static_configs": [{"targets": [f"{LOOPBACK}:{lag.port}"]}],
            }
        ],
    }
    (folder / "prometheus.json").write_text(json.dumps(rules))
    start(
        "prometheus",
        f"--config.file={folder / 'prometheus.json'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={LOOPBACK}:{prometheus}",
    )
    certificates = _signed(folder / "keda")
    cluster.applied(_keda(adapter))
    environment = {
        "KUBECONFIG": str(cluster.config),
        "POD_NAMESPACE": KEDA,
        "KEDA_CLUSTER_OBJECT_NAMESPACE": KEDA,
        "WATCH_NAMESPACE": "",
    }
    start(
        "keda-operator",
        f"--cert-dir={certificates}",
        f"--metrics-service-bind-address={LOOPBACK}:{asked}",
        *("--metrics-bind-address=0", f"--health-probe-bind-address={LOOPBACK}:{free_port()}"),
        *("--enable-webhook-patching=false", "--enable-apiservice-patching=false"),
        env=environment,
    )
    start(
        "keda-adapter",
        *(f"--secure-port={adapter}", f"--bind-address={LOOPBACK}", f"--port={free_port()}"),
        *(f"--cert-dir={certificates}", f"--tls-cert-file={certificates}/tls.crt"),
        f"--tls-private-key-file={certificates}/tls.key",
        f"--metrics-service-address={LOOPBACK}:{asked}",
        *(f"--{who}-kubeconfig={cluster.config}" for who in WHOM_IT_ASKS),
        env=environment,
    )
    path = "/apis/external.metrics.k8s.io/v1beta1"
    until(lambda: cluster.answers(path), "the metrics that KEDA serves")
    return f"http://{LOOPBACK}:{prometheus}"


# --- Who may come, and what they are given --------------------------------------------------------


def _secured(folder: Path) -> Iterator[str]:
    """The words by which an API server knows its clients, and who comes through it to others."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "accounts.key").write_bytes(private)
    (folder / "tokens.csv").write_text(f'{TOKEN},rehearsal,1,"system:masters"\n')
    front = _signed(folder / "front")
    yield f"--bind-address={LOOPBACK}"
    yield f"--cert-dir={folder / 'served'}"
    yield f"--service-cluster-ip-range={SERVICES}"
    yield "--endpoint-reconciler-type=none"
    yield "--authorization-mode=RBAC"
    yield f"--token-auth-file={folder / 'tokens.csv'}"
    for word in ("service-account-key-file", "service-account-signing-key-file"):
        yield f"--{word}={folder / 'accounts.key'}"
    yield "--service-account-issuer=https://kubernetes.default.svc"
    yield f"--requestheader-client-ca-file={front / 'ca.crt'}"
    for word, header in (("username", "User"), ("group", "Group")):
        yield f"--requestheader-{word}-headers=X-Remote-{header}"
    yield "--requestheader-extra-headers-prefix=X-Remote-Extra-"
    yield f"--proxy-client-cert-file={front / 'tls.crt'}"
    yield f"--proxy-client-key-file={front / 'tls.key'}"


def _signed(folder: Path) -> Path:
    """The folder, with a key, its certificate for this machine, and the authority that signed."""
    folder.mkdir()
    authority = Authority.made(folder.name)
    authority.written(folder / "ca.crt")
    both = authority.server(folder / "tls.crt").read_text()
    (folder / "tls.key").write_text(both)
    return folder


def _config(path: Path, address: str) -> Path:
    cluster = {"server": address, "insecure-skip-tls-verify": True}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "rehearsal", "user": {"token": TOKEN}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "rehearsal"}}],
        "current-context": "here",
    }
    path.write_text(json.dumps(config))
    return path


def _client() -> httpx.Client:
    # The API server has signed its certificate itself, a moment ago.
    return httpx.Client(verify=False, timeout=30, headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S501


def _node(zone: str) -> Object:
    room = {"cpu": "64", "memory": "256Gi", "pods": "200", "ephemeral-storage": "1Ti"}
    marks = {"kubernetes.io/hostname": f"node-{zone}", "topology.kubernetes.io/zone": zone}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"node-{zone}", "labels": marks},
        "status": {"allocatable": room, "capacity": room},
    }


def _keda(port: int) -> Iterator[Object]:
    """The way from the API server to the metrics of KEDA."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": KEDA}}
    name = "keda-metrics-apiserver"
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": KEDA},
        "spec": {
            "type": "ExternalName",
            "externalName": "localhost",
            "ports": [{"port": port}],
        },
    }
    yield {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
        "spec": {
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": name, "namespace": KEDA, "port": port},
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
        },
    }

"""A release and the next one, drained nodes and a backlog, on a cluster of this machine."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import yaml

from tools.cluster.running import (
    NAMESPACE,
    ZONES,
    Cluster,
    Lag,
    Object,
    Refused,
    running,
    scaled,
    until,
)
from tools.manifests.conform import OPERATORS, STRIMZI, Loader, built
from tools.outside import GoModule

KEDA_MODULE = next(module for module in OPERATORS if "/kedacore/" in module.module)
PROMETHEUS = "http://prometheus-operated.monitoring:9090"
"""Where the scalers look for it in production."""
WORKLOADS = "app.kubernetes.io/component in (api, workers)"
OTHERS = "app.kubernetes.io/component notin (api, workers)"
BEHIND = "missions-workers"
ROLLOUT_SECONDS = 600.0
SCALED_SECONDS = 200.0
"""Beyond the two minutes in which it may become one more."""
LAG_SECONDS, MORE = 25.0, 3
"""So far behind, which is beyond the limit of a scaler, they are to be one more than two."""


class Failed(Exception):
    """The cluster did not do what the manifests promise."""


def rehearse(root: Path, programs: Mapping[str, Path]) -> Iterator[str]:
    """Both overlays, each on a cluster of its own: a line for each thing that was seen.

    Raises `Failed`, `Refused` and `TimeoutError`.
    """
    for overlay, made in built(root):
        made.check_returncode()
        lag = Lag()
        with lag.told(), running(programs) as cluster:
            for said in _told(cluster, lag, made.stdout):
                yield f"{overlay}: {said}"


def _told(cluster: Cluster, lag: Lag, release: str) -> Iterator[str]:
    started = time.monotonic()
    cluster.applied(definitions())
    if "kind: ScaledObject" in release:
        release = release.replace(PROMETHEUS, scaled(cluster, lag))
    begun = {"apiVersion": "v1", "kind": "List", "items": [*secrets(release)]}
    cluster.kubectl("apply", "-f", "-", given=json.dumps(begun))
    roll_out(cluster, release)
    if "kind: ScaledObject" in release:
        # Workers begin with one, which scalers then make two.
        until(lambda: _are_two(cluster), "the scalers")
    wanted = replicas(cluster)
    yield f"{len(wanted)} rollouts done after {time.monotonic() - started:.0f} s"
    yield refuses(cluster, release)
    yield spread(cluster, wanted)
    yield f"{budgets(cluster)} budgets let one pod of each go, and no second one"
    if "kind: ScaledObject" in release:
        yield grows(cluster, lag)
    yield next_release(cluster, release)


# --- A release ------------------------------------------------------------------------------------


def definitions() -> Iterator[Object]:
    """The definitions of the operators. Those of Strimzi are in no registry, and take anything."""
    for module, paths in OPERATORS.items():
        folder = module.folder()
        for path in paths:
            yield Loader((folder / path).read_text()).get_single_data()
    for file in _rest_of_keda(KEDA_MODULE):
        yield Loader(file.read_text()).get_single_data()
    yield from definitions_of_strimzi()


def definitions_of_strimzi() -> Iterator[Object]:
    """Definitions of its kinds that say nothing but their names."""
    for kind in STRIMZI:
        yield _open_definition(kind)


def _rest_of_keda(module: GoModule) -> Iterator[Path]:
    """The kinds that its operator looks for beside the kinds that we use."""
    used = {Path(path).name for path in OPERATORS[module]}
    for path in sorted((module.folder() / "config/crd/bases").glob("*.yaml")):
        if path.name not in used:
            yield path


def _open_definition(kind: str) -> Object:
    plural, group = f"{kind.lower()}s", "kafka.strimzi.io"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": "v1beta2",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def secrets(release: str) -> Iterator[Object]:
    """The namespace, with the Secrets that operators and a store of yours put there.

    KEDA reads those of the workers that it scales, and scales none before they are there.
    """
    keys: dict[str, set[str]] = {}
    for one in yaml.safe_load_all(release):
        if one["kind"] == "Namespace":
            yield one
        pod = one.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", ()) if one["kind"] == "Deployment" else ():
            for source in container["envFrom"]:
                keys.setdefault(source.get("secretRef", {}).get("name", ""), set())
            for variable in container["env"]:
                if asked := variable.get("valueFrom", {}).get("secretKeyRef"):
                    keys.setdefault(asked["name"], set()).add(asked["key"])
    keys.pop("", None)
    for name, wanted in keys.items():
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "stringData": dict.fromkeys(sorted(wanted), "word"),
        }


def roll_out(cluster: Cluster, release: str) -> None:
    """A release as deploy/k8s/README.md has it: all but the workloads, the migrations, the rest."""
    cluster.kubectl("delete", "job", "migrate", "-n", NAMESPACE, "--ignore-not-found")
    cluster.kubectl("apply", "-f", "-", "-l", OTHERS, given=release)
    wait = ("--for=condition=complete", "job/migrate", "--timeout=2m")
    cluster.kubectl("wait", "-n", NAMESPACE, *wait)
    cluster.kubectl("apply", "-f", "-", given=release)
    until(lambda: not _rolling(cluster), "rollouts", ROLLOUT_SECONDS)


def _rolling(cluster: Cluster) -> list[str]:
    """The Deployments that have pods of before, or not yet all of now."""
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    return [
        one["metadata"]["name"]
        for one in cluster.items("deployments", WORKLOADS)
        if one["status"].get("observedGeneration", 0) < one["metadata"]["generation"]
        or {one["status"].get(count, 0) for count in counts} != {one["spec"]["replicas"]}
    ]


def replicas(cluster: Cluster) -> dict[str, int]:
    """How many pods each Deployment of an API or of workers is to have."""
    return {
        one["metadata"]["name"]: one["spec"]["replicas"]
        for one in cluster.items("deployments", WORKLOADS)
    }


def _are_two(cluster: Cluster) -> bool:
    return min(replicas(cluster).values()) >= MORE - 1 and not _rolling(cluster)


def refuses(cluster: Cluster, release: str) -> str:
    """The server looks at what it is given: a word that it does not know, and a pod as root."""
    whole = next(one for one in yaml.safe_load_all(release) if _is(one, "missions-api"))
    misspelt, root = json.loads(json.dumps([whole, whole]))
    misspelt["spec"]["template"]["spec"]["containers"][0]["prots"] = []
    root["spec"]["template"]["spec"]["securityContext"] = {"runAsUser": 0}
    for wrong, reason in ((misspelt, "unknown field"), (root, "violate PodSecurity")):
        try:
            cluster.kubectl("apply", "--dry-run=server", "-f", "-", given=json.dumps(wrong))
        except Refused as refused:
            if reason not in str(refused):
                raise
        else:
            raise Failed(f"the server took what has {reason}")
    return "a misspelt field is refused, and a pod as root"


def _is(found: Object, name: str) -> bool:
    return (found["kind"], found["metadata"]["name"]) == ("Deployment", name)


# --- What holds while it runs ---------------------------------------------------------------------


def spread(cluster: Cluster, wanted: Mapping[str, int]) -> str:
    """The pods of each are in as many zones as they can be."""
    zones: dict[str, set[str]] = {}
    for pod in cluster.items("pods", WORKLOADS):
        zones.setdefault(_owner(pod), set()).add(pod["spec"]["nodeName"])
    for name, number in wanted.items():
        if len(zones[name]) != min(number, len(ZONES)):
            raise Failed(f"the {number} pods of {name} are on {sorted(zones[name])}")
    return "no two pods of one are in a zone while another has none"


def _owner(pod: Object) -> str:
    marks: dict[str, str] = pod["metadata"]["labels"]
    component = marks["app.kubernetes.io/component"]
    return f"{marks['app.kubernetes.io/name']}-{component}"


def budgets(cluster: Cluster) -> int:
    """While no new pod finds room, a node that is drained gets one pod of each, and no second."""
    found = {one["metadata"]["name"] for one in cluster.items("poddisruptionbudgets")}
    if found < replicas(cluster).keys():
        raise Failed(f"no budget for {sorted(replicas(cluster).keys() - found)}")
    with _cordoned(cluster):
        pods: dict[str, list[str]] = {name: [] for name in found}
        for pod in cluster.items("pods", WORKLOADS):
            pods[_owner(pod)].append(pod["metadata"]["name"])
        for name, known in pods.items():
            until(partial(_allows_one, cluster, name), f"the budget of {name}")
            statuses = [cluster.evict(pod) for pod in known]
            if statuses != [201, *[429] * (len(known) - 1)]:
                raise Failed(f"{name}: evictions were answered {statuses}")
    until(lambda: _all_ready(cluster), "the pods that had to go elsewhere")
    return len(found)


def _allows_one(cluster: Cluster, name: str) -> bool:
    [one] = [b for b in cluster.items("poddisruptionbudgets") if b["metadata"]["name"] == name]
    return bool(one["status"].get("disruptionsAllowed", 0) == 1)


@contextmanager
def _cordoned(cluster: Cluster) -> Iterator[None]:
    nodes = [f"node-{zone}" for zone in ZONES]
    cluster.kubectl("cordon", *nodes)
    try:
        yield
    finally:
        cluster.kubectl("uncordon", *nodes)


def _all_ready(cluster: Cluster) -> bool:
    ready = _ready(cluster)
    return all(ready.get(name, 0) == number for name, number in replicas(cluster).items())


def _ready(cluster: Cluster) -> dict[str, int]:
    """The ready pods of each; the counts of controllers come later."""
    found: dict[str, int] = {}
    for pod in cluster.items("pods", WORKLOADS):
        conditions = pod["status"].get("conditions", ())
        is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        stays = "deletionTimestamp" not in pod["metadata"]
        found[_owner(pod)] = found.get(_owner(pod), 0) + int(is_ready and stays)
    return found


def grows(cluster: Cluster, lag: Lag) -> str:
    """Workers that are behind become more, within their limits, and nobody else does."""
    before = replicas(cluster)
    if before[BEHIND] >= MORE:
        raise Failed(f"nobody is behind, and there are {before[BEHIND]} of {BEHIND}")
    lag.seconds = dict.fromkeys(before, 0.0) | {BEHIND: LAG_SECONDS}
    started = time.monotonic()
    try:
        until(lambda: replicas(cluster)[BEHIND] == MORE, "it", SCALED_SECONDS)
    except TimeoutError:
        raise Failed(f"no more of {BEHIND} than before: {_scalers(cluster)}") from None
    after = replicas(cluster)
    # It would be one more every two minutes.
    lag.seconds = dict.fromkeys(before, 0.0)
    if after != before | {BEHIND: MORE}:
        raise Failed(f"others were scaled as well: {after}")
    return f"{BEHIND} became {MORE} within {time.monotonic() - started:.0f} s of a lag"


def _scalers(cluster: Cluster) -> list[str]:
    """The reasons that the autoscalers of it give."""
    return [
        f"{condition['type']} is {condition['status']}: {condition['message']}"
        for one in cluster.items("horizontalpodautoscalers")
        if one["spec"]["scaleTargetRef"]["name"] == BEHIND
        for condition in one["status"].get("conditions", ())
    ]


def next_release(cluster: Cluster, release: str) -> str:
    """Another image comes while all run: no API loses a pod, and workers miss one at most."""
    before = replicas(cluster)
    cluster.kubectl("scale", "-n", NAMESPACE, "deployment/commands", "--replicas=1")
    least: dict[str, int] = {}
    with _watched(lambda: _least_ready(cluster, least)):
        roll_out(cluster, release.replace(":0.1.0", ":0.2.0"))
    fewer = {
        name: f"{least[name]} of {number}"
        for name, number in before.items()
        if least[name] < (number if name.endswith("-api") else number - 1)
    }
    if fewer:
        raise Failed(f"ready pods during the next release: {fewer}")
    images = {
        pod["spec"]["containers"][0]["image"].rpartition(":")[2]
        for pod in cluster.items("pods", WORKLOADS)
        if "deletionTimestamp" not in pod["metadata"]
    }
    [commands] = cluster.items("deployments", "app.kubernetes.io/name=commands")
    if (images, replicas(cluster), commands["spec"]["replicas"]) != ({"0.2.0"}, before, 0):
        raise Failed(f"{images} run, {replicas(cluster)}")
    return "the next release kept every API whole, all but one of each worker, and their numbers"


@contextmanager
def _watched(look: Callable[[], None]) -> Iterator[None]:
    """Looks again and again within the block. Raises what looking raised."""
    ended, broken = Event(), list[Exception]()

    def watch() -> None:
        try:
            while not ended.wait(0.1):
                look()
        except (Refused, KeyError) as error:
            broken.append(error)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if broken:
        raise broken[0]


def _least_ready(cluster: Cluster, least: dict[str, int]) -> None:
    for name, ready in _ready(cluster).items():
        least[name] = min(ready, least.get(name, ready))

"""The processes of a service on Kubernetes: its API, its workers, and what keeps them up."""

import math
from collections.abc import Iterator
from typing import Any, Literal

from infra.host import STOP_SECONDS, Outside
from infra.serving import DRAIN_SECONDS
from tools.manifests.declared import Declared, Labels, labels

Object = dict[str, Any]
Component = Literal["api", "workers"]

PORT, INSIDE = 8080, 9090
LEAVE_SECONDS = 10
"""Longer than endpoints take to be taken out of every node and proxy."""
MARGIN_SECONDS = 10
"""For pools to close and a busy machine, before the kernel ends the process."""
USER = 10001
MIGRATIONS = "migrate"
COMMANDS, COMMANDS_USER = "commands", "kafka-commands"
"""The pod from which operators say `relais ...`, and the name by which Kafka knows it."""
SETTINGS = {
    "RELAIS_HOST": "0.0.0.0",  # noqa: S104 - a pod has an address of its own
    "RELAIS_PORT": str(PORT),
    "RELAIS_INSIDE_PORT": str(INSIDE),
    "RELAIS_HOME": "/tmp/relais",  # noqa: S108 - a volume of this pod alone
    "RELAIS_LEAVE_SECONDS": str(LEAVE_SECONDS),
    "RELAIS_POSTGRES": "postgresql://postgres-rw:5432/postgres"
    "?sslmode=verify-full&sslrootcert=/etc/relais/postgres/ca.crt",
    "RELAIS_KAFKA": "kafka-kafka-bootstrap:9093",
    "RELAIS_KAFKA_CA": "/etc/relais/kafka/ca.crt",
    "RELAIS_KAFKA_MECHANISM": "SCRAM-SHA-512",
    "RELAIS_TOPIC_REPLICATION": "3",
    "RELAIS_TOPIC_IN_SYNC": "2",
    "RELAIS_PROBES": f"http://{{process}}:{INSIDE}",
    "RELAIS_JWKS_URL": "http://accounts/accounts/.well-known/jwks.json",
}
"""The settings that all processes share; an overlay adds its portal, proxies and stores."""

SECRET: frozenset[Outside] = frozenset({"mail", "texts", "objects", "vendors"})
"""Whoever is reached with a secret: it is in the Secret of this name, as settings."""

GRACE: dict[Component, int] = {
    "api": LEAVE_SECONDS + DRAIN_SECONDS + MARGIN_SECONDS,
    "workers": math.ceil(STOP_SECONDS) + DRAIN_SECONDS + MARGIN_SECONDS,
}
"""Seconds from SIGTERM to SIGKILL: beyond the last request, and beyond the last batch."""

_STRATEGY: dict[Component, Object] = {
    "api": {"maxUnavailable": 0, "maxSurge": 1},
    # One more worker would have its groups share out the partitions twice for each that goes.
    "workers": {"maxUnavailable": 1, "maxSurge": 0},
}
WORDS: dict[Component, str] = {"api": "serve", "workers": "work"}
"""The word by which each is started."""


def workloads(service: Declared) -> Iterator[Object]:
    """Every object of a service: account, then Deployment, Service and budget of each component,
    and the way to its API."""
    yield _account(service.name)
    for component in WORDS:
        yield _deployment(service, component)
        yield _inside(service, component)
        yield _budget(service, component)
    yield _service(service)


def migrations() -> Iterator[Object]:
    """The Job that brings every database to what a release needs, and its account."""
    yield _account(MIGRATIONS)
    marks = labels(MIGRATIONS, "migrations")
    # It talks to no broker, and so has no user there.
    pod = _pod(MIGRATIONS, marks, [MIGRATIONS], [{"name": "RELAIS_KAFKA_MECHANISM", "value": ""}])
    pod["spec"]["restartPolicy"] = "OnFailure"
    spec = {"backoffLimit": 3, "activeDeadlineSeconds": 900, "ttlSecondsAfterFinished": 86400}
    yield object_of("batch/v1", "Job", MIGRATIONS, marks, {**spec, "template": pod})


def commands() -> Iterator[Object]:
    """A pod for operators and its account: none runs until somebody scales it."""
    yield _account(COMMANDS)
    marks = labels(COMMANDS, "commands")
    pod = _pod(COMMANDS, marks, ["infinity"], _kafka(COMMANDS_USER))
    [container] = pod["spec"]["containers"]
    container["command"] = ["sleep"]
    container["envFrom"].append({"secretRef": {"name": "objects"}})
    # It sleeps as the first process of its pod, and hears no SIGTERM.
    pod["spec"]["terminationGracePeriodSeconds"] = 1
    spec = {"replicas": 0, "selector": {"matchLabels": marks}, "template": pod}
    made = object_of("apps/v1", "Deployment", COMMANDS, marks, spec)
    # It is sent no requests, and nothing goes round in it.
    skipped = {"skip1": "CKV_K8S_8=it only sleeps", "skip2": "CKV_K8S_9=it serves nobody"}
    made["metadata"]["annotations"] = {f"checkov.io/{key}": why for key, why in skipped.items()}
    yield made


def deployment_name(service: Declared, component: Component) -> str:
    """The name of its Deployment and budget, such as `missions-workers`."""
    return f"{service.name}-{component}"


def _deployment(service: Declared, component: Component) -> Object:
    name, marks = deployment_name(service, component), service.labels(component)
    pod = _pod(service.name, marks, [WORDS[component], service.service], _kafka(service.user))
    pod["spec"] |= {
        "terminationGracePeriodSeconds": GRACE[component],
        "topologySpreadConstraints": [
            _spread(marks, "kubernetes.io/hostname"),
            _spread(marks, "topology.kubernetes.io/zone"),
        ],
    }
    [container] = pod["spec"]["containers"]
    secrets = [outside for outside in service.reaches if outside in SECRET]
    container["envFrom"] += [{"secretRef": {"name": outside}} for outside in secrets]
    container["ports"] = [{"name": "http", "containerPort": PORT}]
    container["ports"] += [{"name": "inside", "containerPort": INSIDE}]
    container |= _probes()
    spec = {
        "replicas": 2,
        "revisionHistoryLimit": 5,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": _STRATEGY[component]},
        "selector": {"matchLabels": marks},
        "template": pod,
    }
    return object_of("apps/v1", "Deployment", name, marks, spec)


def _pod(account: str, marks: Labels, arguments: list[str], environment: list[Object]) -> Object:
    """A pod that may do nothing but run, read its authorities and write to `/tmp`."""
    container = {
        "name": "relais",
        "image": "relais",
        "args": arguments,
        "envFrom": [{"configMapRef": {"name": "relais"}}, {"secretRef": {"name": "keys"}}],
        "env": [
            # libpq takes these by itself, so that no URL has a password in it.
            _secret("PGUSER", "postgres-app", "username"),
            _secret("PGPASSWORD", "postgres-app", "password"),
            *environment,
        ],
        # A process holds 110 to 235 MB; a rebuild 132.
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
            "limits": {"memory": "512Mi", "ephemeral-storage": "1Gi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            {"name": "postgres-ca", "mountPath": "/etc/relais/postgres", "readOnly": True},
            {"name": "kafka-ca", "mountPath": "/etc/relais/kafka", "readOnly": True},
        ],
    }
    spec = {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            # The first Secret also has the key of the authority, which is no business of ours.
            _authority("postgres-ca", "postgres-ca"),
            _authority("kafka-ca", "kafka-cluster-ca-cert"),
        ],
    }
    return {"metadata": {"labels": marks}, "spec": spec}


def _kafka(user: str) -> list[Object]:
    return [
        {"name": "RELAIS_KAFKA_USER", "value": user},
        _secret("RELAIS_KAFKA_PASSWORD", user, "password"),
    ]


def _probes() -> Object:
    """At the inside port: started, going round, and fit to be sent requests."""
    return {
        "startupProbe": _probe("live", 2, failureThreshold=60),
        "livenessProbe": _probe("live", 10, failureThreshold=3),
        "readinessProbe": _probe("ready", 3, failureThreshold=2),
    }


def _probe(path: str, seconds: int, **more: int) -> Object:
    get = {"path": f"/health/{path}", "port": "inside"}
    return {"httpGet": get, "periodSeconds": seconds, "timeoutSeconds": 3, **more}


def _inside(service: Declared, component: Component) -> Object:
    """Every pod by name, for who measures them and asks how they are: above all one that is not
    ready."""
    marks = service.labels(component)
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": marks,
        "ports": [{"name": "inside", "port": INSIDE, "targetPort": "inside"}],
    }
    return object_of("v1", "Service", deployment_name(service, component), marks, spec)


def _service(service: Declared) -> Object:
    """The way to the APIs that are ready, by the name of the service."""
    marks = service.labels("api")
    spec = {"selector": marks, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    return object_of("v1", "Service", service.name, marks, spec)


def _budget(service: Declared, component: Component) -> Object:
    marks = service.labels(component)
    spec = {
        "maxUnavailable": 1,
        # What is not ready anyway holds up no node that has to go.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": marks},
    }
    name = deployment_name(service, component)
    return object_of("policy/v1", "PodDisruptionBudget", name, marks, spec)


def _account(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "relais"}},
        "automountServiceAccountToken": False,
    }


def object_of(version: str, kind: str, name: str, marks: Labels, spec: Object) -> Object:
    """An object of Kubernetes, with these labels if there are any."""
    metadata: Object = {"name": name} | ({"labels": marks} if marks else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _spread(marks: Labels, key: str) -> Object:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": marks},
    }


def _secret(variable: str, name: str, key: str) -> Object:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _authority(volume: str, secret: str) -> Object:
    items = [{"key": "ca.crt", "path": "ca.crt"}]
    return {"name": volume, "secret": {"secretName": secret, "items": items}}

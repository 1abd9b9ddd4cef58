"""The parts beside the processes that follow from the services: topics, users, ways, scaling."""

from collections.abc import Iterable, Iterator

from infra.host import Outside
from infra.topics import CONFIG, partitions_of
from tools.manifests.declared import PART_OF, Declared
from tools.manifests.workloads import (
    COMMANDS,
    COMMANDS_USER,
    INSIDE,
    MIGRATIONS,
    PORT,
    Component,
    Object,
    deployment_name,
    object_of,
)

TOPICS = "relais."
"""The beginning of the name of each topic of ours."""
KAFKA = {"strimzi.io/cluster": "kafka"}
NAMESPACE = "relais"
"""The namespace of every overlay; the query of a scaler has it in a text."""
MOST_WORKERS = 4
LAG_SECONDS = 10
"""A consumer that is further behind gets another process beside it."""

_PORTS: dict[Outside, tuple[int, ...]] = {
    "mail": (465, 587),
    "texts": (443,),
    "push": (443,),
    "objects": (443,),
    "scanner": (3310,),
    "cards": (443,),
    "vendors": (443,),
}
_PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"]


def topics(services: Iterable[Declared]) -> Iterator[Object]:
    """The topic of every contract, as its reviewed file says; replicas are those of the brokers."""
    for service in services:
        for topic in service.writes:
            # A number would be taken for one by whoever reads the YAML.
            spec = {"partitions": partitions_of(topic), "config": dict(CONFIG)}
            # Kubernetes takes no `_` in a name.
            spec |= {"topicName": topic} if "_" in topic else {}
            name = topic.replace("_", "-")
            yield object_of("kafka.strimzi.io/v1beta2", "KafkaTopic", name, KAFKA, spec)


def users(services: Iterable[Declared]) -> Iterator[Object]:
    """A user of Kafka for each service, who may do what it declares and nothing else; and one for
    the commands of operators, who may also delete topics and make them anew."""
    for service in services:
        rules = [
            _rule("topic", t, "Describe", "DescribeConfigs", "Read", "Write")
            for t in service.writes
        ]
        rules += [_rule("topic", t, "Describe", "DescribeConfigs", "Read") for t in service.reads]
        if service.reacts:
            rules.append(_rule("group", f"relais.{service.service}", "Describe", "Read"))
        if service.folds:
            generations = f"relais.views.{service.schema}."
            rules.append(_rule("group", generations, "Describe", "Read", pattern="prefix"))
        for app in service.counting:
            doing = ("Create", "Describe", "DescribeConfigs", "Read", "Write")
            rules.append(_rule("topic", f"{app}-", *doing, pattern="prefix"))
            rules.append(_rule("group", app, "Describe", "Read"))
        yield _user(service.user, rules)
    operations = ("Describe", "DescribeConfigs", "Read", "Create", "Delete")
    yield _user(COMMANDS_USER, [_rule("topic", TOPICS, *operations, pattern="prefix")])


def _user(name: str, rules: list[Object]) -> Object:
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": rules},
    }
    return object_of("kafka.strimzi.io/v1beta2", "KafkaUser", name, KAFKA, spec)


def databases(services: Iterable[Declared]) -> Iterator[Object]:
    """The database of each service, and that of the keys."""
    named = {"keys": "relais_keys"} | {one.name: one.database for one in services}
    for name, database in named.items():
        spec = {
            "name": database,
            "owner": "relais",
            "cluster": {"name": "postgres"},
            # Nobody loses events because a manifest went.
            "databaseReclaimPolicy": "retain",
        }
        yield object_of("postgresql.cnpg.io/v1", "Database", name, {}, spec)


def scalers(services: Iterable[Declared]) -> Iterator[Object]:
    """Workers that read topics grow in number while they are behind, by seconds of lag."""
    for service in services:
        if not (service.reacts or service.folds):
            continue
        name = deployment_name(service, "workers")
        series = f'relais_consumer_lag_seconds{{namespace="{NAMESPACE}",service="{name}"}}'
        trigger = {
            "type": "prometheus",
            "metricType": "Value",
            "metadata": {
                "serverAddress": "http://prometheus-operated.monitoring:9090",
                "query": f"max({series})",
                "threshold": str(LAG_SECONDS),
            },
        }
        slowly = {"stabilizationWindowSeconds": 900, "policies": _one_at_a_time(300)}
        scaling = {"scaleUp": {"policies": _one_at_a_time(120)}, "scaleDown": slowly}
        spec = {
            "scaleTargetRef": {"name": name},
            "minReplicaCount": 2,
            "maxReplicaCount": MOST_WORKERS,
            "pollingInterval": 15,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": scaling}},
            "triggers": [trigger],
        }
        yield object_of("keda.sh/v1alpha1", "ScaledObject", name, {}, spec)


def ways(services: Iterable[Declared]) -> Iterator[Object]:
    """Every way that is open: who may come in at which port, and where each process may go."""
    yield _policy(MIGRATIONS, {"app.kubernetes.io/name": MIGRATIONS}, [], [_to_postgres()])
    probed = _way("to", [_pods({"app.kubernetes.io/part-of": PART_OF})], INSIDE)
    reached = [_to_postgres(), _to_kafka(), _to_outside("objects"), probed]
    yield _policy(COMMANDS, {"app.kubernetes.io/name": COMMANDS}, [], reached)
    for service in services:
        outside = [_to_outside(one) for one in service.reaches]
        looking = [_namespace("monitoring"), _pods({"app.kubernetes.io/name": COMMANDS})]
        measured = _way("from", looking, INSIDE)
        out = [_to_postgres(), _to_accounts(), *outside]
        entering = [_from_namespace("ingress", PORT), measured]
        if service.service == "accounts":
            entering.append(_way("from", [_pods({"app.kubernetes.io/part-of": PART_OF})], PORT))
        yield _policy_of(service, "api", entering, out)
        yield _policy_of(service, "workers", [measured], [*out, _to_kafka()])


def _policy_of(
    service: Declared, component: Component, entering: list[Object], leaving: list[Object]
) -> Object:
    pods = service.labels(component)
    return _policy(deployment_name(service, component), pods, entering, leaving)


def _policy(
    name: str, pods: dict[str, str], entering: list[Object], leaving: list[Object]
) -> Object:
    spec = {
        "podSelector": {"matchLabels": pods},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": entering,
        "egress": leaving,
    }
    return object_of("networking.k8s.io/v1", "NetworkPolicy", name, {}, spec)


def _to_postgres() -> Object:
    return _way("to", [_pods({"cnpg.io/cluster": "postgres"})], 5432)


def _to_kafka() -> Object:
    return _way("to", [_pods({"strimzi.io/name": "kafka-kafka"})], 9093)


def _to_accounts() -> Object:
    """The keys that access tokens are checked with."""
    api = {"app.kubernetes.io/name": "accounts", "app.kubernetes.io/component": "api"}
    return _way("to", [_pods(api)], PORT)


def _to_outside(outside: Outside) -> Object:
    """The internet, and nothing that is near; a scanner is in a namespace of its own."""
    if outside == "scanner":
        return _way("to", [_namespace("scanner")], *_PORTS[outside])
    world = {"ipBlock": {"cidr": "0.0.0.0/0", "except": _PRIVATE}}
    return _way("to", [world], *_PORTS[outside])


def _from_namespace(name: str, port: int) -> Object:
    return _way("from", [_namespace(name)], port)


def _way(direction: str, peers: list[Object], *ports: int) -> Object:
    return {direction: peers, "ports": [{"protocol": "TCP", "port": port} for port in ports]}


def _pods(marks: dict[str, str]) -> Object:
    return {"podSelector": {"matchLabels": marks}}


def _namespace(name: str) -> Object:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _one_at_a_time(seconds: int) -> list[Object]:
    return [{"type": "Pods", "value": 1, "periodSeconds": seconds}]


def _rule(kind: str, name: str, *operations: str, pattern: str = "literal") -> Object:
    resource = {"type": kind, "name": name, "patternType": pattern}
    return {"resource": resource, "operations": list(operations)}

"""The programs of a cluster: Kubernetes, its nodes, KEDA, Prometheus, etcd."""

from pathlib import Path

from tools.outside import ROOT, Debian, Go, GoModule, GoTools

KUBERNETES = GoTools(ROOT / "tools/cluster/kubernetes")
KEDA = GoTools(ROOT / "tools/cluster/keda")
KWOK = Go("sigs.k8s.io/kwok/cmd/kwok@v0.8.0")
LIVES = GoModule("sigs.k8s.io/kwok@v0.8.0")
ETCD = Debian("etcd-server", "etcd")
PROMETHEUS = Debian("prometheus", "prometheus")


def built() -> dict[str, Path]:
    """Each program by its name. The first time takes a quarter of an hour. Raises `Absent`."""
    kubernetes, keda = KUBERNETES.installed(), KEDA.installed()
    return {
        **{path.name: path for path in kubernetes.glob("kube*")},
        "keda-operator": keda / "operator",
        "keda-adapter": keda / "adapter",
        "kwok": KWOK.installed(),
        "etcd": ETCD.installed(),
        "prometheus": PROMETHEUS.installed(),
    }


def stages() -> list[Path]:
    """The lives of nodes and pods on kwok: they are well at once, and those of Jobs end."""
    folder = LIVES.folder() / "kustomize/stage"
    nodes = ("node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease")
    pods = tuple(f"pod/fast/pod-{what}" for what in ("ready", "complete", "delete"))
    return [folder / f"{name}.yaml" for name in (*nodes, *pods)]

"""Rules in the sense of kubernetes-mixin, evaluated by promtool over the exposition of a simulated cluster with some troubles added.

The rules stand in mixin.yaml, the troubles with their alerts in troubles.yaml. What is expected of the recording rules is
reckoned here from the objects themselves.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import yaml

from evergauge.cli import main
from evergauge.kubernetes_yaml import documents
from evergauge.sim import Cluster, ManualClock
from evergauge.sim.generator import populate
from support.tools import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE: Final = Path(__file__).parent
RULES: Final = HERE / "mixin.yaml"
MINUTES: Final = 30
UNITS: Final = {"m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
TYPES: Final = {
    "ReplicaSet": "deployment",
    "DaemonSet": "daemonset",
    "StatefulSet": "statefulset",
    "Job": "job",
    "Node": "staticpod",
    "": "barepod",
}

Object = dict[str, Any]


class Sample(NamedTuple):
    """What a recording rule must yield."""

    labels: Mapping[str, str]
    value: float

    def expected(self, record: str) -> dict[str, object]:
        """As promtool's unit tests have it."""
        pairs = ",".join(f'{name}="{text}"' for name, text in sorted(self.labels.items()))
        return {"labels": f"{record}{{{pairs}}}", "value": self.value}


@pytest.fixture(scope="module")
def troubles() -> list[dict[str, Any]]:
    (document,) = documents((HERE / "troubles.yaml").read_bytes())
    found: list[dict[str, Any]] = json.loads(document)
    return found


@pytest.fixture(scope="module")
def objects(troubles: list[dict[str, Any]]) -> list[Object]:
    """A healthy cluster, and what is in trouble."""
    cluster = Cluster(clock=ManualClock(), rng=Random(1))
    populate(cluster, 80, Random(3))
    healthy = [one for resource in cluster.registry for one in cluster.all(resource)]
    return [*healthy, *(trouble["object"] for trouble in troubles)]


@pytest.fixture
def series(objects: list[Object], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """Half an hour of an exposition that doesn't change, as promtool takes it, with the label that a scrape adds."""
    file = tmp_path / "objects.jsonl"
    file.write_text("\n".join(map(json.dumps, objects)))
    assert main(["render", str(file)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    samples = (line.rpartition(" ") for line in lines)
    return [
        {"series": name.replace("{", '{job="kube-state-metrics",', 1), "values": f"{float(value)!r}x{MINUTES}"}
        for name, _, value in samples
    ]


def promtool(tests: Mapping[str, object], folder: Path) -> None:
    """Run unit tests of the rules, where each minute is evaluated."""
    file = folder / "tests.yaml"
    whole = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [{"interval": "1m", **tests}]}
    file.write_text(json.dumps(whole))
    done = subprocess.run([require("promtool"), "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def of_kind(objects: Iterable[Object], kind: str) -> list[Object]:
    return [one for one in objects if one["kind"] == kind]


def number(quantity: str) -> float:
    unit = next((unit for unit in UNITS if quantity.endswith(unit)), "")
    return float(quantity.removesuffix(unit)) * UNITS.get(unit, 1)


def amounts(objects: list[Object], what: str, resource: str) -> Iterator[tuple[str, str, float]]:
    """Namespace, Pod and amount of each container's requests or limits, of Pods that are at work."""
    for pod in of_kind(objects, "Pod"):
        if pod["status"]["phase"] in ("Pending", "Running"):
            for container in pod["spec"]["containers"]:
                if quantity := container.get("resources", {}).get(what, {}).get(resource):
                    yield pod["metadata"]["namespace"], pod["metadata"]["name"], number(quantity)


def workload(pod: Object, replicasets: Mapping[str, Object]) -> Sample:
    """Whose Pod it is."""
    meta = pod["metadata"]
    owner = (meta.get("ownerReferences") or [{"kind": "", "name": meta["name"]}])[0]
    name = owner["name"] if owner["kind"] != "Node" else meta["name"]
    if owner["kind"] == "ReplicaSet":
        name = replicasets[name]["metadata"]["ownerReferences"][0]["name"]
    labels = {
        "namespace": meta["namespace"],
        "pod": meta["name"],
        "workload": name,
        "workload_type": TYPES[owner["kind"]],
    }
    return Sample(labels, 1)


def recorded(objects: list[Object]) -> dict[str, list[Sample]]:
    """What each recording rule must yield, summed over all labels but those given here."""
    pods = of_kind(objects, "Pod")
    replicasets = {one["metadata"]["name"]: one for one in of_kind(objects, "ReplicaSet")}
    placed = [(pod["spec"]["nodeName"], pod["metadata"]) for pod in pods if pod["spec"].get("nodeName")]
    wanted = {
        "node_namespace_pod:kube_pod_info:": [
            Sample({"node": node, "namespace": meta["namespace"], "pod": meta["name"]}, 1) for node, meta in placed
        ],
        "namespace_workload_pod:kube_pod_owner:relabel": [workload(pod, replicasets) for pod in pods],
    }
    for what in ("requests", "limits"):
        for resource in ("memory", "cpu"):
            by_namespace: dict[str, float] = defaultdict(float)
            by_pod: dict[tuple[str, str], float] = defaultdict(float)
            for namespace, name, amount in amounts(objects, what, resource):
                by_namespace[namespace] += amount
                by_pod[namespace, name] += amount
            wanted[f"namespace_{resource}:kube_pod_container_resource_{what}:sum"] = [
                Sample({"namespace": namespace}, total) for namespace, total in by_namespace.items()
            ]
            wanted[f"cluster:namespace:pod_{resource}:active:kube_pod_container_resource_{what}"] = [
                Sample({"namespace": namespace, "pod": name}, total) for (namespace, name), total in by_pod.items()
            ]
    return wanted


def question(record: str, samples: list[Sample]) -> dict[str, object]:
    """One query at the end, rounded: sums of decimal fractions depend on their order."""
    return {
        "expr": f"round(sum by ({', '.join(samples[0].labels)}) ({record}), 0.001)",
        "eval_time": f"{MINUTES}m",
        "exp_samples": [Sample(labels, round(value, 3)).expected("") for labels, value in samples],
    }


@pytest.mark.prometheus
def test_recording_rules_yield_what_the_objects_say(
    objects: list[Object], series: list[dict[str, str]], tmp_path: Path
) -> None:
    wanted = recorded(objects)
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert {rule["record"] for rule in rules if "record" in rule} == set(wanted)
    assert all(len(samples) >= 3 for samples in wanted.values())
    assert {sample.labels["workload_type"] for sample in wanted["namespace_workload_pod:kube_pod_owner:relabel"]} == {
        *TYPES.values()
    }
    promtool({"input_series": series, "promql_expr_test": [question(*each) for each in wanted.items()]}, tmp_path)


@pytest.mark.prometheus
def test_alerts_fire_for_what_is_in_trouble_and_for_nothing_else(
    troubles: list[dict[str, Any]], series: list[dict[str, str]], tmp_path: Path
) -> None:
    alerts: dict[str, list[dict[str, object]]] = {
        rule["alert"]: []
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    quiet = {"KubeCPUOvercommit", "KubeMemoryOvercommit"}
    for trouble in troubles:
        for name, labels in trouble["alerts"].items():
            alerts[name].append({"exp_labels": labels})
    assert {name for name, expected in alerts.items() if not expected} == quiet
    tests = [
        {"eval_time": f"{MINUTES}m", "alertname": name, "exp_alerts": expected} for name, expected in alerts.items()
    ]
    promtool({"input_series": series, "alert_rule_test": tests}, tmp_path)


@pytest.mark.prometheus
def test_promtool_fails_where_an_alert_is_missing(series: list[dict[str, str]], tmp_path: Path) -> None:
    tests = [{"eval_time": f"{MINUTES}m", "alertname": "KubeHpaMaxedOut", "exp_alerts": []}]
    with pytest.raises(AssertionError, match="KubeHpaMaxedOut"):
        promtool({"input_series": series, "alert_rule_test": tests}, tmp_path)

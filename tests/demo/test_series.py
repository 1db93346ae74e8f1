"""The live series: what is read from an exposition, and how it is put into words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.demo.series import OF_EVERGAUGE, OF_OBJECTS, Reader, Samples, families, told
from evergauge.demo.view import Look

EXPOSITION = """\
# HELP kube_pod_info About it.
# TYPE kube_pod_info gauge
kube_pod_info{namespace="a",pod="x",uid="1"} 1
# HELP kube_pod_status_phase The phase.
# TYPE kube_pod_status_phase gauge
kube_pod_status_phase{namespace="a",pod="x \\"\\\\",uid="1",phase="Pending"} 0
kube_pod_status_phase{namespace="a",pod="x \\"\\\\",uid="1",phase="Running"} 1
kube_pod_status_phase{namespace="a",pod="y",uid="2",phase="Running"} 1
kube_pod_status_phase{namespace="a",pod="z",uid="3",phase="Failed"} 1
# HELP kube_pod_container_status_waiting_reason Why.
# TYPE kube_pod_container_status_waiting_reason gauge
# HELP kube_pod_container_status_restarts_total Restarts.
# TYPE kube_pod_container_status_restarts_total counter
kube_pod_container_status_restarts_total{namespace="a",pod="x",uid="1",container="app"} 1234
kube_pod_container_status_restarts_total{namespace="a",pod="y",uid="2",container="app"} 1e+06
# HELP kube_deployment_status_replicas There.
# TYPE kube_deployment_status_replicas gauge
kube_deployment_status_replicas{namespace="a",deployment="still"} 2
kube_deployment_status_replicas{namespace="a",deployment="rolls"} 4
# HELP kube_deployment_status_replicas_updated New.
# TYPE kube_deployment_status_replicas_updated gauge
kube_deployment_status_replicas_updated{namespace="a",deployment="still"} 2
kube_deployment_status_replicas_updated{namespace="a",deployment="rolls"} 0
# HELP kube_deployment_spec_replicas Wanted.
# TYPE kube_deployment_spec_replicas gauge
kube_deployment_spec_replicas{namespace="a",deployment="still"} 2
kube_deployment_spec_replicas{namespace="a",deployment="rolls"} 3
# HELP kube_node_status_condition Conditions.
# TYPE kube_node_status_condition gauge
kube_node_status_condition{node="n1",condition="Ready",status="true"} 1
kube_node_status_condition{node="n2",condition="Ready",status="unknown"} 1
kube_node_status_condition{node="n2",condition="Ready",status="true"} 0
kube_node_status_condition{node="n1",condition="DiskPressure",status="false"} 1
"""
TELEMETRY = """\
# HELP evergauge_feed_state The state.
# TYPE evergauge_feed_state gauge
evergauge_feed_state{namespace="",resource="pods",state="live"} 0.0
evergauge_feed_state{namespace="",resource="pods",state="lost"} 1.0
evergauge_feed_state{namespace="",resource="nodes",state="live"} 1.0
evergauge_feed_state{namespace="",resource="services",state="lost"} 1.0
"""
WORDS = {
    "pods by phase": "Running 2, Failed 1",
    "containers waiting": "none",
    "container restarts": "1,001,234",
    "deployments rolling": "1 of 2: rolls 0/3",
    "nodes": "1 of 2 ready; not: n2",
}


def read(*pieces: bytes) -> Samples:
    reader = Reader(families((*OF_OBJECTS, *OF_EVERGAUGE)))
    for piece in pieces:
        reader.feed(piece)
    return reader.samples


def test_words() -> None:
    assert {series.title: text for series, text in told(OF_OBJECTS, read(EXPOSITION.encode()))} == WORDS


@given(st.lists(st.integers(0, len(EXPOSITION)), max_size=8))
def test_an_exposition_may_come_in_any_pieces(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(EXPOSITION)]
    text = EXPOSITION.encode()
    assert read(*(text[a:b] for a, b in pairwise(bounds))) == read(text)


@pytest.mark.parametrize(
    ("exposition", "words"),
    [
        ("", {}),
        (TELEMETRY, {"feeds": "live 1; lost 2: pods, services"}),
        (TELEMETRY.replace('state="lost"', 'state="live"'), {"feeds": "live 3"}),
    ],
    ids=["nothing", "lost", "live"],
)
def test_feeds(exposition: str, words: dict[str, str]) -> None:
    assert {series.title: text for series, text in told(OF_EVERGAUGE, read(exposition.encode()))} == words


def test_what_is_not_exposed_is_not_told() -> None:
    only_nodes = EXPOSITION[EXPOSITION.index("# HELP kube_node_status_condition") :]
    assert [series.title for series, _ in told(OF_OBJECTS, read(only_nodes.encode()))] == ["nodes"]


def test_the_name_of_the_family_is_shown_where_there_is_room() -> None:
    look = Look(list(told(OF_EVERGAUGE, read(TELEMETRY.encode()))), 0.0)
    text = "  feeds                live 1; lost 2: pods, services"
    assert list(look.lines(80)) == [f"{text}{'evergauge_feed_state':>27}"]
    assert list(look.lines(60)) == [text]
    assert look.line() == "feeds: live 1; lost 2: pods, services"

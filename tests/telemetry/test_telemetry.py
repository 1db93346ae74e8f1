"""Self-metrics: names and labels as the field's dashboards and alerts know them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from evergauge.exposition.negotiate import Format
from evergauge.telemetry import Build, FeedAge, KindSize, StallMonitor, Telemetry
from support.foreign import parse_openmetrics, parse_text, samples


@dataclass(frozen=True)
class Source:
    """What a feed lists and watches."""

    resource: str
    namespace: str | None = None


PODS = Source("pods")
NODES = Source("nodes")
FOOS = Source("foos", "team")
NOW = 1_700_000_000.5


def telemetry() -> Telemetry:
    return Telemetry(Build("1.2.3", "abc", "main"), {"pods": "*v1.Pod", "nodes": "*v1.Node"}, clock=lambda: NOW)


def value(of: Telemetry, name: str, **labels: str) -> float | None:
    return of.registry.get_sample_value(name, labels)


def lists(of: Telemetry, result: str, resource: str = "*v1.Pod") -> float | None:
    return value(of, "kube_state_metrics_list_total", result=result, resource=resource)


def watches(of: Telemetry, result: str, resource: str = "*v1.Pod") -> float | None:
    return value(of, "kube_state_metrics_watch_total", result=result, resource=resource)


def feed_states(of: Telemetry, source: Source) -> dict[str, float]:
    """The states of a feed's state set that have a series, with their values."""
    return {
        dict(labels)["state"]: figure
        for (name, labels), figure in samples(parse_text(of.exposition(Format.TEXT).decode())).items()
        if name == "evergauge_feed_state" and ("resource", source.resource) in labels
    }


def test_lists_and_watches_are_there_from_the_start() -> None:
    of = telemetry()
    of.feeds.add(PODS)
    assert [lists(of, "success"), lists(of, "error"), watches(of, "success"), watches(of, "error")] == [0, 0, 0, 0]


# L: listed, W: watched; in capitals clean, in small letters with an error.
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("L", {"list": (1, 0), "watch": (0, 0), "renewals": 0}),
        ("l", {"list": (0, 1), "watch": (0, 0), "renewals": 0}),
        ("LW", {"list": (1, 0), "watch": (1, 0), "renewals": 0}),
        ("LWWWWW", {"list": (1, 0), "watch": (1, 0), "renewals": 4}),
        ("LWWwWW", {"list": (1, 0), "watch": (2, 1), "renewals": 2}),
        ("LWwww", {"list": (1, 0), "watch": (1, 3), "renewals": 0}),
        ("LWWLW", {"list": (2, 0), "watch": (2, 0), "renewals": 1}),
        ("LwlLW", {"list": (2, 1), "watch": (1, 1), "renewals": 0}),
    ],
)
def test_renewals_do_not_hide_errors_among_watches(events: str, expected: dict[str, object]) -> None:
    of = telemetry()
    for event in events:
        report = of.feeds.listed if event in "Ll" else of.feeds.watched
        report(PODS, OSError("gone") if event.islower() else None)
    renewals = value(of, "evergauge_watch_renewals_total", resource="pods", namespace="") or 0
    counted = {
        "list": (lists(of, "success") or 0, lists(of, "error") or 0),
        "watch": (watches(of, "success") or 0, watches(of, "error") or 0),
        "renewals": renewals,
    }
    assert counted == expected


def test_sources_are_counted_apart_and_unknown_types_are_unstructured() -> None:
    of = telemetry()
    of.feeds.watched(PODS)
    of.feeds.watched(NODES)
    of.feeds.watched(FOOS)
    assert watches(of, "success") == 1
    assert watches(of, "success", "*v1.Node") == 1
    assert watches(of, "success", "*unstructured.Unstructured") == 1


def test_states_are_a_set_and_changes_are_counted_once() -> None:
    of = telemetry()
    of.feeds.add(PODS)
    assert set(feed_states(of, PODS).values()) == {0}
    for state in ("syncing", "live", "live", "suspect", "live"):
        of.feeds.state(PODS, state, "because")
        states = feed_states(of, PODS)
        assert len(states) == 6
        assert {name for name, figure in states.items() if figure} == {state}
    changes = {
        state: value(of, "evergauge_feed_state_changes_total", resource="pods", namespace="", state=state)
        for state in ("syncing", "live", "suspect", "lost")
    }
    assert changes == {"syncing": 1, "live": 2, "suspect": 1, "lost": 0}


def test_relists_are_counted_by_reason_from_the_start() -> None:
    of = telemetry()
    of.feeds.add(FOOS)
    of.feeds.relisted(FOOS, "expired")
    of.feeds.relisted(FOOS, "expired")
    of.feeds.relisted(FOOS, "behind")
    relists = {
        reason: value(of, "evergauge_feed_relists_total", resource="foos", namespace="team", reason=reason)
        for reason in ("expired", "behind", "audit")
    }
    assert relists == {"expired": 2, "behind": 1, "audit": 0}


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([], (False, ["pods", "foos in namespace team"])),
        ([(PODS, "syncing")], (False, ["pods", "foos in namespace team"])),
        ([(PODS, "live")], (False, ["foos in namespace team"])),
        ([(PODS, "live"), (FOOS, "live")], (True, [])),
        ([(PODS, "live"), (FOOS, "forbidden")], (False, ["foos in namespace team (forbidden)"])),
        ([(PODS, "live"), (FOOS, "forbidden"), (FOOS, "live"), (FOOS, "watched"), (FOOS, "forbidden")], (True, [])),
        # Listed, and never watched.
        ([(PODS, "live"), (FOOS, "live"), (FOOS, "forbidden")], (False, ["foos in namespace team (forbidden)"])),
        ([(PODS, "absent"), (FOOS, "live")], (True, [])),
        ([(PODS, "lost"), (FOOS, "live")], (False, ["pods"])),
        ([(PODS, "live"), (FOOS, "live"), (PODS, "lost"), (FOOS, "syncing")], (True, [])),
    ],
)
def test_ready_when_every_feed_has_synced(states: list[tuple[Source, str]], verdict: tuple[bool, list[str]]) -> None:
    feeds = telemetry().feeds
    feeds.add(PODS)
    feeds.add(FOOS)
    for source, state in states:
        if state == "watched":
            feeds.watched(source)
        else:
            feeds.state(source, state, "")
    assert feeds.ready() == verdict


def test_not_ready_before_there_is_a_feed() -> None:
    assert telemetry().feeds.ready() == (False, [])


@pytest.mark.parametrize(
    ("states", "refused"),
    [
        ([], False),
        (["syncing"], False),
        (["live"], False),
        (["lost"], False),
        (["forbidden"], True),
        (["live", "absent"], True),
        (["forbidden", "live"], False),
    ],
)
def test_which_feeds_are_refused(states: list[str], refused: bool) -> None:  # noqa: FBT001 (a column)
    feeds = telemetry().feeds
    feeds.add(PODS)
    for state in states:
        feeds.state(PODS, state, "")
    assert feeds.refused(PODS) == refused


def test_a_next_generation_neither_unreadies_nor_takes_the_series_along() -> None:
    of = telemetry()
    of.feeds.add(PODS)
    of.feeds.state(PODS, "live", "")
    of.feeds.add(PODS)
    assert of.feeds.ready() == (True, [])
    of.feeds.drop(PODS)
    assert feed_states(of, PODS)["live"] == 1
    of.feeds.drop(PODS)
    assert feed_states(of, PODS) == {}
    of.feeds.add(PODS)
    assert of.feeds.ready() == (False, ["pods"])


def test_requests_to_the_api_server_and_its_connections() -> None:
    of = telemetry()
    open_now = 3
    of.api.connections_from(lambda: open_now)
    of.api.requested("pods", "watch", "200")
    of.api.requested("pods", "watch", "200")
    of.api.requested("pods", "list", "error")
    requests = "evergauge_api_requests_total"
    assert value(of, requests, resource="pods", verb="watch", code="200") == 2
    assert value(of, requests, resource="pods", verb="list", code="error") == 1
    assert value(of, "evergauge_api_connections") == 3
    open_now = 2
    assert value(of, "evergauge_api_connections") == 2


def test_delays_of_events_are_counted_in_chunks() -> None:
    of = telemetry()
    name = "evergauge_event_visible_delay_seconds"
    assert value(of, f"{name}_count") == 0
    for seconds, events in [(0.0001, 1), (0.001, 10), (0.02, 100), (7.0, 1000)]:
        of.feeds.visible(PODS, events, seconds)
    below = [value(of, f"{name}_bucket", le=le) for le in ("0.001", "0.0025", "0.01", "0.025", "2.5", "+Inf")]
    assert below == [11, 11, 11, 111, 111, 1111]
    assert value(of, f"{name}_count") == 1111
    assert value(of, f"{name}_sum") == pytest.approx(7002.0101)


def test_objects_and_sizes() -> None:
    of = telemetry()
    of.objects.failed("pods", "kube_pod_info")
    of.objects.failed("pods", "kube_pod_info")
    of.objects.failed("pods", "")
    of.objects.folded(3, 0.02)
    sizes = [KindSize("pods", objects=5, fragments=7, deflated_bytes=100, plain_bytes=2000)]
    of.objects.sizes_from(lambda: sizes)
    assert value(of, "evergauge_object_errors_total", resource="pods", family="kube_pod_info") == 2
    assert value(of, "evergauge_object_errors_total", resource="pods", family="") == 1
    assert value(of, "evergauge_folded_buckets_total") == 3
    assert value(of, "evergauge_fold_duration_seconds_sum") == 0.02
    assert value(of, "evergauge_objects", resource="pods") == 5
    assert value(of, "evergauge_fragments", resource="pods") == 7
    assert value(of, "evergauge_fragment_bytes", resource="pods", form="deflated") == 100
    assert value(of, "evergauge_fragment_bytes", resource="pods", form="plain") == 2000
    sizes.clear()
    assert value(of, "evergauge_objects", resource="pods") is None


def test_sharding_shows_one_ordinal() -> None:
    of = telemetry()
    of.settings.sharding(0, 1)
    of.settings.sharding(2, 4)
    assert value(of, "kube_state_metrics_shard_ordinal", shard_ordinal="0") is None
    assert value(of, "kube_state_metrics_shard_ordinal", shard_ordinal="2") == 2
    assert value(of, "kube_state_metrics_total_shards") == 4


def test_configuration_files() -> None:
    of = telemetry()
    labels = {"type": "config", "filename": "a.yaml"}
    of.settings.config_loaded("config", "a.yaml", b"")
    # The first six bytes of the MD5 of nothing, d41d8cd98f00, little-endian.
    assert value(of, "kube_state_metrics_config_hash", **labels) == 0x008FD98C1DD4
    assert value(of, "kube_state_metrics_last_config_reload_successful", **labels) == 1
    of.settings.config_failed("config", "a.yaml")
    assert value(of, "kube_state_metrics_last_config_reload_successful", **labels) == 0
    assert value(of, "kube_state_metrics_last_config_reload_success_timestamp_seconds", **labels) == NOW


def test_object_limit() -> None:
    of = telemetry()
    of.settings.list_limited("pods", 10, 25)
    assert value(of, "kube_state_metrics_list_objects", resource="*v1.Pod") == 10
    assert value(of, "kube_state_metrics_list_objects_limit", resource="*v1.Pod") == 25


def test_foreign_parsers_read_both_formats_alike() -> None:
    of = telemetry()
    of.feeds.add(PODS)
    of.feeds.state(PODS, "live", "")
    of.scrapes.handled("GET", 0.1)
    of.scrapes.served("gzip", "complete", 10)
    of.loop.lagged(0.001)
    of.objects.sizes_from(lambda: [KindSize("pods", 1, 2, 3, 4)])
    text = samples(parse_text(of.exposition(Format.TEXT).decode()))
    openmetrics = samples(parse_openmetrics(of.exposition(Format.OPENMETRICS).decode()))
    assert text.keys() == openmetrics.keys()
    assert not any(name.endswith("_created") for name, _ in text)
    build = next(dict(labels) for name, labels in text if name == "kube_state_metrics_build_info")
    assert (build["version"], build["revision"], build["branch"]) == ("1.2.3", "abc", "main")
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"} <= {
        n for n, _ in text
    }


async def test_stalls_are_measured() -> None:
    """Virtual time: each sleep takes as long as the list says."""
    now = 100.0
    sleeps = iter([0.02, 0.05, 0.52, 0.021])

    async def sleep(seconds: float) -> None:
        nonlocal now
        assert seconds == 0.02
        took = next(sleeps, None)
        if took is None:
            raise asyncio.CancelledError
        now += took

    of = telemetry()
    with pytest.raises(asyncio.CancelledError):
        await StallMonitor(of.loop, tick=0.02, clock=lambda: now, sleep=sleep).run()
    assert of.loop.longest == pytest.approx(0.5)
    assert value(of, "evergauge_event_loop_longest_stall_seconds") == pytest.approx(0.5)
    assert value(of, "evergauge_event_loop_lag_seconds_count") == 4
    assert value(of, "evergauge_event_loop_lag_seconds_bucket", le="0.05") == 3


def test_ages_of_feeds_are_asked_for_at_each_scrape() -> None:
    of = telemetry()
    ages = [FeedAge("pods", "", proven=12.5, event=3.0), FeedAge("nodes", "", proven=None, event=None)]
    of.freshness.ages_from(lambda: ages, configured=30.0, in_force=lambda: 45.5)
    assert value(of, "evergauge_freshness_bound_configured_seconds") == 30
    assert value(of, "evergauge_freshness_bound_seconds") == 45.5
    assert value(of, "evergauge_feed_freshness_seconds", resource="pods", namespace="") == 12.5
    assert value(of, "evergauge_feed_last_event_age_seconds", resource="pods", namespace="") == 3
    ages[1] = FeedAge("nodes", "a", proven=1.0, event=None)
    assert value(of, "evergauge_feed_freshness_seconds", resource="nodes", namespace="a") == 1
    text = of.exposition(Format.TEXT).decode()
    assert 'evergauge_feed_last_event_age_seconds{namespace="a"' not in text


def test_audits_are_there_from_the_start_and_the_last_completed_one_has_a_time() -> None:
    of = telemetry()
    for result in ("clean", "drift", "failed"):
        assert value(of, "evergauge_audits_total", resource="pods", result=result) == 0
    of.audits.audited("pods", "failed")
    assert value(of, "evergauge_audit_last_success_timestamp_seconds", resource="pods") is None
    of.audits.audited("pods", "drift")
    of.audits.drifted("pods", "missing", 3)
    assert value(of, "evergauge_audit_last_success_timestamp_seconds", resource="pods") == NOW
    assert value(of, "evergauge_audit_drift_objects_total", resource="pods", drift="missing") == 3
    assert value(of, "evergauge_audit_drift_objects_total", resource="pods", drift="extra") == 0

"""What churn is measured with: histograms, windows, probes, verdicts."""

from __future__ import annotations

import gzip
import socket
from contextlib import closing
from math import inf
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from yardstick.churn import Churned, lines_of
from yardstick.command import shown_command
from yardstick.histograms import Histogram, read_histogram
from yardstick.probe import FAMILY, Probe, first_family
from yardstick.relay import Relay
from yardstick.simulator import simulated
from yardstick.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = """
# HELP x_seconds Some.
x_seconds_bucket{le="0.1"} 2.0
x_seconds_bucket{le="1.0"} 6.0
x_seconds_bucket{le="+Inf"} 7.0
x_seconds_sum 9.5
y_seconds_sum 1.0
"""
QUIET = Histogram((0.1, 1.0, inf), (50, 0, 0), 0.1)


class TestHistograms:
    def test_it_is_read_and_what_came_since_is_told(self) -> None:
        found = read_histogram(TEXT, "x_seconds")
        assert found == Histogram([0.1, 1.0, inf], [2.0, 4.0, 1.0], 9.5)
        since = found.since(Histogram(found.bounds, (1.0, 4.0, 0.0), 9.0))
        assert since == Histogram([0.1, 1.0, inf], [1.0, 0.0, 1.0], 0.5)

    @pytest.mark.parametrize(
        ("counts", "share", "value"),
        [
            ((10, 0, 0), 0.5, 0.05),
            ((50, 50, 0), 0.75, 0.55),
            ((0, 10, 0), 1.0, 1.0),
            ((1, 0, 1), 0.99, 1.0),
            ((0, 0, 0), 0.99, 1.0),
        ],
    )
    def test_quantiles_as_prometheus_has_them(self, counts: Sequence[float], share: float, value: float) -> None:
        assert Histogram((0.1, 1.0, inf), counts, 0.0).quantile(share) == pytest.approx(value)

    def test_how_many_are_above_a_bound(self) -> None:
        histogram = Histogram((0.1, 1.0, inf), (5, 3, 2), 0.0)
        assert [histogram.above(bound) for bound in (0.1, 1.0, inf)] == [5, 2, 0]


class TestProbes:
    def test_no_more_is_inflated_than_the_first_family(self) -> None:
        family = FAMILY + b'pod="a"} 1\nkube_pod_completion_time{pod="b"} 2'
        text = b"# HELP a\n# TYPE a gauge" + family + b"\n# HELP next" + b"\nnext{} 12345678" * 1_000_000
        found = first_family(gzip.compress(text))
        assert family in found
        assert len(found) < len(text) / 4

    def test_what_the_load_has_written_over_is_told(self) -> None:
        with simulated(20, "--status-updates=0", "--create-delete=0") as simulator:
            probe, another = Probe(simulator.api), Probe(simulator.api)
            probe.write()
            assert probe.stands()
            another.write()
            another.write()
            assert (another.name, probe.stands()) == (probe.name, False)

    def test_a_scrape_without_it_is_inflated_to_its_end(self) -> None:
        assert first_family(gzip.compress(b"# nothing\n")) == b"# nothing\n"


class TestVerdicts:
    @pytest.mark.parametrize(
        ("window", "delays", "lags", "missed"),
        [
            (Window(60, 48, [0.1] * 12, [100.0] * 60, [(1.0, True)]), QUIET, QUIET, []),
            (Window(60, 49, [0.1] * 12, [100.0] * 60, []), QUIET, QUIET, ["CPU, of a core"]),
            (Window(60, 1, [2.5] * 12, [100.0] * 60, []), QUIET, QUIET, ["gzip scrape, p99"]),
            (Window(60, 1, [0.1], [90.0] * 12 + [100.0] * 36 + [106.0] * 12, []), QUIET, QUIET, ["memory, the second fifth to the last"]),
            (Window(60, 1, [0.1], [90.0] * 12 + [100.0] * 36 + [104.0] * 12, []), QUIET, QUIET, []),
            (Window(60, 1, [0.1], [], [(1.0, True), (1.0, False)]), QUIET, QUIET, ["acknowledged 1 s before a scrape"]),
            (Window(60, 1, [0.1], [], [(0.1, False)]), QUIET, QUIET, []),
            (Window(60, 1, [0.1], [], []), QUIET, Histogram(QUIET.bounds, (9, 1, 0), 1.0), ["event-loop stalls over 100 ms"]),
            (Window(60, 1, [0.1], [], []), Histogram((1.0, 2.5, inf), (9, 1, 0), 1.0), QUIET, ["event to visible, p99 (self-metric)"]),
        ],
    )  # fmt: skip
    def test_what_must_hold(self, window: Window, delays: Histogram, lags: Histogram, missed: Sequence[str]) -> None:
        lines = lines_of(Churned(window, 60_000, delays, lags))
        assert [line.what for line in lines if line.met is False] == missed

    def test_the_share_of_a_core_and_percentiles(self) -> None:
        window = Window(10, 5, [0.1, 0.2, 0.3], [])
        assert (window.cores, window.scrape(50)) == (0.5, 0.2)
        assert window.scrape(99) == pytest.approx(0.298)


@pytest.mark.parametrize(
    ("arguments", "peer", "shown"),
    [
        (["churn", "--pods=5", "--keep=churn"], "", "bench/run.py churn --pods=5"),
        (["churn", "--output", "/a/b", "--keep", "churn", "--pods=5"], "", "bench/run.py churn --pods=5"),
        (["compare", "--output=/a/b", "--peer=/a/ksm -v=2"], "/a/ksm -v=2", "bench/run.py compare '--peer=ksm -v=2'"),
    ],
)
def test_a_command_is_told_without_places_of_this_machine(arguments: Sequence[str], peer: str, shown: str) -> None:
    assert shown_command(arguments, peer) == shown


def test_a_relay_counts_what_comes_back() -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"x" * 100_000)

    with socket.create_server(("127.0.0.1", 0)) as listener, closing(Relay(listener.getsockname())) as relay:
        server = Thread(target=answer, args=(listener,))
        server.start()
        with socket.create_connection(("127.0.0.1", relay.port), 10) as client:
            client.sendall(b"question")
            received = 0
            while piece := client.recv(1 << 16):
                received += len(piece)
        server.join()
        assert (received, relay.received) == (100_000, 100_000)

"""What the bench measures with: its client, its pods, its tables."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from support.bulk_pods import pod
from support.web import FakeExposer, main_port, serving
from yardstick import report
from yardstick.client import Client, unframed
from yardstick.errors import BenchError
from yardstick.figures import Figures, middle
from yardstick.living import Asked, Round, Stalls
from yardstick.pods import FIRST_RESTART, Loaded, Population, restarts_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = Figures(3.0, 0.6, 40.0, 110.0, 0.1, 0.15, 184e6, 0.01, 0.01, 25e6)
PEER = Figures(4.0, 3.0, 800.0, 850.0, 0.6, 0.6, 184e6, 2.5, 2.4, 29e6)


class TestClient:
    async def test_a_whole_answer(self) -> None:
        exposer = FakeExposer(copies=100_000)
        async with serving(main_port(exposer, gzip=True)) as server:
            client = Client(urlsplit(server.url).port or 0)
            for _ in range(2):
                answer = await asyncio.to_thread(client.get, "/metrics?resources=pods")
                assert (answer.status, answer.body) == (200, b"".join(exposer.pieces("pods")))
                assert answer.seconds > 0
            compressed = await asyncio.to_thread(client.get, "/metrics?resources=pods", gzip=True)
            assert compressed.body.startswith(b"\x1f\x8b")

    @pytest.mark.parametrize(
        ("family", "copies", "count"), [("kube_pods", 5, 5), ("kube_pods", 3000, 3000), ("x", 5, 0)]
    )
    async def test_the_samples_of_an_early_family(self, family: str, copies: int, count: int) -> None:
        async with serving(main_port(FakeExposer(copies=copies))) as server:
            client = Client(urlsplit(server.url).port or 0)
            assert await asyncio.to_thread(client.first_lines, family) == count

    @pytest.mark.parametrize(
        ("framed", "data"),
        [
            (b"0\r\n\r\n", b""),
            (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
            (b"a\r\n0123456789\r\n2\r\n\r\n\r\n0\r\n\r\n", b"0123456789\r\n"),
        ],
    )
    def test_chunks(self, framed: bytes, data: bytes) -> None:
        assert unframed(framed) == data

    def test_chunks_that_break_off(self) -> None:
        with pytest.raises(BenchError, match="broke off"):
            unframed(b"3\r\nabc\r\n")


class TestPods:
    def test_what_is_loaded_is_counted(self) -> None:
        loaded = Loaded()
        made = list(loaded.count(pod(number) for number in range(500)))
        ended = [each for each in made if each["status"]["phase"] in ("Succeeded", "Failed")]
        assert (loaded.pods, loaded.ended) == (500, len(ended))
        assert loaded.ended > 5

    def test_a_shard_owns_some_of_them(self) -> None:
        loaded = Loaded(["a", "b", "c"], ["b"])
        assert loaded.share(lambda uid: uid < "c") == Loaded(["a", "b"], ["b"])
        with pytest.raises(BenchError, match="none of 2 pods has ended"):
            loaded.share(lambda uid: uid != "b")

    def test_those_that_come_are_new_and_those_that_go_were_there(self) -> None:
        population = Population(100, Random(1))
        there = {pod(number)["metadata"]["uid"] for number in range(100)}
        for _ in range(5):
            created, gone = ({each["metadata"]["uid"] for each in group} for group in population.replaced(30))
            assert (len(created), len(gone), created & there, gone - there) == (30, 30, set(), set())
            there = there - gone | created
        assert len(population) == len(there) == 100

    def test_a_restart_is_recognised(self) -> None:
        restarted = Population(100, Random(1)).restarted(40, 7)
        statuses = [s for each in restarted for s in each["status"]["containerStatuses"] if s["name"] == "app"]
        assert len({each["metadata"]["uid"] for each in restarted}) == 40
        assert [status["restartCount"] for status in statuses] == [FIRST_RESTART + 7] * 40
        assert len({status["containerID"] for status in statuses}) == 40
        text = (
            b'a{container="app"} 1007\na{container="app"} 10071\na{container="proxy"} 1007\na{container="app"} 1007\n'
        )
        assert restarts_shown(text, 7) == 2

    def test_too_few_pods_to_restart(self) -> None:
        with pytest.raises(BenchError, match="of 10 pods only"):
            Population(10, Random(1)).restarted(11, 1)


class TestReport:
    def test_medians(self) -> None:
        turns = [Figures(*[float(n)] * 10) for n in (5, 1, 3)]
        assert middle(turns) == Figures(*[3.0] * 10)

    def test_a_table_with_ratios_and_targets(self) -> None:
        lines = [line.split("  ") for line in report.compared(OWN, PEER)]
        shown = [[part.strip() for part in line if part.strip()] for line in lines]
        assert shown[:4] == [
            ["evergauge", "peer", "ratio", "target"],
            ["until all pods are served", "3.00 s", "4.00 s", "0.750", "<= 0.4", "MISSED"],
            ["CPU until then", "0.600 s", "3.00 s", "0.200", "<= 0.25", "met"],
            ["memory after the scrapes", "40.0 MiB", "800 MiB", "0.050", "<= 0.1", "beyond"],
        ]
        assert shown[-1] == ["gzip scrape, size", "25.0 MB", "29.0 MB", "0.862", "<= 1.1", "beyond"]

    def test_without_a_peer_there_are_figures_only(self) -> None:
        assert [line.split("  ")[-1].strip() for line in report.compared(OWN, None)][:3] == [
            "evergauge",
            "3.00 s",
            "0.600 s",
        ]

    @pytest.mark.parametrize(
        ("longest", "stall", "resident", "fragments", "verdicts"),
        [
            (0.25, 0.1, (50, 100, 109, 91), (10, 100, 101, 90), "met met met met"),
            (0.26, 0.1, (50, 100, 100), (10, 100, 100), "MISSED met met met"),
            (float("inf"), 0.101, (50, 100, 100), (10, 100, 100), "MISSED MISSED met met"),
            (0, 0, (50, 100, 111), (10, 100, 100), "met met MISSED met"),
            (0, 0, (50, 100, 89), (10, 100, 100), "met met MISSED met"),
            (0, 0, (50, 100, 100), (10, 100, 102, 100), "met met met MISSED"),
        ],
    )
    def test_what_must_hold_for_evergauge_alone(
        self, longest: float, stall: float, resident: Sequence[float], fragments: Sequence[int], verdicts: str
    ) -> None:
        # The first round doesn't count: the second one's end is the measure.
        last = fragments[-1]
        rounds = [Round(mib, kept) for mib, kept in zip(resident, [*fragments, last, last], strict=False)]
        lines = list(report.alone({"main /livez": Asked(5, longest)}, Stalls(stall, 9.0), rounds))
        assert lines.pop(2).met is None
        assert ["met" if line.met else "MISSED" for line in lines] == verdicts.split()
        assert all(text.endswith(verdict) for text, verdict in zip(report.shown(lines), verdicts.split(), strict=True))

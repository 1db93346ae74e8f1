"""The bench itself, with few pods: it measures all that it should, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.controlplane import controlplane_or_fail

RUN = str(Path(__file__).resolve().parents[2] / "bench" / "run.py")
PODS = 200
SMALL = f"--pods={PODS} --turns=1 --scrapes=2 --rounds=3 --updates=40 --churn=20".split()

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Not run where there is no control plane."""
    with controlplane_or_fail():
        pass


def test_a_small_run_measures_everything_and_compares(tmp_path: Path) -> None:
    output = tmp_path / "folder" / "results.json"
    command = [sys.executable, RUN, *SMALL, f"--peer={sys.executable} -m evergauge -v=2", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(output.read_text(encoding="utf-8"))
    figures = results["medians"]["evergauge"]
    # Two scrapes of 200 pods may be too little for the clock by which the kernel counts CPU.
    assert [name for name, value in figures.items() if value <= 0 and name not in ("plain_cpu", "gzip_cpu")] == []
    assert results["medians"]["peer"]["plain_bytes"] == figures["plain_bytes"]
    assert results["pods"] == PODS
    assert [each["fragments"] > 0 for each in results["rounds"]] == [True] * 3
    assert len(results["asked"]) == 6
    assert all(asked["count"] > 0 for asked in results["asked"].values())
    assert all(line["what"] in done.stdout for line in results["lines"])
    assert len(started(done.stderr)) == 4
    assert left(done.stderr) == []


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_stops_what_it_started(tmp_path: Path, with_signal: signal.Signals) -> None:
    command = [sys.executable, RUN, *SMALL, f"--output={tmp_path}/results.json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as bench:
        assert bench.stderr
        said = ""
        for line in bench.stderr:
            said += line
            if "evergauge started" in line:
                assert left(said) == started(said)
                bench.send_signal(with_signal)
                break
        said += bench.stderr.read()
    assert bench.returncode == 130
    assert "interrupted" in said
    assert left(said) == []


def test_a_peer_that_ends_is_named_with_what_it_said(tmp_path: Path) -> None:
    command = [
        sys.executable,
        RUN,
        *SMALL,
        "--peer=/bin/sh -c 'echo no such flag >&2; exit 3'",
        f"--output={tmp_path}/r",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "bench: peer ended with 3: no such flag"


def test_a_small_churn_on_the_simulator(tmp_path: Path) -> None:
    output = tmp_path / "churn.json"
    command = [sys.executable, RUN, "churn", "--pods=200", "--updates=100", "--seconds=15", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(output.read_text(encoding="utf-8"))
    assert (results["command"], len(results["evergauge"]["scrapes"])) == (
        shlex.join(command[1:-1]).replace(RUN, "bench/run.py"),
        3,
    )
    assert results["events"] > 500
    assert [shown for lead, shown in results["evergauge"]["probes"] if lead == 1.0] == [True]
    assert all(line["what"] in done.stdout for line in results["lines"])
    assert (len(started(done.stderr)), left(done.stderr)) == (2, [])


def test_one_shard_of_four_receives_its_share(tmp_path: Path) -> None:
    output = tmp_path / "shards.json"
    command = [sys.executable, RUN, "shards", "--pods=800", "--totals=4", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    costs = json.loads(output.read_text(encoding="utf-8"))["costs"]
    received = {label: cost["received"] / costs["slots, unsharded"]["received"] for label, cost in costs.items()}
    assert 0.15 < received["slots, 1 of 4"] < 0.4
    assert 0.9 < received["jump, 1 of 4"] < 1.1
    assert left(done.stderr) == []


def test_the_shards_of_a_simulated_cluster_have_all_of_it(tmp_path: Path) -> None:
    output = tmp_path / "million.json"
    command = [sys.executable, RUN, "million", "--pods=900", "--shards=3", "--whole", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    results = json.loads(output.read_text(encoding="utf-8"))
    assert sum(shard["pods"] for shard in results["shards"]) == results["simulated"] >= 900
    assert results["whole"]["pods"] == results["simulated"]
    # Of so few pods a start takes as much as they do: no share is asked for here.
    assert [line["met"] for line in results["lines"][:2]] == [True, True]
    assert (len(started(done.stderr)), left(done.stderr)) == (5, [])


def test_memory_is_looked_at_in_relists_and_a_handover(tmp_path: Path) -> None:
    output = tmp_path / "peaks.json"
    command = [sys.executable, RUN, "peaks", "--pods=300", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    peaks = json.loads(output.read_text(encoding="utf-8"))["peaks"]
    assert [peak["what"].split(",")[0] for peak in peaks] == ["a relist", "a relist", "a handover"]
    assert all(peak["most"] >= max(peak["after"] - 1, 20) for peak in peaks)
    assert left(done.stderr) == []


def test_a_fleet_of_few_pods_grows_and_shrinks(tmp_path: Path) -> None:
    output = tmp_path / "faults.json"
    command = [sys.executable, RUN, "faults", "--pods=300", "--config-maps=100", "--only=pods", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text(encoding="utf-8"))["found"]["evergauge"]
    assert {name: outcome["missing"] for name, outcome in found.items()} == {"pods up by one": 0, "pods up by two": 0}
    assert left(done.stderr) == []


def started(said: str) -> list[str]:
    """What a run says it started: its control plane by its folder, which goes with it, and processes by their place in /proc."""
    folders = re.findall(r"control plane started in (\S+)", said)
    return folders + [f"/proc/{number}" for number in re.findall(r"started \(process (\d+)\)", said)]


def left(said: str) -> list[str]:
    """What of it is still there."""
    return [each for each in started(said) if Path(each).exists()]

"""What other programs read: promtool finds nothing to say, curl and gzip read compressed responses as the plain text."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from prometheus.once import nothing_stands_twice
from support.demo import demo
from support.tools import require

if TYPE_CHECKING:
    from pathlib import Path

ACCEPTED: tuple[str, ...] = ()
"""What promtool may say of a name. Nothing: names and types are kube-state-metrics' own, and it says nothing of those either."""
OPENMETRICS = "Accept: application/openmetrics-text; version=1.0.0"
TEXT = "Accept: text/plain; version=0.0.4"


async def output(program: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of a program."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(program, *arguments, stdin=pipe, stdout=pipe, stderr=pipe)
    out, err = await process.communicate(stdin)
    return process.returncode or 0, out, err.decode()


async def curl(*arguments: str) -> bytes:
    """The body that curl gets."""
    code, out, err = await output(require("curl"), "--silent", "--show-error", "--fail", *arguments)
    assert code == 0, err
    return out


async def linted(exposition: bytes) -> tuple[str, ...]:
    """What promtool says. Its exit code is 3 where it says something about names, and 1 where it can't read the text."""
    code, out, err = await output(require("promtool"), "check", "metrics", stdin=exposition)
    said = tuple(err.splitlines())
    assert (code, out) == (3 if said else 0, b""), err
    return said


@pytest.mark.prometheus
async def test_promtool_has_nothing_to_say_of_any_family() -> None:
    # Of a family without samples it says nothing at all, so each has one here.
    headers = [header for kind in KINDS for header in CompiledKind(kind).headers(openmetrics=False)]
    exposition = "".join(f"{header}{header.split()[2]} 1\n" for header in headers)
    assert len(headers) >= 149
    assert await linted(exposition.encode()) == ACCEPTED


@pytest.mark.prometheus
async def test_promtool_complains_where_there_is_reason_to() -> None:
    assert await linted(b"# TYPE things counter\nthings 1\n") == (
        'things counter metrics should have "_total" suffix',
        "things no help text",
    )


@pytest.mark.prometheus
async def test_what_is_served_is_read_alike_by_all_clients() -> None:
    allowlists = ("--metric-labels-allowlist=*=[*]", "--metric-annotations-allowlist=*=[*]", "--metric-opt-in-list=.")
    # A cluster that stands still, so that one response equals the other.
    async with demo("--pods=40", "--churn=0", "--enable-gzip-encoding", *allowlists) as running:
        await running.until_ready()
        own = f"{running.telemetry}/metrics"
        for form in (TEXT, OPENMETRICS):
            plain = await curl("--header", form, running.metrics)
            zipped = await curl("--header", form, "--header", "Accept-Encoding: gzip", running.metrics)
            assert len(zipped) < len(plain) / 3
            assert await curl("--header", form, "--compressed", running.metrics) == plain
            assert gzip.decompress(zipped) == plain
            assert await output(require("gzip"), "--decompress", "--stdout", stdin=zipped) == (0, plain, "")
            for exposition in (plain, await curl("--header", form, own)):
                nothing_stands_twice(exposition.decode(), openmetrics=form == OPENMETRICS)
        for url in (running.metrics, own):
            assert await linted(await curl("--header", TEXT, url)) == ACCEPTED
        assert await running.stop() == (0, "")

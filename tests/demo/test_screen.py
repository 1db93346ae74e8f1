"""What is written to a terminal, and what elsewhere."""

from __future__ import annotations

import asyncio
import io

import msgspec
import pytest

from evergauge.app import Endpoints
from evergauge.demo.cluster import Where
from evergauge.demo.options import DemoOptions
from evergauge.demo.screen import Screen, meanwhile
from evergauge.demo.words import TROUBLES, announcement, starting
from evergauge.sim import Fault
from support.virtual_time import in_virtual_time, now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def screen(out: io.StringIO) -> Screen:
    return Screen(out, width=lambda: 20)


def written(out: io.StringIO) -> str:
    """What was written since the last time, the control sequences readable."""
    text = (
        out.getvalue()
        .replace("\x1b[K", "<rest>")
        .replace("\x1b[J", "<erase>")
        .replace("\x1b[", "<up ")
        .replace("F<", ">")
    )
    out.seek(0)
    out.truncate()
    return text.replace(">erase>", "><erase>")


def test_a_terminal_is_drawn_anew_below_what_stays() -> None:
    out = Terminal()
    shown = screen(out)
    shown.say("stays")
    assert written(out) == "stays\n"
    shown.draw("one", "two")
    assert written(out) == "one\ntwo\n"
    shown.draw("a line that is longer")
    assert written(out) == "<up 2><erase>a line that is long\n"
    shown.write("logged\n")
    assert written(out) == "<up 1><erase>logged\na line that is long\n"
    shown.settle()
    shown.say("the end")
    assert written(out) == "\r<rest>the end\n"


@pytest.mark.parametrize(("out", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")], ids=["file", "dumb"])
def test_elsewhere_nothing_is_drawn(out: io.StringIO, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    shown = screen(out)
    shown.draw("one")
    shown.say("a line that is longer")
    assert (shown.isatty(), written(out)) == (False, "a line that is longer\n")


@in_virtual_time
async def test_what_takes_long_is_said_elsewhere_in_ever_fewer_lines() -> None:
    out = io.StringIO()
    assert await meanwhile(screen(out), asyncio.sleep(10, "done"), lambda: "Working", clock=now) == "done"
    assert written(out) == "Working … 1 s\nWorking … 3 s\nWorking … 7 s\n"


@in_virtual_time
async def test_what_takes_long_is_drawn_on_a_terminal_each_second_and_goes() -> None:
    out = Terminal()
    await meanwhile(screen(out), asyncio.sleep(2.5), lambda: "Working", clock=now)
    assert written(out) == "Working … 1 s\n<up 1><erase>Working … 2 s\n<up 1><erase>"


@in_virtual_time
async def test_what_takes_no_time_is_not_said() -> None:
    out = Terminal()
    await meanwhile(screen(out), asyncio.sleep(0.9), lambda: "Working", clock=now)
    assert written(out) == ""


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (DemoOptions(), "A simulated cluster of 1,000 pods, about 20 writes a second (seed 1)."),
        (DemoOptions(pods=5, churn=0, seed=3), "A simulated cluster of 5 pods, standing still (seed 3)."),
    ],
)
def test_what_is_begun_is_said(own: DemoOptions, words: str) -> None:
    assert starting(own) == words


def test_all_urls_and_commands_are_said() -> None:
    text = "\n".join(announcement(Where("http://api", "http://orders"), Endpoints("http://main", "http://own")))
    for url in (
        "http://main/metrics",
        "http://own/metrics",
        "http://own/readyz",
        "http://api",
        "http://orders/sim/faults",
    ):
        assert url in text
    for _, path, order in TROUBLES:
        assert f"curl -d '{order}' http://orders{path}" in text


@pytest.mark.parametrize(("words", "path", "order"), TROUBLES)
def test_the_troubles_are_orders_that_the_simulator_knows(words: str, path: str, order: str) -> None:
    fault = msgspec.json.decode(order, type=Fault)
    assert f"for {fault.seconds:.0f} s" in words
    assert path == "/sim/faults"

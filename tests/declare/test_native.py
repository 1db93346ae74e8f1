"""The native part renders what Python renders, and raises what Python raises."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evergauge.declare import Allowlists, CompiledKind
from evergauge.declare.decode import ObjectDecoder
from evergauge.declare.native import native_render
from evergauge.kinds import KINDS
from kinds.cases import all_cases
from kinds.test_mutations import ODD, mutated
from support.native import native_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evergauge.declare import Model

COMPILED = {kind.kind: CompiledKind(kind, allowlists=Allowlists(("*",), ("*",))) for kind in KINDS}
BY_PYTHON = {kind.kind: CompiledKind(kind, allowlists=Allowlists(("*",), ("*",))) for kind in KINDS}
for each in BY_PYTHON.values():
    each.__dict__["_lines_of"] = each._encoded
DECODERS: dict[str, ObjectDecoder[Any]] = {kind.kind: ObjectDecoder(kind.model) for kind in KINDS}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    native_part()


def outcome(render: Callable[[Model], Sequence[bytes]], obj: Model) -> object:
    """What a render function returns, or the type of what it raises: the text is Python's, which renders family by family then."""
    try:
        return list(render(obj))
    except Exception as error:  # noqa: BLE001 (whatever it is, both must raise it)
        return type(error)


def both(kind: str, raw: bytes) -> tuple[object, object]:
    """What the native part makes of an object, and what Python makes of it."""
    compiled, obj = COMPILED[kind], DECODERS[kind].decode(raw).object
    assert obj is not None
    native = native_render(compiled.source, compiled._names)
    assert native
    return outcome(native, obj), outcome(compiled._encoded, obj)


def test_every_kind_has_a_native_form() -> None:
    for compiled in COMPILED.values():
        assert not isinstance(compiled._lines_of, type(compiled._encoded)), compiled.kind.resource


def test_of_every_recorded_object_the_same_lines() -> None:
    for case in all_cases():
        native, python = both(case.flags.kind, json.dumps(case.object).encode())
        assert native == python, case.object
        assert isinstance(native, list)


@given(st.data())
def test_of_anything_a_server_may_send_the_same_lines_or_the_same_error(data: st.DataObject) -> None:
    kind, raw = mutated(data, (*ODD, "ü€𝄞", "\ud800"))
    native, python = COMPILED[kind].render(raw), BY_PYTHON[kind].render(raw)
    assert (list(native.parts), native.faults) == (list(python.parts), python.faults)
    if DECODERS[kind].decode(raw).object is not None:
        found, expected = both(kind, raw)
        # Of several faults the native part meets a text that is no Unicode where it writes it, Python at the end.
        both_fail = isinstance(found, type) and isinstance(expected, type)
        assert found == expected or (both_fail and UnicodeEncodeError in (found, expected))


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_texts_of_all_characters_are_escaped_alike(texts: list[str]) -> None:
    pod = {"metadata": {"name": texts[0]}, "spec": {"tolerations": [{"key": text} for text in texts]}}
    native, python = both("Pod", json.dumps(pod).encode())
    assert native == python


@given(
    st.integers(915_148_800, 2_051_222_400).map(
        lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    )
    | st.from_regex(r"20[0-3][0-9]-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9][Z0+]", fullmatch=True)
)
@example("2001-09-09T01:46:40Z")
@example("2023-11-14T22:13:20Z")
@example("2024-02-29T23:59:59Z")
@example("2023-02-29T00:00:00Z")
@example("2026-08-31T00:00:00Z")
@example("2026-04-31T00:00:00Z")
@example("2026-11-30T12:00:00Z")
def test_times(text: str) -> None:
    native, python = both(
        "Pod", json.dumps({"metadata": {"creationTimestamp": text}, "status": {"startTime": text}}).encode()
    )
    assert native == python


def test_source_that_it_has_no_nodes_for_is_left_to_python() -> None:
    assert native_render("def render(object):\n    while object:\n        pass\n    return ()\n", {}) is None
    assert native_render("def render(object):\n    f0 = ''\n    f0 = object + 1\n    return (f0,)\n", {}) is None


def test_rows_may_render_another_object_in_between() -> None:
    """As two threads may do to each other in the Python functions that both call."""
    renders: list[Callable[[Any], Sequence[bytes]]] = []
    inner: list[list[bytes]] = []

    def rows(depth: int) -> tuple[int, ...]:
        if depth:
            inner.append(list(renders[0](depth - 1)))
        return (depth, depth)

    source = "def render(object):\n    f0 = \"\"\n    v0 = rows(object)\n    for r in v0:\n        v1 = str(r)\n        f0 += f'{v1}\\n'\n    return (f0,)\n"
    render = native_render(source, {"rows": rows})
    assert render
    renders.append(render)
    assert list(render(2)) == [b"2\n2\n"]
    assert inner == [[b"0\n0\n"], [b"1\n1\n"]]
    threads = [threading.Thread(target=lambda: inner.append(list(render(1)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inner.count([b"1\n1\n"]) == 5


def test_without_it_everything_is_the_same() -> None:
    case = next(case for case in all_cases() if case.flags.kind == "Pod")
    program = (
        "import sys; sys.modules['evergauge.native.nodes'] = None\n"
        "from evergauge.cli import main; sys.exit(main(['render', '-']))"
    )
    manifest = json.dumps(case.manifest()).encode()
    texts = [
        subprocess.run([sys.executable, *command], input=manifest, capture_output=True, check=True).stdout
        for command in (["-c", program], ["-m", "evergauge", "render", "-"])
    ]
    assert texts[0] == texts[1] != b""

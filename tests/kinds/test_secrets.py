"""Nothing of a Secret's values is decoded, kept, logged or shown, whatever a server sends in their place."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import structlog
import yaml

from evergauge.cli import main
from evergauge.declare import Allowlists, CompiledKind
from evergauge.errors import ApiError
from evergauge.kinds.secrets import KIND, LAST_APPLIED, Secret
from evergauge.kube.items import read_event, read_item, read_page
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import Generation
from kube.answering import ENOUGH, client_of, sending, talking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "h6nter2"
EVERYTHING = Allowlists(("*",), ("*",))
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "db",
        "namespace": "prod",
        "uid": "4f0d9a4e-4c5c-4b8e-9d43-1f2f5d9f0c11",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2020-01-01T00:00:00Z",
        "deletionTimestamp": "2020-01-01T00:00:00Z",
        "labels": {"app": "db"},
        "annotations": {LAST_APPLIED: f'{{"stringData": {{"password": "{MARK}"}}}}', "note": "kept"},
        "ownerReferences": [{"kind": "Database", "name": "db", "controller": True}],
    },
    "type": "Opaque",
    "immutable": False,
    "data": {"password": MARK},
    "stringData": {"password": MARK},
}
ODD = (MARK, f'{MARK}"\\\n', [MARK], [[MARK]], [{MARK: MARK}], {MARK: MARK}, {"name": [MARK], "kind": {MARK: 5}})
SHOWN = {"name", "namespace", "uid", "app", "note", "type", "kind", "labels", "annotations"}
"""Fields whose texts, or whose texts' keys, are there to be shown."""


def places(tree: object, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in items:
        yield (*way, step)
        yield from places(value, (*way, step))


def changed(way: tuple[str | int, ...], odd: object) -> dict[str, Any]:
    tree: Any = copy.deepcopy(SECRET)
    place = tree
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = odd
    return tree  # type: ignore[no-any-return] # a copy of SECRET


def wrong() -> Iterator[bytes]:
    """The Secret with one field of a wrong type after another, with all of them, and cut off anywhere."""
    for way in places(SECRET):
        for odd in ODD:
            if not (way[-1] in SHOWN and isinstance(odd, str | dict)):
                yield json.dumps(changed(way, odd)).encode()
    for all_over in ([MARK], {MARK: [MARK]}):
        yield json.dumps(dict.fromkeys(SECRET, all_over)).encode()
        yield json.dumps({**SECRET, "metadata": dict.fromkeys(SECRET["metadata"], all_over)}).encode()
        yield json.dumps(all_over).encode()
    raw = json.dumps(SECRET).encode()
    for end in range(0, len(raw), 7):
        yield raw[:end]
        yield raw[end:]
    yield raw.replace(b'"Opaque"', b'"\xff"').replace(b"false", b"1" + b"0" * 5000)


def test_the_model_holds_no_values() -> None:
    assert Secret.__struct_fields__ == ("metadata", "type")


def test_the_copy_of_the_values_in_an_annotation_is_not_shown() -> None:
    families = [f.name for f in KIND.families]
    rendered = CompiledKind(KIND, allowlists=EVERYTHING).render(json.dumps(SECRET).encode())
    annotations = rendered.parts[families.index("kube_secret_annotations")].decode()
    assert annotations == 'kube_secret_annotations{namespace="prod",secret="db",annotation_note="kept"} 1\n'
    assert MARK not in str(rendered)
    bare = Allowlists(None, (LAST_APPLIED,))
    assert MARK not in str(CompiledKind(KIND, allowlists=bare).render(json.dumps(SECRET).encode()))


class Counted:
    """For tests: how many faults were counted."""

    def __init__(self) -> None:
        self.faults = 0

    def failed(self, resource: str, family: str) -> None:
        assert (resource, MARK in family) == ("secrets", False)
        self.faults += 1


def test_what_is_wrong_with_a_secret_is_said_without_its_values() -> None:
    counted, now = Counted(), iter(range(0, 10**9, 3600))
    generation = Generation(
        CompiledKind(KIND, allowlists=EVERYTHING), lambda _: True, FaultReports(counted, lambda: float(next(now)))
    )
    with structlog.testing.capture_logs() as logged:
        for raw in wrong():
            generation.put(read_item(msgspec.Raw(raw)))
    assert counted.faults > 200
    assert len(logged) >= counted.faults
    assert MARK not in str(logged)


def test_rendering_shows_and_says_nothing_of_them() -> None:
    compiled = CompiledKind(KIND, allowlists=EVERYTHING)
    rendered = [compiled.render(raw) for raw in wrong()]
    assert sum(bool(r.faults) for r in rendered) > 200
    assert MARK not in str(rendered)


YAML = f"apiVersion: v1\nkind: Secret\ntype: [{MARK}]\nmetadata: {{name: db, creationTimestamp: {MARK}}}\nstringData:\n"
MANIFESTS = {
    "wrong fields": json.dumps({**SECRET, "type": [MARK], "immutable": MARK}),
    "cut off": json.dumps(SECRET)[:-9],
    "two, the second cut off": json.dumps(SECRET) + "\n" + json.dumps(SECRET)[:-9],
    "bare": json.dumps(MARK),
    "a list": json.dumps({"kind": "SecretList", "apiVersion": "v1", "items": [SECRET, MARK]}),
    "yaml": YAML + yaml.safe_dump({"data": SECRET["data"]}),
    "a tag": f"{YAML}  password: !{MARK}\n",
    "an alias": f"{YAML}  password: *{MARK}\n",
    "an anchor": f"{YAML}  password: &{MARK} &{MARK} x\n",
    "a directive": f"{YAML}%{MARK}\n",
    "no token": f"{YAML}  password: @{MARK}\n",
    "an open quote": f'{YAML}  password: "{MARK}\n',
    "an unknown escape": f'{YAML}  password: "{MARK}\\q"\n',
    "a key of many": f"{YAML}  ? [{MARK}]\n  : x\n",
    "a tab": f"{YAML}\t{MARK}: x\n",
}


@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest"
    file.write_text(text)
    code = main(["render", "--metric-annotations-allowlist=*=[*]", str(file)])
    out, err = capsys.readouterr()
    assert code == 1
    assert err
    assert MARK not in out + err


def test_feeds_quote_nothing() -> None:
    raw = json.dumps(SECRET).encode()
    lines = [b'{"type":"ADDED","object":' + raw, raw, raw[50:], b'{"type":"ADDED","metadata":' + raw + b"}"]
    for read, junk in [(read_event, line) for line in lines] + [(read_page, raw[:-5]), (read_page, b"[" + raw + b"]")]:
        with pytest.raises(ApiError) as caught:
            read(junk)
        assert MARK not in str(caught.value)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BROKEN = {
    "no chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + MARK.encode() + b"\r\n",
    "a chunk of another length": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n" + MARK.encode() + b"\r\n",
    "a header": OK + MARK.encode() + b"\r\n\r\n",
    "a status line": MARK.encode() + b"\r\n\r\n",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_http_that_is_broken_is_not_quoted(sent: bytes) -> None:
    async with talking(sending(sent)) as url, client_of(url) as client:
        with pytest.raises(ApiError) as caught:
            await client.get("/api/v1/secrets", {}, timeout=ENOUGH)
    assert MARK not in str(caught.value)
    assert "Invalid" in str(caught.value) or "Expected" in str(caught.value)

"""Manifests in all their forms, and what is said of broken ones."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.errors import ManifestError
from evergauge.manifests import Manifest, read_manifests


def read(data: bytes) -> list[Manifest]:
    return list(read_manifests([], stdin=io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"# nothing\n", []),
        (b"---\n---\n", []),
        (b"null", []),
        (b'{"kind":"Pod"}', [("", "Pod", b'{"kind":"Pod"}', 1)]),
        (b' {"apiVersion": "v1", "kind":"Pod"}\n', [("v1", "Pod", b'{"apiVersion": "v1", "kind":"Pod"}', 1)]),
        (b'\xef\xbb\xbf{"kind":"Pod"}', [("", "Pod", b'{"kind":"Pod"}', 1)]),
        (
            b'{"kind":"A"}\n{"kind":"B", "x": 1.00}\n',
            [("", "A", b'{"kind":"A"}', 1), ("", "B", b'{"kind":"B", "x": 1.00}', 2)],
        ),
        (b'{"kind":"A"}{\n"kind":"B"}\r\n', [("", "A", b'{"kind":"A"}', 1), ("", "B", b'{\n"kind":"B"}', 2)]),
        (b"kind: A\n---\n# none\n---\nkind: B\n...\n", [("", "A", b'{"kind":"A"}', 1), ("", "B", b'{"kind":"B"}', 3)]),
        (b'---\n{"kind": "A"}\n', [("", "A", b'{"kind":"A"}', 1)]),
    ],
)
def test_documents_are_told_apart(data: bytes, expected: list[tuple[str, str, bytes, int]]) -> None:
    assert read(data) == [
        Manifest(version, kind, raw, f"standard input, document {number}") for version, kind, raw, number in expected
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"apiVersion":"v1","kind":"List","items":[]}', []),
        (
            b'{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"apps/v1","kind":"Deployment","n":1e0},{"kind":"Pod"}]}',
            [
                ("apps/v1", "Deployment", b'{"apiVersion":"apps/v1","kind":"Deployment","n":1e0}'),
                ("", "Pod", b'{"kind":"Pod"}'),
            ],
        ),
        (
            b'{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{}}]}',
            [("apps/v1", "Deployment", b'{"metadata":{}}')],
        ),
        (
            b"kind: PodList\napiVersion: v1\nitems:\n- {a: 1}\n- {kind: Other}",
            [("v1", "Pod", b'{"a":1}'), ("", "Other", b'{"kind":"Other"}')],
        ),
        (b'{"kind":"List","items":[{"kind":"PodList","items":[{"a":1}]}]}', [("", "Pod", b'{"a":1}')]),
        (b'{"kind":"WaitList","items":{"a":1}}', [("", "WaitList", b'{"kind":"WaitList","items":{"a":1}}')]),
    ],
)
def test_lists_are_opened(data: bytes, expected: list[tuple[str, str, bytes]]) -> None:
    assert [manifest[:3] for manifest in read(data)] == expected


def test_an_item_says_where_it_stands() -> None:
    (_, second) = read(b'{"kind":"A"}{"kind":"List","items":[{"kind":"B"}]}')
    assert second.where == "standard input, document 2, item 1"


@pytest.mark.parametrize(
    ("scalar", "json_text"),
    [
        ("2020-01-01T00:00:00Z", '"2020-01-01T00:00:00Z"'),
        ("2020-01-01", '"2020-01-01"'),
        ("!!timestamp 2020-01-01", '"2020-01-01"'),
        ("12:30", '"12:30"'),
        ("8080:80", '"8080:80"'),
        ("on", "true"),
        ("y", "true"),
        ("No", "false"),
        ("'on'", '"on"'),
        ("yEs", '"yEs"'),
        ("0755", "493"),
        ("0o17", "15"),
        ("-0x1F", "-31"),
        ("0b11", "3"),
        ("08", "8"),
        ("1_000", "1000"),
        ("+5", "5"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("1e3", "1000"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("1e-7", "1e-7"),
        ("1.2.3", '"1.2.3"'),
        ("100m", '"100m"'),
        ("=", '"="'),
        ("~", "null"),
        ("", "null"),
        ("Null", "null"),
        ("nULL", '"nULL"'),
        ("!!binary aGVsbG8=", '"aGVsbG8="'),
        ("{1: a, true: b, 1.5: c}", '{"1":"a","true":"b","1.5":"c"}'),
        ("{a: &x {b: 1}, c: {<<: *x, d: 2}}", '{"a":{"b":1},"c":{"b":1,"d":2}}'),
        ("{a: 1, a: 2}", '{"a":2}'),
    ],
)
def test_yaml_is_read_as_kubernetes_reads_it(scalar: str, json_text: str) -> None:
    (manifest,) = read(f"kind: Pod\nx: {scalar}\n".encode())
    assert manifest.raw == f'{{"kind":"Pod","x":{json_text}}}'.encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"kind: Pod\n---\nx: 1", "document 2: no Kubernetes object: it has no kind"),
        (b"hello", "document 1: no Kubernetes object: Expected `object`, got `str`"),
        (b"[1]", "document 1: no Kubernetes object: Expected `object`, got `array`"),
        (b"kind: 5", "document 1: no Kubernetes object: Expected `str | null`, got `int` - at `$.kind`"),
        (b'{"kind":"List","items":[{"x":1}]}', "document 1, item 1: no Kubernetes object: it has no kind"),
        (b"kind: Pod\n---\na: [", "document 2: line 4: did not find expected node content"),
        (b"kind: Pod\nx: .inf", "document 1: line 2: .inf is no JSON number"),
        (b"kind: Pod\nx: &a [*a]", "document 1: nested too deeply, or an alias inside itself"),
        (b"kind: Pod\n? [a]\n: b", "document 1: a list can't be a key"),
        (b"kind: !x Pod", "document 1: line 1: an unknown tag; put a text that begins with ! in quotes"),
        (b'{"kind":"Pod"}\n\n{"kind" 1}', "document 2: line 3: no JSON: Expecting ':' delimiter"),
        (b'{"kind":"Pod"', "document 1: line 1: no JSON: Expecting ',' delimiter"),
        (b'{"x":' * 100_000, "document 1: line 1: no JSON: nested too deeply"),
    ],
)
def test_a_broken_document_is_named(data: bytes, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read(data)
    assert str(caught.value) == f"standard input, {message}"


def test_what_is_no_utf8_is_named() -> None:
    with pytest.raises(ManifestError, match=r"^standard input: no UTF-8 at byte 9$"):
        read(b'{"kind":"\xff"}')


def test_files_are_read_in_order_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: A")
    (tmp_path / "b.json").write_text('{"kind":"B"}')
    paths = [str(tmp_path / "b.json"), "-", str(tmp_path / "a.yaml")]
    found = list(read_manifests(paths, stdin=io.BytesIO(b"kind: C")))
    assert [manifest.kind for manifest in found] == ["B", "C", "A"]
    assert found[2].where == f"{tmp_path / 'a.yaml'}, document 1"
    with pytest.raises(ManifestError, match=r"no-such: No such file or directory$"):
        list(read_manifests([str(tmp_path / "no-such")], stdin=io.BytesIO()))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(st.dictionaries(st.text(), VALUES, max_size=4), min_size=1, max_size=4),
    st.sampled_from(["", "\n", " \r\n\t"]),
)
def test_json_passes_through_byte_by_byte(objects: list[dict[str, object]], between: str) -> None:
    texts = [json.dumps({"kind": "Pod", "object": fields}) for fields in objects]
    assert [manifest.raw for manifest in read(between.join(texts).encode())] == [text.encode() for text in texts]
    listed = f'{{"kind":"List","items":[{",".join(texts)}]}}'
    assert [manifest.raw for manifest in read(listed.encode())] == [text.encode() for text in texts]

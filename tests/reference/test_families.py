"""The list of families says what the families expose."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from evergauge.cli import main
from evergauge.declare import ALPHA, Kind, Metadata, Model, gauge
from evergauge.kinds import KINDS
from evergauge.reference.families import families, label_names
from evergauge.reference.formats import FORMATS
from evergauge.reference.pages import pages
from kinds.cases import all_cases
from support.conformance import conformance

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = re.compile(r"(\w+)(?:\{(.*)\})? \S+")
LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def test_label_names_are_those_of_the_recorded_samples() -> None:
    patterns = {family.name: [*kind.identity, *label_names(family)] for kind in KINDS for family in kind.families}
    unknown = set()
    for case in all_cases():
        for line in case.samples:
            found = LINE.fullmatch(line)
            assert found
            labels = LABEL.findall(found[2] or "")
            unknown |= {
                (found[1], label) for label in labels if not any(fnmatchcase(label, p) for p in patterns[found[1]])
            }
    assert unknown == set()


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_json_is_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    catalogue = json.loads((conformance() / "catalog.json").read_text())
    known = {row["name"] for row in catalogue}
    assert [row for row in json.loads(run(capsys, "metrics", "-o", "json")) if row["name"] in known] == catalogue


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (("--resources=roles", "--metric-allowlist=_info,_created"), ["kube_role_info", "kube_role_created"]),
        (("--resources=roles", "--metric-denylist=^kube_role_(?!info)"), ["kube_role_info"]),
        (("--resources=persistentvolumes", "--metric-allowlist=csi"), ["kube_persistentvolume_csi_attributes"]),
        (("--resources=roles,secrets", "--metric-allowlist=_info"), ["kube_role_info", "kube_secret_info"]),
        (("--metric-allowlist=^kube_serviceaccount_info$",), ["kube_serviceaccount_info"]),
    ],
)
def test_flags_choose(argv: Sequence[str], wanted: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["name"] for row in json.loads(run(capsys, "metrics", "--output=json", *argv))] == wanted


def test_a_file_of_options_chooses(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    file = f"{tmp_path}/config.yaml"
    with open(file, "w", encoding="utf-8") as config:  # noqa: PTH123 (a path as the flag takes it)
        config.write("resources: [roles]\n")
    rows = json.loads(run(capsys, "metrics", "-o=json", f"--config={file}"))
    assert {row["resource"] for row in rows} == {"roles"}


def test_the_table_has_a_line_for_each_family_in_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    heading, *lines = run(capsys, "metrics", "--resources=persistentvolumes,roles").splitlines()
    assert heading.split() == ["RESOURCE", "FAMILY", "TYPE", "STABILITY", "OPT-IN"]
    assert lines[8].split() == ["persistentvolumes", "kube_persistentvolume_csi_attributes", "gauge", "ALPHA", "yes"]
    assert lines[-1].split() == ["roles", "kube_role_metadata_resource_version", "gauge", "ALPHA"]
    assert {line.index(" gauge ") for line in lines} == {heading.index(" TYPE")}


def test_markdown_has_a_table_for_each_resource(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "metrics", "--output", "markdown", "--resources=secrets,roles")
    assert re.findall("## .*", text) == ["## roles", "## secrets"]
    assert "| `kube_secret_type` | gauge | STABLE | `type` |  | The Secret's type. |\n" in text


def test_nothing_chosen_is_an_empty_list() -> None:
    assert json.loads(FORMATS["json"]([])) == []
    assert FORMATS["table"]([]).split() == ["RESOURCE", "FAMILY", "TYPE", "STABILITY", "OPT-IN"]
    assert FORMATS["markdown"]([]) == ""


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["metrics", "pods"], "metrics: unexpected argument pods"),
        (["metrics", "-o", "yaml"], "-o=yaml: must be one of table, json, markdown"),
        (["rbac", "pods"], "rbac: unexpected argument pods"),
        (["--output=json"], "--output belongs to evergauge metrics"),
    ],
)
def test_usage(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err == f"evergauge: {message}\n"


# Pages


class Thing(Model):
    metadata: Metadata | None = Metadata()


THING = Kind(
    resource="things",
    kind="Thing",
    group="example.org",
    version="v2",
    namespaced=True,
    model=Thing,
    identity={"thing": "metadata.name"},
    families=(
        gauge("things_old", ALPHA, "Of a|b, *.", deprecated="1.2.0"),
        gauge("things_new", ALPHA, "New.", opt_in=True, labels={"uid": "metadata.uid"}),
    ),
)


def test_a_page() -> None:
    text = pages([THING])["things.md"]
    assert text.startswith("# things\n\n<!-- Generated by `make docs`")
    assert text.endswith(
        "`Thing` of `example.org/v2`, in namespaces. Not exposed by default: name it in `--resources`. Only its metadata is read.\n\n"
        "Each sample has the labels `thing`; the table has what comes beside them.\n\n"
        "| family | type | stability | labels | opt-in | help |\n"
        "|---|---|---|---|---|---|\n"
        "| `things_old` | gauge | ALPHA, deprecated since 1.2.0 |  |  | Of a\\|b, \\*. |\n"
        "| `things_new` | gauge | ALPHA | `uid` | yes | New. |\n"
    )


def test_there_is_a_page_for_each_kind_and_a_line_for_each_family() -> None:
    texts = pages(KINDS)
    assert list(texts) == ["README.md", *(f"{kind.resource}.md" for kind in KINDS)]
    for kind in KINDS:
        assert re.findall(r"^\| `(\w+)`", texts[f"{kind.resource}.md"], re.MULTILINE) == [f.name for f in kind.families]
        assert f"[{kind.resource}]({kind.resource}.md)" in texts["README.md"]


def test_families_are_in_the_order_of_the_output() -> None:
    assert [row.family.name for row in families([THING])] == ["things_old", "things_new"]

"""Commands, exit codes, and what must not be imported to say a version."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import TextIO

import pytest
import structlog

from evergauge import __version__
from evergauge.cli import COMMANDS, main
from evergauge.declare import STABLE, CompiledKind, Int, Kind, Metadata, Model, gauge
from evergauge.options import Options


class Gadget(Model, frozen=True):
    metadata: Metadata | None = None
    size: Int = None


GADGET = Kind(
    resource="pods",
    kind="Gadget",
    group="",
    version="v1",
    namespaced=True,
    model=Gadget,
    identity={"name": "metadata.name"},
    families=(gauge("gadget_size", STABLE, "How big it is.", value="size"),),
)
HEADER = "# HELP gadget_size [STABLE] How big it is.\n# TYPE gadget_size gauge\n"


@pytest.fixture
def _gadgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """One kind there is, and no more."""

    def compile_kinds(options: Options, _kinds: Sequence[Kind]) -> dict[str, CompiledKind]:
        return {"pods": CompiledKind(GADGET)} if "pods" in options.resources else {}

    monkeypatch.setitem(sys.modules, "evergauge.kinds", SimpleNamespace(KINDS=(GADGET,)))
    monkeypatch.setitem(sys.modules, "evergauge.pipeline.selection", SimpleNamespace(compile_kinds=compile_kinds))


def run(argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    "argv",
    [["version"], ["--version"], ["--port=1", "version"], ["version", "-v=2"], ["--help=false", "version"]],
    ids=" ".join,
)
def test_version(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(argv, capsys)
    assert (code, err) == (0, "")
    assert out.startswith(f"evergauge {__version__} (Python 3.")


@pytest.mark.parametrize(
    ("argv", "start"),
    [
        (["--help"], "Evergauge serves"),
        (["-h"], "Evergauge serves"),
        (["help"], "Evergauge serves"),
        (["--port=oops", "--help"], "Evergauge serves"),
        (["help", "render"], "Usage: evergauge render [flags] [FILE…|-]\n"),
        (["render", "--help"], "Usage: evergauge render [flags] [FILE…|-]\n"),
        (["-h", "completion"], "Usage: evergauge completion bash|zsh|fish\n"),
    ],
    ids=str,
)
def test_help(argv: list[str], start: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(argv, capsys)
    assert (code, err) == (0, "")
    assert out.startswith(start)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(["completion", shell], capsys)
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["vresion"], "unknown command vresion; did you mean version?"),
        (["help", "rendr"], "unknown command rendr; did you mean render?"),
        (
            ["--auth-filter", "false"],
            "unknown command false; a switch takes its value with an equals sign: --auth-filter=false",
        ),
        (["--prot=1"], "unknown flag --prot; did you mean --port?"),
        (["--port=oops"], "--port=oops: must be a whole number from 0 to 65535"),
        (["--ignore-unknown"], "--ignore-unknown belongs to evergauge render"),
        (["version", "--openmetrics"], "--openmetrics belongs to evergauge render"),
        (["completion"], "completion: which shell? evergauge completion bash|zsh|fish"),
        (["completion", "csh"], "completion: which shell? evergauge completion bash|zsh|fish"),
        (["--port=1", "demo"], "demo comes first: evergauge demo [flags]"),
        (
            ["render", "--total-shards=2", "--shard=2"],
            "--shard=2: must be below --total-shards=2 (shards count from 0)",
        ),
    ],
    ids=str,
)
def test_what_can_not_be_honoured_is_one_line_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(argv, capsys) == (2, "", f"evergauge: {message}\n")


def test_the_demo_reads_its_own_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[str]] = []

    def run_demo(argv: Sequence[str]) -> int:
        seen.append(argv)
        return 7

    monkeypatch.setitem(sys.modules, "evergauge.demo", SimpleNamespace(run=run_demo))
    assert main(["demo", "--pods=5", "--help"]) == 7
    assert seen == [["--pods=5", "--help"]]


@pytest.mark.usefixtures("_gadgets")
def test_without_a_command_it_serves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Options] = []

    async def serve(options: Options) -> int:
        seen.append(options)
        return 0

    monkeypatch.setitem(sys.modules, "evergauge.app", SimpleNamespace(serve=serve))
    monkeypatch.setattr("evergauge.logs.configure", _log_as_json)
    code, out, err = run(["--resources=pods,secrets,leases", "--skip_headers", "--port=1"], capsys)
    assert (code, out) == (0, "")
    assert [(options.port, options.resources) for options in seen] == [(1, ("pods", "secrets", "leases"))]
    assert [json.loads(line)["event"] for line in err.splitlines()] == [
        "without effect: --skip_headers (Evergauge logs to standard error only, see --log-format)",
        "not exposed yet in this version: secrets, leases",
    ]


def _log_as_json(_format: str, _verbosity: int, *, stream: TextIO, environ: Mapping[str, str]) -> None:
    assert environ is os.environ
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.WriteLoggerFactory(file=stream)
    )


@pytest.mark.usefixtures("_gadgets")
@pytest.mark.parametrize(
    ("argv", "stdin", "expected"),
    [
        (
            ["render"],
            '{"kind":"Gadget","metadata":{"name":"g"},"size":2}',
            (0, HEADER + 'gadget_size{name="g"} 2\n', ""),
        ),
        (["render", "-"], "kind: Gadget\nmetadata: {name: g}\nsize: 2", (0, HEADER + 'gadget_size{name="g"} 2\n', "")),
        (["render", "--openmetrics"], "", (0, "# EOF\n", "")),
        (["--resources=nodes", "render"], '{"kind":"Gadget"}', (0, "", "")),
        (["render"], '{"kind":"Foo"}', (1, "", "evergauge: standard input, document 1: unknown kind Foo\n")),
        (["render", "--ignore-unknown"], '{"kind":"Foo"}', (0, "", "")),
        (
            ["render"],
            '{"kind":"Foo"}{"kind":"Gadget","metadata":{"name":"g"},"size":2}{"apiVersion":"v2","kind":"Gadget"}',
            (
                1,
                HEADER + 'gadget_size{name="g"} 2\n',
                (
                    "evergauge: standard input, document 1: unknown kind Foo\n"
                    "evergauge: standard input, document 3: unknown kind v2 Gadget\n"
                ),
            ),
        ),
        (
            ["render"],
            "a: [",
            (1, "", "evergauge: standard input, document 1: line 2: did not find expected node content\n"),
        ),
        (["render", "/no/such"], "", (1, "", "evergauge: /no/such: No such file or directory\n")),
        (
            ["render", "--logtostderr"],
            "",
            (
                0,
                "",
                "evergauge: without effect: --logtostderr (Evergauge logs to standard error only, see --log-format)\n",
            ),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_render(
    argv: list[str],
    stdin: str,
    expected: tuple[int, str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    assert run(argv, capsys) == expected


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    # A completion script is smaller than a pipe's buffer, so the reader's end is closed before anything is written.
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "-m", "evergauge", "completion", "fish"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (141, b"")


def test_an_interrupt_ends_it_quietly() -> None:
    # The process says when it reads standard input, where it waits for us.
    code = (
        "import sys; from evergauge.cli import main; from evergauge import manifests\n"
        "def read(*_, **__): print('reading', flush=True); sys.stdin.read(); return iter(())\n"
        "import types; manifests.read_manifests = read\n"
        "sys.modules['evergauge.kinds'] = types.SimpleNamespace(KINDS=())\n"
        "sys.modules['evergauge.pipeline.selection'] = types.SimpleNamespace(compile_kinds=lambda options, kinds: {})\n"
        "sys.exit(main(['render']))"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize("argv", [["version"], ["help"], ["completion", "bash"], ["--prot"]], ids=" ".join)
def test_what_needs_no_cluster_imports_little(argv: list[str]) -> None:
    code = (
        "import sys; from evergauge.cli import main\n"
        f"main({argv!r})\n"
        "heavy = {'aiohttp', 'asyncio', 'msgspec', 'prometheus_client', 'structlog', 'uvloop', 'yaml', 'evergauge.declare', 'evergauge.kinds'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_nothing_before_the_app_imports_aiohttp_whose_contexts_would_load_all_authorities() -> None:
    code = (
        "import sys, evergauge.cli, evergauge.logs, evergauge.kinds, evergauge.kube.tls\n"
        "assert 'aiohttp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

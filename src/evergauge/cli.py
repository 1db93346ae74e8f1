"""The command line: finds the command, runs it, and turns errors into one line and an exit code.

Exit codes: 0 done, 1 something failed, 2 a flag or command that can't be honoured, 130 interrupted, 141 the reader of the output went away.
What a command needs is imported when it runs, so that `version`, `help` and `completion` start at once.
"""

import gc
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple

from evergauge import __version__
from evergauge.errors import EvergaugeError, UsageError
from evergauge.options.built import require_built
from evergauge.options.flag import Flag
from evergauge.options.grammar import Line, hint, one_line, read_line, switch_hint
from evergauge.options.parse import fill, options_of
from evergauge.options.table import ALL_FLAGS, HELP, VERSION, MetricsOptions, Options, RbacOptions, RenderOptions


class Command(NamedTuple):
    """A command. run: takes the flags and words of the line, returns the exit code."""

    usage: str
    summary: str
    run: Callable[[Line], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (by default the process' own) and return the exit code."""
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except EvergaugeError as error:
        _complain(str(error))
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        # Python flushes standard output once more at exit, and there is nobody left to read it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code


def _run(argv: Sequence[str]) -> int:
    if argv[:1] == ["demo"]:
        # The demo has flags of its own, and reads them itself.
        return int(_load("evergauge.demo", "run")(argv[1:]))
    line = read_line(argv, ALL_FLAGS)
    name = line.words.pop(0) if line.words else ""
    command = COMMANDS.get(name) if name else _SERVE
    if command is None:
        raise UsageError(f"unknown command {one_line(name)}{switch_hint(argv, name) or hint(name, COMMANDS)}")
    for entry in line.given:
        if entry.flag.command not in ("", name):
            raise UsageError(f"{entry.written} belongs to evergauge {entry.flag.command}")
    if _is_set(line, HELP):
        return _help(Line(words=[name] if name else []))
    return _version(line) if _is_set(line, VERSION) else command.run(line)


def _is_set(line: Line, flag: Flag) -> bool:
    values = [entry.value() for entry in line.given if entry.flag == flag]
    return bool(values and values[-1])


def _load(module: str, name: str) -> Any:  # noqa: ANN401 (whatever it is)
    """Something of a module that is imported only now."""
    return getattr(import_module(module), name)


def _complain(message: str) -> None:
    sys.stderr.write(f"evergauge: {message}\n")


# The commands


def _serve(line: Line) -> int:
    options = options_of(line.given)
    require_built(options)
    # All that is made until it serves stays: `serve` has the collector go on from there.
    gc.disable()
    try:
        _start_logging(options)
        import asyncio  # noqa: PLC0415 (as all that only serving needs)

        with _load("evergauge.kube.tls", "without_authorities")():
            serve = _load("evergauge.app", "serve")
        # Not uvloop: docs/decisions/0011-asyncio-serves.md.
        return int(asyncio.run(serve(options)))
    finally:
        gc.enable()


def _start_logging(options: Options) -> None:
    """Set up logging, and say what the user should know about the options."""
    _load("evergauge.logs", "configure")(options.log_format, options.v, stream=sys.stderr, environ=os.environ)
    log = _load("structlog", "get_logger")()
    for note in options.notes:
        log.warning(note)
    served = [kind.resource for kind in _load("evergauge.kinds", "KINDS")]
    missing = _load("evergauge.options.resources", "not_served_yet")(options.resources, served)
    if missing:
        log.warning(missing)


def _render(line: Line) -> int:
    options, own = options_of(line.given), fill(RenderOptions, line.given)
    for note in options.notes:
        _complain(note)
    from evergauge.manifests import read_manifests  # noqa: PLC0415 (as all that only rendering needs)
    from evergauge.render import Rendering, selects  # noqa: PLC0415 (as above)

    kinds = _load("evergauge.kinds", "KINDS")
    compiled = _load("evergauge.pipeline.selection", "compile_kinds")(options, kinds)
    rendering = Rendering(kinds, compiled, selects(options))
    for manifest in read_manifests(line.words, stdin=sys.stdin.buffer):
        rendering.add(manifest)
    for piece in rendering.text(openmetrics=own.openmetrics):
        sys.stdout.buffer.write(piece)
    complaints = rendering.problems + ([] if own.ignore_unknown else rendering.unknown)
    for complaint in complaints:
        _complain(complaint)
    return 1 if complaints else 0


def _metrics(line: Line) -> int:
    """All resources, but for those that the flags leave out; opt-in families among them, for they are marked."""
    _no_words(line, "metrics")
    options, own = options_of(line.given), fill(MetricsOptions, line.given)
    from evergauge.reference.families import families  # noqa: PLC0415 (as all that only this command needs)
    from evergauge.reference.formats import FORMATS  # noqa: PLC0415 (as above)

    named = options.config or any(entry.flag.attribute == "resources" for entry in line.given)
    kinds = [kind for kind in _load("evergauge.kinds", "KINDS") if not named or kind.resource in options.resources]
    chosen = _load("evergauge.pipeline.selection", "family_filter")(replace(options, metric_opt_in_list=(".",)))
    sys.stdout.write(FORMATS[own.output](families(kinds, chosen)))
    return 0


def _rbac(line: Line) -> int:
    _no_words(line, "rbac")
    options, own = options_of(line.given), fill(RbacOptions, line.given)
    from evergauge.reference.rbac import manifests, text  # noqa: PLC0415 (as all that only this command needs)

    compiled = _load("evergauge.pipeline.selection", "compile_kinds")(options, _load("evergauge.kinds", "KINDS"))
    kinds = [kind.kind for kind in compiled.values()]
    sys.stdout.write(text(manifests(kinds, options, name=own.name, service_account=own.service_account)))
    return 0


def _no_words(line: Line, command: str) -> None:
    if line.words:
        raise UsageError(f"{command}: unexpected argument {one_line(line.words[0])}")


def _version(_line: Line) -> int:
    native = "with" if _load("evergauge.native", "lines") else "without"
    sys.stdout.write(f"evergauge {__version__} (Python {platform.python_version()}, {native} the native part)\n")
    return 0


def _completion(line: Line) -> int:
    from evergauge.options.completion import SHELLS  # noqa: PLC0415 (nothing else needs it)

    shell = line.words[0] if len(line.words) == 1 else ""
    if shell not in SHELLS:
        raise UsageError(f"completion: which shell? evergauge completion {'|'.join(SHELLS)}")
    sys.stdout.write(SHELLS[shell]({name: command.summary for name, command in COMMANDS.items()}))
    return 0


def _help(line: Line) -> int:
    from evergauge.options.help import command_help, help_text  # noqa: PLC0415 (nothing else needs it)

    width = shutil.get_terminal_size().columns
    if not line.words:
        sys.stdout.write(help_text({name: command.summary for name, command in COMMANDS.items()}, width))
        return 0
    name = line.words[0]
    if name == "demo":
        return int(_load("evergauge.demo", "run")(["--help"]))
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"unknown command {one_line(name)}{hint(name, COMMANDS)}")
    flags = [flag for flag in ALL_FLAGS if flag.command == name]
    sys.stdout.write(command_help(command.usage, command.summary, flags, width))
    return 0


def _demo(_line: Line) -> int:
    raise UsageError("demo comes first: evergauge demo [flags]")


_SERVE = Command("evergauge [flags]", "Serve.", _serve)

COMMANDS = {
    "render": Command(
        "evergauge render [flags] [FILE…|-]",
        "Print what would be exposed for manifests: YAML, JSON, JSON lines or lists of objects, from files or standard input, without a cluster.",
        _render,
    ),
    "metrics": Command(
        "evergauge metrics [flags]",
        "List the metric families of all resources, or of those that --resources names.",
        _metrics,
    ),
    "rbac": Command(
        "evergauge rbac [flags]",
        "Print the rights that these flags need in the cluster, and no others, as YAML for kubectl apply.",
        _rbac,
    ),
    "demo": Command("evergauge demo [flags]", "Serve a simulated cluster that lives, to look around in.", _demo),
    "completion": Command("evergauge completion bash|zsh|fish", "Print the completion script of a shell.", _completion),
    "version": Command("evergauge version", "Print the version.", _version),
    "help": Command("evergauge help [COMMAND]", "Say more about Evergauge or a command.", _help),
}

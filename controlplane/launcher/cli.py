"""The commands of `scripts/controlplane`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from launcher import plane
from launcher.build import build, built
from launcher.errors import LauncherError, say

if TYPE_CHECKING:
    from collections.abc import Sequence

READY_SECONDS: Final = 120.0
TAKE_FLAGS: Final = ("up", "start-apiserver")


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code: 0, 1 failed, 2 usage, 3 Go is missing, 4 the programs are not built."""
    parser = _parser()
    options, flags = parser.parse_known_args(arguments)
    if flags and options.command not in TAKE_FLAGS:
        parser.error(f"{options.command} takes no flags for kube-apiserver: {' '.join(flags)}")
    try:
        _run(options, flags)
    except LauncherError as error:
        say(str(error))
        return error.code
    return 0


def _run(options: argparse.Namespace, flags: Sequence[str]) -> None:
    match options.command:
        case "build":
            build()
        case "up":
            binaries = built()
            folder = options.dir or Path(tempfile.mkdtemp(prefix="evergauge-controlplane-"))
            state = plane.up(binaries, folder.absolute(), port=options.port, flags=flags, seconds=options.timeout)
            sys.stdout.write(f"{state.kubeconfig}\n")
        case "down":
            plane.down(options.dir.absolute())
        case "kill-apiserver":
            plane.kill_apiserver(options.dir.absolute())
        case "start-apiserver":
            plane.start_apiserver(built(), options.dir.absolute(), flags=flags, seconds=options.timeout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="controlplane", description=sys.modules["__main__"].__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build both programs from the Go module proxy, unless they are built")
    more = "any other --flag=value goes to kube-apiserver, after the usual ones"
    up = commands.add_parser(
        "up", help="start both; prints the path of the kubeconfig", epilog=more, allow_abbrev=False
    )
    up.add_argument("--dir", type=Path, help="a new folder for all data and state (default: a temporary one)")
    up.add_argument("--port", type=int, default=0, help="the API server's port (default: a free one)")
    start = commands.add_parser(
        "start-apiserver", help="start the API server again after kill-apiserver", epilog=more, allow_abbrev=False
    )
    for command in (up, start):
        command.add_argument("--timeout", type=float, default=READY_SECONDS, help="seconds until it must be ready")
    kill = commands.add_parser("kill-apiserver", help="end the API server with SIGKILL; etcd goes on")
    down = commands.add_parser("down", help="stop both and remove the folder")
    for command in (start, kill, down):
        command.add_argument("dir", metavar="DIR", type=Path)
    return parser

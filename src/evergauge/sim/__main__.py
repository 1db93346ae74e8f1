"""`python -m evergauge.sim`: a simulated cluster in a process of its own, until SIGTERM or SIGINT.

Prints one line of JSON when it is ready: {"url": …, "admin_url": …, "pods": …, "resourceVersion": …}.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
import sys
from random import Random
from typing import TYPE_CHECKING

import uvloop

from evergauge.sim.churn import CreateDelete, Life, Mode, StatusUpdates, churn
from evergauge.sim.clock import LoopClock
from evergauge.sim.generator import populate
from evergauge.sim.server import SimOptions, SimServer
from evergauge.sim.state import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evergauge.sim.generator import Population


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse, run, and return when told to stop."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.pods < 1:
        parser.error("--pods must be at least 1")
    uvloop.run(_run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evergauge.sim", description="A simulated Kubernetes API server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: a free one (default)")
    parser.add_argument("--pods", type=int, default=1000, help="size of the cluster (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same cluster (default %(default)s)"
    )
    parser.add_argument("--churn", type=float, default=0, metavar="RATE", help="everyday life, writes a second")
    parser.add_argument("--status-updates", type=float, default=0, metavar="RATE", help="pod status updates a second")
    parser.add_argument(
        "--create-delete", type=float, default=0, metavar="RATE", help="pods created and deleted a second"
    )
    parser.add_argument(
        "--window", type=int, default=20_000, help="events kept for each resource (default %(default)s)"
    )
    parser.add_argument("--watch-buffer", type=int, default=10_000, help="events that may wait for one watcher")
    parser.add_argument(
        "--token", action="append", default=[], metavar="TOKEN", help="let in who has this bearer token"
    )
    parser.add_argument("--no-sharding", action="store_true", help="ignore shardSelector")
    return parser


async def _run(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    rng = Random(options.seed)  # noqa: S311 - a seeded cluster is the point
    cluster = Cluster(clock=LoopClock(), rng=rng, window=options.window)
    population = populate(cluster, options.pods, rng)
    served = SimOptions(
        host=options.host,
        port=options.port,
        tokens=dict.fromkeys(options.token, "user") or None,
        sharding=not options.no_sharding,
        watch_buffer=options.watch_buffer,
    )
    # The cluster stays: the collector need not look through it again and again.
    gc.freeze()
    async with SimServer(cluster, served) as server, asyncio.TaskGroup() as group:
        _announce(server)
        tasks = [
            group.create_task(churn(cluster, mode, rate)) for mode, rate in _modes(options, cluster, population, rng)
        ]
        await stopped.wait()
        for task in tasks:
            task.cancel()


def _modes(
    options: argparse.Namespace, cluster: Cluster, population: Population, rng: Random
) -> Iterator[tuple[Mode, float]]:
    """What is to go on, each with its writes a second."""
    if options.churn > 0:
        yield Life(cluster, population, rng), options.churn
    if options.status_updates > 0:
        yield StatusUpdates(cluster, rng), options.status_updates
    if options.create_delete > 0:
        yield CreateDelete(cluster, population, rng), 2 * options.create_delete


def _announce(server: SimServer) -> None:
    cluster = server.cluster
    ready = {"url": server.url, "admin_url": server.admin_url}
    counts = {"pods": cluster.count("pods"), "resourceVersion": cluster.version}
    sys.stdout.write(json.dumps(ready | counts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

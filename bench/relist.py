"""What a list costs that finds nothing changed: `python bench/relist.py [--pods 100000] [--changed 0]`.

In one process without a network: objects are put into a store as a feed does it, then again into its next set, once adopted from
the one in service and once rendered afresh. Printed are CPU seconds from the first object to the swap, and resident memory above
that of the set in service: the most while both are held, and what is left after it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from ctypes import CDLL
from os import sysconf
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # pods

import msgspec

from evergauge.declare import CompiledKind
from evergauge.kinds import KINDS
from evergauge.kube.items import read_item
from evergauge.pipeline.faults import FaultReports
from evergauge.pipeline.feed_store import FeedStore
from support.bulk_pods import pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evergauge.pipeline.feed_store import Generation

MIB: Final = 1 << 20


class Nothing:
    """Counts no faults: there must be none."""

    def failed(self, resource: str, family: str) -> None:
        """See FaultCounter."""
        raise AssertionError(resource + family)


def raw_pods(count: int, changed: int) -> Iterator[msgspec.Raw]:
    """The pods as the API server sends them, some of them in another version."""
    for number in range(count):
        manifest = pod(number, 0)
        manifest["metadata"]["resourceVersion"] = str(number + 1)
        if number * changed % count < changed:
            manifest["metadata"]["resourceVersion"] = str(number + 1 + count)
            manifest["status"]["podIP"] = "192.0.2.1"
        yield msgspec.Raw(msgspec.json.encode(manifest))


def resident() -> int:
    """Bytes, after all that is free has been given back."""
    gc.collect()
    CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * sysconf("SC_PAGE_SIZE")


def fill(store: Generation | FeedStore, pods: Iterator[msgspec.Raw]) -> float:
    """Put all pods; returns the CPU seconds of that alone."""
    spent = 0.0
    for raw in pods:
        start = time.process_time()
        store.put(read_item(raw))
        spent += time.process_time() - start
    return spent


async def relist(store: FeedStore, pods: Iterator[msgspec.Raw], *, afresh: bool) -> tuple[float, int, int]:
    """One list: CPU seconds, and bytes beyond those before, while both sets are held and after."""
    before = resident()
    spent = fill(store.begin(afresh=afresh), pods)
    most = resident() - before
    start = time.process_time()
    await store.commit()
    spent += time.process_time() - start
    return spent, most, resident() - before


async def measure(pods: int, changed: int) -> None:
    """Print the table."""
    start = resident()
    store = FeedStore(
        CompiledKind(next(kind for kind in KINDS if kind.resource == "pods")),
        lambda _: True,
        FaultReports(Nothing(), time.monotonic),
    )
    spent = fill(store, raw_pods(pods, 0))
    await store.fold()
    print(f"{pods} pods, {changed} of them changed; the first set: {spent:.1f} s, {(resident() - start) / MIB:.0f} MiB")
    for afresh in (False, True, False):
        spent, most, left = await relist(store, raw_pods(pods, changed), afresh=afresh)
        name = "afresh" if afresh else "adopted"
        print(
            f"{name:8} {spent:6.2f} s CPU   {most / MIB:+6.0f} MiB while both are held   {left / MIB:+6.0f} MiB after"
        )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(measure(options.pods, options.changed))


if __name__ == "__main__":
    main()

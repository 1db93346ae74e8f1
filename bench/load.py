"""Fills a control plane with the bench's objects: `python bench/load.py FOLDER [--pods 20000]`.

FOLDER is what `scripts/controlplane up --dir FOLDER` was given. Pods come with their namespaces and nodes. As a module,
`objects` is the same sequence for programs that load by themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # the generator is shared with the tests

from support.bulk import load
from support.bulk_objects import NAMESPACES, config_map, namespace, node
from support.bulk_pods import PODS_PER_NODE, pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.bulk_objects import Manifest


def objects(*, pods: int, config_maps: int = 0, seed: int = 0) -> Iterator[Manifest]:
    """The namespaces, the nodes that `pods` pods run on, the pods, and config maps; made one by one."""
    return itertools.chain(
        (namespace(number, seed) for number in range(NAMESPACES)),
        (node(number, seed) for number in range(-(-pods // PODS_PER_NODE))),
        (pod(number, seed) for number in range(pods)),
        (config_map(number, seed) for number in range(config_maps)),
    )


def main() -> None:
    """Load as the command line says and print how many objects took how long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--config-maps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other objects with other names")
    options = parser.parse_args()
    etcd_url = json.loads((options.folder / "state.json").read_text(encoding="utf-8"))["etcd_url"]
    started = time.monotonic()
    manifests = objects(pods=options.pods, config_maps=options.config_maps, seed=options.seed)
    count = asyncio.run(load(etcd_url, manifests))
    print(f"{count} objects in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()

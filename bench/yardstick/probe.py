"""Writes that are looked for in scrapes: is what the API server acknowledged there a moment later, seen from outside?"""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any, Final

from yardstick.errors import BenchError

if TYPE_CHECKING:
    from yardstick.api import Api

FIRST_END: Final = 1_900_000_000
"""Unix seconds, later than any that the pods have."""
PAGE: Final = 500
PIECE: Final = 1 << 20
FAMILY: Final = b"\nkube_pod_completion_time{"
"""The first family with samples: not much of a scrape need be inflated."""


class Probe:
    """One pod, whose completion time is changed again and again."""

    def __init__(self, api: Api) -> None:
        """Choose a pod that runs. Raises BenchError where none does."""
        self._api = api
        pods: list[dict[str, Any]] = api.ask("GET", f"/api/v1/pods?limit={PAGE}")["items"]
        pod = next((each for each in pods if _runs(each)), None)
        if pod is None:
            raise BenchError(f"none of the first {PAGE} pods runs, so there is none to look for")
        self.name: str = pod["metadata"]["name"]
        self._path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{self.name}/status"
        self._status: dict[str, Any] = pod["status"]["containerStatuses"][0]
        self._end = FIRST_END

    def write(self) -> float:
        """Let the pod's first container have ended a second later than last time; when this was acknowledged."""
        self._end += 1
        terminated = {"exitCode": 0, "reason": "Completed", "finishedAt": _stamp(self._end)}
        changed = self._status | {"state": {"terminated": terminated}, "ready": False, "started": False}
        self._api.ask("PATCH", self._path, {"status": {"containerStatuses": [changed]}})
        return time.perf_counter()

    def stands(self) -> bool:
        """Whether the pod is as it was written last: the load may have come upon it since."""
        status = self._api.ask("GET", self._path)["status"]["containerStatuses"][0]
        return bool(status["state"].get("terminated", {}).get("finishedAt") == _stamp(self._end))

    def shown(self, compressed: bytes) -> bool:
        """Whether a gzip scrape has what was written last."""
        line = f'pod="{self.name}"'.encode()
        family = first_family(compressed).split(b"\n")
        return any(line in each and float(each.rpartition(b" ")[2]) == self._end for each in family)


def first_family(compressed: bytes) -> bytes:
    """The beginning of a gzip scrape, up to the end of FAMILY; all of it where that is not found."""
    inflate, text = zlib.decompressobj(wbits=31), b""
    rest = compressed
    while rest and not inflate.eof:
        text += inflate.decompress(rest, PIECE)
        rest = inflate.unconsumed_tail
        begin = text.find(FAMILY)
        if begin >= 0 and text.find(b"\n# ", begin) >= 0:
            break
    return text


def _runs(pod: dict[str, Any]) -> bool:
    statuses = pod["status"].get("containerStatuses", [])
    return pod["status"].get("phase") == "Running" and all(
        "running" in each["state"] for each in statuses[:1] or [{"state": {}}]
    )


def _stamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

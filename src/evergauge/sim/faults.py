"""Faults to order: what goes wrong, for which requests, how often and for how long."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from evergauge.errors import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from evergauge.sim.target import Target

FaultKind = Literal[
    "drop",
    "hang",
    "refuse",
    "truncate",
    "expire",
    "slow",
    "throttle",
    "error",
    "forbid",
    "unauthorized",
    "swallow",
    "stale",
]
"""drop: reset the connection. hang: never answer, or send nothing more: a half-open connection. refuse: stop listening and
reset all connections. truncate: cut the answer in the middle of an object. expire: forget the history; with a count or
duration, also answer 410 to every resumption. slow: `delay` before the answer, `bandwidth` in it. throttle: 429. error: 5xx.
forbid: 403. unauthorized: 401. swallow: leave out the bookmark that ends a watch-list's initial events. stale: lists that may
come from the watch cache (resourceVersion 0, NotOlderThan) show the state `lag` versions ago, as one server of several may."""

RUNNING: Final = frozenset({"drop", "hang", "truncate", "slow"})
"""Kinds that also strike requests under way."""


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One order. It strikes requests for `resource` (plural) with `verb`, in `namespace` where one is given.

    count: how many requests it strikes; None: all. seconds: how long it lasts; None: until it is lifted.
    running: it strikes matching requests under way as well. new: it strikes matching requests to come; without, it is
    spent as soon as it is ordered. code: of `error`. retry_after: seconds, of `throttle`. delay: seconds, and bandwidth:
    bytes a second (0: unlimited), of `slow`. lag: versions, of `stale`. clean: `truncate` ends the answer as if it were whole, as some proxies do.
    """

    kind: FaultKind
    resource: str = "*"
    verb: str = "*"
    namespace: str | None = None
    count: int | None = None
    seconds: float | None = None
    running: bool = True
    new: bool = True
    code: int = 500
    retry_after: int = 1
    delay: float = 0.0
    bandwidth: int = 0
    lag: int = 0
    clean: bool = False

    def concerns(self, target: Target | None) -> bool:
        """Whether requests for this are struck; None stands for discovery and probes, which only `*` means."""
        if target is None:
            return self.resource == "*" and self.verb == "*" and self.namespace is None
        return (
            self.resource in ("*", target.resource.plural)
            and self.verb in ("*", target.verb)
            and self.namespace in (None, target.namespace)
        )


class Faults:
    """The orders in force."""

    def __init__(self) -> None:
        """None."""
        self._ids = itertools.count(1)
        self._orders: dict[int, Fault] = {}

    def add(self, fault: Fault) -> int:
        """Put an order in force; returns its number."""
        number = next(self._ids)
        self._orders[number] = fault
        return number

    def lift(self, number: int) -> Fault:
        """End an order. Raises SimulatorError when there is no such order, or no longer."""
        try:
            return self._orders.pop(number)
        except KeyError:
            raise SimulatorError(f"there is no fault {number} in force") from None

    def strike(self, target: Target | None, kinds: Collection[str]) -> Fault | None:
        """The first order of one of these kinds that concerns a new request; it is counted."""
        for number, fault in self._orders.items():
            if fault.kind in kinds and fault.concerns(target):
                self.spend(number, fault)
                return fault
        return None

    def spend(self, number: int, fault: Fault) -> None:
        """An order has struck once."""
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self._orders.pop(number, None)

    def __iter__(self) -> Iterator[tuple[int, Fault]]:
        """Number and order of all in force."""
        return iter(tuple(self._orders.items()))

    def __contains__(self, number: int) -> bool:
        """Whether that order is in force."""
        return number in self._orders

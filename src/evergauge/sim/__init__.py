"""A simulated Kubernetes API server: real list and watch semantics in one process, faults to order, a cluster to play with.

`Cluster` holds the objects, `SimServer` shows them over HTTP, `Fault` says what is to go wrong. What is said about the
behaviour of "the real server" was observed at kube-apiserver 1.36.3.
"""

from __future__ import annotations

from evergauge.sim.clock import Clock, LoopClock, ManualClock
from evergauge.sim.faults import Fault
from evergauge.sim.resources import Registry, Resource
from evergauge.sim.server import SimOptions, SimServer
from evergauge.sim.state import Cluster
from evergauge.sim.status import StatusError

__all__ = [
    "Clock",
    "Cluster",
    "Fault",
    "LoopClock",
    "ManualClock",
    "Registry",
    "Resource",
    "SimOptions",
    "SimServer",
    "StatusError",
]

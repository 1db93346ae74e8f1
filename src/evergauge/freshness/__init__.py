"""How fresh a feed is: proofs, leases and states. A state machine with the clock as a parameter, no input or output."""

from evergauge.freshness.lease import Lease, State

__all__ = ["Lease", "State"]

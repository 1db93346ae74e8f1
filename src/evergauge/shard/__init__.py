"""Whose object is it: the partition of objects among shards, and which shard this process is."""

from evergauge.shard.fleet import Fleet
from evergauge.shard.membership import Member, Membership
from evergauge.shard.partition import WHOLE, Partition, fnv1a, jump

__all__ = ["WHOLE", "Fleet", "Member", "Membership", "Partition", "fnv1a", "jump"]

"""Whose object is it: the partition of objects among shards."""

from evergauge.shard.partition import WHOLE, Partition, fnv1a, jump

__all__ = ["WHOLE", "Partition", "fnv1a", "jump"]

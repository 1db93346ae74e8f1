"""Whose object is it: the partition of objects among shards, which shard this process is, and how objects pass from one to another."""

from evergauge.shard.fleet import Fleet, Pod
from evergauge.shard.handover import Handover, Others
from evergauge.shard.holding import Holding, fixed
from evergauge.shard.key import Key
from evergauge.shard.membership import Member, Membership
from evergauge.shard.peers import Peers
from evergauge.shard.view import View, write_view

__all__ = [
    "Fleet",
    "Handover",
    "Holding",
    "Key",
    "Member",
    "Membership",
    "Others",
    "Peers",
    "Pod",
    "View",
    "fixed",
    "write_view",
]

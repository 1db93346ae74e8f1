"""Names, hashes, addresses and times as a cluster would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evergauge.sim.clock import timestamp

if TYPE_CHECKING:
    from random import Random

TEAMS: Final = (
    "payments",
    "search",
    "catalog",
    "identity",
    "shipping",
    "media",
    "growth",
    "data",
    "billing",
    "support",
)
STAGES: Final = ("prod", "staging", "canary")
WORDS: Final = ("orders", "cart", "ledger", "index", "profile", "invoice", "stream", "quota", "notify", "report", "geo")
ROLES: Final = ("api", "worker", "web", "gateway", "cache", "sync")
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"  # those that Kubernetes builds generated names from


def suffix(rng: Random, length: int = 5) -> str:
    """The end of a generated name."""
    return "".join(rng.choices(_LETTERS, k=length))


def uid(rng: Random) -> str:
    """A random UUID (version 4)."""
    bits = f"{rng.getrandbits(122):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-{'89ab'[rng.getrandbits(2)]}{bits[17:20]}-{bits[20:]}"


def namespace_name(number: int) -> str:
    """payments-prod, search-prod, …"""
    team, stage = TEAMS[number % len(TEAMS)], STAGES[number // len(TEAMS) % len(STAGES)]
    again = number // (len(TEAMS) * len(STAGES))
    return f"{team}-{stage}-{again}" if again else f"{team}-{stage}"


def node_name(number: int) -> str:
    """A name as clouds give."""
    return f"ip-10-{number // 62500 % 250}-{number // 250 % 250}-{number % 250}.eu-central-1.compute.internal"


def node_address(number: int) -> str:
    """The InternalIP that belongs to it."""
    return f"10.{number // 62500 % 250}.{number // 250 % 250}.{number % 250}"


def pod_address(rng: Random) -> str:
    """An address out of the pod network."""
    return f"100.{rng.randrange(64, 128)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def version_tag(rng: Random) -> str:
    """An image's tag."""
    return f"v{rng.randrange(1, 9)}.{rng.randrange(40)}.{rng.randrange(20)}"


def digest(rng: Random) -> str:
    """A SHA-256 in hex: container IDs, image digests."""
    return f"{rng.getrandbits(256):064x}"


def ago(rng: Random, now: float, most: float) -> str:
    """A time up to `most` seconds ago, as the API writes it."""
    return timestamp(now - rng.random() * most)

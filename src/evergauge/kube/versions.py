"""resourceVersions as far as they can be ordered: within one kind they are numbers that grow (KEP-5504)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evergauge.errors import VersionTooLarge

if TYPE_CHECKING:
    from evergauge.kube.source import Source


def is_older(version: str, other: str) -> bool:
    """Whether a version is older than another. False where one of them is no number."""
    return version.isdigit() and other.isdigit() and int(version) < int(other)


def is_reached(version: str, seen: str) -> bool:
    """Whether who has seen everything up to `seen` has seen everything up to `version`. False where one of them is no number."""
    return version.isdigit() and seen.isdigit() and int(version) <= int(seen)


def check_order(source: Source, before: str, after: str) -> None:
    """Raises VersionTooLarge when the API server is at an older version than what it sent before."""
    if is_older(after, before):
        raise VersionTooLarge(f"{source}: the API server is at version {after}, but {before} was seen before")

"""What this process is set to: its shard, its configuration files, its limits, and KSM's figures on custom resources."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from prometheus_client import Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import CollectorRegistry

ConfigType = Literal["config", "customresourceconfig"]


class SettingMetrics:
    """Names and labels are KSM's."""

    def __init__(self, registry: CollectorRegistry, go_types: Mapping[str, str], *, clock: Callable[[], float]) -> None:
        self._go_types = go_types
        self._clock = clock
        self._ordinal = Gauge(
            "kube_state_metrics_shard_ordinal",
            "The ordinal of this shard, also in its label.",
            ["shard_ordinal"],
            registry=registry,
        )
        self._total_shards = Gauge("kube_state_metrics_total_shards", "The number of shards.", registry=registry)
        self._hash = Gauge(
            "kube_state_metrics_config_hash",
            "Hash of the configuration file in force.",
            ["type", "filename"],
            registry=registry,
        )
        self._reload_successful = Gauge(
            "kube_state_metrics_last_config_reload_successful",
            "Whether the last attempt to load the configuration file succeeded.",
            ["type", "filename"],
            registry=registry,
        )
        self._reload_time = Gauge(
            "kube_state_metrics_last_config_reload_success_timestamp_seconds",
            "When the configuration file was last loaded.",
            ["type", "filename"],
            registry=registry,
        )
        self._listed = Gauge(
            "kube_state_metrics_list_objects",
            "Objects taken from the last list, where --object-limit bounds them.",
            ["resource"],
            registry=registry,
        )
        self._limit = Gauge(
            "kube_state_metrics_list_objects_limit", "The limit of --object-limit.", ["resource"], registry=registry
        )
        self.custom_resource_added = Counter(
            "kube_state_metrics_custom_resource_state_add_events_total",
            "Custom resource definitions that appeared.",
            registry=registry,
        )
        self.custom_resource_updated = Counter(
            "kube_state_metrics_custom_resource_state_update_events_total",
            "Custom resource definitions that changed.",
            registry=registry,
        )
        self.custom_resource_deleted = Counter(
            "kube_state_metrics_custom_resource_state_delete_events_total",
            "Custom resource definitions that went away.",
            registry=registry,
        )
        self.custom_resource_cache = Gauge(
            "kube_state_metrics_custom_resource_state_cache",
            "Custom resource definitions known.",
            registry=registry,
        )

    def sharding(self, ordinal: int, total: int) -> None:
        """Which shard this process is, from 0, and of how many; 0 of 1 without sharding."""
        self._ordinal.clear()
        self._ordinal.labels(str(ordinal)).set(ordinal)
        self._total_shards.set(total)

    def config_loaded(self, type: ConfigType, filename: str, content: bytes) -> None:  # noqa: A002 (the label's name)
        """A configuration file was read and is in force."""
        self._reload_successful.labels(type, filename).set(1)
        self._reload_time.labels(type, filename).set(self._clock())
        self._hash.labels(type, filename).set(config_hash(content))

    def config_failed(self, type: ConfigType, filename: str) -> None:  # noqa: A002 (the label's name)
        """A configuration file could not be loaded; the one before stays in force."""
        self._reload_successful.labels(type, filename).set(0)

    def list_limited(self, resource: str, objects: int, limit: int) -> None:
        """A list ended under `--object-limit`."""
        go_type = self._go_types.get(resource, "*unstructured.Unstructured")
        self._listed.labels(go_type).set(objects)
        self._limit.labels(go_type).set(limit)


def config_hash(content: bytes) -> int:
    """48 bits of the file's MD5, which a sample holds exactly (KSM's own, so that mixed fleets agree)."""
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return int.from_bytes(digest[:6], "little")

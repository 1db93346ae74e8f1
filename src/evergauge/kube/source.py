"""What a feed lists and watches: one kind, in one namespace or in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = "application/json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def _everything() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Source:
    """One list-and-watch.

    resource: the plural name; api_version: `v1` or `group/version`; namespace: None for all (and for cluster-scoped kinds).
    field_selector: as the API has it, empty for none. metadata_only: ask for PartialObjectMetadata. shard_selector: asked before each request:
    the part of the objects that is wanted then (KEP-5866), empty for all. A server that doesn't know it sends all the same.
    """

    resource: str
    api_version: str = "v1"
    namespace: str | None = None
    field_selector: str = ""
    metadata_only: bool = False
    shard_selector: Callable[[], str] = field(default=_everything, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The URL's path of the collection."""
        root = "apis" if "/" in self.api_version else "api"
        within = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"/{root}/{self.api_version}{within}/{self.resource}"

    @property
    def query(self) -> dict[str, str]:
        """What all its requests have in their query."""
        selectors = {"fieldSelector": self.field_selector, "shardSelector": self.shard_selector()}
        return {name: selector for name, selector in selectors.items() if selector}

    @property
    def accept_list(self) -> str:
        """The `Accept` header of its lists (API page "Receiving resources as metadata only")."""
        return f"{_METADATA_LIST},{JSON}" if self.metadata_only else JSON

    @property
    def accept_watch(self) -> str:
        """The `Accept` header of its watches."""
        return f"{_METADATA},{JSON}" if self.metadata_only else JSON

    @property
    def named(self) -> dict[str, str]:
        """Its fields in a log line."""
        return {"resource": self.resource} | ({"namespace": self.namespace} if self.namespace else {})

    def __str__(self) -> str:
        """For logs and messages: `pods`, `pods in namespace shop`."""
        return f"{self.resource} in namespace {self.namespace}" if self.namespace else self.resource

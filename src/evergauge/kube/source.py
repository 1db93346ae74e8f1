"""What a feed lists and watches: one kind, in one namespace or in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evergauge.kube.forms import JSON, PROTOBUF

if TYPE_CHECKING:
    from collections.abc import Callable

_METADATA = ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def _everything() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Source:
    """One list-and-watch.

    resource: the plural name; api_version: `v1` or `group/version`; namespace: None for all (and for cluster-scoped kinds).
    field_selector: as the API has it, empty for none. metadata_only: ask for PartialObjectMetadata.
    protobuf: ask for that before JSON. shard_selector: asked before each request:
    the part of the objects that is wanted then (KEP-5866), empty for all. A server that doesn't know it sends all the same.
    """

    resource: str
    api_version: str = "v1"
    namespace: str | None = None
    field_selector: str = ""
    metadata_only: bool = False
    protobuf: bool = False
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
        """The `Accept` header of its lists (API pages "Receiving resources as metadata only", "Alternate representations of resources")."""
        return self._accept(_METADATA_LIST)

    @property
    def accept_watch(self) -> str:
        """The `Accept` header of its watches."""
        return self._accept(_METADATA, ";stream=watch")

    def _accept(self, metadata: str, protobuf: str = "") -> str:
        forms = [f"{PROTOBUF}{protobuf}"] if self.protobuf else []
        forms.append(JSON)
        return ",".join([f"{form}{metadata}" for form in forms if self.metadata_only] + forms)

    @property
    def named(self) -> dict[str, str]:
        """Its fields in a log line."""
        return {"resource": self.resource} | ({"namespace": self.namespace} if self.namespace else {})

    def __str__(self) -> str:
        """For logs and messages: `pods`, `pods in namespace shop`."""
        return f"{self.resource} in namespace {self.namespace}" if self.namespace else self.resource

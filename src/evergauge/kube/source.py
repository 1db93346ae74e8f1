"""What a feed lists and watches: one kind, in one namespace or in all."""

from __future__ import annotations

from dataclasses import dataclass

JSON = "application/json"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Source:
    """One list-and-watch.

    resource: the plural name; api_version: `v1` or `group/version`; namespace: None for all (and for cluster-scoped kinds).
    field_selector: as the API has it, empty for none. metadata_only: ask for PartialObjectMetadata.
    """

    resource: str
    api_version: str = "v1"
    namespace: str | None = None
    field_selector: str = ""
    metadata_only: bool = False

    @property
    def path(self) -> str:
        """The URL's path of the collection."""
        root = "apis" if "/" in self.api_version else "api"
        within = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"/{root}/{self.api_version}{within}/{self.resource}"

    @property
    def query(self) -> dict[str, str]:
        """What all its requests have in their query."""
        return {"fieldSelector": self.field_selector} if self.field_selector else {}

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

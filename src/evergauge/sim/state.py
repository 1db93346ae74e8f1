"""The state of a simulated cluster: one resourceVersion for all, objects, and a window of history."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from evergauge.sim.clock import timestamp
from evergauge.sim.objects import Manifest, decode, encode, key_of, merge
from evergauge.sim.resources import Registry, Resource
from evergauge.sim.status import StatusError, already_exists, bad_request, conflict, not_found, too_new
from evergauge.sim.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from evergauge.sim.clock import Clock

_GENERATED_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # those that Kubernetes builds generated names from
_PATIENCE = 3.0  # seconds that the API server waits for a resourceVersion it has not seen yet


class Cluster:
    """A cluster's objects. All methods work at once, in the running process; a server shows the same state over HTTP.

    `resource` is a plural name (`pods`) or a Resource. Manifests given are not changed; those returned are the caller's.
    window: events kept for each resource, the reach of watches, continue tokens and lists at an exact version.
    """

    def __init__(self, *, clock: Clock, rng: Random, registry: Registry | None = None, window: int = 20_000) -> None:
        """An empty cluster."""
        self.clock = clock
        self.rng = rng
        self.registry = registry or Registry()
        self.version = 1
        self._window = window
        self._tables: dict[Resource, Table] = {}
        self._waiting: set[tuple[int, asyncio.Event]] = set()

    # Reading

    def resource(self, resource: Resource | str) -> Resource:
        """The resource of a plural name. Raises KeyError."""
        return resource if isinstance(resource, Resource) else self.registry.named(resource)

    def table(self, resource: Resource | str) -> Table:
        """The objects of a resource."""
        resource = self.resource(resource)
        table = self._tables.get(resource)
        if table is None:
            table = self._tables[resource] = Table(resource, self._window)
        return table

    def get(self, resource: Resource | str, name: str, namespace: str | None = None) -> Manifest:
        """One object. Raises StatusError 404."""
        table = self.table(resource)
        entry = table.entries.get(key_of(table.resource, namespace, name))
        if entry is None:
            raise not_found(table.resource, name)
        return decode(table.resource, entry)

    def all(self, resource: Resource | str) -> Iterator[Manifest]:
        """Every object of a resource in order of its key, decoded one by one; the state must not change meanwhile."""
        table = self.table(resource)
        return (decode(table.resource, table.entries[key]) for key in table.keys)

    def count(self, resource: Resource | str) -> int:
        """How many objects a resource has."""
        return len(self.table(resource).entries)

    # Writing

    def create(self, resource: Resource | str, manifest: Manifest) -> Manifest:
        """Add an object; name (from `generateName`), uid, creationTimestamp, generation and resourceVersion are assigned.

        Given uid and creationTimestamp are kept, so that a cluster can be copied. Raises StatusError 409, 400.
        """
        table = self.table(resource)
        complete = self._complete(table.resource, manifest)
        metadata = complete["metadata"]
        if key_of(table.resource, metadata.get("namespace"), metadata["name"]) in table.entries:
            raise already_exists(table.resource, metadata["name"])
        table.put(encode(table.resource, complete, self._advance()))
        return complete

    def load(self, resource: Resource | str, manifests: Iterable[Manifest]) -> None:
        """Add many new objects quickly and without events; who watches from before must list again."""
        table = self.table(resource)
        entries = (encode(table.resource, self._complete(table.resource, m), self._advance()) for m in manifests)
        table.load(entries)
        table.forget(self.version)

    def update(self, resource: Resource | str, manifest: Manifest) -> Manifest:
        """Replace an object. A resourceVersion or uid in the manifest must be the object's. Raises StatusError 404, 409."""
        metadata = manifest.get("metadata", {})
        return self.edit(resource, metadata.get("name", ""), lambda _: manifest, metadata.get("namespace"))

    def patch(self, resource: Resource | str, name: str, patch: Manifest, namespace: str | None = None) -> Manifest:
        """Merge a patch (RFC 7386) into an object. Raises StatusError 404, 409."""
        return self.edit(resource, name, lambda manifest: merge(manifest, patch), namespace)

    def edit(
        self, resource: Resource | str, name: str, change: Callable[[Manifest], Manifest], namespace: str | None = None
    ) -> Manifest:
        """Replace an object by what `change` makes of it (it gets a copy of its own). Without a difference nothing happens.

        Raises StatusError 404, 409.
        """
        table = self.table(resource)
        old = self.get(table.resource, name, namespace)
        now: Manifest = change(self.get(table.resource, name, namespace))
        now = {"kind": table.resource.kind, "apiVersion": table.resource.api_version, **now}
        now["metadata"] = self._carried(table.resource, old["metadata"], now.get("metadata", {}))
        if now == old:
            return old
        if table.resource.generation and now.get("spec") != old.get("spec"):
            now["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        table.put(encode(table.resource, now, self._advance()))
        return now

    def delete(self, resource: Resource | str, name: str, namespace: str | None = None) -> Manifest:
        """Remove an object at once (no finalizers, no grace). Raises StatusError 404."""
        table = self.table(resource)
        key = key_of(table.resource, namespace, name)
        if key not in table.entries:
            raise not_found(table.resource, name)
        return decode(table.resource, table.remove(key, self._advance()))

    def forget(self) -> None:
        """Empty the history of everything, as a restarted API server with an empty watch cache."""
        for table in self._tables.values():
            table.forget(self.version)

    # Versions

    def _advance(self) -> int:
        self.version += 1
        for version, reached in tuple(self._waiting) if self._waiting else ():
            if version <= self.version:
                reached.set()
        return self.version

    @property
    def waiting(self) -> int:
        """How many requests wait for a version to come."""
        return len(self._waiting)

    async def reach(self, version: int) -> None:
        """Wait for a version that is not there yet. Raises StatusError 504 after 3 s, as the API server."""
        if version <= self.version:
            return
        reached = asyncio.Event()
        waiting = (version, reached)
        self._waiting.add(waiting)
        timer = self.clock.call_later(_PATIENCE, reached.set)
        try:
            await reached.wait()
        finally:
            timer.cancel()
            self._waiting.discard(waiting)
        if version > self.version:
            raise too_new(version, self.version)

    # Metadata

    def _complete(self, resource: Resource, manifest: Manifest) -> Manifest:
        metadata = dict(manifest.get("metadata") or {})
        if not metadata.get("name"):
            metadata["name"] = self._generated_name(metadata)
        if resource.namespaced:
            metadata.setdefault("namespace", "default")
        else:
            metadata.pop("namespace", None)
        metadata.setdefault("uid", str(uuid.UUID(int=self.rng.getrandbits(128), version=4)))
        metadata.setdefault("creationTimestamp", timestamp(self.clock.now()))
        if resource.generation:
            metadata.setdefault("generation", 1)
        return {"kind": resource.kind, "apiVersion": resource.api_version} | manifest | {"metadata": metadata}

    def _generated_name(self, metadata: Manifest) -> str:
        if not metadata.get("generateName"):
            raise bad_request("name or generateName is required")
        return str(metadata["generateName"]) + "".join(self.rng.choices(_GENERATED_LETTERS, k=5))

    def _carried(self, resource: Resource, old: Manifest, new: Manifest) -> Manifest:
        """The metadata of an updated object: what the server owns stays."""
        if new.get("resourceVersion") not in (None, "", old["resourceVersion"]):
            raise conflict(resource, old["name"])
        if new.get("uid") not in (None, old["uid"]):
            raise StatusError(409, "Conflict", f"Precondition failed: UID in precondition: {new['uid']}")
        owned = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation")
        return dict(new) | {name: old[name] for name in owned if name in old}

"""How the exposition is kept: fragments compressed at rest, stores of them, and response bodies made of them."""

from evergauge.store.body import OPENMETRICS_END, Body, GzipBody, PlainBody, Section
from evergauge.store.bucket import Rendering, Unrendered
from evergauge.store.fragment import Fragment, header_fragment
from evergauge.store.snapshot import Snapshot
from evergauge.store.store import Size, Store

__all__ = [
    "OPENMETRICS_END",
    "Body",
    "Fragment",
    "GzipBody",
    "PlainBody",
    "Rendering",
    "Section",
    "Size",
    "Snapshot",
    "Store",
    "Unrendered",
    "header_fragment",
]

"""What is exposed of one Kubernetes resource type."""

from collections.abc import Mapping
from dataclasses import dataclass

from evergauge.declare.family import Family
from evergauge.declare.model import Model


@dataclass(frozen=True, slots=True)
class Kind:
    """One Kubernetes resource type with its metric families.

    resource: the plural name as in `--resources`; kind: the Go type's name (`Pod`); group: "" for the core group.
    identity: the labels that every sample carries, by name, as paths.
    confidential: its objects hold what must not get into a log; why a family was left out is said without any value.

    Whether the families fit the model is found out when they are compiled (`CompiledKind`): a start compiles those that it
    exposes, and to look at all of them would take longer than that.
    """

    resource: str
    kind: str
    group: str
    version: str
    namespaced: bool
    model: type[Model]
    identity: Mapping[str, str]
    families: tuple[Family, ...]
    confidential: bool = False

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

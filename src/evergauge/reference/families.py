"""All metric families, as rows."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from evergauge.declare import Family, Kind


class Row(NamedTuple):
    """One family. labels: the names beside the identity's, `prefix_*` for those made of a map's keys."""

    kind: Kind
    family: Family
    labels: Sequence[str]

    @property
    def status(self) -> str:
        """Its stability, and since when it is deprecated."""
        deprecated = self.family.deprecated
        return f"{self.family.stability}, deprecated since {deprecated}" if deprecated else self.family.stability


def families(kinds: Iterable[Kind], chosen: Callable[[Family], bool] = lambda _: True) -> list[Row]:
    """The families of these kinds that are chosen, in the order of the output."""
    return [Row(kind, family, label_names(family)) for kind in kinds for family in kind.families if chosen(family)]


def label_names(family: Family) -> Sequence[str]:
    """The labels of a family beside its kind's identity, in the order of the output."""
    names = [*family.labels]
    if family.map_labels:
        names.append(f"{family.map_labels.prefix}_*")
    if family.states:
        names.append(family.states.label)
    return names

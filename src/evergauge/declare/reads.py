"""Which fields of an object families read, by their declarations."""

from collections.abc import Iterable, Iterator, Mapping

from evergauge.declare.family import Each, Family, Given, Is, MapLabels, Present, Same, States, Via


def reads_metadata_only(identity: Mapping[str, str], families: Iterable[Family]) -> bool:
    """Whether the API server may leave out all of an object but its metadata (`PartialObjectMetadata`)."""
    return {path.partition(".")[0] for path in _paths(identity, families)} <= {"metadata"}


def _paths(identity: Mapping[str, str], families: Iterable[Family]) -> Iterator[str]:
    yield from identity.values()
    for family in families:
        loops = {loop.name for loop in family.each}
        rules = (*family.each, *family.when, *family.labels.values(), family.map_labels, family.value, family.states)
        for rule in rules:
            yield from (path for path in paths_of(rule) if path.partition(".")[0] not in loops)


def paths_of(rule: object) -> tuple[str, ...]:
    """The paths that one rule of a family names."""
    match rule:
        case str():
            return (rule,)
        case Via() | Same():
            return rule.paths
        case Is() | Present() | States():
            return (rule.path,)
        case Given():
            return paths_of(rule.rule)
        case Each() | MapLabels():
            return paths_of(rule.source)
        case _:
            return ()  # a constant, or no rule at all

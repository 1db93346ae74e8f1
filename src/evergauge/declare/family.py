"""The words in which families are declared. Plain data: `evergauge.declare.compile` turns it into code.

    gauge("kube_pod_container_status_ready", STABLE, "Whether the container is ready.",
          each="cs in status.containerStatuses", labels={"container": "cs.name"}, value="cs.ready")

A path is dotted and starts at the object, or at the name of a loop (`cs`). It is resolved against the model when the family
is compiled; one that leads nowhere raises `DeclarationError` with the family's name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evergauge.errors import DeclarationError

STABLE: Literal["STABLE"] = "STABLE"
ALPHA: Literal["ALPHA"] = "ALPHA"
Stability = Literal["STABLE", "ALPHA"]


@dataclass(frozen=True, slots=True)
class Via:
    """A typed function of fields: `function(*values of paths)`. Its return annotation says what comes out."""

    function: Callable[..., Any]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """1 where the path leads to something, else 0."""

    path: str


@dataclass(frozen=True, slots=True)
class Is:
    """A condition: the text at the path is one of these."""

    path: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """A condition: the texts at two paths are the same."""

    paths: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Const:
    """A label's text that is the same for all objects."""

    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """A label that is left out where there is nothing to say, rather than empty."""

    rule: str | Via


@dataclass(frozen=True, slots=True)
class States:
    """One sample a state, with value 1 for the state at `path` and 0 for the others.

    texts: the label's text to the API's spelling, in the order of the output.
    """

    label: str
    path: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Each:
    """A loop: `name` stands for one element of the list at a path, or for one row that `source.function` returns."""

    name: str
    source: str | Via


@dataclass(frozen=True, slots=True)
class MapLabels:
    """Labels made of a string map: `prefix` and the sanitised keys. allowlist: the flag that chooses keys, None for all keys.

    source: the map's path, or a function that returns it.
    """

    prefix: str
    source: str | Via
    allowlist: Literal["labels", "annotations"] | None = None


Label = str | Const | Via | Given
Value = str | int | Present | Via
When = str | Is | Same | Via


@dataclass(frozen=True, slots=True)
class Family:
    """One metric name with its help, type, stability and the rule for its samples."""

    name: str
    type: Literal["gauge", "counter"]
    stability: Stability
    description: str
    each: tuple[Each, ...] = ()
    when: tuple[When, ...] = ()
    labels: Mapping[str, Label] = field(default_factory=dict)
    map_labels: MapLabels | None = None
    value: Value = 1
    states: States | None = None
    opt_in: bool = False
    deprecated: str = ""

    @property
    def help(self) -> str:
        """The help text: a STABLE family's starts with `[STABLE]`, a deprecated one's says since when (KSM behaviour)."""
        stable = "[STABLE] " if self.stability == STABLE else ""
        deprecated = f"(Deprecated since {self.deprecated}) " if self.deprecated else ""
        return f"{stable}{deprecated}{self.description}"


def via(function: Callable[..., Any], *paths: str) -> Via:
    """What `function` makes of the values at `paths`: a label, a value, or the rows of a loop."""
    return Via(function, paths)


def present(path: str) -> Present:
    """1 where the path leads to something (a pointer that is set, a text that isn't empty), else 0."""
    return Present(path)


def is_(path: str, *texts: str) -> Is:
    """A condition: the text at the path is one of `texts`."""
    return Is(path, texts)


def same(path: str, other: str) -> Same:
    """A condition: two fields hold the same text."""
    return Same((path, other))


def const(text: str) -> Const:
    """A label's constant text."""
    return Const(text)


def given(path: str | Via) -> Given:
    """A label that is left out where the path's pointer isn't set, or the function returns None. It comes after one that stays."""
    return Given(path)


def states(label: str, path: str, texts: Sequence[str] | Mapping[str, str]) -> States:
    """One sample for each of `texts` (or of the label texts that map to them), 1 for the one at `path`."""
    return States(label, path, dict(texts) if isinstance(texts, Mapping) else {t: t for t in texts})


CONDITION_STATUSES: Mapping[str, str] = {"true": "True", "false": "False", "unknown": "Unknown"}
"""The three values of a condition's status (KEP-1623), as label texts."""


def rows(name: str, function: Callable[..., Any], *paths: str) -> Each:
    """A loop over the rows that `function` returns for the values at `paths`."""
    return Each(name, Via(function, paths))


def gauge(
    name: str,
    stability: Stability,
    description: str,
    *,
    each: str | Each | Sequence[str | Each] = (),
    when: When | Sequence[When] = (),
    labels: Mapping[str, Label] | None = None,
    map_labels: MapLabels | None = None,
    value: Value = 1,
    states: States | None = None,
    opt_in: bool = False,
    deprecated: str = "",
) -> Family:
    """A gauge family.

    each: loops, outer first: `"c in spec.containers"`, `rows(...)`.
    when: conditions that must all hold: a path (something is there), `is_(path, text, ...)`, `same(path, path)`, or `via(function, path, ...)` (it returns something).
    labels: the labels beside the identity's, by name: a path, `const(text)`, `via(function, *paths)`,
        or `given(...)` for one that may be left out.
    map_labels: further labels out of a string map. value: a path, a constant, `present(path)` or `via(...)`; an absent one makes no sample.
    states: see `states`. opt_in: served only when `--metric-opt-in-list` names it. deprecated: the version since when.
    """
    loops = (each,) if isinstance(each, (str, Each)) else tuple(each)
    return Family(
        name=name,
        type="gauge",
        stability=stability,
        description=description,
        each=tuple(loop if isinstance(loop, Each) else Each(*_split_loop(name, loop)) for loop in loops),
        when=(when,) if isinstance(when, When) else tuple(when),
        labels=labels or {},
        map_labels=map_labels,
        value=value,
        states=states,
        opt_in=opt_in,
        deprecated=deprecated,
    )


def counter(name: str, stability: Stability, description: str, **rule: Any) -> Family:  # noqa: ANN401 (gauge's own types)
    """A counter family; the same rules as `gauge`. Its name ends in `_total`."""
    family = gauge(name, stability, description, **rule)
    return Family(**{slot: getattr(family, slot) for slot in Family.__slots__} | {"type": "counter"})


def _split_loop(family: str, text: str) -> tuple[str, str]:
    name, separator, path = text.partition(" in ")
    if not separator or not name.isidentifier():
        raise DeclarationError(f"{family}: each={text!r}: a loop is written 'name in path'")
    return name, path

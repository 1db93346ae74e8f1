"""A small kind for the tests of declare: things with parts."""

from collections.abc import Sequence

from evergauge.declare import (
    Allowlists,
    Bool,
    CompiledKind,
    Family,
    Int,
    Items,
    Kind,
    Metadata,
    Model,
    Quantity,
    Rendered,
    Safe,
    Str,
    Time,
)


class Part(Model):
    name: Str = ""
    size: Int = 0
    limit: Int = None
    sound: Bool = False


class Maker(Model):
    name: Str = ""
    since: Time = None


class Spec(Model):
    parts: Items[Part] = ()
    spares: Items[Part] = ()
    tags: Items[str] = ()
    colour: Str = ""
    nickname: Str = None
    replicas: Int = None
    count: Int = 0
    weight: Quantity = None
    born: Time = ""
    stopped: Time = None
    live: Bool = False
    maker: Maker | None = None


class Thing(Model):
    metadata: Metadata | None = Metadata()
    spec: Spec | None = Spec()


def thing(*families: Family) -> Kind:
    """The kind of things with these families."""
    return Kind(
        resource="things",
        kind="Thing",
        group="",
        version="v1",
        namespaced=True,
        model=Thing,
        identity={"thing": "metadata.name"},
        families=families,
    )


def render(family: Family, spec: str, allowlists: Allowlists | None = None) -> Rendered:
    """One family of the thing `t` whose spec is this JSON."""
    kind = CompiledKind(thing(family), allowlists=allowlists)
    return kind.render(f'{{"metadata": {{"name": "t"}}, "spec": {spec}}}'.encode())


def lines(family: Family, spec: str, allowlists: Allowlists | None = None) -> list[str]:
    """The samples of one family of the thing `t`, without faults."""
    rendered = render(family, spec, allowlists)
    assert rendered.faults == ()
    return rendered.parts[0].decode().splitlines()


def initial(colour: str) -> str | None:
    """For tests: the first letter, None without any."""
    return colour[:1] or None


def shout(text: str) -> Safe:
    """For tests: upper case, which is safe for the texts used here."""
    return text.upper()


def longest(parts: Sequence[Part]) -> int | None:
    """For tests: the greatest size, None without parts."""
    return max((part.size or 0 for part in parts), default=None)


def big(parts: Sequence[Part]) -> list[Part]:
    """For tests: rows."""
    return [part for part in parts if (part.size or 0) > 1]

"""Which kinds and families are exposed, as the options say, compiled."""

from collections.abc import Callable, Sequence

from evergauge.declare import Allowlists, CompiledKind, Family, Kind
from evergauge.options import Options
from evergauge.pipeline.patterns import Patterns


def compile_kinds(options: Options, kinds: Sequence[Kind]) -> dict[str, CompiledKind]:
    """The chosen ones of `kinds` by resource, in the order of the output: sorted by resource.

    A kind without any family left is left out, so that nothing is asked of the API server for it. Raises UsageError,
    which names flag and pattern, for a pattern that is none or takes too long.
    """
    chosen = family_filter(options)
    compiled = {}
    for kind in sorted(kinds, key=lambda kind: kind.resource):
        families = [family for family in kind.families if chosen(family)] if kind.resource in options.resources else []
        if families:
            allowed = Allowlists(options.labels_for(kind.resource), options.annotations_for(kind.resource))
            compiled[kind.resource] = CompiledKind(kind, families, allowed)
    return compiled


def family_filter(options: Options) -> Callable[[Family], bool]:
    """Whether the options let a family be exposed. An opt-in family needs its own list as well as the others' leave."""
    allowed = Patterns("--metric-allowlist", options.metric_allowlist)
    denied = Patterns("--metric-denylist", options.metric_denylist)
    opted_in = Patterns("--metric-opt-in-list", options.metric_opt_in_list)

    def chosen(family: Family) -> bool:
        if family.opt_in and not opted_in.match(family.name):
            return False
        return allowed.match(family.name) if allowed else not denied.match(family.name)

    return chosen

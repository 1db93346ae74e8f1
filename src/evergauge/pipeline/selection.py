"""Which kinds and families are exposed, as the options say, compiled."""

import re
from collections.abc import Callable, Sequence

from evergauge.declare import Allowlists, CompiledKind, Family, Kind
from evergauge.errors import UsageError
from evergauge.options import Options


def compile_kinds(options: Options, kinds: Sequence[Kind]) -> dict[str, CompiledKind]:
    """The chosen ones of `kinds` by resource, in the order of the output: sorted by resource.

    A kind without any family left is left out, so that nothing is asked of the API server for it. Raises UsageError,
    which names the flag, for a bad pattern.
    """
    chosen = family_filter(options)
    compiled = {}
    for kind in sorted(kinds, key=lambda kind: kind.resource):
        families = [family for family in kind.families if chosen(family)]
        if families and kind.resource in options.resources:
            allowed = Allowlists(options.labels_for(kind.resource), options.annotations_for(kind.resource))
            compiled[kind.resource] = CompiledKind(kind, families, allowed)
    return compiled


def family_filter(options: Options) -> Callable[[Family], bool]:
    """Whether the options let a family be exposed. An opt-in family needs its own list as well as the others' leave."""
    allowed = _matcher("--metric-allowlist", options.metric_allowlist)
    denied = _matcher("--metric-denylist", options.metric_denylist)
    opted_in = _matcher("--metric-opt-in-list", options.metric_opt_in_list)

    def chosen(family: Family) -> bool:
        if family.opt_in and not opted_in(family.name):
            return False
        return allowed(family.name) if options.metric_allowlist else not denied(family.name)

    return chosen


def _matcher(flag: str, patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether one of the patterns is found anywhere in a name (KSM behaviour)."""
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern))
        except re.error as error:
            raise UsageError(f"{flag}: not a regular expression: {pattern!r}: {error}") from None
    return lambda name: any(regex.search(name) for regex in compiled)

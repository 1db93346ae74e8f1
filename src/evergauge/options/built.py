"""Options that are read and checked, but whose work isn't in this version.

Serving without it would be wrong (a port that should be protected, shards that all expose everything), so it is refused.
`render` talks to nobody and isn't sharded by itself: there they don't matter.
"""

from collections.abc import Iterator, Sequence

from evergauge.errors import UsageError
from evergauge.options.table import Options

_PROTECT = (
    "the ports would be open to everyone. Put a proxy such as kube-rbac-proxy before them "
    "(with --host=127.0.0.1 --telemetry-host=127.0.0.1) and leave the flag out"
)
_CUSTOM = "run kube-state-metrics with --custom-resource-state-only beside Evergauge and leave the flag out"


def require_built(options: Options) -> None:
    """Raise UsageError, in one line, where serving would need what isn't in this version."""
    missing = not_built_yet(options)
    if missing:
        raise UsageError("; ".join(missing))


def not_built_yet(options: Options) -> Sequence[str]:
    """The flags given that this version can't serve with, each with what to do instead."""
    return tuple(f"{flags} isn't in this version yet: {advice}" for flags, advice in _missing(options))


def _missing(options: Options) -> Iterator[tuple[str, str]]:
    if options.tls_config:
        yield "--tls-config", _PROTECT
    if options.auth_filter:
        yield "--auth-filter", _PROTECT
    if options.custom_resource_state_config:
        yield "--custom-resource-state-config", _CUSTOM
    if options.custom_resource_state_config_file:
        yield "--custom-resource-state-config-file", _CUSTOM
    if options.custom_resource_state_only:
        yield "--custom-resource-state-only", "nothing would be exposed. Use kube-state-metrics for custom resources"

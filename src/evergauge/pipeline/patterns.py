"""The patterns of the metric lists: ECMAScript regular expressions, within a bound of time."""

import re
import time
from collections.abc import Callable, Sequence

import corvus_regex_ecma262 as ecmascript

from evergauge.errors import UsageError

BUDGET = 1.0
"""Seconds that all patterns of a list may take for all names together. Names are few and short: milliseconds are the rule."""

_INLINE_FLAGS = re.compile(r"\(\?([ims]+)\)")
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_ANCHORS = {r"\A": "^", r"\Z": "$", r"\z": "$"}


class Patterns:
    r"""The patterns of one flag. Each is matched anywhere in a name unless it is anchored (KSM behaviour).

    KSM's engine, regexp2 in its ECMAScript mode, also takes what Go's and .NET's do: `(?i)` at the start, and `\A`, `\z`. So do
    we; its other additions (conditions, atomic groups, comments) are refused.
    """

    def __init__(self, flag: str, patterns: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises UsageError, which names flag and pattern, for what is no regular expression. clock: seconds."""
        self._flag = flag
        self._regexes = [(pattern, self._compile(pattern)) for pattern in patterns]
        self._clock = clock
        self._left = BUDGET

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._regexes)

    def match(self, name: str) -> bool:
        """Whether one of them is found in the name. Raises UsageError, which names flag and pattern, when time is up."""
        return any(self._found(pattern, regex, name) for pattern, regex in self._regexes)

    def _compile(self, pattern: str) -> ecmascript.Regex:
        try:
            return ecmascript.compile(*_as_ecmascript(pattern))
        except ecmascript.error as error:
            raise UsageError(f"{self._flag}: not an ECMAScript regular expression: {pattern!r}: {error}") from None

    def _found(self, pattern: str, regex: ecmascript.Regex, name: str) -> bool:
        start = self._clock()
        try:
            found = regex.test(name, timeout=self._left)
        except ecmascript.MatchLimitError:
            self._left = 0.0
            found = False
        self._left -= self._clock() - start
        # A time-out of 0 would stand for none.
        if self._left <= 0:
            raise UsageError(f"{self._flag}: {pattern!r} takes too long: the list has {BUDGET:g} s for all names")
        return found


def _as_ecmascript(pattern: str) -> tuple[str, str]:
    """A pattern of KSM's engine and its flags, as ECMAScript has them."""
    flags = _INLINE_FLAGS.match(pattern)
    rest = pattern[flags.end() :] if flags else pattern
    return _ESCAPE.sub(lambda escape: _ANCHORS.get(escape[0], escape[0]), rest), "".join(
        sorted(set(flags[1] if flags else ""))
    )

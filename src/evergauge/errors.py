"""Every error that Evergauge raises on purpose. Each part has its section; none but the API server's holds more than its message.

EvergaugeError
├── UsageError            a flag or command that can't be honoured (exit code 2)
│   └── ConfigFileError   the same in the file of --config
├── ManifestError         a manifest given to `render` that can't be read
├── DeclarationError      a kind declared against the rules or its model
├── ListenError           a port that can't be listened on
├── AuditError            an audit that could not be completed
│   └── AuditInterrupted  what was audited has been replaced meanwhile
├── ClusterError          it isn't known how to reach the API server
│   └── KubeconfigError   a kubeconfig that can't be read or honoured
├── ApiError              a request to the API server failed
│   ├── Unauthorized      401: the credential isn't accepted
│   │   └── NoCredential  there is none to send: a file or plugin failed
│   ├── Forbidden         403: not allowed
│   ├── NotFound          404: no such kind or object
│   ├── Expired           410: the version or continue token is too old
│   ├── Throttled         429, or 503 with a time to wait
│   ├── Invalid           400, 405, 406, 415, 422: the server doesn't know what was asked for
│   ├── ServerFailed      5xx
│   │   └── VersionTooLarge   the server hasn't seen the version yet
│   ├── Unreachable       no answer: name, connection, TLS, time-out
│   ├── ConnectionLost    the answer broke off
│   │   └── CutShort      a list ended before it was complete
│   ├── BookmarkMissing   a watch-list did not say where its initial events end
│   └── MalformedAnswer   not what was asked for
└── SimulatorError        the simulated API server refuses a request or an order
"""

# ruff: noqa: N818 - errors of the API bear its own names for what happened
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class EvergaugeError(Exception):
    """The root. Its message is one line: what failed, where, and what to do about it."""


# Options and command line


class UsageError(EvergaugeError):
    """A flag, value or command that can't be honoured. The message names the flag and what is allowed."""


class ConfigFileError(UsageError):
    """The file of `--config` can't be read, or says something that can't be honoured. The message names file, line and key."""


class ManifestError(EvergaugeError):
    """A manifest can't be read. The message names the file and, where it is known, the document in it (counted from 1)."""


# Declarations


class DeclarationError(EvergaugeError):
    """A kind or family is declared against the rules or its model. The message names the family and the path."""


# Serving


class ListenError(EvergaugeError):
    """A socket can't be opened. The message names host, port, their flags and the system's reason."""


class AuditError(EvergaugeError):
    """An audit of what is served could not be completed. The message names the feed and what was missing."""


class AuditInterrupted(AuditError):
    """The feed has listed anew, or is no longer in service: what was found says nothing any more."""


# The API server


class ClusterError(EvergaugeError):
    """It isn't known how to reach the API server, or what is known is wrong. The message says what was looked for."""


class KubeconfigError(ClusterError):
    """A kubeconfig can't be read or honoured. The message names file, entry and field."""


class ApiError(EvergaugeError):
    """A request to the API server failed. The message says what was asked, of which server, and what came back.

    status: of HTTP, 0 where there was no answer. reason: of the answer's Status object, empty where there was none.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason


class Unauthorized(ApiError):
    """401: the API server doesn't accept the credential, which the message names."""


class NoCredential(Unauthorized):
    """There is no credential to send: a token file or a plugin failed. The request wasn't made."""


class Forbidden(ApiError):
    """403: the user, whom the message names, isn't allowed to do this."""


class NotFound(ApiError):
    """404: the API server has no such kind or object."""


class Expired(ApiError):
    """410: the resourceVersion or continue token is older than what the API server keeps."""


class Throttled(ApiError):
    """429, or 503 with a time to wait. retry_after: seconds, 0 where the API server doesn't say."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, status=status, reason=reason)
        self.retry_after = retry_after


class Invalid(ApiError):
    """400 and its like (405, 406, 415, 422): the API server doesn't know a parameter or form that was asked for."""


class ServerFailed(ApiError):
    """5xx: the API server, or something before it, failed."""


class VersionTooLarge(ServerFailed):
    """The API server hasn't seen the resourceVersion asked for: its cache lags, or it was restored from a backup."""


class Unreachable(ApiError):
    """No answer. The message says why: name, connection, TLS, time-out. silent: only the answer did not come in time."""

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


class ConnectionLost(ApiError):
    """An answer broke off before its end. silent: nothing more came for too long; False where the connection ended."""

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


class CutShort(ConnectionLost):
    """The API server ended a list before it was complete.

    It does so to a watch-list that doesn't keep up with what changes meanwhile, to a whole list that takes too long, and when it stops.
    """


class BookmarkMissing(ApiError):
    """A watch-list did not say that its initial events are complete: something on the way drops bookmarks."""


class MalformedAnswer(ApiError):
    """An answer that isn't JSON, or not what was asked for: something else may be listening there."""


_BY_CODE: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Invalid,
    406: Invalid,
    410: Expired,
    415: Invalid,
    422: Invalid,
}
_TOO_LARGE = "ResourceVersionTooLarge"


def error_of_status(code: int, status: object, what: str, *, retry_after: float = 0.0, advice: str = "") -> ApiError:
    """The error that an answer, or an ERROR event of a watch, stands for.

    code: HTTP's. status: the decoded body, a `Status` object (Kubernetes API conventions, "Response Status Kind") or anything
    else. what: was asked. retry_after: seconds from the header; without it those of the Status hold. advice: ends the message.
    """
    fields = status if isinstance(status, dict) else {}
    details = fields["details"] if isinstance(fields.get("details"), dict) else {}
    reason, text = (fields[key] if isinstance(fields.get(key), str) else "" for key in ("reason", "message"))
    message = _one_line(
        ": ".join(filter(None, (f"{what}: {code} {reason}".rstrip(), text))) + (advice and f"; {advice}")
    )
    seconds = retry_after or details.get("retryAfterSeconds")
    wait = float(seconds) if isinstance(seconds, int | float) else 0.0
    if _TOO_LARGE in _causes(details):
        return VersionTooLarge(message, status=code, reason=_TOO_LARGE)
    if reason in ("Expired", "Gone"):
        return Expired(message, status=code, reason=reason)
    if code == 429 or (code == 503 and wait):
        return Throttled(message, status=code, reason=reason, retry_after=wait)
    failed = ServerFailed if code >= 500 else ApiError
    return _BY_CODE.get(code, failed)(message, status=code, reason=reason)


def _causes(details: Mapping[str, object]) -> set[object]:
    causes = details.get("causes")
    found = causes if isinstance(causes, list) else []
    return {cause["reason"] for cause in found if isinstance(cause, dict) and isinstance(cause.get("reason"), str)}


def _one_line(text: str, most: int = 600) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "…"


# Simulator


class SimulatorError(EvergaugeError):
    """The simulated API server refuses a request (as the API would) or an order of its user. The message says why."""


# Demo


class DemoError(EvergaugeError):
    """The demo can't go on. The message says what failed."""

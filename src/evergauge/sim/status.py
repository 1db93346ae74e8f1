"""The API's errors: `Status` objects, in the words of kube-apiserver 1.36."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from evergauge.errors import SimulatorError

if TYPE_CHECKING:
    from evergauge.sim.resources import Resource


class StatusError(SimulatorError):
    """A request that the API refuses.

    code: the HTTP status. reason: the API's word for it (`NotFound`). details: as in the `Status` object.
    retry_after: seconds for the `Retry-After` header. resume: a continue token that goes on where an expired one stood.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        retry_after: int | None = None,
        resume: str = "",
    ) -> None:
        """Describe the refusal; `message` stands in the `Status` word for word."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after
        self.resume = resume

    def body(self) -> bytes:
        """The `Status` object as JSON, in the field order of the real server, without a line's end."""
        metadata = {"continue": self.resume} if self.resume else {}
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": metadata}
        status |= {"status": "Failure", "message": self.message}
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return msgspec.json.encode(status | {"code": self.code})


def _details(resource: Resource, name: str) -> dict[str, Any]:
    details = {"name": name} if name else {}
    return details | ({"group": resource.group} if resource.group else {}) | {"kind": resource.plural}


def not_found(resource: Resource, name: str) -> StatusError:
    """404: there is no such object."""
    return StatusError(404, "NotFound", f'{resource.qualified} "{name}" not found', details=_details(resource, name))


def no_such_resource() -> StatusError:
    """404: this kind is not served."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", details={})


def already_exists(resource: Resource, name: str) -> StatusError:
    """409 on creation."""
    message = f'{resource.qualified} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, details=_details(resource, name))


def conflict(resource: Resource, name: str) -> StatusError:
    """409 on an update that names another resourceVersion than the object's."""
    message = (
        f'Operation cannot be fulfilled on {resource.qualified} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return StatusError(409, "Conflict", message, details=_details(resource, name))


def bad_request(message: str) -> StatusError:
    """400 with any text."""
    return StatusError(400, "BadRequest", message)


def invalid_option(field: str, cause: str, message: str) -> StatusError:
    """422 for a list or watch option; `cause` is the API's word, as `FieldValueForbidden`."""
    details = {
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{"reason": cause, "message": message, "field": field}],
    }
    text = f'ListOptions.meta.k8s.io "" is invalid: {field}: {message}'
    return StatusError(422, "Invalid", text, details=details)


def too_old(version: int, current: int) -> StatusError:
    """410 for a watch from outside the window of history."""
    return StatusError(410, "Expired", f"too old resource version: {version} ({current})")


def list_expired() -> StatusError:
    """410 for a list at a resourceVersion that is no longer kept."""
    return StatusError(410, "Expired", "The resourceVersion for the provided list is too old.")


def continue_expired(resume: str) -> StatusError:
    """410 for a page whose snapshot is no longer kept; `resume` goes on from the same place in the present state."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    return StatusError(410, "Expired", message, resume=resume)


def too_new(version: int, current: int) -> StatusError:
    """504 for a resourceVersion that the server has not seen within its patience."""
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    message = f"Timeout: Too large resource version: {version}, current: {current}"
    return StatusError(504, "Timeout", message, details=details, retry_after=1)


def unauthorized() -> StatusError:
    """401: no token, or one that the server doesn't know."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(resource: Resource, verb: str, namespace: str | None, name: str, user: str) -> StatusError:
    """403 as RBAC says it."""
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource.plural}" '
        f'in API group "{resource.group}" {scope}'
    )
    return StatusError(403, "Forbidden", message, details=_details(resource, name))


def throttled(seconds: int) -> StatusError:
    """429 of priority and fairness."""
    message = "too many requests, please try again later"
    return StatusError(429, "TooManyRequests", message, details={"retryAfterSeconds": seconds}, retry_after=seconds)


def server_error(code: int) -> StatusError:
    """5xx without more to say."""
    reasons = {500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}
    return StatusError(code, reasons.get(code, ""), f"an error on the server ({code}) was ordered")

"""Options of lists and watches: parsed and judged as API server 1.36 does (KEP-2340, KEP-3157, KEP-5866)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from evergauge.sim.selection import Selection, parse_fields, parse_shards
from evergauge.sim.status import StatusError, bad_request, invalid_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evergauge.sim.target import Target

_MATCHES: Final = ("", "Exact", "NotOlderThan")


class Options(NamedTuple):
    """The query of a list or watch. `version` is None where resourceVersion is unset; `timeout` is in seconds."""

    version: int | None
    match: str
    limit: int
    resume: str
    bookmarks: bool
    initial_events: bool | None
    timeout: float | None

    @property
    def exact(self) -> bool:
        """The list is wanted at its resourceVersion and no other (a limit alone implies it, as ever)."""
        return bool(self.version) and (self.match == "Exact" or (self.match == "" and self.limit > 0))


class Token(msgspec.Struct):
    """Where a list goes on. version -1: in the present state, whatever has changed."""

    version: int = msgspec.field(name="rv")
    start: str
    format: str = msgspec.field(name="v", default="meta.k8s.io/v1")

    def encode(self) -> str:
        """As in `metadata.continue`."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


def parse_token(text: str) -> Token:
    """The token that `encode` gave. Raises StatusError 400."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Token)
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter: anything but absent, `0` and `false` is true."""
    return query.get(name, "0") not in ("0", "false")


def parse_options(query: Mapping[str, str], *, watch: bool) -> Options:
    """The options of a list or a watch. Raises StatusError 400, 422, and 500 for a watch's malformed resourceVersion."""
    options = Options(
        version=_version(query.get("resourceVersion", ""), watch=watch),
        match=query.get("resourceVersionMatch", ""),
        limit=max(0, _number(query.get("limit", ""))),
        resume=query.get("continue", ""),
        bookmarks=flag(query, "allowWatchBookmarks"),
        initial_events=flag(query, "sendInitialEvents") if "sendInitialEvents" in query else None,
        timeout=_number(query.get("timeoutSeconds", "")) or None,
    )
    if watch:
        _judge_watch(options)
    else:
        _judge_list(options)
    return options


def parse_selection(target: Target, query: Mapping[str, str], *, sharding: bool) -> Selection:
    """What the query selects; a `shardSelector` counts with `sharding` only. Raises StatusError 400, 500."""
    if query.get("labelSelector"):
        raise bad_request("labelSelector is not simulated")
    shards = query.get("shardSelector", "") if sharding else ""
    return Selection(
        target.resource,
        target.namespace,
        parse_fields(target.resource, query.get("fieldSelector", "")),
        parse_shards(shards) if shards else None,
    )


def wants_metadata_only(accept: str, *, wanted: str, other: str) -> bool:
    """Whether `Accept` asks for the transformation `wanted` before plain JSON. Raises StatusError 406.

    wanted, other: PartialObjectMetadata, and its List, for single objects and watches; the reverse for lists.
    """
    for media_range in accept.split(",") if accept.strip() else ["*/*"]:
        media, *parameters = (part.strip() for part in media_range.split(";"))
        asked = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media not in ("application/json", "application/*", "*/*"):
            continue
        if "as" not in asked:
            return False
        if asked.get("g") == "meta.k8s.io" and asked.get("v") == "v1" and asked["as"] == wanted:
            return True
        if asked["as"] == other:
            shape = "a list" if wanted.endswith("List") else "not a list"
            raise StatusError(406, "NotAcceptable", f"you requested {other}, but the requested object is {shape}")
    message = "406: Not Acceptable\n\nAvailable representations: application/json"
    raise StatusError(406, "NotAcceptable", message, details={})


def _judge_list(options: Options) -> None:
    if options.initial_events is not None:
        raise _forbidden("sendInitialEvents is forbidden for list", field="sendInitialEvents")
    if options.resume:
        if options.match:
            raise _forbidden("resourceVersionMatch is forbidden for continue")
        if options.version:
            raise bad_request("specifying resource version is not allowed when using continue")
    elif options.match and options.version is None:
        raise _forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if options.match not in _MATCHES:
        text = f'Unsupported value: "{options.match}": supported values: "Exact", "NotOlderThan", ""'
        raise invalid_option("resourceVersionMatch", "FieldValueNotSupported", text)
    if options.match == "Exact" and options.version == 0:
        raise _forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')


def _judge_watch(options: Options) -> None:
    if options.initial_events is None and options.match:
        raise _forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
    if options.initial_events is not None and options.match != "NotOlderThan":
        raise _forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")


def _forbidden(message: str, field: str = "resourceVersionMatch") -> StatusError:
    return invalid_option(field, "FieldValueForbidden", f"Forbidden: {message}")


def _version(text: str, *, watch: bool) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    if watch:
        raise StatusError(500, "", message)
    raise bad_request(f"invalid resource version: {message}")


def _number(text: str) -> int:
    try:
        return int(text or "0")
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None

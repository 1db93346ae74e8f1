"""Every answer that isn't a 200 becomes one error of ours, with its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from evergauge.errors import (
    ApiError,
    Expired,
    Forbidden,
    Invalid,
    MalformedAnswer,
    NotFound,
    ServerFailed,
    Throttled,
    Unauthorized,
    VersionTooLarge,
    error_of_status,
)
from evergauge.kube.failures import retry_after
from kube.answering import ENOUGH, answering, client_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_800_000_000.0
TOO_LARGE = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]}


def status(code: int, reason: str, message: str, **details: object) -> Callable[[web.Request], web.StreamResponse]:
    """A Status as the API server sends it."""
    body = {
        "kind": "Status",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }
    return lambda _: web.json_response(body, status=code)


def plain(code: int, text: str, **headers: str) -> Callable[[web.Request], web.StreamResponse]:
    renamed = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(text=text, status=code, headers=renamed)


# What comes back, the exact class, its reason, what its message says after the request.
ANSWERS: list[tuple[Callable[[web.Request], web.StreamResponse], type[ApiError], str, str]] = [
    (status(400, "BadRequest", "unknown field"), Invalid, "BadRequest", "400 BadRequest: unknown field"),
    (
        status(401, "Unauthorized", "Unauthorized"),
        Unauthorized,
        "Unauthorized",
        "401 Unauthorized: Unauthorized; not accepted: no credential",
    ),
    (
        status(403, "Forbidden", 'pods is forbidden: User "eva" cannot list resource "pods"'),
        Forbidden,
        "Forbidden",
        '403 Forbidden: pods is forbidden: User "eva" cannot list resource "pods"; grant it by RBAC; asked with no credential',
    ),
    (status(404, "NotFound", "no such resource"), NotFound, "NotFound", "404 NotFound: no such resource"),
    (plain(404, "404 page not found\n"), NotFound, "", "404: 404 page not found"),
    (status(405, "MethodNotAllowed", "no watch"), Invalid, "MethodNotAllowed", "405 MethodNotAllowed: no watch"),
    (status(406, "NotAcceptable", "only JSON"), Invalid, "NotAcceptable", "406 NotAcceptable: only JSON"),
    (status(409, "Conflict", "changed"), ApiError, "Conflict", "409 Conflict: changed"),
    (
        status(410, "Expired", "too old resource version: 1 (9)"),
        Expired,
        "Expired",
        "410 Expired: too old resource version: 1 (9)",
    ),
    (status(410, "Gone", "gone"), Expired, "Gone", "410 Gone: gone"),
    (status(500, "Expired", "wrapped"), Expired, "Expired", "500 Expired: wrapped"),
    (
        status(422, "Invalid", "sendInitialEvents: Forbidden"),
        Invalid,
        "Invalid",
        "422 Invalid: sendInitialEvents: Forbidden",
    ),
    (status(429, "TooManyRequests", "later"), Throttled, "TooManyRequests", "429 TooManyRequests: later"),
    (
        plain(429, "Too many requests, please try again later.\n", Retry_After="1"),
        Throttled,
        "",
        "429: Too many requests, please",
    ),
    (status(500, "InternalError", "etcd"), ServerFailed, "InternalError", "500 InternalError: etcd"),
    (plain(502, "<html>", Content_Type="text/html"), ServerFailed, "", "502: a body that is no Status (text/html)"),
    (plain(503, "no healthy upstream"), ServerFailed, "", "503: no healthy upstream"),
    (plain(503, "starting", Retry_After="3"), Throttled, "", "503: starting"),
    (status(504, "Timeout", "slow"), ServerFailed, "Timeout", "504 Timeout: slow"),
    (
        status(504, "Timeout", "Too large resource version: 9, current: 1", **TOO_LARGE, retryAfterSeconds=1),
        VersionTooLarge,
        "ResourceVersionTooLarge",
        "504 Timeout: Too large resource version: 9, current: 1",
    ),
    (
        plain(302, "", Location="https://login.example/"),
        MalformedAnswer,
        "",
        "302, a redirection, which no API server sends",
    ),
    (plain(204, ""), ApiError, "", "204"),
]


@pytest.mark.parametrize(("answer", "kind", "reason", "says"), ANSWERS)
async def test_an_answer_becomes_an_error(
    answer: Callable[[web.Request], web.StreamResponse], kind: type[ApiError], reason: str, says: str
) -> None:
    async with answering(answer) as server, client_of(server.url) as client:
        with pytest.raises(ApiError) as caught:
            await client.get("/api/v1/pods", {"limit": "1"}, timeout=ENOUGH)
        with pytest.raises(kind) as watched:
            async with client.stream("/api/v1/pods", {}, accept="application/json", connect_timeout=ENOUGH):
                pytest.fail("the watch was refused")
    error = caught.value
    sent = answer(server.requests[0])
    assert (type(error), error.status, error.reason) == (kind, sent.status, reason)
    assert str(error).startswith(f"reading {server.url}/api/v1/pods: {says}")
    assert str(watched.value).startswith(f"watching {server.url}/api/v1/pods: {says}")
    assert error.message == str(error)
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("7", 7),
        ("86400", 60),
        ("-1", 0),
        ("soon", 0),
        ("Fri, 15 Jan 2027 08:00:09 GMT", 9),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Fri, 15 Jan 2038 08:00:00 GMT", 60),
    ],
)
def test_how_long_to_wait(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [("4", {}, 4), ("", {"retryAfterSeconds": 2}, 2), ("", {}, 0), ("5", {"retryAfterSeconds": 2}, 5)],
)
async def test_throttling_tells_how_long(header: str, details: dict[str, int], seconds: float) -> None:
    body = {"kind": "Status", "details": details}
    headers = {"Retry-After": header} if header else {}
    async with (
        answering(lambda _: web.json_response(body, status=429, headers=headers)) as server,
        client_of(server.url) as client,
    ):
        with pytest.raises(Throttled) as caught:
            await client.get("/api/v1/pods", {}, timeout=ENOUGH)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        "text",
        7,
        {"reason": 1, "message": [], "details": "x"},
        {"details": {"causes": [1, {}, {"reason": {}}]}},
    ],
)
def test_a_status_of_any_shape_is_survived(junk: object) -> None:
    error = error_of_status(500, junk, "a watch ended")
    assert (type(error), str(error)) == (ServerFailed, "a watch ended: 500")


def test_long_messages_are_cut_and_put_on_one_line() -> None:
    error = error_of_status(500, {"message": "a\nb " + "x" * 5000}, "a watch ended")
    assert str(error).startswith("a watch ended: 500: a b xxx")
    assert len(str(error)) < 700

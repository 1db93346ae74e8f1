"""Lists that come whole, as one answer that is read while it comes, and what is done where they can't."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergauge.errors import ApiError, MalformedAnswer, NotFound
from evergauge.kube.abilities import BELIEVED, Abilities
from evergauge.kube.items import Item, Page, PageReader, read_page
from evergauge.sim import Fault
from kube.feeding import BOUND, LISTS_BY_WATCH, LISTS_WHOLE, staged
from support.virtual_time import in_virtual_time, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evergauge.kube.client import ApiClient

# Reading a page in parts

NESTED = {"templates": [{"metadata": {"name": "x"}}, {"metadata": {"name": "y"}}]}
TEXTS = st.sampled_from(["", "plain", '},{"metadata":', '"items":[{"a":', "é\\u2028\\\\", "]}"])


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    metadata = {"name": draw(TEXTS), "uid": str(draw(st.integers(0, 10**6))), "resourceVersion": "7"}
    rest: dict[str, Any] = draw(st.sampled_from([{}, {"spec": NESTED}, {"items": [{"metadata": {}}]}]))
    return {"metadata": metadata, "data": {"text": draw(TEXTS)}} | rest


def read_in_parts(body: bytes, cuts: Sequence[int]) -> Page:
    reader, items, start = PageReader(), list[Item | None](), 0
    for end in [*sorted(cut % (len(body) + 1) for cut in cuts), len(body)]:
        items += reader.take(body[start:end])
        start = end
    page = reader.finish()
    return page._replace(items=items + page.items)


@pytest.mark.parametrize("metadata_first", [True, False])
@given(st.lists(manifests(), max_size=8), st.lists(st.integers(0, 5000), max_size=12))
def test_a_page_that_comes_in_parts_is_the_page(
    metadata_first: bool,  # noqa: FBT001 - a case
    things: list[dict[str, Any]],
    cuts: list[int],
) -> None:
    metadata = {"metadata": {"resourceVersion": "9", "continue": "c", "remainingItemCount": 5}}
    page = metadata | {"items": things} if metadata_first else {"items": things} | metadata
    body = json.dumps({"kind": "List"} | page, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    assert read_in_parts(body, cuts) == read_page(body)


@given(st.lists(manifests(), max_size=4), st.lists(st.integers(0, 5000), max_size=6))
def test_one_that_is_written_with_spaces_is_read_all_the_same(things: list[dict[str, Any]], cuts: list[int]) -> None:
    body = json.dumps({"metadata": {}, "items": things}, indent=2).encode()
    assert read_in_parts(body, cuts) == read_page(body)


@given(st.lists(manifests(), min_size=1, max_size=8), st.lists(st.integers(0, 5000), max_size=12), st.data())
def test_one_that_is_cut_anywhere_is_no_page(
    things: list[dict[str, Any]], cuts: list[int], data: st.DataObject
) -> None:
    body = json.dumps({"metadata": {}, "items": things}, separators=(",", ":")).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(MalformedAnswer):
        read_in_parts(cut, cuts)


def test_what_is_complete_is_given_out_while_the_rest_is_still_to_come() -> None:
    things = [{"metadata": {"uid": f"u{number}"}, "spec": {"text": "x" * 500}} for number in range(100)]
    body = json.dumps({"metadata": {}, "items": things}, separators=(",", ":")).encode()
    reader, given_out = PageReader(), 0
    for start in range(0, len(body), 1000):
        given_out += len(reader.take(body[start : start + 1000]))
        assert (start + 1000) / len(body) * 100 - given_out < 4
    assert len(reader.finish().items) == 100 - given_out


# Feeds


@in_virtual_time
async def test_a_list_is_one_request_where_the_server_streams_it() -> None:
    async with staged(objects=700, minor=LISTS_WHOLE) as stage:
        await until(lambda: stage.kept.lists == 1)
        # And perhaps the watch that follows.
        assert stage.requests in ((1, 0), (1, 1))
        await stage.in_step()
        stage.create("later")
        await stage.in_step()
        stage.feed.relist("audit", stage.feed.version)
        await until(lambda: stage.kept.lists == 2)
        assert stage.requests[0] == 2
        await stage.in_step()


@pytest.mark.parametrize("clean", [True, False], ids=["as if whole", "broken off"])
@in_virtual_time
async def test_one_that_is_cut_short_comes_by_a_watch_at_once(clean: bool) -> None:  # noqa: FBT001 - a case
    async with staged(objects=700, minor=LISTS_WHOLE) as stage:
        await stage.server.order(Fault(kind="slow", verb="list", bandwidth=20_000))
        await until(lambda: stage.requests[0] == 1)
        await asyncio.sleep(1)
        await stage.server.order(Fault(kind="truncate", verb="list", new=False, clean=clean))
        await stage.in_step()
        assert (stage.requests[0], stage.told.lists) == (1, ["ok"])
        assert stage.kept.nameless == 0


@in_virtual_time
async def test_one_that_falls_silent_is_given_up() -> None:
    async with staged(objects=700, minor=LISTS_WHOLE) as stage:
        await stage.server.order(Fault(kind="hang", verb="list", count=1))
        await stage.in_step(within=BOUND)
        assert stage.told.lists == ["Unreachable", "ok"]


# What the server can do


class Answering:
    """A client whose server says this of its version, however often it is asked."""

    def __init__(self, answer: bytes | ApiError) -> None:
        self.answer = answer
        self.asked = Counter[str]()

    async def get(self, path: str, _query: object, **_settings: object) -> bytes:
        self.asked[path] += 1
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer


def version(major: str, minor: str) -> bytes:
    return json.dumps({"major": major, "minor": minor, "gitVersion": f"v{major}.{minor}.1"}).encode()


@pytest.mark.parametrize(
    ("answer", "streams"),
    [
        (version("1", "34"), True),
        (version("1", "34+"), True),
        (version("1", "100"), True),
        (version("2", "0"), True),
        (version("1", "33"), False),
        (version("1", "9+"), False),
        (version("", ""), False),
        (version("one", "34"), False),
        (b"[]", False),
        (b"not JSON", False),
        (b'{"major": 1, "minor": 36}', False),
        (NotFound("no such path", status=404), False),
    ],
)
async def test_a_server_streams_lists_if_its_version_says_so(answer: bytes | ApiError, streams: bool) -> None:  # noqa: FBT001 - a case
    assert await Abilities(cast("ApiClient", Answering(answer)), lambda: 0.0).streams_lists() is streams


async def test_the_version_is_asked_for_again_after_a_while_or_while_it_is_not_known() -> None:
    client, clock = Answering(NotFound("not yet", status=404)), 0.0
    abilities = Abilities(cast("ApiClient", client), lambda: clock)
    assert not await abilities.streams_lists()
    client.answer = version("1", str(LISTS_BY_WATCH))
    for _ in range(3):
        assert not await abilities.streams_lists()
    assert client.asked == {"/version": 2}
    client.answer = version("1", str(LISTS_WHOLE))
    assert not await abilities.streams_lists()
    clock = BELIEVED + 1
    assert await abilities.streams_lists()
    assert client.asked == {"/version": 3}

"""All tests of stores run with lines as Python renders them, and as the native part does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergauge.store import Store
from support.native import native_lines, native_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture(autouse=True, params=["lines-by-python", "lines-by-the-native-part"], scope="module")
def lines(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "lines-by-python":
        yield
        return
    native_part()
    put = Store.put

    def put_native(store: Store, key: str, parts: Sequence[bytes], version: int = 0) -> bool:
        # What it renders is UTF-8: bytes that are none stand for the characters of the same numbers.
        return put(store, key, native_lines([part.decode("latin-1").encode() for part in parts]), version)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "put", put_native)
        yield

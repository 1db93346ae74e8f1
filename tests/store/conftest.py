"""All tests of stores run with lines as Python renders them and stores by Python (but for the checksum), and with those of the native part and by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evergauge.store import Rendering, Store, Unrendered, body, columns, fragment, snapshot
from support.native import native_lines, native_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture(autouse=True, params=["lines-by-python", "lines-by-the-native-part"], scope="module")
def lines(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "lines-by-python":
        with pytest.MonkeyPatch.context() as patch:
            for module in (body, columns, fragment, snapshot):
                patch.setattr(module, "native", None)
            yield
        return
    native_part()
    put = Store.put

    def native(parts: Sequence[bytes]) -> Sequence[bytes]:
        # What it renders is UTF-8: bytes that are none stand for the characters of the same numbers.
        return native_lines([part.decode("latin-1").encode() for part in parts])

    def put_native(
        store: Store, key: str, parts: Sequence[bytes] | Unrendered, version: int = 0, digest: int = 0
    ) -> bool:
        if isinstance(parts, Unrendered):
            render = parts.render

            def rendered(known: int) -> Rendering:
                made = render(known)
                return Rendering(native(made.parts), made.digest)

            return put(store, key, parts._replace(render=rendered), version)
        return put(store, key, native(parts), version, digest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "put", put_native)
        yield

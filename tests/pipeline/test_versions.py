"""Versions as 64 bits."""

import pytest

from evergauge.pipeline.versions import version_number


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("1", 1),
        ("18446744073709551615", 2**64 - 1),
        ("", 0),
        ("0", 0),
        # Hashes: they need only differ.
        ("18446744073709551616", None),
        ("-1", None),
        ("\u0661\u0662", None),
        ("a1b2", None),
    ],
)
def test_a_version_is_its_number_or_a_hash(version: str, number: int | None) -> None:
    found = version_number(version)
    assert 0 <= found < 2**64
    assert found == number if number is not None else found > 2**32

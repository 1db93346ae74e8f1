"""A resourceVersion in 64 bits, as stores keep it: all that is asked of it is whether an object has changed."""

from xxhash import xxh3_64_intdigest


def version_number(version: str) -> int:
    """The number that it is (KEP-5504), or a hash of what is no number below 2^64; 0 where there is none."""
    if version.isascii() and version.isdigit() and (number := int(version)) < 1 << 64:
        return number
    return xxh3_64_intdigest(version.encode()) if version else 0

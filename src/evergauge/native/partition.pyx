# cython: language_level=3, cdivision=True, auto_pickle=False
"""Whose object is it: the hashes of `shard/partition.py`, where they are explained, for every object that comes."""

from libc.stdint cimport int64_t, uint64_t

from evergauge.native.texts cimport utf8


def fnv1a(str text):
    """The 64-bit FNV-1a hash of a text's UTF-8."""
    cdef Py_ssize_t length
    cdef const char *at = utf8(text, &length)
    cdef uint64_t value = 0xCBF29CE484222325ULL
    for i in range(length):
        value = (value ^ <unsigned char>at[i]) * 0x100000001B3ULL
    return value


def jump(uint64_t key, int64_t buckets):
    """Which of `buckets` (at least 1) a 64-bit key belongs to."""
    cdef int64_t bucket = -1, following = 0
    while following < buckets:
        bucket = following
        key = key * 2862933555777941757ULL + 1
        following = <int64_t>(<double>(bucket + 1) * (<double>(1LL << 31) / <double>((key >> 33) + 1)))
    return bucket

# cython: language_level=3
"""The checksum of an object's lines."""
from libc.stdint cimport uint64_t


cdef extern from *:
    """
    /* MurmurHash64A (Austin Appleby, public domain): 64 bits, at some GB/s. */
    static uint64_t hash_of(const char *text, Py_ssize_t length) {
        const uint64_t m = 0xc6a4a7935bd1e995ULL;
        uint64_t hash = 0x9e3779b97f4a7c15ULL ^ ((uint64_t)length * m), word;
        for (; length >= 8; text += 8, length -= 8) {
            memcpy(&word, text, 8);
            word *= m; word ^= word >> 47; word *= m;
            hash ^= word; hash *= m;
        }
        if (length) {
            word = 0;
            memcpy(&word, text, length);
            hash ^= word; hash *= m;
        }
        hash ^= hash >> 47; hash *= m; hash ^= hash >> 47;
        return hash;
    }
    """
    uint64_t hash_of(const char *text, Py_ssize_t length) nogil

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Lines of an object, and the columns of a bucket that are made of those of many."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cython cimport final
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from evergauge.native.texts cimport Buffer

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


@final
cdef class Lines:
    """An object's lines, one entry a family, in one piece of memory with their ends and checksums. To Python a sequence of bytes."""

    def __cinit__(self, Py_ssize_t families):
        self.families = families
        self.ends = <uint32_t *>PyMem_Malloc(families * sizeof(uint32_t))
        self.checksums = <uint64_t *>PyMem_Malloc(families * sizeof(uint64_t))
        if self.ends is NULL or self.checksums is NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.text)
        PyMem_Free(self.ends)
        PyMem_Free(self.checksums)

    cdef int take(self, Buffer *texts) except -1:
        """Copy what stands in the buffers of all families."""
        cdef Py_ssize_t i, end = 0
        for i in range(self.families):
            end += texts[i].length
            self.ends[i] = <uint32_t>end
        self.text = <char *>PyMem_Malloc(end or 1)
        if self.text is NULL:
            raise MemoryError
        end = 0
        for i in range(self.families):
            memcpy(self.text + end, texts[i].start, texts[i].length)
            self.checksums[i] = hash_of(self.text + end, texts[i].length)
            end = self.ends[i]
        return 0

    cdef Py_ssize_t start(self, Py_ssize_t family) noexcept:
        return self.ends[family - 1] if family else 0

    cdef Py_ssize_t length(self, Py_ssize_t family) noexcept:
        return self.ends[family] - self.start(family)

    def __len__(self):
        return self.families

    def __getitem__(self, Py_ssize_t family):
        if not 0 <= family < self.families:
            raise IndexError(family)
        return PyBytes_FromStringAndSize(self.text + self.start(family), self.length(family))

    def __eq__(self, other):
        return tuple(self) == tuple(other)

    def sizes(self):
        """Bytes of all families, and of the longest."""
        cdef Py_ssize_t longest = 0
        for i in range(self.families):
            longest = max(longest, self.length(i))
        return (self.start(self.families), longest)

    def differing(self, fragments, Py_ssize_t slot):
        """The lines of those families that differ from what the fragments have in a slot, None for the others."""
        cdef list row = [None] * self.families
        cdef Py_ssize_t start = slot * 8
        cdef bytes checksums
        for i, fragment in enumerate(fragments):
            if fragment is not None:
                checksums = fragment.checksums
                if start + 8 <= PyBytes_GET_SIZE(checksums):
                    if memcmp(PyBytes_AS_STRING(checksums) + start, &self.checksums[i], 8) != 0:
                        row[i] = self[i]
                    continue
            if self.length(i):
                row[i] = self[i]
        return row


def checksum(bytes lines):
    """The 64-bit checksum of some lines, packed."""
    cdef uint64_t number = hash_of(PyBytes_AS_STRING(lines), PyBytes_GET_SIZE(lines))
    return PyBytes_FromStringAndSize(<char *>&number, 8)


def columns(list rows):
    """For each family the text, the packed lengths and the checksums of its lines in all rows; None where there are none.

    rows: Lines, one at least, all of the same families.
    """
    cdef Py_ssize_t slots = len(rows), families = len(rows[0]), family, slot, total, longest, length
    cdef char *at
    cdef Lines lines
    cdef list found = []
    for family in range(families):
        total = longest = 0
        for lines in rows:
            length = lines.length(family)
            total += length
            longest = max(longest, length)
        if not total:
            found.append(None)
            continue
        text = PyBytes_FromStringAndSize(NULL, total)
        lengths = PyBytes_FromStringAndSize(NULL, slots * (4 if longest >= 65536 else 2))
        checksums = PyBytes_FromStringAndSize(NULL, slots * 8)
        at = PyBytes_AS_STRING(text)
        slot = 0
        for lines in rows:
            length = lines.length(family)
            memcpy(at, lines.text + lines.start(family), length)
            at += length
            if longest >= 65536:
                (<uint32_t *>PyBytes_AS_STRING(lengths))[slot] = <uint32_t>length
            else:
                (<uint16_t *>PyBytes_AS_STRING(lengths))[slot] = <uint16_t>length
            (<uint64_t *>PyBytes_AS_STRING(checksums))[slot] = lines.checksums[family]
            slot += 1
        found.append((text, lengths, checksums))
    return found


def changed(bytes text, bytes lengths, bytes checksums, dict changes):
    """Text, packed lengths and checksums of a column after some slots' lines have changed.

    changes: the new lines, which the lengths as they are packed must have room for.
    """
    cdef Py_ssize_t slots = PyBytes_GET_SIZE(checksums) // 8, slot, length, total = PyBytes_GET_SIZE(text)
    cdef bint wide = PyBytes_GET_SIZE(lengths) == slots * 4
    new_lengths = PyBytes_FromStringAndSize(PyBytes_AS_STRING(lengths), PyBytes_GET_SIZE(lengths))
    new_checksums = PyBytes_FromStringAndSize(PyBytes_AS_STRING(checksums), PyBytes_GET_SIZE(checksums))
    cdef char *packed = PyBytes_AS_STRING(lengths)
    cdef char *new_packed = PyBytes_AS_STRING(new_lengths)
    cdef uint64_t *new_sums = <uint64_t *>PyBytes_AS_STRING(new_checksums)
    cdef bytes lines
    for slot, lines in changes.items():
        total += PyBytes_GET_SIZE(lines) - length_at(packed, wide, slot)
    new_text = PyBytes_FromStringAndSize(NULL, total)
    cdef char *at = PyBytes_AS_STRING(new_text)
    cdef char *old = PyBytes_AS_STRING(text)
    cdef char *copied = old
    for slot in range(slots):
        length = length_at(packed, wide, slot)
        lines = changes.get(slot)
        if lines is not None:
            memcpy(at, copied, old - copied)
            at += old - copied
            memcpy(at, PyBytes_AS_STRING(lines), PyBytes_GET_SIZE(lines))
            at += PyBytes_GET_SIZE(lines)
            copied = old + length
            if wide:
                (<uint32_t *>new_packed)[slot] = <uint32_t>PyBytes_GET_SIZE(lines)
            else:
                (<uint16_t *>new_packed)[slot] = <uint16_t>PyBytes_GET_SIZE(lines)
            new_sums[slot] = hash_of(PyBytes_AS_STRING(lines), PyBytes_GET_SIZE(lines))
        old += length
    memcpy(at, copied, old - copied)
    return (new_text, new_lengths, new_checksums)


cdef inline Py_ssize_t length_at(char *packed, bint wide, Py_ssize_t slot) noexcept:
    return (<uint32_t *>packed)[slot] if wide else (<uint16_t *>packed)[slot]

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Lines of an object, and the columns of a bucket that are made of those of many."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject, Py_TYPE
from cython cimport final
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from evergauge.native.hashes cimport hash_of
from evergauge.native.structs cimport kept_at, offset_of, prefetch
from evergauge.native.texts cimport Buffer

cdef extern from *:
    PyObject *PyTuple_GET_ITEM(tuple objects, Py_ssize_t number)


@final
cdef class Lines:
    """An object's lines, one entry a family, in one piece of memory with their ends and checksums. To Python a sequence of bytes.

    omitted: by family whether nothing is said about it, for it is as it was.
    """

    def __cinit__(self, bytes omitted):
        self.families, self.omitted = PyBytes_GET_SIZE(omitted), omitted
        self.ends = <uint32_t *>PyMem_Malloc(self.families * sizeof(uint32_t))
        self.checksums = <uint64_t *>PyMem_Malloc(self.families * sizeof(uint64_t))
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

    def differing(self, tuple fragments, Py_ssize_t slot):
        """By family the lines that differ from what the fragments have in a slot."""
        cdef Py_ssize_t start = slot * 8, i
        cdef dict found = {}
        cdef const char *omitted = PyBytes_AS_STRING(self.omitted)
        cdef PyObject *fragment
        cdef PyObject *checksums
        # Most of what is compared has left the caches since the bucket's last change: fetched at once, and not touched before, all of it waits for memory together.
        for i in range(self.families):
            if not omitted[i]:
                prefetch(PyTuple_GET_ITEM(fragments, i))
        for i in range(self.families):
            fragment = PyTuple_GET_ITEM(fragments, i)
            if fragment is not <PyObject *>None and not omitted[i]:
                checksums = checksums_of(fragment)
                prefetch(checksums)
                prefetch(PyBytes_AS_STRING(<object>checksums) + start)
        for i in range(self.families):
            if omitted[i]:
                continue
            fragment = PyTuple_GET_ITEM(fragments, i)
            if fragment is not <PyObject *>None:
                checksums = checksums_of(fragment)
                if start + 8 <= PyBytes_GET_SIZE(<object>checksums):
                    if memcmp(PyBytes_AS_STRING(<object>checksums) + start, &self.checksums[i], 8) != 0:
                        found[i] = self[i]
                    continue
            if self.length(i):
                found[i] = self[i]
        return found


cdef type fragment_type = None
cdef Py_ssize_t checksums_offset = -1
"""The class of fragments, and where they keep their checksums."""


cdef inline PyObject *checksums_of(PyObject *fragment) except NULL:
    """Borrowed: what a fragment holds it holds as long as it lives. The bytes themselves aren't touched."""
    global fragment_type, checksums_offset
    if <PyObject *>Py_TYPE(<object>fragment) is not <PyObject *>fragment_type:
        checksums_offset = offset_of(type(<object>fragment), "checksums")
        fragment_type = type(<object>fragment)
    return kept_at(fragment, checksums_offset)


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


def by_family(dict rows):
    """By family, and in it by slot, the lines that are new. rows: by slot a dict of them by family, or a sequence of all, of which empty ones aren't new."""
    cdef dict found = {}
    cdef Py_ssize_t i
    for slot, row in rows.items():
        if isinstance(row, dict):
            for family, lines in (<dict>row).items():
                add(found, family, slot, lines)
        else:
            for i, lines in enumerate(row):
                if lines:
                    add(found, i, slot, lines)
    return found


cdef inline int add(dict found, family, slot, lines) except -1:
    cdef dict changes = found.get(family)
    if changes is None:
        changes = found[family] = {}
    changes[slot] = lines
    return 0

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Fragments: their pieces that change are made anew; what fragments in a row come to, where a body of many is cut, and their joined bytes."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_READ
from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.object cimport PyObject
from cython cimport final
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from evergauge.native.coder cimport MOST, Coder
from evergauge.native.hashes cimport hash_of
from evergauge.native.structs cimport kept_at, offset_of, prefetch
from evergauge.native.texts cimport append

cdef extern from *:
    """
    /* CRC-32 of texts in a row (RFC 1952): polynomials over GF(2), the highest bit is x^0. By tables of powers, since the texts are short and many. */
    static uint32_t powers[4][256];

    static uint32_t product(uint32_t one, uint32_t other) {
        uint32_t sum = 0;
        for (; one; one <<= 1) {
            sum ^= other & -(one >> 31);
            other = (other >> 1) ^ (0xedb88320 & -(other & 1));
        }
        return sum;
    }

    static void fill_powers(void) {
        uint32_t step = 1u << 23; /* x^8: a byte */
        for (int digit = 0; digit < 4; digit++) {
            powers[digit][0] = 1u << 31;
            for (int i = 1; i < 256; i++) powers[digit][i] = product(step, powers[digit][i - 1]);
            step = product(step, powers[digit][255]);
        }
    }

    static void fetch_entry(PyObject *tuple, Py_ssize_t number) {
        __builtin_prefetch(&((PyTupleObject *)tuple)->ob_item[number]);
    }

    static uint32_t crc_of_both(uint32_t crc, uint32_t next, uint32_t length) {
        for (int digit = 0; length; digit++, length >>= 8)
            if (length & 255) crc = product(crc, powers[digit][length & 255]);
        return crc ^ next;
    }
    """
    void fill_powers()
    void fetch_entry(PyObject *tuple, Py_ssize_t number)
    uint32_t crc_of_both(uint32_t crc, uint32_t next, uint32_t length) nogil
    PyObject *PyList_GET_ITEM(list objects, Py_ssize_t number)
    PyObject *PyTuple_GET_ITEM(tuple objects, Py_ssize_t number)


fill_powers()


cdef struct Piece:
    # As they are packed in Fragment.cuts.
    uint32_t slots
    uint32_t deflated
    uint32_t length
    uint32_t crc


cdef enum:
    AHEAD = 8  # fragments that are fetched before they are looked at: of all there are, few are still in the caches

cdef type fragment_type = None
cdef Py_ssize_t length_offset, crc_offset, deflated_offset
"""The class of fragments, and where they keep what a total is made of."""


cdef Py_ssize_t known(list fragments) except -1:
    """How many they are, all of one class, of which it is known now where it keeps what."""
    global fragment_type, length_offset, crc_offset, deflated_offset
    cdef Py_ssize_t count = len(fragments)
    cdef type fragment
    if count and type(fragments[0]) is not fragment_type:
        fragment = type(fragments[0])
        length_offset, crc_offset, deflated_offset = offset_of(fragment, "length"), offset_of(fragment, "crc"), offset_of(fragment, "deflated")
        fragment_type = fragment
    return count


cdef inline PyObject *fragment_at(list fragments, Py_ssize_t i, Py_ssize_t count) noexcept:
    """Borrowed. What those that come after it keep is fetched meanwhile."""
    cdef PyObject *coming
    if i + 2 * AHEAD < count:
        prefetch(PyList_GET_ITEM(fragments, i + 2 * AHEAD))
    if i + AHEAD < count:
        coming = PyList_GET_ITEM(fragments, i + AHEAD)
        prefetch(kept_at(coming, length_offset))
        prefetch(kept_at(coming, crc_offset))
        prefetch(kept_at(coming, deflated_offset))
    return PyList_GET_ITEM(fragments, i)


def total(list fragments):
    """CRC-32 and bytes of the plain text of fragments in a row, and their bytes deflated. All are of one class."""
    cdef uint32_t crc = 0
    cdef uint64_t length = 0, deflated = 0, each
    cdef Py_ssize_t i, count = known(fragments)
    cdef PyObject *fragment
    for i in range(count):
        fragment = fragment_at(fragments, i, count)
        each = <object>kept_at(fragment, length_offset)
        crc = crc_of_both(crc, <object>kept_at(fragment, crc_offset), <uint32_t>each)
        length += each
        deflated += PyBytes_GET_SIZE(<object>kept_at(fragment, deflated_offset))
    return (crc, length, deflated)


def ends(list fragments, uint64_t room, uint64_t limit, bint deflated):
    """After which fragments the pieces end that they are cut into, as each reaches a limit; and the room that is left in the next one.

    room: that is left in the first. deflated: whether their bytes deflated count, or those of the plain text.
    """
    cdef Py_ssize_t i, count = known(fragments)
    cdef PyObject *fragment
    cdef uint64_t size
    cdef list found = []
    for i in range(count):
        fragment = fragment_at(fragments, i, count)
        size = PyBytes_GET_SIZE(<object>kept_at(fragment, deflated_offset)) if deflated else <object>kept_at(fragment, length_offset)
        if size < room:
            room -= size
        else:
            found.append(i + 1)
            room = limit
    return (found, room)


def joined(list fragments):
    """Their bytes deflated."""
    cdef Py_ssize_t i, count = known(fragments), size = 0
    cdef PyObject *each
    for i in range(count):
        size += PyBytes_GET_SIZE(<object>kept_at(fragment_at(fragments, i, count), deflated_offset))
    cdef bytes found = PyBytes_FromStringAndSize(NULL, size)
    cdef char *at = PyBytes_AS_STRING(found)
    for i in range(count):
        each = kept_at(PyList_GET_ITEM(fragments, i), deflated_offset)
        size = PyBytes_GET_SIZE(<object>each)
        memcpy(at, PyBytes_AS_STRING(<object>each), size)
        at += size
    return found


def column(tuple buckets, Py_ssize_t family):
    """The fragments of one family, bucket by bucket. buckets: the fragments of each, by family, None for none."""
    cdef Py_ssize_t i, count = len(buckets)
    cdef list found = []
    for i in range(count):
        if i + AHEAD < count:
            fetch_entry(PyTuple_GET_ITEM(buckets, i + AHEAD), family)
        fragment = (<tuple>PyTuple_GET_ITEM(buckets, i))[family]
        if fragment is not None:
            found.append(fragment)
    return found


def rebuilt(old, dict changes, Py_ssize_t slots, Py_ssize_t least, Coder coder, inflate, deflate, crc32):
    """The fields of a fragment after some slots' lines have changed, in their order; None when no slot has lines any more.

    changes: by slot, none of so many bytes that the lengths as they are packed have no room. slots: how many there are now. least: bytes of a piece.
    coder: deflates and inflates pieces, as far as it can; inflate, deflate: what does with the others.
    """
    cdef bytes cuts = old.cuts
    cdef Piece *pieces = <Piece *>PyBytes_AS_STRING(cuts)
    cdef Py_ssize_t count = PyBytes_GET_SIZE(cuts) // sizeof(Piece), number
    cdef Piece whole
    cdef Rebuilding new = Rebuilding(old, changes, slots, least, coder, inflate, deflate, crc32)
    if not count:
        whole = Piece(<uint32_t>new.old_slots, <uint32_t>PyBytes_GET_SIZE(new.deflated), old.length, old.crc)
        pieces, count = &whole, 1
    for number in range(count):
        new.take(pieces[number], slots if number == count - 1 else new.slot + pieces[number].slots)
    return new.fields()


@final
cdef class Rebuilding:
    """A fragment in the making: piece by piece either as it was, or made anew."""

    cdef list changed  # by slot the new lines, None where they are as before
    cdef Py_ssize_t old_slots, least
    cdef bint wide  # whether lengths are packed in four bytes each
    cdef bytes deflated, lengths, new_lengths, new_checksums
    cdef Coder coder
    cdef object inflate, deflate, crc32
    cdef Py_ssize_t slot, at, copied  # the next slot, where its old piece begins, and up to where old pieces are done with
    cdef bytes cuts
    cdef Py_ssize_t count  # of the new pieces, for each of which there is room: none is without slots

    def __cinit__(self, old, dict changes, Py_ssize_t slots, Py_ssize_t least, Coder coder, inflate, deflate, crc32):
        cdef bytes checksums = old.checksums, lines
        cdef Py_ssize_t slot
        self.deflated, self.lengths = old.deflated, old.lengths
        self.old_slots, self.least = PyBytes_GET_SIZE(checksums) // 8, least
        self.coder, self.inflate, self.deflate, self.crc32 = coder, inflate, deflate, crc32
        self.wide = PyBytes_GET_SIZE(self.lengths) == self.old_slots * 4
        self.new_lengths = grown(self.lengths, slots * (4 if self.wide else 2))
        self.new_checksums = grown(checksums, slots * 8)
        self.cuts = PyBytes_FromStringAndSize(NULL, slots * sizeof(Piece))
        self.changed = [None] * slots
        coder.made.length = 0
        cdef uint64_t *sums = <uint64_t *>PyBytes_AS_STRING(self.new_checksums)
        for slot in range(self.old_slots, slots):
            sums[slot] = hash_of(NULL, 0)
        for slot, lines in changes.items():
            self.changed[slot] = lines
            sums[slot] = hash_of(PyBytes_AS_STRING(lines), PyBytes_GET_SIZE(lines))
            set_length(self.new_lengths, self.wide, slot, PyBytes_GET_SIZE(lines))

    cdef int take(self, Piece old, Py_ssize_t last) except -1:
        """The next piece of the old fragment, which now has the slots up to the last."""
        cdef Py_ssize_t slot
        for slot in range(self.slot, last):
            if self.changed[slot] is not None:
                self.copy()
                self.make_anew(old, last)
                self.copied = self.at + old.deflated
                break
        else:
            self.cut(last, old.deflated, old.length, old.crc)
        self.at += old.deflated
        return 0

    cdef int copy(self) except -1:
        """The old pieces that are not done with, as they are."""
        return append(&self.coder.made, PyBytes_AS_STRING(self.deflated) + self.copied, self.at - self.copied)

    cdef int make_anew(self, Piece old, Py_ssize_t last) except -1:
        """In as many pieces as there is text for: of much the same size, and an object's lines stay together."""
        cdef const char *deflated = PyBytes_AS_STRING(self.deflated) + self.at
        cdef const char *source = <const char *>self.coder.text
        cdef Py_ssize_t left = 0, slot, length, size
        cdef bytes before
        if not self.coder.read(<const uint8_t *>deflated, old.deflated, old.length):
            before = self.inflate(deflated[:old.deflated], <Py_ssize_t>old.length)
            source = PyBytes_AS_STRING(before)
            if PyBytes_GET_SIZE(before) != old.length:
                raise ValueError(f"{PyBytes_GET_SIZE(before)} bytes inflated, of {old.length}")
        for slot in range(self.slot, last):
            left += length_of(self.new_lengths, self.wide, slot)
        size = left // max(1, left // self.least)
        while self.slot < last:
            slot, length = self.slot, 0
            while slot < last and (length < size or length == left):
                length += length_of(self.new_lengths, self.wide, slot)
                slot += 1
            source = self.make_piece(source, slot, length)
            left -= length
        return 0

    cdef const char *make_piece(self, const char *source, Py_ssize_t last, Py_ssize_t length) except NULL:
        """Of the next slots, of so many bytes. source, and what is returned: where the old text of what is still to be made begins."""
        cdef char *text = <char *>self.coder.room
        cdef bytes long_text, part
        if length > MOST:
            long_text = PyBytes_FromStringAndSize(NULL, length)
            text = PyBytes_AS_STRING(long_text)
        source = self.fill(text, source, last)
        cdef Py_ssize_t size = self.coder.write(<const uint8_t *>text, length)
        if size:
            append(&self.coder.made, <char *>self.coder.deflated, size)
        else:
            part = self.deflate(text[:length])
            size = PyBytes_GET_SIZE(part)
            append(&self.coder.made, PyBytes_AS_STRING(part), size)
        self.cut(last, <uint32_t>size, <uint32_t>length, self.crc32(PyMemoryView_FromMemory(text, length, PyBUF_READ)))
        return source

    cdef const char *fill(self, char *at, const char *source, Py_ssize_t last) except NULL:
        """Write the lines of the next slots, new ones in place of old; returns where the old ones of the slots behind begin."""
        cdef Py_ssize_t slot, length
        cdef bytes lines
        for slot in range(self.slot, last):
            length = length_of(self.lengths, self.wide, slot) if slot < self.old_slots else 0
            lines = self.changed[slot]
            if lines is None:
                memcpy(at, source, length)
                at += length
            else:
                memcpy(at, PyBytes_AS_STRING(lines), PyBytes_GET_SIZE(lines))
                at += PyBytes_GET_SIZE(lines)
            source += length
        return source

    cdef int cut(self, Py_ssize_t last, uint32_t deflated, uint32_t length, uint32_t crc) except -1:
        (<Piece *>PyBytes_AS_STRING(self.cuts))[self.count] = Piece(<uint32_t>(last - self.slot), deflated, length, crc)
        self.count += 1
        self.slot = last
        return 0

    cdef tuple fields(self):
        cdef Piece *pieces = <Piece *>PyBytes_AS_STRING(self.cuts)
        cdef Py_ssize_t number, length = 0
        cdef uint32_t crc = 0
        self.copy()
        for number in range(self.count):
            length += pieces[number].length
            crc = crc_of_both(crc, pieces[number].crc, pieces[number].length)
        if not length:
            return None
        cuts = self.cuts[:self.count * sizeof(Piece)] if self.count > 1 else b""
        return (self.coder.made.start[:self.coder.made.length], length, crc, self.new_lengths, self.new_checksums, cuts)


cdef bytes grown(bytes old, Py_ssize_t size):
    """The same with zeros behind it, never the same object."""
    cdef bytes new = PyBytes_FromStringAndSize(NULL, size)
    memcpy(PyBytes_AS_STRING(new), PyBytes_AS_STRING(old), PyBytes_GET_SIZE(old))
    memset(PyBytes_AS_STRING(new) + PyBytes_GET_SIZE(old), 0, size - PyBytes_GET_SIZE(old))
    return new


cdef inline Py_ssize_t length_of(bytes lengths, bint wide, Py_ssize_t slot) noexcept:
    return (<uint32_t *>PyBytes_AS_STRING(lengths))[slot] if wide else (<uint16_t *>PyBytes_AS_STRING(lengths))[slot]


cdef inline void set_length(bytes lengths, bint wide, Py_ssize_t slot, Py_ssize_t length) noexcept:
    if wide:
        (<uint32_t *>PyBytes_AS_STRING(lengths))[slot] = <uint32_t>length
    else:
        (<uint16_t *>PyBytes_AS_STRING(lengths))[slot] = <uint16_t>length

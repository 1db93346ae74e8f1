# cython: language_level=3
"""What other native modules see of a Coder."""

from cython cimport final
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from evergauge.native.texts cimport Buffer

cdef enum:
    WIDTH = 11  # bits of the longest code of a literal or length, and of a distance
    DISTANCE_WIDTH = 8
    MOST = 32 * 1024  # bytes of a text: as far as a match may reach back
    LONGEST = 258  # bytes of a match
    SHORTEST = 4  # one of three bytes saves next to nothing
    SLACK = 2 * LONGEST  # what may be written beyond a text's end, before it is looked whether it was
    PLACES = 11  # bits of a hash of four bytes
    NOWHERE = 0xffff
    END = 256
    TEXT_END = 3
    MATCH = 4


cdef struct Code:
    uint32_t bits  # the first one is the lowest
    uint32_t size


cdef struct Entry:
    # What a code says. kind: 1 or 2 literals, TEXT_END, or MATCH and more: as many further bits are to be added to the value.
    uint8_t size
    uint8_t kind
    uint16_t value


cdef struct Match:
    Py_ssize_t at
    Py_ssize_t length
    Py_ssize_t back


@final
cdef class Coder:
    """Codes, and room for one text and what it is deflated: it is one thread's."""

    cdef bytes header
    cdef uint32_t header_bits
    cdef Code literals[END + 1]
    cdef Code lengths[LONGEST + 1]  # with the further bits
    cdef Code distances[30]
    cdef Entry entries[1 << WIDTH]
    cdef Entry distance_entries[1 << DISTANCE_WIDTH]
    cdef uint16_t places[1 << PLACES]  # where four bytes of that hash were seen last
    cdef uint8_t text[MOST + SLACK]  # as it was inflated
    cdef uint8_t room[MOST]  # for whoever makes a text,
    cdef Buffer made  # and puts many together
    cdef uint8_t deflated[2 * MOST]

    cdef Py_ssize_t write(self, const uint8_t *text, Py_ssize_t count) noexcept
    cdef bint read(self, const uint8_t *deflated, Py_ssize_t size, Py_ssize_t length) except -1
    cdef int pair(self) except -1
    cdef void find(self, const uint8_t *text, Py_ssize_t count, Py_ssize_t first, Match *match) noexcept
    cdef uint16_t *place(self, const uint8_t *text) noexcept
    cdef Code distance(self, Py_ssize_t back) noexcept

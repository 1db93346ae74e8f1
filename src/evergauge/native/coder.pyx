# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Deflates short texts by Huffman codes that are the same for all of them, and inflates what was deflated so (RFC 1951): docs/decisions/0032."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

cdef extern from *:
    """
    static int lowest_bit(uint64_t bits) { return __builtin_ctzll(bits); }
    static int highest_bit(uint32_t bits) { return 31 - __builtin_clz(bits); }

    /* The first byte is the lowest one, whatever the machine's order. */
    static uint64_t in_order(uint64_t bytes) {
    #if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        return __builtin_bswap64(bytes);
    #else
        return bytes;
    #endif
    }
    """
    int lowest_bit(uint64_t bits) nogil
    int highest_bit(uint32_t bits) nogil
    uint64_t in_order(uint64_t bytes) nogil


cdef struct Writer:
    uint8_t *at
    uint64_t bits
    uint32_t count


cdef struct Reader:
    const uint8_t *at
    const uint8_t *end
    uint64_t bits
    int count  # below 0 where the end was missed


cdef class Coder:
    def __init__(self, list literals, list distances, list lengths_spans, list distances_spans, bytes header, uint32_t header_bits):
        """literals, distances: the code of each symbol, as bits (the first is the lowest) and their number, which is 0 for none. literals has those
        of lengths, too. spans: the least length or distance of a symbol, and how many further bits it has. header: of a block with these codes.
        Raises ValueError where bits are left that no code begins with.
        """
        cdef int symbol, base, extra, length
        self.header, self.header_bits = header, header_bits
        memset(self.entries, 0, sizeof(self.entries))
        memset(self.distance_entries, 0, sizeof(self.distance_entries))
        for symbol, (bits, size) in enumerate(literals):
            if symbol <= END:
                self.literals[symbol] = Code(bits, size)
                fill(self.entries, WIDTH, bits, Entry(size, 1 if symbol < END else TEXT_END, symbol))
                continue
            base, extra = lengths_spans[symbol - END - 1]
            fill(self.entries, WIDTH, bits, Entry(size, MATCH + extra, base))
            for length in range(base, min(base + (1 << extra), LONGEST + 1)):
                self.lengths[length] = Code(bits | (length - base) << size, size + extra)
        for symbol, (bits, size) in enumerate(distances):
            base, extra = distances_spans[symbol]
            self.distances[symbol] = Code(bits, size)
            fill(self.distance_entries, DISTANCE_WIDTH, bits, Entry(size, MATCH + extra, base))
        if not (complete(self.entries, WIDTH) and complete(self.distance_entries, DISTANCE_WIDTH)):
            raise ValueError("codes are missing, or too long")
        self.pair()

    def __dealloc__(self):
        PyMem_Free(self.made.start)

    cdef int pair(self) except -1:
        """Let entries have two literals where there is room for both codes."""
        cdef Entry single[1 << WIDTH]
        cdef Entry one, other
        cdef uint32_t bits
        memcpy(single, self.entries, sizeof(self.entries))
        for bits in range(1 << WIDTH):
            one = single[bits]
            other = single[bits >> one.size]
            if one.kind == 1 and other.kind == 1 and one.size + other.size <= WIDTH:
                self.entries[bits] = Entry(one.size + other.size, 2, one.value | other.value << 8)
        return 0

    def deflate(self, bytes text):
        """One block that isn't the last, refers to nothing before it, and is flushed to a byte's border. None where a character has no code, or the text is too long."""
        cdef Py_ssize_t size = self.write(<const uint8_t *>PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        return PyBytes_FromStringAndSize(<char *>self.deflated, size) if size else None

    cdef Py_ssize_t write(self, const uint8_t *text, Py_ssize_t count) noexcept:
        """The same, to `deflated`; returns its bytes, 0 for None."""
        cdef Py_ssize_t at = 0, whole = self.header_bits >> 3
        cdef uint8_t *start = self.deflated
        cdef Writer writer = Writer(start + whole, 0, self.header_bits & 7)
        cdef Match match
        cdef bint missing = False
        cdef int i
        if count > MOST:
            return 0
        memcpy(start, PyBytes_AS_STRING(self.header), whole)
        if writer.count:
            writer.bits = <uint8_t>PyBytes_AS_STRING(self.header)[whole]
        memset(self.places, NOWHERE & 255, sizeof(self.places))
        while True:
            self.find(text, count, at, &match)
            while at + 4 <= match.at:
                for i in range(4):
                    missing |= put(&writer, self.literals[text[at + i]])
                flush(&writer)
                at += 4
            for at in range(at, match.at):
                missing |= put(&writer, self.literals[text[at]])
            flush(&writer)
            if not match.length:
                break
            put(&writer, self.lengths[match.length])
            put(&writer, self.distance(match.back))
            flush(&writer)
            at = match.at + match.length
        if missing:
            return 0
        put(&writer, self.literals[END])
        put(&writer, Code(0, 3 + 7))  # a stored block, and up to the next byte's border
        flush(&writer)
        memcpy(writer.at, b"\0\0\xff\xff", 4)  # which is empty
        return writer.at + 4 - start

    cdef void find(self, const uint8_t *text, Py_ssize_t count, Py_ssize_t first, Match *match) noexcept:
        """The next match from there on: one without length, at the end, where there is none.

        All places are noted, every other one is looked up: what began between two of them is found by its second byte, and then by going back.
        """
        cdef Py_ssize_t at = first, seen, length, most
        cdef uint16_t *place
        while at + SHORTEST <= count:
            place = self.place(text + at)
            seen = place[0]
            place[0] = <uint16_t>at
            if seen != NOWHERE and four(text + seen) == four(text + at):
                most, length = min(count - at, LONGEST), SHORTEST
                while length + 8 <= most and eight(text + seen + length) == eight(text + at + length):
                    length += 8
                if length + 8 <= most:
                    length += lowest_bit(eight(text + seen + length) ^ eight(text + at + length)) >> 3
                else:
                    while length < most and text[seen + length] == text[at + length]:
                        length += 1
                match.back = at - seen
                while at > first and seen and length < LONGEST and text[at - 1] == text[seen - 1]:
                    at, seen, length = at - 1, seen - 1, length + 1
                match.at, match.length = at, length
                return
            at += 1
            if at + SHORTEST <= count:
                self.place(text + at)[0] = <uint16_t>at
                at += 1
        match.at, match.length, match.back = count, 0, 0

    cdef uint16_t *place(self, const uint8_t *text) noexcept:
        return &self.places[<uint32_t>(four(text) * <uint32_t>2654435761) >> (32 - PLACES)]

    cdef Code distance(self, Py_ssize_t back) noexcept:
        """Of how many bytes back, with the further bits."""
        cdef uint32_t rest = <uint32_t>back - 1, extra
        cdef Code code
        if rest < 2:
            return self.distances[rest]
        # Two symbols for each power of two, told apart by its second bit.
        extra = highest_bit(rest) - 1
        code = self.distances[2 * extra + (rest >> extra)]
        code.bits |= (rest & ((<uint32_t>1 << extra) - 1)) << code.size
        code.size += extra
        return code

    def inflate(self, bytes deflated, Py_ssize_t length):
        """The text of so many bytes that `deflate` got. None where it is of other codes. Raises ValueError where it isn't that text."""
        if not self.read(<const uint8_t *>PyBytes_AS_STRING(deflated), PyBytes_GET_SIZE(deflated), length):
            return None
        return PyBytes_FromStringAndSize(<char *>self.text, length)

    cdef bint read(self, const uint8_t *start, Py_ssize_t size, Py_ssize_t length) except -1:
        """The same, to `text`; returns whether it is of these codes."""
        cdef Py_ssize_t whole = self.header_bits >> 3, span, back, i
        cdef uint32_t over = self.header_bits & 7
        if size <= whole or length > MOST or memcmp(start, PyBytes_AS_STRING(self.header), whole):
            return False
        if over and (start[whole] ^ <uint8_t>PyBytes_AS_STRING(self.header)[whole]) & ((1 << over) - 1):
            return False
        cdef Reader reader = Reader(start + whole + 1, start + size, start[whole] >> over, 8 - over)
        cdef uint8_t *to = self.text
        cdef uint8_t *end = self.text + length
        cdef Entry entry
        while to <= end and reader.count >= 0:
            refill(&reader)
            entry = self.entries[reader.bits & ((1 << WIDTH) - 1)]
            if entry.kind <= 2:
                to = write_literals(to, entry)
                take(&reader, entry.size)
                entry = self.entries[reader.bits & ((1 << WIDTH) - 1)]
                if entry.kind <= 2:
                    to = write_literals(to, entry)
                    take(&reader, entry.size)
                    continue
                refill(&reader)
            take(&reader, entry.size)
            if entry.kind == TEXT_END:
                break
            span = entry.value + take(&reader, entry.kind - MATCH)
            entry = self.distance_entries[reader.bits & ((1 << DISTANCE_WIDTH) - 1)]
            take(&reader, entry.size)
            back = entry.value + take(&reader, entry.kind - MATCH)
            if back > to - self.text:
                break
            if back >= 8:
                for i in range(0, span, 8):
                    memcpy(to + i, to + i - back, 8)
            else:
                for i in range(span):
                    to[i] = to[i - back]
            to += span
        if to != end or reader.count < 0 or entry.kind != TEXT_END:
            raise ValueError(f"{size} bytes deflated are damaged: they don't inflate to {length}")
        return True


cdef int fill(Entry *entries, int width, uint32_t bits, Entry entry) except -1:
    """Every row that begins with a code."""
    cdef uint32_t row = bits
    while entry.size and row < <uint32_t>1 << width:
        entries[row] = entry
        row += <uint32_t>1 << entry.size
    return 0


cdef bint complete(const Entry *entries, int width) noexcept:
    cdef int row
    for row in range(1 << width):
        if not entries[row].size:
            return False
    return True


cdef inline uint64_t eight(const uint8_t *at) noexcept nogil:
    cdef uint64_t found
    memcpy(&found, at, 8)
    return in_order(found)


cdef inline uint32_t four(const uint8_t *at) noexcept nogil:
    cdef uint32_t found
    memcpy(&found, at, 4)
    return found


cdef inline bint put(Writer *writer, Code code) noexcept nogil:
    """Whether it is the code of nothing. There is room for 63 bits, of which `flush` frees all but 7."""
    writer.bits |= <uint64_t>code.bits << writer.count
    writer.count += code.size
    return not code.size


cdef inline void flush(Writer *writer) noexcept nogil:
    cdef uint64_t bits = in_order(writer.bits)
    memcpy(writer.at, &bits, 8)
    writer.at += writer.count >> 3
    writer.bits >>= writer.count & ~7
    writer.count &= 7


cdef inline void refill(Reader *reader) noexcept nogil:
    """As many as there is room for: 56 at least, but at the end."""
    if reader.end - reader.at >= 8:
        reader.bits |= eight(reader.at) << reader.count
        reader.at += (63 - reader.count) >> 3
        reader.count |= 56
        return
    while reader.at < reader.end and reader.count <= 56:
        reader.bits |= <uint64_t>reader.at[0] << reader.count
        reader.at += 1
        reader.count += 8


cdef inline uint32_t take(Reader *reader, uint32_t size) noexcept nogil:
    cdef uint32_t found = reader.bits & ((<uint64_t>1 << size) - 1)
    reader.bits >>= size
    reader.count -= size
    return found


cdef inline uint8_t *write_literals(uint8_t *to, Entry entry) noexcept nogil:
    to[0], to[1] = <uint8_t>entry.value, <uint8_t>(entry.value >> 8)
    return to + entry.kind

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Protobuf messages, read into structs by C.

A message is a sequence of fields, each a number, a wire type and a value (protobuf.dev, "Encoding"). What no struct has a number for is stepped
over without a look at it. `evergauge.protobuf` says which field of a struct has which number, and what it holds.
"""

from cpython.buffer cimport PyBuffer_IsContiguous
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_Append, PyList_AsTuple
from cpython.long cimport PyLong_FromLongLong
from cpython.memoryview cimport PyMemoryView_GET_BUFFER
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from cython cimport final
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from evergauge.native.texts cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_IS_COMPACT_ASCII

cdef extern from "Python.h":
    object PyObject_Vectorcall(object callable, PyObject **arguments, size_t count, PyObject *names)

cdef extern from *:
    """
    /* As bytes.__new__ makes one of a class derived from bytes, without making other bytes first. */
    static PyObject *derived_bytes(PyTypeObject *type, const char *start, Py_ssize_t size) {
        PyObject *made = type->tp_alloc(type, size);
        if (made != NULL) {
            memcpy(PyBytes_AS_STRING(made), start, size);
            PyBytes_AS_STRING(made)[size] = 0;
            ((PyBytesObject *)made)->ob_shash = -1;
        }
        return made;
    }
    """
    object derived_bytes(type type, const char *start, Py_ssize_t size)

ctypedef const unsigned char *Bytes

cdef enum:
    MOST_FIELDS = 64  # of a struct
    VARINT = 0  # the wire types
    EIGHT_BYTES = 1
    DELIMITED = 2
    FOUR_BYTES = 5
    SEEN_BITS = 12
    SEEN = 4096
    LONGEST_SEEN = 64
    ITEMS = 2  # the number of a list's items, of whatever kind
    TYPE = 1  # of a WatchEvent
    OBJECT = 2
    RAW = 1  # of the RawExtension that holds an object
    WRAPPED = 2  # of runtime.Unknown, the envelope, behind its four bytes
    MAGIC_BYTES = 4

# What a field holds.
cpdef enum:
    TEXT
    BYTES
    INTEGER
    BOOLEAN
    TIME
    QUANTITY
    INT_OR_STRING
    MESSAGE
    INLINE  # a message of which the fields are the struct's own: JSON has no object for it

# How often.
cpdef enum:
    ONCE
    LIST
    MAP

cdef struct Field:
    # index: its place in the struct. message: how its messages are read, borrowed. A field that is unknown has no place.
    Py_ssize_t index
    int holds
    int often
    PyObject *message


cdef inline Bytes bytes_of(object data, Bytes *end) except NULL:
    """Where the data of `bytes`, or of a class derived from it, or of a view of bytes, begin and end."""
    cdef Bytes start
    cdef Py_ssize_t size
    if isinstance(data, bytes):
        start, size = <Bytes>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)
    elif isinstance(data, memoryview) and PyBuffer_IsContiguous(PyMemoryView_GET_BUFFER(data), c"C"):
        start, size = <Bytes>PyMemoryView_GET_BUFFER(data).buf, PyMemoryView_GET_BUFFER(data).len
    else:
        raise TypeError(f"bytes are read, not {type(data).__name__}")
    end[0] = start + size
    return start


cdef inline Bytes number_or_null(Bytes at, Bytes end, uint64_t *number) noexcept:
    """A varint; returns where it ends, NULL where it doesn't."""
    cdef int shift = 0
    number[0] = 0
    while at < end and shift < 64:
        number[0] |= <uint64_t>(at[0] & 0x7F) << shift
        if at[0] < 0x80:
            return at + 1
        at += 1
        shift += 7
    return NULL


cdef inline Bytes number_at(Bytes at, Bytes end, uint64_t *number) except NULL:
    at = number_or_null(at, end, number)
    if at is NULL:
        raise ValueError("a number has no end")
    return at


cdef inline Bytes value_at(Bytes at, Bytes end, int wire, uint64_t *number) except NULL:
    """A field's value begins at `at`. Returns where it ends; number: its bytes if it is delimited (they lie before its end), or a varint's value."""
    cdef Py_ssize_t size
    if wire == VARINT:
        return number_at(at, end, number)
    if wire == DELIMITED:
        at = number_at(at, end, number)
    elif wire == EIGHT_BYTES or wire == FOUR_BYTES:
        number[0] = 8 if wire == EIGHT_BYTES else 4
    else:
        raise ValueError(f"wire type {wire} is unknown")
    if number[0] > <uint64_t>(end - at):
        raise ValueError("it breaks off in the middle of a field")
    return at + number[0]


cdef inline void put(PyObject **values, Py_ssize_t index, object value) noexcept:
    cdef PyObject *before = values[index]
    Py_INCREF(value)
    values[index] = <PyObject *>value
    Py_XDECREF(before)


cdef PyObject *seen[SEEN]
"""Short texts that were read before, each at a place that its bytes say: most texts of an object are those of many others."""
memset(seen, 0, sizeof(seen))


cdef inline Py_ssize_t place_of(Bytes text, Py_ssize_t length) noexcept:
    cdef uint64_t hash = length, word = 0
    cdef Py_ssize_t at = 0
    while at + 8 <= length:
        memcpy(&word, text + at, 8)
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL
        hash ^= hash >> 32
        at += 8
    if at < length:
        word = 0
        memcpy(&word, text + at, length - at)
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL
    return hash >> (64 - SEEN_BITS)


cdef object text_of(Bytes start, Py_ssize_t length):
    """A text, of which what is no UTF-8 is replaced."""
    cdef PyObject *known
    cdef Py_ssize_t place
    if length > LONGEST_SEEN:
        return PyUnicode_DecodeUTF8(<const char *>start, length, "replace")
    place = place_of(start, length)
    known = seen[place]
    if (
        known is not NULL
        and PyUnicode_GET_LENGTH(<object>known) == length
        and memcmp(PyUnicode_DATA(<object>known), start, length) == 0
    ):
        return <object>known
    text = PyUnicode_DecodeUTF8(<const char *>start, length, "replace")
    if PyUnicode_IS_COMPACT_ASCII(text):
        put(seen, place, text)
    return text


cdef inline void digits(char *text, int64_t number) noexcept:
    """Two of them."""
    text[0], text[1] = c"0" + number // 10, c"0" + number % 10


cdef object time_of(Bytes at, Bytes end):
    """A `metav1.Time` as RFC 3339 text, whole seconds as in JSON; None for Go's zero time, an empty message."""
    cdef uint64_t tag, number
    cdef int64_t seconds = 0, days, era, year, month, day, rest
    cdef char[20] text
    if at == end:
        return None
    while at < end:
        at = number_at(at, end, &tag)
        at = value_at(at, end, tag & 7, &number)
        if tag == (1 << 3 | VARINT):
            seconds = <int64_t>number
    rest = seconds % 86400
    if rest < 0:
        rest += 86400
    days = (seconds - rest) // 86400 + 719468
    # Years begin in March here, so that the leap day is their last; 400 of them are an era.
    era = (days if days >= 0 else days - 146096) // 146097
    day = days - era * 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day += 1 - (153 * month + 2) // 5
    year += 400 * era + (1 if month >= 10 else 0)
    month += 3 if month < 10 else -9
    if not 0 <= year <= 9999:
        raise ValueError(f"no time: {seconds} s after 1970")
    digits(text, year // 100)
    digits(text + 2, year % 100)
    digits(text + 5, month)
    digits(text + 8, day)
    digits(text + 11, rest // 3600)
    digits(text + 14, rest // 60 % 60)
    digits(text + 17, rest % 60)
    text[4] = text[7] = c"-"
    text[10], text[19] = c"T", c"Z"
    text[13] = text[16] = c":"
    return text_of(<Bytes>text, 20)


cdef object first_text(Bytes at, Bytes end):
    """The text of a message's field 1."""
    cdef uint64_t tag, number
    cdef object text = ""
    while at < end:
        at = number_at(at, end, &tag)
        at = value_at(at, end, tag & 7, &number)
        if tag == (1 << 3 | DELIMITED):
            text = text_of(at - number, number)
    return text


cdef object int_or_string(Bytes at, Bytes end):
    """An `intstr.IntOrString`: which of the two it is, 1; the number, 2; the text, 3."""
    cdef uint64_t tag, number, is_text = 0
    cdef int64_t integer = 0
    cdef object text = ""
    while at < end:
        at = number_at(at, end, &tag)
        at = value_at(at, end, tag & 7, &number)
        if tag == (1 << 3 | VARINT):
            is_text = number
        elif tag == (2 << 3 | VARINT):
            integer = <int64_t>number
        elif tag == (3 << 3 | DELIMITED):
            text = text_of(at - number, number)
    return text if is_text else PyLong_FromLongLong(integer)


cdef object delimited(Field *field, Bytes start, Bytes end):
    """The value of a field, or an element of it, that lies there."""
    if field.holds == TEXT:
        return text_of(start, end - start)
    if field.holds == MESSAGE:
        return (<Message>field.message).read_from(start, end)
    if field.holds == TIME:
        return time_of(start, end)
    if field.holds == QUANTITY:
        return first_text(start, end)
    if field.holds == INT_OR_STRING:
        return int_or_string(start, end)
    return PyBytes_FromStringAndSize(<const char *>start, end - start)


cdef int add_entry(dict entries, Field *field, Bytes at, Bytes end) except -1:
    """An entry of a map: a message of a key, 1, and a value, 2."""
    cdef uint64_t tag, number
    cdef object key = "", value = ""
    while at < end:
        at = number_at(at, end, &tag)
        at = value_at(at, end, tag & 7, &number)
        if tag == (1 << 3 | DELIMITED):
            key = text_of(at - number, number)
        elif tag == (2 << 3 | DELIMITED):
            value = delimited(field, at - number, at)
    entries[key] = value
    return 0


@final
cdef class Message:
    """How messages of one type are read into structs of one class; or, without a class, into the struct around them."""

    cdef object struct
    cdef tuple defaults
    cdef list messages
    cdef Py_ssize_t count
    cdef Field *fields
    cdef uint64_t highest

    def __cinit__(self, struct, tuple defaults, list fields):
        """defaults: of all the struct's fields in order. fields: of each (number, index in the struct, holds, often, its Message or None)."""
        self.struct, self.defaults, self.count = struct, defaults, len(defaults)
        if self.count > MOST_FIELDS:
            raise ValueError(f"{struct} has more than {MOST_FIELDS} fields")
        self.messages = [field[4] for field in fields]
        self.highest = max((field[0] for field in fields), default=0)
        self.fields = <Field *>PyMem_Calloc(self.highest + 1, sizeof(Field))
        if self.fields is NULL:
            raise MemoryError
        for i in range(self.highest + 1):
            self.fields[i].index = -1
        for number, index, holds, often, message in fields:
            self.fields[number] = Field(index, holds, often, <PyObject *>message)

    def __dealloc__(self):
        PyMem_Free(self.fields)

    def read(self, data):
        """The struct of a message. Raises ValueError for what is none."""
        cdef Bytes end
        cdef Bytes at = bytes_of(data, &end)
        return self.read_from(at, end)

    def read_items(self, data):
        """The structs of a list's items, of which the fields are given. Raises as above."""
        cdef Bytes end
        cdef Bytes at = bytes_of(data, &end)
        cdef uint64_t size
        cdef list found = []
        while True:
            at = field_at(at, end, ITEMS, &size)
            if at is NULL:
                return found
            PyList_Append(found, self.read_from(at - size, at))

    cdef object read_from(self, Bytes at, Bytes end):
        cdef PyObject *values[MOST_FIELDS]
        cdef object value
        cdef Py_ssize_t i
        memset(values, 0, self.count * sizeof(PyObject *))
        try:
            self.read_into(values, at, end)
            for i in range(self.count):
                if values[i] is NULL:
                    put(values, i, self.defaults[i])
                elif type(<object>values[i]) is list:
                    put(values, i, PyList_AsTuple(<object>values[i]))
            return PyObject_Vectorcall(self.struct, values, self.count, NULL)
        finally:
            for i in range(self.count):
                Py_XDECREF(values[i])

    cdef int read_into(self, PyObject **values, Bytes at, Bytes end) except -1:
        cdef uint64_t tag, number
        cdef Field *field
        while at < end:
            at = number_at(at, end, &tag)
            at = value_at(at, end, tag & 7, &number)
            if tag >> 3 > self.highest or self.fields[tag >> 3].index < 0:
                continue
            field = &self.fields[tag >> 3]
            if <int>(tag & 7) != (VARINT if field.holds == INTEGER or field.holds == BOOLEAN else DELIMITED):
                raise ValueError(f"field {tag >> 3} has wire type {tag & 7}")
            if field.holds == INTEGER:
                put(values, field.index, PyLong_FromLongLong(<int64_t>number))
            elif field.holds == BOOLEAN:
                put(values, field.index, number != 0)
            elif field.holds == INLINE:
                (<Message>field.message).read_into(values, at - number, at)
            elif field.often == ONCE:
                put(values, field.index, delimited(field, at - number, at))
            elif field.often == LIST:
                if values[field.index] is NULL:
                    put(values, field.index, [])
                PyList_Append(<object>values[field.index], delimited(field, at - number, at))
            else:
                if values[field.index] is NULL:
                    put(values, field.index, {})
                add_entry(<dict>values[field.index], field, at - number, at)
        return 0


cdef Bytes field_at(Bytes at, Bytes end, uint64_t field, uint64_t *size) except? NULL:
    """The next delimited field of a number from there: its bytes lie before what is returned; NULL where there is none."""
    cdef uint64_t tag
    while at < end:
        at = number_at(at, end, &tag)
        at = value_at(at, end, tag & 7, size)
        if tag == (field << 3 | DELIMITED):
            return at
    return NULL


cdef Bytes unwrapped_at(Bytes at, Bytes end, uint64_t *size) except NULL:
    """What is in an envelope, as above, if only nothing. Raises ValueError where it is none."""
    if end - at < MAGIC_BYTES or memcmp(at, "k8s\0", MAGIC_BYTES) != 0:
        raise ValueError("it has no envelope")
    at = field_at(at + MAGIC_BYTES, end, WRAPPED, size)
    if at is NULL:
        size[0] = 0
        return end
    return at


def unwrapped(envelope):
    """The message in an envelope. Raises ValueError where it is none."""
    cdef Bytes end
    cdef Bytes at = bytes_of(envelope, &end)
    cdef uint64_t size
    at = unwrapped_at(at, end, &size)
    return PyBytes_FromStringAndSize(<const char *>at - size, size)


def event(frame, type message):
    """Of a `metav1.WatchEvent` its type, and the message in the envelope of its object, as one of a class derived from `bytes`. Raises ValueError."""
    cdef Bytes end, found
    cdef Bytes start = bytes_of(frame, &end)
    cdef uint64_t size
    found = field_at(start, end, TYPE, &size)
    type_ = text_of(found - size, size) if found is not NULL else ""
    found = field_at(start, end, OBJECT, &size)
    if found is not NULL:
        found = field_at(found - size, found, RAW, &size)
    if found is NULL:
        raise ValueError("it has no object")
    found = unwrapped_at(found - size, found, &size)
    return (type_, derived_bytes(message, <const char *>found - size, size))


def field(data, uint64_t number):
    """The bytes of a message's delimited field, none where it has none; of several the last, as it is read. Raises ValueError."""
    cdef Bytes end
    cdef Bytes at = bytes_of(data, &end)
    cdef Bytes found = at
    cdef uint64_t size, length = 0
    while True:
        at = field_at(at, end, number, &size)
        if at is NULL:
            return PyBytes_FromStringAndSize(<const char *>found - length, length)
        found, length = at, size


def pieces(data, type message):
    """The messages of a list's items, of which the fields are given, as above. Raises as above."""
    cdef Bytes end
    cdef Bytes at = bytes_of(data, &end)
    cdef uint64_t size
    cdef list found = []
    while True:
        at = field_at(at, end, ITEMS, &size)
        if at is NULL:
            return found
        found.append(derived_bytes(message, <const char *>at - size, size))


def complete(data):
    """Bytes from the start that are complete fields. Raises ValueError for fields that are neither delimited nor varints."""
    cdef Bytes end
    cdef Bytes start = bytes_of(data, &end)
    cdef Bytes at = start
    cdef Bytes after
    cdef uint64_t tag, number
    while True:
        after = number_or_null(at, end, &tag)
        if after is not NULL:
            if tag & 7 != DELIMITED and tag & 7 != VARINT:
                raise ValueError(f"wire type {tag & 7} has no place in a list")
            after = number_or_null(after, end, &number)
        if after is NULL or (tag & 7 == DELIMITED and number > <uint64_t>(end - after)):
            return at - start
        at = after + (number if tag & 7 == DELIMITED else 0)

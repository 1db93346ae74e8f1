# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, auto_pickle=False
"""Render functions, run by C.

A render function is a small program: it reads fields into locals, joins texts, loops, tests, and appends lines to families. Here
is a node for each thing that it does; `evergauge.declare.native` reads a function's source and puts the nodes together. A
node's `value` or `run` is what Python would do in its place, with two differences that make it fast: a field of a struct is read
where it lies, and lines are copied into one buffer a family, as UTF-8, without a Python object for each.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItemWithError
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject, Py_TYPE
from cpython.ref cimport Py_CLEAR, Py_INCREF, Py_XDECREF
from cpython.tuple cimport PyTuple_GET_ITEM
from cpython.unicode cimport PyUnicode_DecodeUTF8
from cython cimport final
from libc.string cimport memcpy

from evergauge.native.lines cimport Lines
from evergauge.native.structs cimport kept_at, slot_offset
from evergauge.native.texts cimport (
    Buffer,
    PyUnicode_CheckExact,
    PyUnicode_DATA,
    PyUnicode_GET_LENGTH,
    PyUnicode_IS_COMPACT_ASCII,
    append,
    utf8,
)

cdef extern from *:
    """
    /* Whether a text holds one of the three characters that are escaped in a label's value: no early end, so that it is vectorised. */
    static int holds_special(const char *text, Py_ssize_t length) {
        unsigned char found = 0;
        for (Py_ssize_t i = 0; i < length; i++) found |= (text[i] == '"') | (text[i] == '\\\\') | (text[i] == '\\n');
        return found;
    }
    """
    bint holds_special(const char *text, Py_ssize_t length) nogil


cdef inline int is_true(object value) except -1:
    """What `if` asks. Most values are texts."""
    return PyUnicode_GET_LENGTH(value) > 0 if PyUnicode_CheckExact(value) else bool(value)


cdef Py_ssize_t MOST_KEPT = 1024 * 1024
"""Bytes of lines up to which the buffers that they were written into are used again."""


@final
cdef class Frame:
    """What one call works with. values: the function's locals. texts: a buffer a family, and one more to join texts in."""

    cdef PyObject **values
    cdef Py_ssize_t locals
    cdef Buffer *texts
    cdef Py_ssize_t families

    def __cinit__(self, Py_ssize_t locals, Py_ssize_t families):
        self.locals, self.families = locals, families
        self.values = <PyObject **>PyMem_Calloc(locals, sizeof(PyObject *))
        self.texts = <Buffer *>PyMem_Calloc(families + 1, sizeof(Buffer))
        if self.values is NULL or self.texts is NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.values is not NULL:
            for i in range(self.locals):
                Py_CLEAR(self.values[i])
            PyMem_Free(self.values)
        if self.texts is not NULL:
            for i in range(self.families + 1):
                PyMem_Free(self.texts[i].start)
            PyMem_Free(self.texts)

    cdef PyObject *get(self, Py_ssize_t local) except NULL:
        """Borrowed. Raises UnboundLocalError as Python does: no source that we make gets there."""
        if self.values[local] is NULL:
            raise UnboundLocalError(f"local {local} has no value yet")
        return self.values[local]

    cdef void set(self, Py_ssize_t local, object value) noexcept:
        cdef PyObject *before = self.values[local]
        Py_INCREF(value)
        self.values[local] = <PyObject *>value
        Py_XDECREF(before)

    cdef void clear(self) noexcept:
        """Forget all values, and begin all texts anew."""
        for i in range(self.locals):
            Py_CLEAR(self.values[i])
        for i in range(self.families):
            self.texts[i].length = 0


# Expressions


cdef class Expression:
    cdef object value(self, Frame frame):
        raise NotImplementedError


cdef class Local(Expression):
    """A local, by its number."""

    cdef Py_ssize_t number

    def __init__(self, Py_ssize_t number):
        self.number = number

    cdef object value(self, Frame frame):
        return <object>frame.get(self.number)


cdef class Constant(Expression):
    cdef object constant

    def __init__(self, constant):
        self.constant = constant

    cdef object value(self, Frame frame):
        return self.constant


cdef class Field(Expression):
    """`local.name`. Where the structs, or the named tuples, of the type that came first keep it is remembered."""

    cdef Py_ssize_t local
    cdef str name
    cdef type known
    cdef Py_ssize_t offset
    cdef Py_ssize_t index

    def __init__(self, Py_ssize_t local, str name):
        self.local, self.name = local, name

    cdef object value(self, Frame frame):
        cdef PyObject *owner = frame.get(self.local)
        cdef PyObject *found
        if self.known is None:
            self.known = type(<object>owner)
            self.offset = slot_offset(getattr(self.known, self.name, None))
            self.index = self.known._fields.index(self.name) if issubclass(self.known, tuple) else -1
        if <PyObject *>Py_TYPE(<object>owner) is <PyObject *>self.known:
            if self.index >= 0:
                return <object>PyTuple_GET_ITEM(<object>owner, self.index)
            found = kept_at(owner, self.offset) if self.offset >= 0 else NULL
            if found is not NULL:
                return <object>found
        return getattr(<object>owner, self.name)


cdef class Or(Expression):
    """`first or second`."""

    cdef Expression first, second

    def __init__(self, Expression first, Expression second):
        self.first, self.second = first, second

    cdef object value(self, Frame frame):
        cdef object found = self.first.value(frame)
        return found if is_true(found) else self.second.value(frame)


cdef class Choice(Expression):
    """`yes if test else no`."""

    cdef Expression test, yes, no

    def __init__(self, Expression test, Expression yes, Expression no):
        self.test, self.yes, self.no = test, yes, no

    cdef object value(self, Frame frame):
        return self.yes.value(frame) if is_true(self.test.value(frame)) else self.no.value(frame)


cdef class IsNotNone(Expression):
    cdef Expression operand

    def __init__(self, Expression operand):
        self.operand = operand

    cdef object value(self, Frame frame):
        return self.operand.value(frame) is not None


cdef class Equal(Expression):
    """`operand == constant`."""

    cdef Expression operand
    cdef object constant

    def __init__(self, Expression operand, constant):
        self.operand, self.constant = operand, constant

    cdef object value(self, Frame frame):
        return self.operand.value(frame) == self.constant


cdef class Same(Expression):
    """`first == second`."""

    cdef Expression first, second

    def __init__(self, Expression first, Expression second):
        self.first, self.second = first, second

    cdef object value(self, Frame frame):
        return self.first.value(frame) == self.second.value(frame)


cdef class OneOf(Expression):
    """`operand in constants`."""

    cdef Expression operand
    cdef object constants

    def __init__(self, Expression operand, constants):
        self.operand, self.constants = operand, constants

    cdef object value(self, Frame frame):
        return self.operand.value(frame) in self.constants


cdef class Call(Expression):
    """`function(argument, …)`."""

    cdef object function
    cdef tuple arguments

    def __init__(self, function, tuple arguments):
        self.function, self.arguments = function, arguments

    cdef object value(self, Frame frame):
        if len(self.arguments) == 1:
            return self.function((<Expression>self.arguments[0]).value(frame))
        if len(self.arguments) == 2:
            return self.function((<Expression>self.arguments[0]).value(frame), (<Expression>self.arguments[1]).value(frame))
        return self.function(*[(<Expression>argument).value(frame) for argument in self.arguments])


cdef class Escape(Expression):
    """`escape(text)`. escape: what does it where it is needed."""

    cdef object escape
    cdef Expression text

    def __init__(self, escape, Expression text):
        self.escape, self.text = escape, text

    cdef object value(self, Frame frame):
        cdef object text = self.text.value(frame)
        cdef Py_ssize_t length
        cdef const char *start = utf8(text, &length)
        return self.escape(text) if holds_special(start, length) else text


cdef class Number(Expression):
    """`function(value)`: a number as a sample's value. ready: the texts of those that most samples have."""

    cdef object function
    cdef dict ready
    cdef Expression operand

    def __init__(self, function, dict ready, Expression operand):
        self.function, self.ready, self.operand = function, ready, operand

    cdef object value(self, Frame frame):
        cdef object operand = self.operand.value(frame)
        cdef PyObject *text = PyDict_GetItemWithError(self.ready, operand)
        return <object>text if text is not NULL else self.function(operand)


cdef inline Py_ssize_t digits(const char *text, Py_ssize_t count) noexcept:
    """The number that so many digits are; -1 where one of them is none."""
    cdef Py_ssize_t number = 0, i
    for i in range(count):
        if not c'0' <= text[i] <= c'9':
            return -1
        number = 10 * number + (text[i] - c'0')
    return number


cdef Py_ssize_t days_of(Py_ssize_t year, Py_ssize_t month) noexcept:
    """How many days a month of this century has."""
    if month == 2:
        return 28 + (year % 4 == 0)
    return 30 + ((month + month // 8) & 1)


cdef Py_ssize_t unix_seconds(const char *text) noexcept:
    """Unix seconds of a time of the usual form, `2026-11-25T07:55:00Z`, from 2002 to 2032; else -1."""
    cdef Py_ssize_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2)
    cdef Py_ssize_t hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2)
    if not (text[4] == c'-' and text[7] == c'-' and text[10] == c'T' and text[13] == c':' and text[16] == c':' and text[19] == c'Z'):
        return -1
    if not (2002 <= year <= 2032 and 1 <= month <= 12 and 1 <= day <= days_of(year, month) and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return -1
    # Years begin in March here, so that the leap day is their last; 719,468 days lie between the first of the year 0 and 1970.
    if month < 3:
        year, month = year - 1, month + 12
    cdef Py_ssize_t days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - 719468
    return 86400 * days + 3600 * hour + 60 * minute + second


cdef class Seconds(Expression):
    """`function(text)`: a time as a sample's value. function: what does it where the time isn't of the usual form."""

    cdef object function
    cdef Expression text

    def __init__(self, function, Expression text):
        self.function, self.text = function, text

    cdef object value(self, Frame frame):
        cdef object text = self.text.value(frame)
        cdef Py_ssize_t seconds, length, i
        cdef char[16] written
        if PyUnicode_CheckExact(text) and PyUnicode_IS_COMPACT_ASCII(text) and PyUnicode_GET_LENGTH(text) == 20:
            seconds = unix_seconds(<const char *>PyUnicode_DATA(text))
            if seconds >= 0:
                # Ten digits of which the first is 1: 1.732521300e+09, without zeros at the end.
                written[0], written[1] = c'1', c'.'
                for i in range(9):
                    written[10 - i] = c'0' + seconds % 10
                    seconds //= 10
                length = 11
                while written[length - 1] == c'0':
                    length -= 1
                memcpy(written + length, "e+09", 4)
                return PyUnicode_DecodeUTF8(written, length + 4, NULL)
        return self.function(text)


cdef struct Piece:
    # A text, or NULL for the text that a local holds.
    const char *text
    Py_ssize_t length
    Py_ssize_t local


cdef class Joined(Expression):
    """An f-string of texts and locals that hold texts. pieces: bytes (UTF-8) for a text, a number for a local."""

    cdef tuple kept
    cdef Piece *pieces
    cdef Py_ssize_t count

    def __cinit__(self, tuple pieces):
        self.kept, self.count = pieces, len(pieces)
        self.pieces = <Piece *>PyMem_Calloc(self.count, sizeof(Piece))
        if self.pieces is NULL:
            raise MemoryError
        for i, piece in enumerate(pieces):
            if type(piece) is bytes:
                self.pieces[i] = Piece(PyBytes_AS_STRING(piece), PyBytes_GET_SIZE(piece), 0)
            else:
                self.pieces[i] = Piece(NULL, 0, piece)

    def __dealloc__(self):
        PyMem_Free(self.pieces)

    cdef object value(self, Frame frame):
        cdef Buffer *buffer = &frame.texts[frame.families]
        buffer.length = 0
        self.append_to(buffer, frame)
        return PyUnicode_DecodeUTF8(buffer.start, buffer.length, NULL)

    cdef int append_to(self, Buffer *buffer, Frame frame) except -1:
        cdef Piece *piece = self.pieces
        cdef Piece *end = piece + self.count
        cdef const char *text
        cdef Py_ssize_t length
        while piece < end:
            if piece.text is not NULL:
                append(buffer, piece.text, piece.length)
            else:
                text = utf8(<object>frame.get(piece.local), &length)
                append(buffer, text, length)
            piece += 1
        return 0


cdef class NeedsEscape(Expression):
    """`needs_escape(f'{text}…')`, without joining them."""

    cdef Joined texts

    def __init__(self, Joined texts):
        self.texts = texts

    cdef object value(self, Frame frame):
        cdef Py_ssize_t i, length
        cdef const char *start
        for i in range(self.texts.count):
            if self.texts.pieces[i].text is NULL:
                start = utf8(<object>frame.get(self.texts.pieces[i].local), &length)
                if holds_special(start, length):
                    return True
        return False


# Statements


cdef class Statement:
    cdef int run(self, Frame frame) except -1:
        raise NotImplementedError


cdef class Assign(Statement):
    """`local = expression`."""

    cdef Py_ssize_t local
    cdef Expression expression

    def __init__(self, Py_ssize_t local, Expression expression):
        self.local, self.expression = local, expression

    cdef int run(self, Frame frame) except -1:
        frame.set(self.local, self.expression.value(frame))
        return 0


cdef class Append(Statement):
    """`family += f'…'`."""

    cdef Py_ssize_t family
    cdef Joined text

    def __init__(self, Py_ssize_t family, Joined text):
        self.family, self.text = family, text

    cdef int run(self, Frame frame) except -1:
        return self.text.append_to(&frame.texts[self.family], frame)


cdef class Block(Statement):
    """Statements one after the other."""

    cdef tuple statements

    def __init__(self, tuple statements):
        self.statements = statements

    cdef int run(self, Frame frame) except -1:
        for statement in self.statements:
            (<Statement>statement).run(frame)
        return 0


cdef class If(Statement):
    cdef Expression test
    cdef Block body

    def __init__(self, Expression test, Block body):
        self.test, self.body = test, body

    cdef int run(self, Frame frame) except -1:
        if is_true(self.test.value(frame)):
            self.body.run(frame)
        return 0


cdef class For(Statement):
    """`for local in rows:`."""

    cdef Py_ssize_t local
    cdef Expression rows
    cdef Block body

    def __init__(self, Py_ssize_t local, Expression rows, Block body):
        self.local, self.rows, self.body = local, rows, body

    cdef int run(self, Frame frame) except -1:
        for row in self.rows.value(frame):
            frame.set(self.local, row)
            self.body.run(frame)
        return 0


cdef class Program:
    """A render function. Called with an object it returns what the function would, encoded: the UTF-8 lines of each family.

    Raises what the function would raise.
    """

    cdef Block body
    cdef Py_ssize_t locals, families
    cdef bytes omitted
    cdef Frame spare

    def __init__(self, Block body, Py_ssize_t locals, bytes omitted):
        """locals: how many; the first is the parameter. omitted: see `Lines`."""
        self.body, self.locals, self.families, self.omitted = body, locals, len(omitted), omitted

    def __call__(self, obj):
        # Rows come from Python functions, so another thread may be here at the same time.
        cdef Frame frame = self.spare if self.spare is not None else Frame(self.locals, self.families)
        self.spare = None
        frame.set(0, obj)
        self.body.run(frame)
        lines = Lines(self.omitted)
        lines.take(frame.texts)
        frame.clear()
        if lines.start(self.families) <= MOST_KEPT:
            self.spare = frame
        return lines

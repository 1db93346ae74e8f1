# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Texts as C sees them: the UTF-8 of a Python text, and a buffer that texts are appended to."""

from cpython.mem cimport PyMem_Realloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    bint PyUnicode_CheckExact(object text)
    void *PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)


cdef inline const char *utf8(object text, Py_ssize_t *length) except NULL:
    """A text's UTF-8. Raises UnicodeEncodeError for one that has none."""
    if PyUnicode_CheckExact(text) and PyUnicode_IS_COMPACT_ASCII(text):
        length[0] = PyUnicode_GET_LENGTH(text)
        return <const char *>PyUnicode_DATA(text)
    return PyUnicode_AsUTF8AndSize(text, length)


cdef struct Buffer:
    char *start
    Py_ssize_t length
    Py_ssize_t room


cdef inline int append(Buffer *buffer, const char *text, Py_ssize_t length) except -1:
    """After this a buffer has a start, even if nothing was appended yet."""
    cdef Py_ssize_t room
    cdef char *moved
    if buffer.length + length >= buffer.room:
        room = 2 * (buffer.length + length) + 256
        moved = <char *>PyMem_Realloc(buffer.start, room)
        if moved is NULL:
            raise MemoryError
        buffer.start, buffer.room = moved, room
    memcpy(buffer.start + buffer.length, text, length)
    buffer.length += length
    return 0

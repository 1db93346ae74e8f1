# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
from cython cimport final
from libc.stdint cimport uint32_t, uint64_t

from evergauge.native.texts cimport Buffer


@final
cdef class Lines:
    cdef Py_ssize_t families
    cdef char *text
    cdef uint32_t *ends
    cdef uint64_t *checksums
    cdef bytes omitted

    cdef int take(self, Buffer *texts) except -1
    cdef Py_ssize_t start(self, Py_ssize_t family) noexcept
    cdef Py_ssize_t length(self, Py_ssize_t family) noexcept

# cython: language_level=3
"""Where the fields of structs lie, so that they are read without a call; and how memory is asked for before it is needed."""

from cpython.object cimport PyObject

cdef extern from *:
    """
    #include <structmember.h>
    #ifndef Py_T_OBJECT_EX
    #define Py_T_OBJECT_EX T_OBJECT_EX
    #endif

    /* Where a struct of that type keeps the field, in bytes from its start; -1 where it isn't an object in a slot. */
    static Py_ssize_t slot_offset(PyObject *descriptor) {
        if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) return -1;
        PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
        return member->type == Py_T_OBJECT_EX ? member->offset : -1;
    }
    """
    Py_ssize_t slot_offset(object descriptor)
    void prefetch "__builtin_prefetch" (const void *at) nogil


cdef inline Py_ssize_t offset_of(type struct, str field) except -1:
    """Where structs of that class keep a field. Raises TypeError for a class that doesn't."""
    cdef Py_ssize_t offset = slot_offset(getattr(struct, field))
    if offset < 0:
        raise TypeError(f"{struct.__name__} is no struct that keeps {field}")
    return offset


cdef inline PyObject *kept_at(PyObject *struct, Py_ssize_t offset) noexcept:
    """What a struct keeps there, borrowed; NULL where nothing was set. Not touched itself."""
    return (<PyObject **>(<char *>struct + offset))[0]

"""Arrays and records at an address: what an entry gets, with no count of who holds them.

Whoever calls an entry keeps the memory alive until it returns. Interpreted they are numpy's views of the same memory.
"""

from __future__ import annotations

import ctypes
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

VIEWS_KEPT = 4096


def floats_at(address: int, count: int) -> NDArray[np.float64]:
    """float64[count]."""
    return _view(address, count, "f8")


def integers_at(address: int, count: int) -> NDArray[np.int64]:
    """int64[count]."""
    return _view(address, count, "i8")


def codes_at(address: int, count: int) -> NDArray[np.int32]:
    """int32[count]."""
    return _view(address, count, "i4")


def bytes_at(address: int, count: int) -> NDArray[np.uint8]:
    """uint8[count]."""
    return _view(address, count, "u1")


def record_at(address: int, dtype: np.dtype[Any]) -> Any:
    """The record of that type."""
    memory: Any = (ctypes.c_char * dtype.itemsize).from_address(int(address))
    return np.frombuffer(memory, dtype)[0]


@lru_cache(VIEWS_KEPT)
def _view(address: int, count: int, form: str) -> Any:
    if count == 0:
        return np.empty(0, form)
    memory: Any = (ctypes.c_char * (int(count) * np.dtype(form).itemsize)).from_address(int(address))
    return np.frombuffer(memory, form)


@cache
def teach_views() -> None:
    """Let the compiler know the views. Once, before it compiles."""
    import numba
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload

    @intrinsic
    def pointer(_: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            wide = context.cast(builder, values[0], signature.args[0], types.intp)
            return builder.inttoptr(wide, cgutils.voidptr_t)

        return types.voidptr(address), generate

    carray: Any = getattr(numba, "carray")  # noqa: B009 (numba has no static types)
    at: Any = pointer
    for view, form in ((floats_at, np.float64), (integers_at, np.int64), (codes_at, np.int32), (bytes_at, np.uint8)):
        _teach(overload(view), carray, at, form)

    @overload(record_at)
    def record(address: Any, dtype: Any) -> Any:  # noqa: ARG001 (the compiler asks for the same names in both)
        def view(address: Any, dtype: Any) -> Any:
            return carray(at(address), 1, dtype)[0]

        return view


def _teach(register: Any, carray: Any, at: Any, form: Any) -> None:
    def of(address: Any, count: Any) -> Any:  # noqa: ARG001 (the compiler asks for the same names in both)
        def view(address: Any, count: Any) -> Any:
            return carray(at(address), count, form)

        return view

    register(of)

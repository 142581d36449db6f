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
    """Let the compiler know the views: a pointer, and what lies there. Once, before it compiles."""
    from numba.core import types
    from numba.extending import overload

    from btcli.exchange.machine.extremes import teach_extremes
    from btcli.exchange.machine.fetching import teach_fetching

    for view, form in ((floats_at, types.f8), (integers_at, types.i8), (codes_at, types.i4), (bytes_at, types.u1)):
        _teach_array(overload(view), _array_intrinsic(form))
    teach_extremes()
    teach_fetching()
    record: Any = _record_intrinsic()

    @overload(record_at)
    def record_of(address: Any, dtype: Any) -> Any:  # noqa: ARG001 (the compiler asks for the same names in both)
        def view(address: Any, dtype: Any) -> Any:
            return record(address, dtype)

        return view


def _teach_array(register: Any, array: Any) -> None:
    def array_of(address: Any, count: Any) -> Any:  # noqa: ARG001
        def view(address: Any, count: Any) -> Any:
            return array(address, count)

        return view

    register(array_of)


def _array_intrinsic(form: Any) -> Any:
    """Machine code for an array that nobody owns."""
    from llvmlite.ir import Constant
    from numba.core import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import make_array, populate_array

    kind = types.Array(form, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        wide = [context.cast(builder, *pair, types.intp) for pair in zip(values, signature.args, strict=True)]
        address, count = wide
        array = make_array(kind)(context, builder)
        width = Constant(count.type, context.get_abi_sizeof(context.get_data_type(form)))
        data = builder.inttoptr(address, array.data.type)
        populate_array(array, data=data, shape=[count], strides=[width], itemsize=width, meminfo=None)
        return array._getvalue()

    @intrinsic
    def array_at(_: Any, address: Any, count: Any) -> Any:
        return kind(address, count), generate

    return array_at


def _record_intrinsic() -> Any:
    """Machine code for a record, which to it is a pointer."""
    from numba.core import types
    from numba.extending import intrinsic

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address = context.cast(builder, values[0], signature.args[0], types.intp)
        return builder.inttoptr(address, context.get_value_type(signature.return_type))

    @intrinsic
    def at(_: Any, address: Any, dtype: Any) -> Any:
        return dtype.dtype(address, dtype), generate

    return at

"""What will be read soon, asked for ahead: at places that no pattern foretells a processor waits for each number."""

from __future__ import annotations

from typing import Any


def fetch_at(address: int) -> None:
    """Let the processor fetch what lies at an address. Nothing changes, wherever that is."""


def teach_fetching() -> None:
    """Let the compiler know it."""
    from numba.extending import overload

    fetch: Any = _fetch()

    @overload(fetch_at)
    def fetch_of(address: Any) -> Any:  # noqa: ARG001 (the compiler asks for the same names in both)
        def ask(address: Any) -> Any:
            return fetch(address)

        return ask


def _fetch() -> Any:
    """Machine code that asks for a line of the cache, to be read."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    function_of: Any = cgutils.get_or_insert_function
    number = ir.IntType(32)

    @intrinsic
    def fetch(_: Any, address: Any) -> Any:  # noqa: ARG001
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ARG001
            place = builder.inttoptr(values[0], cgutils.voidptr_t)
            kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
            asked = function_of(builder.module, kind, "llvm.prefetch.p0")
            builder.call(asked, [place, number(0), number(3), number(1)])
            return context.get_dummy_value()

        return types.none(types.int64), generate

    return fetch

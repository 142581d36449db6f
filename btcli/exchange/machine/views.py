"""Arrays that the caller keeps alive: handing them on in machine code costs no count of who holds them."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])


def borrowed(array: Array) -> Array:
    """The same array without an owner; whoever called the entry holds it until that returns."""
    return array


@cache
def teach_borrowing() -> None:
    """Let the compiler know what `borrowed` is: the array with no record of who holds it. Once before it compiles."""
    from numba.extending import intrinsic, overload

    @intrinsic
    def without_owner(_: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            view = context.make_array(signature.args[0])(context, builder, values[0])
            view.meminfo = view.meminfo.type(None)
            return view._getvalue()

        return array(array), generate

    strip: Any = without_owner

    @overload(borrowed)
    def borrow(array: Any) -> Any:  # noqa: ARG001 (the compiler asks for the same names in both)
        def borrow_it(array: Any) -> Any:
            return strip(array)

        return borrow_it

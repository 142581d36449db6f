"""Machine code called from Python: integers of 64 bits in, one out. Nothing is checked on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Calls(NamedTuple):
    """The two ways to call an entry."""

    locked: Callable[..., int]  # the interpreter's lock is kept: for short calls
    unlocked: Callable[..., int]  # other threads may run meanwhile


def calls_at(address: int, arguments: int) -> Calls:
    """How to call the code at an address, which takes so many arguments and lies there for good."""
    from ctypes import CFUNCTYPE, PYFUNCTYPE, c_int64

    types = (c_int64,) * (1 + arguments)
    return Calls(PYFUNCTYPE(*types)(address), CFUNCTYPE(*types)(address))

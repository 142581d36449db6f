"""As much room to call itself for user code wherever a pass begins: in a process of its own, a worker, a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

USED = 100  # calls that are open when a pass begins; who begins one is not that deep
MOST_COUNTED = 20_000  # of the limit: who raised it farther does not come to it by mistake
T = TypeVar("T")


def at_one_depth(work: Callable[[], T]) -> T:
    """Do some work where USED calls are open, as far as there are less.

    Where Python ends a function that calls itself, and what it says then, hangs on how many were open before.
    """
    limit = sys.getrecursionlimit()
    return _deeper(USED - limit + _room(), work) if limit <= MOST_COUNTED else work()


def _deeper(calls: int, work: Callable[[], T]) -> T:
    return work() if calls <= 0 else _deeper(calls - 1, work)


def _room(calls: int = 0) -> int:
    """How many calls Python allows from here on: some of C count as well, which no walk over frames would find."""
    try:
        return _room(calls + 1)
    except RecursionError:
        return calls

"""How often Python's collector looks for cycles while a run goes on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (200_000, 20, 20)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cycles seldom: a run makes millions of small values that live until they are told, and no cycles.

    By default they are all looked at again after every 700 of them, which with many symbols is half of the run.
    """
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)

"""How a process that works on columns asks the system for memory."""

from __future__ import annotations

import sys

LARGE_BYTES = 4 << 20
MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's mallopt


def return_large_blocks() -> None:
    """Have blocks of a column's size go back to the system when they are freed.

    glibc keeps them from the second on, and what one stage of a run had for a moment counts as held in all others.
    Where the C library is another nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)

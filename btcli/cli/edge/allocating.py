"""How a process that works on columns asks the system for memory."""

from __future__ import annotations

import sys

LARGE_BYTES = 8 << 20  # above a column of a year of minutes
KEPT_BYTES = 64 << 20
ARENAS = 1  # 30 MB less of a year than with 2, and as fast in two threads
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # of glibc's mallopt


def return_large_blocks() -> None:
    """Have large blocks go back to the system when they are freed, and smaller ones be used again.

    By default glibc keeps blocks of any size from the second on, and what one stage of a run had for a moment counts as
    held in all others; while a column that is asked for anew takes longer to be laid out than to be filled. And threads
    that come and go take from one heap: what one has freed another uses. Where the C library is another nothing is
    changed.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(ARENA_MAX, ARENAS)

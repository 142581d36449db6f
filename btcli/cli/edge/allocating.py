"""How a process that works on columns asks the system for memory."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL

LARGE_BYTES = 8 << 20  # above a column of a year of minutes
KEPT_BYTES = 64 << 20
ARENAS = 1  # 30 MB less of a year than with 2, and as fast in two threads
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, ARENA_MAX = -1, -2, -3, -8  # of glibc's mallopt
PAGE_BYTES, HUGE_PAGE = 2 << 20, 14  # MADV_HUGEPAGE of Linux
APART_BYTES, USUAL_PAD_BYTES = 64 << 10, 128 << 10


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

    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(ARENA_MAX, ARENAS)
        _take_large_pages(libc)


def _take_large_pages(libc: CDLL) -> None:
    """Have the next KEPT_BYTES of smaller blocks laid out by 2 MB: by 4 kB that takes six times as long.

    They are free parts of the heap, held apart: neither does a large block fit into one, nor do they go back with the
    heap's end, as when DuckDB closes a database. What nobody writes to is not held.
    """
    from ctypes import c_int, c_size_t, c_void_p

    libc.sbrk.restype = libc.malloc.restype = c_void_p
    libc.malloc.argtypes, libc.free.argtypes = (c_size_t,), (c_void_p,)
    libc.madvise.argtypes = (c_void_p, c_size_t, c_int)
    part_bytes, begin = LARGE_BYTES - APART_BYTES, -(-libc.sbrk(0) // PAGE_BYTES) * PAGE_BYTES
    libc.mallopt(TOP_PAD, KEPT_BYTES)
    parts = [libc.malloc(part_bytes)]  # the heap grows by all of them
    libc.mallopt(TOP_PAD, USUAL_PAD_BYTES)
    libc.madvise(begin, max(0, libc.sbrk(0) - begin), HUGE_PAGE)
    for _ in range(KEPT_BYTES // LARGE_BYTES):
        libc.malloc(APART_BYTES)
        parts.append(libc.malloc(part_bytes))
    libc.malloc(APART_BYTES)
    for part in parts:
        libc.free(part)

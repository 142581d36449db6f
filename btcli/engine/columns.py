"""Columns that many runs read: each computed once, kept while there is room, and shared by all threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Event, Lock
from typing import Any

from numpy.typing import NDArray

Column = NDArray[Any]
SWEEP_BYTES = 128_000_000


class _Computing:
    """A column that a thread computes, for those that wait for it."""

    def __init__(self) -> None:
        self.is_over = Event()
        self.column: Column | None = None  # None when it failed


class ColumnCache:
    """Arrays by what they were computed from; beyond `limit_bytes` the one used least lately goes.

    One thread computes what several ask for, the others wait. What `compute` raises reaches its caller, and who
    waited tries again. The arrays cannot be written. `hits` and `misses` count answers with and without computing.
    """

    def __init__(self, limit_bytes: int = SWEEP_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = self.hits = self.misses = 0
        self._kept: OrderedDict[Hashable, Column] = OrderedDict()
        self._computing: dict[Hashable, _Computing] = {}
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], Column]) -> Column:
        """The array of a key, computed where it is not kept."""
        while True:
            with self._lock:
                kept = self._kept.get(key)
                if kept is not None:
                    self._kept.move_to_end(key)
                    self.hits += 1
                    return kept
                by_other = self._computing.get(key)
                if by_other is None:
                    own = self._computing[key] = _Computing()
                    self.misses += 1
                    break
            by_other.is_over.wait()
            if by_other.column is not None:
                with self._lock:
                    self.hits += 1
                return by_other.column
        try:
            column = compute()
            column.flags.writeable = False
            own.column = column
        finally:
            self._end(key, own)
        return column

    def _end(self, key: Hashable, own: _Computing) -> None:
        """Keep what was computed, if anything was, and wake those who wait."""
        with self._lock:
            del self._computing[key]
            if own.column is not None and own.column.nbytes <= self.limit_bytes:
                self._kept[key] = own.column
                self.held_bytes += own.column.nbytes
            while self.held_bytes > self.limit_bytes:
                _, oldest = self._kept.popitem(last=False)
                self.held_bytes -= oldest.nbytes
        own.is_over.set()

"""What a host asked to wait, known to every client of the process: series, tool calls and sources come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf


class Hold:
    """Until when a host is to be left alone, by the clock it was noted on, and why; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until_s, self._why = -inf, ""

    def extend(self, until_s: float, why: str) -> None:
        """Leave the host alone until this time, unless it is longer already."""
        with self._lock:
            if until_s > self._until_s:
                self._until_s, self._why = until_s, why

    def read(self) -> tuple[float, str]:
        """Until when, in seconds of the clock, and why; minus infinity when nothing was asked."""
        with self._lock:
            return self._until_s, self._why


_HOLDS: dict[tuple[str, Callable[[], float]], Hold] = {}
_LOCK = threading.Lock()


def hold_of(host: str, clock: Callable[[], float]) -> Hold:
    """The one hold of a host ("name:port"); times of two clocks cannot be compared, so each clock has its own."""
    with _LOCK:
        return _HOLDS.setdefault((host, clock), Hold())

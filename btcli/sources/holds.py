"""What a host asked to wait, and whether it is there: known to every client of the process, while sources go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf


class Hold:
    """Until when a host is to be left alone, by the clock it was noted on, and why; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until_s, self._why = -inf, ""
        self._lost: dict[str, tuple[float, str]] = {}
        self._answered: set[str] = set()

    def extend(self, until_s: float, why: str) -> None:
        """Leave the host alone until this time, unless it is longer already."""
        with self._lock:
            if until_s > self._until_s:
                self._until_s, self._why = until_s, why

    def read(self) -> tuple[float, str]:
        """Until when, in seconds of the clock, and why; minus infinity when nothing was asked."""
        with self._lock:
            return self._until_s, self._why

    def reach(self, route: str) -> None:
        """Note that the host has answered on a route to it."""
        self._answered.add(route)

    def has_answered(self, route: str) -> bool:
        """Whether it ever did on this route; what a proxy could reach says nothing of the direct way."""
        return route in self._answered

    def lose(self, route: str, until_s: float, why: str) -> None:
        """Note that a name was not found on a route to it: until then it is not looked up again."""
        with self._lock:
            self._lost[route] = until_s, why

    def unknown(self, route: str, now_s: float) -> str:
        """Why the way there is taken for unknown now, "" where it may be looked up."""
        with self._lock:
            until_s, why = self._lost.get(route, (-inf, ""))
            return why if now_s < until_s else ""


_HOLDS: dict[tuple[str, Callable[[], float]], Hold] = {}
_LOCK = threading.Lock()


def hold_of(host: str, clock: Callable[[], float]) -> Hold:
    """The one hold of a host ("name:port"); times of two clocks cannot be compared, so each clock has its own."""
    with _LOCK:
        return _HOLDS.setdefault((host, clock), Hold())

"""When a timeframe closes, and what is known of it between two closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Millis, Role

REFRESH_ORDER: tuple[Role, ...] = ("htf", "mtf", "ltf")
NO_CLOSE_YET = -1
NEVER_MS = int(np.iinfo(np.int64).max)

Snapshot = TypeVar("Snapshot")


def close_index(step_ts_close: Millis, tf_ts_close: Millis) -> NDArray[np.int64]:
    """For each step, the last bar whose close is not later than the step's; -1 before the first. Both ascending."""
    found: NDArray[np.int64] = np.searchsorted(tf_ts_close, step_ts_close, side="right").astype(np.int64) - 1
    return found


class _Walk:
    """The last closed bar of one timeframe, and when the next one closes."""

    def __init__(self, ts_close: Millis) -> None:
        self._ts_close, self._bars = ts_close, len(ts_close)
        self.index = NO_CLOSE_YET
        self.next_ms = self._close_of(0)

    def on_to(self, step_ts_close: int) -> None:
        """Go on to the last bar that has closed by then; usually that is the next one."""
        self.index += 1
        self.next_ms = self._close_of(self.index + 1)
        if self.next_ms <= step_ts_close:
            self.index = int(self._ts_close.searchsorted(step_ts_close, side="right")) - 1
            self.next_ms = self._close_of(self.index + 1)

    def _close_of(self, index: int) -> int:
        return int(self._ts_close.item(index)) if index < self._bars else NEVER_MS


class TimeframeCache(Generic[Snapshot]):
    """The last closed snapshot of each timeframe role: built at its close, the same object until the next one.

    `build(role, index)` makes the snapshot of a role's bar; index -1 asks for the placeholder before the first close.
    Roles that are given the same array of closes walk along it together.
    """

    def __init__(self, ts_close: Mapping[Role, Millis], build: Callable[[Role, int], Snapshot]) -> None:
        walks = {id(closes): _Walk(closes) for closes in ts_close.values()}
        self._walks = {role: walks[id(ts_close[role])] for role in REFRESH_ORDER if role in ts_close}
        self._distinct = tuple(walks.values())
        self._next_ms = min([walk.next_ms for walk in self._distinct], default=NEVER_MS)
        self._build = build
        self._held = {role: build(role, NO_CLOSE_YET) for role in self._walks}

    def __getitem__(self, role: Role) -> Snapshot:
        return self._held[role]

    def index(self, role: Role) -> int:
        """The position of the role's last closed bar; -1 before the first."""
        return self._walks[role].index

    def refresh(self, step_ts_close: int) -> tuple[Role, ...]:
        """Take in what has closed by `step_ts_close` (ascending from call to call); the roles that did, HTF first."""
        if step_ts_close < self._next_ms:
            return ()
        closed = tuple([role for role, walk in self._walks.items() if walk.next_ms <= step_ts_close])
        for walk in self._distinct:
            if walk.next_ms <= step_ts_close:
                walk.on_to(step_ts_close)
        for role in closed:
            self._held[role] = self._build(role, self._walks[role].index)
        self._next_ms = min([walk.next_ms for walk in self._distinct])
        return closed

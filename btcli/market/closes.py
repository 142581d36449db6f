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


class TimeframeCache(Generic[Snapshot]):
    """The last closed snapshot of each timeframe role: built at its close, the same object until the next one.

    `build(role, index)` makes the snapshot of a role's bar; index -1 asks for the placeholder before the first close.
    """

    def __init__(self, ts_close: Mapping[Role, Millis], build: Callable[[Role, int], Snapshot]) -> None:
        self._roles = tuple(role for role in REFRESH_ORDER if role in ts_close)
        # plain integers, and one that never comes behind the last: they are looked at one by one
        self._ts_close: dict[Role, list[int]] = {
            role: [*closes.tolist(), NEVER_MS] for role, closes in ts_close.items()
        }
        self._build = build
        self._index = dict.fromkeys(self._roles, NO_CLOSE_YET)
        self._next_close = {role: self._close_after(role, NO_CLOSE_YET) for role in self._roles}
        self._held = {role: build(role, NO_CLOSE_YET) for role in self._roles}
        self._passed: set[Role] = set()

    def __getitem__(self, role: Role) -> Snapshot:
        return self._held[role]

    def index(self, role: Role) -> int:
        """The position of the role's last closed bar; -1 before the first."""
        return self._index[role]

    def refresh(self, step_ts_close: int) -> tuple[Role, ...]:
        """Take in what has closed by `step_ts_close` (ascending from call to call); the roles that did, HTF first."""
        closed = self.pass_over(step_ts_close)
        if self._passed:
            for role in self._roles:
                if role in self._passed:
                    self._held[role] = self._build(role, self._index[role])
            self._passed.clear()
        return closed

    def pass_over(self, step_ts_close: int) -> tuple[Role, ...]:
        """As `refresh`, but what is held stays as it was: the next refresh builds it, from the bars closed by then."""
        closed = tuple(role for role in self._roles if self._next_close[role] <= step_ts_close)
        for role in closed:
            self._advance(role, step_ts_close)
        return closed

    def ts_close(self, role: Role) -> int:
        """When the role's last closed bar closed; there has to be one."""
        return self._ts_close[role][self._index[role]]

    def _advance(self, role: Role, step_ts_close: int) -> None:
        index = self._index[role]
        while self._close_after(role, index) <= step_ts_close:
            index += 1
        self._index[role] = index
        self._next_close[role] = self._close_after(role, index)
        self._passed.add(role)

    def _close_after(self, role: Role, index: int) -> int:
        return self._ts_close[role][index + 1]

"""When a timeframe closes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Millis, Role

REFRESH_ORDER: tuple[Role, ...] = ("htf", "mtf", "ltf")
NO_CLOSE_YET = -1


def close_index(step_ts_close: Millis, tf_ts_close: Millis) -> NDArray[np.int64]:
    """For each step, the last bar whose close is not later than the step's; -1 before the first. Both ascending."""
    found: NDArray[np.int64] = np.searchsorted(tf_ts_close, step_ts_close, side="right").astype(np.int64) - 1
    return found

"""What the page's script reads back out of coded columns, written a second time and slowly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from btcli.report.charts.whole import Coded

Column = list[float]


def times(coded: Coded) -> Column:
    """Moments on their grid, later by each hole."""
    holes = dict(zip(coded.columns["hole_at"].tolist(), coded.columns["hole_ms"].tolist(), strict=True))
    found, now = [], coded.facts["first_ms"]
    for place in range(int(coded.facts["rows"])):
        now += holes.get(float(place), 0.0)
        found.append(now)
        now += coded.facts["step_ms"]
    return found


def candles(coded: Coded) -> Mapping[str, Column]:
    """Open, high, low and close of each bar."""
    if coded.facts["decimals"] < 0:
        return {name: column.tolist() for name, column in coded.columns.items()}
    steps, bodies, above, below = (coded.columns[name].tolist() for name in ("step", "body", "above", "below"))
    scale, last = 10.0 ** coded.facts["decimals"], coded.facts["start"]
    found: dict[str, Column] = {"open": [], "high": [], "low": [], "close": []}
    for step, body, up, down in zip(steps, bodies, above, below, strict=True):
        opened = last + step
        last = opened + body
        found["open"].append(opened / scale)
        found["close"].append(last / scale)
        found["high"].append((max(opened, last) + up) / scale)
        found["low"].append((min(opened, last) - down) / scale)
    return found


def line(coded: Coded) -> NDArray[np.float64]:
    """The values of a feature, NaN where there is none."""
    value = np.cumsum(coded.columns["step"].astype(np.float64)) * coded.facts["unit"]
    value[coded.columns["missing"].astype(int)] = np.nan
    return value

"""The values of features, each computed over its own slice of history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from btcli.features.plan import Feature, FeaturePlan
from btcli.features.talib_calls import evaluate
from btcli.market.series import Bars, Floats, Role
from btcli.timeframe import Timeframe


def compute_features(
    plan: FeaturePlan, bars: Mapping[Role, Bars], timeframes: Mapping[Role, Timeframe], window_start_ms: int
) -> dict[Role, dict[str, Floats]]:
    """Every feature by role and name, float64[n] along the role's n bars, NaN where it is not available.

    A feature's slice begins `warmup_bars` before the bar that is the last closed one at the window's
    start, whatever else is loaded: other features or more history change no bit of it.
    """
    return {
        role: {
            feature.name: feature_column(feature, bars[role], timeframes[role], window_start_ms)
            for feature in plan.of(role)
        }
        for role in bars
    }


def slice_start_ms(feature: Feature, timeframe: Timeframe, window_start_ms: int) -> int:
    """The open of the first bar that a feature reads."""
    return timeframe.floor(window_start_ms) - (feature.warmup_bars + 1) * timeframe.ms


def feature_column(feature: Feature, bars: Bars, timeframe: Timeframe, window_start_ms: int) -> Floats:
    """One feature along the bars of its role: float64[n], see `compute_features`."""
    start = int(np.searchsorted(bars.ts_open, slice_start_ms(feature, timeframe, window_start_ms)))
    column = np.full(len(bars.ts_open), np.nan)
    first = start + feature.warmup_bars
    if first < len(column):
        values = evaluate(feature.call, bars, start)
        column[first:] = values[feature.warmup_bars :]
        column[~np.isfinite(column)] = np.nan
    return column

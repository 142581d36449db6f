"""The values of features, each computed over its own slice of history."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from btcli.features.plan import Feature, FeaturePlan
from btcli.features.values import Values, known_or_nan
from btcli.market.series import Bars, Floats, Role
from btcli.timeframe import Timeframe


def compute_features(
    plan: FeaturePlan, bars: Mapping[Role, Bars], timeframes: Mapping[Role, Timeframe], window_start_ms: int
) -> dict[Role, dict[str, Floats]]:
    """Every feature by role and name, float64[n] along the role's n bars, NaN where it is not available.

    A feature's slice begins `warmup_bars` before the bar that is the last closed one at the window's
    start, whatever else is loaded: other features or more history change no bit of it. What several features with the
    same slice are made of is computed once.
    """
    columns: dict[Role, dict[str, Floats]] = {}
    for role in bars:
        slices: dict[tuple[int, float], list[Feature]] = {}
        for feature in plan.of(role):
            start = _first_row(feature, bars[role], timeframes[role], window_start_ms)
            slices.setdefault((start, feature.tolerance), []).append(feature)
        found: dict[str, Floats] = {}
        for (start, tolerance), features in slices.items():
            values = Values(bars[role], start, tolerance, [feature.node for feature in features])
            found |= {feature.name: _column(feature, values, start, len(bars[role].ts_open)) for feature in features}
        columns[role] = {feature.name: found[feature.name] for feature in plan.of(role)}
    return columns


def slice_start_ms(feature: Feature, timeframe: Timeframe, window_start_ms: int) -> int:
    """The open of the first bar that a feature reads."""
    return timeframe.floor(window_start_ms) - (feature.warmup_bars + 1) * timeframe.ms


def feature_column(feature: Feature, bars: Bars, timeframe: Timeframe, window_start_ms: int) -> Floats:
    """One feature along the bars of its role: float64[n], see `compute_features`."""
    start = _first_row(feature, bars, timeframe, window_start_ms)
    return _column(feature, Values(bars, start, feature.tolerance, [feature.node]), start, len(bars.ts_open))


def _first_row(feature: Feature, bars: Bars, timeframe: Timeframe, window_start_ms: int) -> int:
    return int(np.searchsorted(bars.ts_open, slice_start_ms(feature, timeframe, window_start_ms)))


def _column(feature: Feature, values: Values, start: int, bars: int) -> Floats:
    column, first = np.empty(bars), min(start + feature.warmup_bars, bars)
    column[:first] = np.nan
    if first < bars:
        column[first:] = values.of(feature.node)[feature.warmup_bars :]
        known_or_nan(column[first:])
    return column

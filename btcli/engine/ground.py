"""What programs read of one symbol: its bars, its features, and how the rows of its timeframes meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from btcli.engine.columns import ColumnCache
from btcli.engine.moments import TIMES, funding_at, mark_at, minutes_since_funding, minutes_to_funding, time_at
from btcli.engine.timeline import Lane, Timeline
from btcli.exchange.driver.program import CLOSES, FRESH_OF
from btcli.expressions.tree import whose
from btcli.features.compute import feature_column
from btcli.features.plan import Feature, FeaturePlan
from btcli.frozen import frozen
from btcli.market.closes import close_index, stretch_of
from btcli.market.loader import RunInputs, SymbolInputs
from btcli.market.series import Bars, Floats, FundingRates, Millis, Role
from btcli.market.signals.rows import SignalRows
from btcli.timeframe import Timeframe

PRICES = ("open", "high", "low", "close", "volume")
NO_STEP = NO_BAR = -1
SIGNALS = "signals."
MARK, FUNDING_RATE = "market.mark", "market.funding_rate"
SINCE_FUNDING = "market.minutes_since_funding"  # which no expression names
MOMENTS = frozenset(
    {MARK, FUNDING_RATE, "market.minutes_to_funding", SINCE_FUNDING, *(f"time.{name}" for name in TIMES)}
)

FeatureKey = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """One symbol of a world, the same for every program that runs on it."""

    bars: Mapping[Role, Bars]
    timeframes: Mapping[Role, Timeframe]
    start_ms: int  # of the window
    steps: NDArray[np.int64]  # by row of ltf: the step at whose close it ends, NO_STEP where nothing can be decided
    span: tuple[int, int]  # the rows of ltf from the first such step to after the last
    known: Mapping[FeatureKey, Floats]  # columns of features that are computed already
    mark: Bars | None = None  # candles of exec
    funding: FundingRates | None = None
    signals: SignalRows | None = None
    others: Mapping[str, Mapping[Role, Bars]] = field(default_factory=dict)  # what else was loaded, by symbol

    def bars_of(self, role: str) -> Bars:
        """The closed bars of a role, of another symbol's as "ETHUSDT.htf"."""
        symbol, own = whose(role)
        return (self.others[symbol] if symbol else self.bars)[cast(Role, own)]


def ground_of(
    bars: Mapping[Role, Bars],
    timeframes: Mapping[Role, Timeframe],
    line: Timeline,
    lane: Lane,
    plan: FeaturePlan | None = None,
    columns: Mapping[Role, Mapping[str, Floats]] | None = None,
) -> Ground:
    """The ground of a symbol; `columns` are the features of `plan` by role and name, where these are computed."""
    known = {key_of(each): columns[each.role][each.name] for each in plan.features} if plan and columns else {}
    steps = _steps(line, lane, bars["ltf"].ts_close)
    deciding = np.flatnonzero(steps != NO_STEP)
    span = (int(deciding[0]), int(deciding[-1]) + 1) if len(deciding) else (0, 0)
    return Ground(bars, timeframes, line.start_ms, steps, span, known)


def with_market(ground: Ground, inputs: SymbolInputs, of_run: RunInputs) -> Ground:
    """The same ground with what is known beside the symbol's trades: its mark, funding and signals, other symbols."""
    traded = {each.symbol: each.bars for each in of_run.symbols}
    others = traded | {each.symbol: each.bars for each in of_run.observed}
    return replace(ground, mark=inputs.mark, funding=inputs.funding, signals=inputs.signals, others=others)


def key_of(feature: Feature) -> FeatureKey:
    """What the values of a feature hang on, whatever its name."""
    return feature.role, feature.node, feature.warmup_bars, feature.tolerance


def _steps(line: Timeline, lane: Lane, ts_close: Millis) -> NDArray[np.int64]:
    """The steps that end with the rows of ltf, where the symbol has a bar in them."""
    steps = np.full(len(ts_close), NO_STEP, np.int64)
    if lane.has_bar.all() and (stretch := stretch_of(line.ts_close, ts_close)) is not None:
        steps[stretch] = np.arange(line.steps)
        return steps
    rows = close_index(line.ts_close, ts_close)
    ends = np.flatnonzero((rows >= 0) & lane.has_bar)
    ends = ends[ts_close[rows[ends]] == line.ts_close[ends]]
    steps[rows[ends]] = ends
    return steps


@frozen
class SymbolColumns:
    """The columns of one symbol under one set of features: prices and features by role and name."""

    ground: Ground
    features: Mapping[tuple[str, str], Feature]
    cache: ColumnCache
    noted: Mapping[str, Floats] = field(default_factory=dict)  # what a run noted at the closes of ltf, by name

    def alone(self, noted: Mapping[str, Floats] = MappingProxyType({})) -> SymbolColumns:
        """The same with columns of its own, that go with it: those of many symbols together would fill the memory."""
        return replace(self, cache=ColumnCache(), noted=noted)

    def key(self, role: str, name: str) -> FeatureKey:
        """What the values of a column hang on. Raises KeyError for one that is neither a price nor a feature."""
        if role == CLOSES or name in PRICES or _is_of_closes(name) or name in self.noted:
            return (role, name)
        symbol, own = whose(role)
        return (symbol, *key_of(self.features[own, name])) if symbol else key_of(self.features[own, name])

    def column(self, role: str, name: str) -> Floats:
        """A price or a feature, float64[bars of the role]; of CLOSES what says that a bar of a role is fresh."""
        if role == CLOSES:
            return self.fresh(name.removeprefix(f"{FRESH_OF}."))
        ground, bars = self.ground, self.ground.bars_of(role)
        if name in PRICES:
            price: Floats = getattr(bars, name)
            return price
        if name in self.noted:
            return self.noted[name]
        if _is_of_closes(name):
            return self.cache.get((ground, role, name), lambda: self._moment(name, bars.ts_close))
        feature, key = self.features[whose(role)[1], name], self.key(role, name)
        known, timeframe = ground.known.get(key), ground.timeframes[feature.role]
        if known is not None:
            return known
        return self.cache.get((ground, key), lambda: feature_column(feature, bars, timeframe, ground.start_ms))

    def _moment(self, name: str, ts_close: Millis) -> Floats:
        """What is no bar, at closes; unknown where nothing of it was loaded."""
        ground, of_time = self.ground, name.partition("time.")[2]
        if of_time:
            return time_at(of_time, ts_close)
        if name.startswith(SIGNALS):
            known = ground.signals
            return _unknown(ts_close) if known is None else known.at(name.removeprefix(SIGNALS), ts_close)
        if name == MARK:
            return _unknown(ts_close) if ground.mark is None else mark_at(ground.mark, ts_close, ground.start_ms)
        if ground.funding is None:
            return _unknown(ts_close)
        return _OF_FUNDING.get(name, minutes_to_funding)(ground.funding, ts_close)

    def rows(self, role: str) -> NDArray[np.int64] | None:
        """By row of ltf the last closed bar of a role, NO_BAR before its first; None where they are the same bars.

        Of another symbol NO_BAR too where the bar is not there that should have closed last.
        """
        own, ltf = self.ground.bars_of(role).ts_close, self.ground.bars_of("ltf").ts_close
        return None if own is ltf else self.cache.get((self.ground, "rows", role), lambda: self._rows(role, ltf, own))

    def _rows(self, role: str, ltf: Millis, own: Millis) -> NDArray[np.int64]:
        rows = close_index(ltf, own)
        symbol, of = whose(role)
        if not symbol or not len(own):
            return rows
        timeframe = self.ground.timeframes[cast(Role, of)]
        due = ltf - (ltf - timeframe.origin_ms) % timeframe.ms
        return np.where(own[rows] == due, rows, NO_BAR)

    def fresh(self, role: str) -> Floats:
        """By row of ltf 1 where a bar of a role closed at that very close, else 0; unknown where it has no bar."""
        own, ltf = self.ground.bars_of(role).ts_close, self.ground.bars_of("ltf").ts_close
        return self.cache.get((self.ground, "fresh", role), lambda: self._fresh(role, ltf, own))

    def _fresh(self, role: str, ltf: Millis, own: Millis) -> Floats:
        rows, is_fresh = self.rows(role), np.isin(ltf, own).astype(np.float64)
        return is_fresh if rows is None else np.where(rows == NO_BAR, np.nan, is_fresh)


def _is_of_closes(name: str) -> bool:
    """Whether a column is no bar and no feature, and known at the closes of ltf."""
    return name in MOMENTS or name.startswith(SIGNALS)


_OF_FUNDING = {FUNDING_RATE: funding_at, SINCE_FUNDING: minutes_since_funding}


def _unknown(ts_close: Millis) -> Floats:
    return np.full(len(ts_close), np.nan)


def symbol_columns(ground: Ground, plan: FeaturePlan, cache: ColumnCache) -> SymbolColumns:
    """The columns of a symbol for a plan of features; other plans share through the cache what is the same in both."""
    return SymbolColumns(ground, {(each.role, each.name): each for each in plan.all}, cache)

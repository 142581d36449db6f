"""Builds what a strategy sees; every price in it was computed by the exchange or comes from a closed bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from btcli.engine.reading import bar_reader, feature_reader, featureless_reader
from btcli.exchange.book.codes import CODE_NAMES
from btcli.exchange.driver.observe import SEEN_FIELDS
from btcli.market.closes import TimeframeCache
from btcli.market.series import Bar, Bars, Floats, Role
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, Others, RuntimeSnapshot, SymbolFeatures

SHOWN_ROLES: tuple[Role, ...] = ("htf", "mtf", "ltf")
_SIDE, _DISABLED, _STOP_PRICE, _MARK_PRICE, _TS_CLOSE = (
    SEEN_FIELDS.index(name) for name in ("side", "entries_disabled_reason", "stop_price", "mark_price", "ts_close")
)
NOBODY: Mapping[str, SymbolFeatures] = MappingProxyType(Others())


class Seen(NamedTuple):
    """What the exchange says of a symbol at a close; the mark with where it comes from, prices in USDT."""

    ts_close: int
    mark_price: float
    mark_price_source: str
    state: ExchangeState


def seen_from(values: Sequence[float], mark_price_source: str) -> Seen:
    """What the exchange wrote down in the order of its SEEN_FIELDS, by names."""
    side, code = int(values[_SIDE]), int(values[_DISABLED])
    state = (
        *values[: _SIDE - 1],
        side != 0,
        side,
        *values[_SIDE + 1 : _DISABLED - 1],
        code != 0,
        CODE_NAMES[code] or None,
    )
    state_seen = ExchangeState._make((*state, values[_STOP_PRICE], int(values[_STOP_PRICE + 1])))
    return Seen(int(values[_TS_CLOSE]), values[_MARK_PRICE], mark_price_source, state_seen)


class SnapshotBuilder:
    """Keeps each timeframe as of its last close and puts it together with the exchange's word at a decision.

    `columns` are the features by role and name, float64 along the role's bars, NaN where not available; `exec_bar`
    gives the exec bar of a step.
    """

    def __init__(
        self,
        symbol: str,
        bars: Mapping[Role, Bars],
        timeframes: Mapping[Role, str],
        columns: Mapping[Role, Mapping[str, Floats]],
        exec_bar: Callable[[int], Bar],
    ) -> None:
        self._symbol = symbol
        self._timeframes: Mapping[str, str] = MappingProxyType({str(role): label for role, label in timeframes.items()})
        self._steps_on_ltf = bars["exec"] is bars["ltf"]
        self._exec_bar = exec_bar
        readers = _readers(symbol, bars, timeframes, columns)
        shown = {role: bars[role].ts_close for role in SHOWN_ROLES}
        self._cache: TimeframeCache[FeatureSnapshot] = TimeframeCache(shown, lambda role, index: readers[role](index))

    def refresh(self, ts_close: int) -> tuple[Role, ...]:
        """Take in every bar that has closed by `ts_close`; the roles that have a new one, HTF first."""
        return self._cache.refresh(ts_close)

    def __getitem__(self, role: Role) -> FeatureSnapshot:
        return self._cache[role]

    @property
    def features(self) -> SymbolFeatures:
        """What the other symbols may see of this one."""
        return SymbolFeatures(self._cache["ltf"], self._cache["mtf"], self._cache["htf"])

    def build(self, step: int, seen: Seen, others: Mapping[str, SymbolFeatures] = NOBODY) -> RuntimeSnapshot:
        """The world at the close of a step, with the exchange's word on it."""
        ltf, mtf, htf = self._cache["ltf"], self._cache["mtf"], self._cache["htf"]
        missing = () if ltf.ready and mtf.ready and htf.ready else self.not_ready
        bar = ltf.bar if self._steps_on_ltf and ltf.ts_close == seen.ts_close else None
        return RuntimeSnapshot(
            seen.ts_close,
            self._symbol,
            seen.mark_price,
            seen.mark_price_source,
            bar or self._exec_bar(step),
            seen.state,
            ltf,
            mtf,
            htf,
            self._timeframes,
            not missing,
            missing,
            others,
        )

    @property
    def not_ready(self) -> tuple[str, ...]:
        """A reason for each role that is not ready, HTF first; empty when all are."""
        shown = [self._cache[role] for role in SHOWN_ROLES]
        return tuple(str(each.not_ready_reason) for each in shown if not each.ready)


def _readers(
    symbol: str,
    bars: Mapping[Role, Bars],
    timeframes: Mapping[Role, str],
    columns: Mapping[Role, Mapping[str, Floats]],
) -> dict[Role, Callable[[int], FeatureSnapshot]]:
    """What reads each role's snapshots; roles of the same bars share these, and without features all."""
    bar_at = {id(bars[role]): bar_reader(symbol, timeframes[role], bars[role]) for role in SHOWN_ROLES}
    bare = {id(bars[role]): featureless_reader(bar_at[id(bars[role])], timeframes[role]) for role in SHOWN_ROLES}
    return {
        role: feature_reader(
            role,
            bar_at[id(bars[role])],
            timeframes[role],
            columns[role],
            None if columns[role] else bare[id(bars[role])],
        )
        for role in SHOWN_ROLES
    }

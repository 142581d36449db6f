"""Builds what a strategy sees; every price in it was computed by the exchange or comes from a closed bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from btcli.engine.reading import bar_reader, feature_reader, single_bar_reader
from btcli.exchange.book.codes import CODE_NAMES
from btcli.exchange.driver.observe import SEEN_FIELDS
from btcli.market.closes import TimeframeCache
from btcli.market.series import Bars, Floats, Role
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, Others, RuntimeSnapshot, SymbolFeatures

SHOWN_ROLES: tuple[Role, ...] = ("htf", "mtf", "ltf")
_SIDE, _HAS_POSITION, _OPEN_ORDERS, _DISABLED, _DISABLED_REASON, _TS_CLOSE, _MARK_PRICE = (
    SEEN_FIELDS.index(name)
    for name in (
        "side",
        "has_position",
        "open_orders",
        "entries_disabled",
        "entries_disabled_reason",
        "ts_close",
        "mark_price",
    )
)
NOBODY: Mapping[str, SymbolFeatures] = MappingProxyType(Others())


class Moment(NamedTuple):
    """What the exchange says of a symbol at a close; the mark with where it comes from, prices in USDT."""

    ts_close: int
    mark_price: float
    mark_price_source: str
    state: ExchangeState


def moment_of(seen: Sequence[float], mark_price_source: str) -> Moment:
    """A moment from what the exchange saw, in the order of its SEEN_FIELDS."""
    state: list[Any] = list(seen[: len(ExchangeState._fields)])
    side = int(seen[_SIDE])
    state[_SIDE], state[_HAS_POSITION] = side, side != 0
    state[_OPEN_ORDERS] = int(seen[_OPEN_ORDERS])
    code = int(seen[_DISABLED_REASON])
    state[_DISABLED], state[_DISABLED_REASON] = code != 0, CODE_NAMES[code] or None
    return Moment(int(seen[_TS_CLOSE]), seen[_MARK_PRICE], mark_price_source, ExchangeState._make(state))


class SnapshotBuilder:
    """Keeps each timeframe as of its last close and puts it together with the exchange's word at a decision.

    `columns` are the features by role and name, float64 along the role's bars, NaN where not available.
    """

    def __init__(
        self,
        symbol: str,
        bars: Mapping[Role, Bars],
        timeframes: Mapping[Role, str],
        columns: Mapping[Role, Mapping[str, Floats]],
    ) -> None:
        self._symbol = symbol
        self._timeframes: Mapping[str, str] = MappingProxyType({str(role): label for role, label in timeframes.items()})
        self._exec_bar = single_bar_reader(symbol, timeframes["exec"], bars["exec"])
        make = {
            role: feature_reader(
                role, bar_reader(symbol, timeframes[role], bars[role]), timeframes[role], columns[role]
            )
            for role in SHOWN_ROLES
        }
        shown = {role: bars[role].ts_close for role in SHOWN_ROLES}
        self._cache: TimeframeCache[FeatureSnapshot] = TimeframeCache(shown, lambda role, index: make[role](index))
        self.not_ready = self._why_not_ready()

    def refresh(self, ts_close: int) -> tuple[Role, ...]:
        """Take in every bar that has closed by `ts_close`; the roles that have a new one, HTF first."""
        closed = self._cache.refresh(ts_close)
        if closed:
            self.not_ready = self._why_not_ready()
        return closed

    def ts_close(self, role: Role) -> int:
        """When the role's last closed bar closed; there has to be one."""
        return self._cache.ts_close(role)

    def __getitem__(self, role: Role) -> FeatureSnapshot:
        return self._cache[role]

    @property
    def features(self) -> SymbolFeatures:
        """What the other symbols may see of this one."""
        return SymbolFeatures(self._cache["ltf"], self._cache["mtf"], self._cache["htf"])

    def build(self, exec_index: int, moment: Moment, others: Mapping[str, SymbolFeatures] = NOBODY) -> RuntimeSnapshot:
        """The world at the close of a step, with the exchange's word on it."""
        cache = self._cache
        return RuntimeSnapshot(
            moment.ts_close,
            self._symbol,
            moment.mark_price,
            moment.mark_price_source,
            self._exec_bar(exec_index),
            moment.state,
            cache["ltf"],
            cache["mtf"],
            cache["htf"],
            self._timeframes,
            not self.not_ready,
            self.not_ready,
            others,
        )

    def _why_not_ready(self) -> tuple[str, ...]:
        """A reason for each role that is not ready; empty when all are."""
        htf, mtf, ltf = self._cache["htf"], self._cache["mtf"], self._cache["ltf"]
        if htf.ready and mtf.ready and ltf.ready:
            return ()
        return tuple(str(shown.not_ready_reason) for shown in (htf, mtf, ltf) if not shown.ready)

"""Builds what a strategy sees; every price in it was computed by the exchange or comes from a closed bar."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from btcli.engine.reading import bar_reader, feature_reader, single_bar_reader
from btcli.exchange.face.simulated import StepResult
from btcli.market.closes import TimeframeCache
from btcli.market.series import Bars, Floats, Role
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, Others, RuntimeSnapshot, SymbolFeatures

SHOWN_ROLES: tuple[Role, ...] = ("htf", "mtf", "ltf")
NOBODY: Mapping[str, SymbolFeatures] = MappingProxyType(Others())


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
        self._has_passed = False

    def refresh(self, ts_close: int) -> tuple[Role, ...]:
        """Take in every bar that has closed by `ts_close`; the roles that have a new one, HTF first."""
        closed = self._cache.refresh(ts_close)
        if closed or self._has_passed:
            self.not_ready = self._why_not_ready()
            self._has_passed = False
        return closed

    def pass_over(self, ts_close: int) -> tuple[Role, ...]:
        """As `refresh` where nobody looks at the bars: what is shown stays as it was until the next refresh."""
        closed = self._cache.pass_over(ts_close)
        self._has_passed |= bool(closed)
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

    def build(
        self,
        exec_index: int,
        step: StepResult,
        state: Mapping[str, Any],
        others: Mapping[str, SymbolFeatures] = NOBODY,
    ) -> RuntimeSnapshot:
        """The world at the close of a step: `step` and `state` as the exchange gave them."""
        cache = self._cache
        return RuntimeSnapshot(
            step.ts_close,
            self._symbol,
            step.mark_price,
            step.mark_price_source,
            self._exec_bar(exec_index),
            ExchangeState(**state),
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

"""Everything a strategy gets to see at a decision, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from btcli.config.findings import did_you_mean, listed
from btcli.market.series import Bar


@dataclass(frozen=True, slots=True)
class FeatureSnapshot:
    """One timeframe as of its last close; never None: before that a placeholder with `ready=False`."""

    timeframe: str
    ts_close: int | None
    bar: Bar | None
    features: Mapping[str, float]
    ready: bool
    not_ready_reason: str | None = None

    def __getitem__(self, name: str) -> float:
        try:
            return self.features[name]
        except KeyError:
            hint = did_you_mean(name, self.features) or f"it has {listed(self.features) if self.features else 'none'}"
            raise KeyError(f"{self.timeframe} has no feature {name!r}: {hint}") from None

    @property
    def close(self) -> float:
        """The close of the last closed bar, USDT. Raises ValueError before there is one."""
        if self.bar is None:
            raise ValueError(f"no {self.timeframe} bar has closed yet")
        return self.bar.close


class ExchangeState(NamedTuple):
    """The account and this symbol's position at the close of the step; money in USDT."""

    equity_usdt: float
    cash_usdt: float
    used_margin_usdt: float
    free_margin_usdt: float
    available_balance_usdt: float
    maintenance_margin_usdt: float
    reserved_usdt: float
    has_position: bool
    side: int  # +1 long, -1 short, 0 flat
    qty: float
    notional_usdt: float
    entry_price: float
    unrealized_pnl_usdt: float
    liquidation_price: float
    entries_disabled: bool
    entries_disabled_reason: str | None
    stop_price: float = 0.0  # of the position, fixed or trailing, whichever is tighter; 0: none
    open_orders: int = 0  # of this symbol: resting or on their way, without the position's stop and targets


class SymbolFeatures(NamedTuple):
    """The timeframes of one symbol as of their last closes."""

    ltf: FeatureSnapshot
    mtf: FeatureSnapshot
    htf: FeatureSnapshot


class Others(dict[str, SymbolFeatures]):
    """Symbols by name; one that is not there raises a KeyError that says which are, and how to see any."""

    def __missing__(self, name: str) -> SymbolFeatures:
        if not self:
            raise KeyError(f"{name}: a strategy sees the other symbols with sees_others = True in its class")
        raise KeyError(f"{name} is not in this run: {did_you_mean(name, self) or f'it has {listed(self)}'}")


class RuntimeSnapshot(NamedTuple):
    """The world at the close of an exec step, as far as it is known by then."""

    ts_close: int
    symbol: str
    mark_price: float
    mark_price_source: str  # "mark" or "last"
    bar: Bar  # the exec bar that just closed
    exchange: ExchangeState
    ltf: FeatureSnapshot
    mtf: FeatureSnapshot
    htf: FeatureSnapshot
    tf_mapping: Mapping[str, str]  # role -> timeframe label
    ready: bool
    not_ready_reasons: tuple[str, ...] = ()
    others: Mapping[str, SymbolFeatures] = MappingProxyType(Others())  # every symbol, for a strategy that `sees_others`

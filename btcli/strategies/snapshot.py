"""Everything a strategy gets to see at a decision, and nothing else.

In a run these are read from the market when a field is asked for, each as of its own close however long it is kept:
no public name, copy, pickle or comparison leads past that. Names that begin with _ are not defended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from btcli.config.findings import did_you_mean, listed
from btcli.market.series import Bar
from btcli.strategies.values import Value, names_of


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FeatureSnapshot(Value):
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
            raise no_feature(self.timeframe, name, self.features) from None

    @property
    def close(self) -> float:
        """The close of the last closed bar, USDT. Raises ValueError before there is one."""
        if self.bar is None:
            raise ValueError(f"no {self.timeframe} bar has closed yet")
        return self.bar.close


def no_feature(timeframe: str, name: str, known: Mapping[str, Any]) -> KeyError:
    """That a timeframe has no feature of this name, and which one may be meant."""
    hint = did_you_mean(name, known) or f"it has {listed(known) if known else 'none'}"
    return KeyError(f"{timeframe} has no feature {name!r}: {hint}")


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


class Others(Mapping[str, SymbolFeatures]):
    """Symbols by name; one that is not there raises a KeyError that says which are, and how to see any."""

    __slots__ = ("_symbols",)
    _symbols: Mapping[str, SymbolFeatures]

    def __init__(self, symbols: Mapping[str, SymbolFeatures] = MappingProxyType({})) -> None:
        object.__setattr__(self, "_symbols", symbols)

    def __getitem__(self, name: str) -> SymbolFeatures:
        if name in self._symbols:
            return self._symbols[name]
        if not self._symbols:
            raise KeyError(f"{name}: a strategy sees the other symbols with sees_others = True in its class")
        raise KeyError(
            f"{name} is not in this run: {did_you_mean(name, self._symbols) or f'it has {listed(self._symbols)}'}"
        )

    def __contains__(self, name: object) -> bool:
        return name in self._symbols

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def __len__(self) -> int:
        return len(self._symbols)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"snapshots never change: {name}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"snapshots never change: {name}")

    def __repr__(self) -> str:
        return f"Others({dict(self)!r})"

    def __reduce__(self) -> tuple[type[Others], tuple[dict[str, SymbolFeatures]]]:
        return Others, (dict(self),)


class NoSignals(Mapping[str, float]):
    """The columns of a system that names no file of signals; whoever asks for one is told how to name it."""

    __slots__ = ()

    def __getitem__(self, name: str) -> float:
        raise KeyError(f"{name}: the system has no signals: {{file: …, available_at: …}}")

    def __contains__(self, _: object) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


def no_signal(name: str, known: Mapping[str, Any]) -> KeyError:
    """That the file of signals has no column of this name, and which one may be meant."""
    return KeyError(f"signals have no column {name!r}: {did_you_mean(name, known) or f'they have {listed(known)}'}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RuntimeSnapshot(Value):
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
    others: Mapping[str, SymbolFeatures] = field(default_factory=Others)  # every symbol, if it `sees_others`
    signals: Mapping[str, float] = field(default_factory=NoSignals)  # as known at the last close of ltf, NaN: unknown

    _fields: ClassVar[tuple[str, ...]]

    def __iter__(self) -> Iterator[Any]:
        return self._values()

    def _asdict(self) -> dict[str, Any]:
        """Its fields by name, as a named tuple has it."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **changes: Any) -> RuntimeSnapshot:
        """Another one that differs in these fields."""
        return RuntimeSnapshot(**(self._asdict() | changes))


RuntimeSnapshot._fields = names_of(RuntimeSnapshot)
for _kind in (FeatureSnapshot, RuntimeSnapshot):  # what Python 3.11 writes there fails for names that are no fields
    del _kind.__setattr__, _kind.__delattr__

"""What a strategy sees at a step; every price in it was computed by the exchange or comes from a closed bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from struct import Struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from btcli.engine.reading import BarReader, RoleReader, indices_of, readable
from btcli.exchange.book.codes import CODE_NAMES
from btcli.exchange.book.states import SEEN_FIELDS, STATE_FIELDS
from btcli.market.closes import close_index
from btcli.market.series import Bar, Bars, Floats, Millis, Role
from btcli.market.signals.rows import SignalRows
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, NoSignals, Others, RuntimeSnapshot, SymbolFeatures

SHOWN_ROLES: tuple[Role, ...] = ("htf", "mtf", "ltf")
_STATE = Struct(f"={len(STATE_FIELDS)}d")
_MARK = SEEN_FIELDS.index("mark_price") * 8
_PRICE = Struct("=d")
_NO_STATE = bytes(_STATE.size)
_tuple = tuple.__new__


def state_from(seen: bytes) -> ExchangeState:
    """The account and the position as the exchange wrote them down: the SEEN_FIELDS, float64."""
    (
        equity, cash, used, free, available, maintenance, reserved, has_position, side, qty, notional, entry,
        unrealized, liquidation, _, code, stop, orders,
    ) = _STATE.unpack_from(seen)  # fmt: skip
    money = equity, cash, used, free, available, maintenance, reserved
    held = has_position != 0.0, int(side), qty, notional, entry, unrealized, liquidation
    reason = CODE_NAMES[int(code)] or None
    return _tuple(ExchangeState, (*money, *held, code != 0.0, reason, stop, int(orders)))


NOBODY, NO_SIGNALS = Others(), NoSignals()


class SnapshotBuilder:
    """Makes what one symbol's strategy sees at a step, as of the closes of the steps `ts_close`.

    `columns` are the features by role and name, float64 along the role's bars, NaN where not available; `exec_row`
    is the row of the exec bar at each step, `source` tells what the mark is at a step.
    """

    def __init__(
        self,
        symbol: str,
        bars: Mapping[Role, Bars],
        timeframes: Mapping[Role, str],
        columns: Mapping[Role, Mapping[str, Floats]],
        ts_close: Millis,
        exec_row: Millis,
        source: Callable[[int], str],
        signals: SignalRows | None = None,
    ) -> None:
        self.symbol, self.source = symbol, source
        self.timeframes: Mapping[str, str] = MappingProxyType({str(role): label for role, label in timeframes.items()})
        self.ts_close = readable(ts_close)
        self.exec_row = indices_of(exec_row)
        self.others: Callable[[int], Others] = _nobody
        self.last_state = _NO_STATE, state_from(_NO_STATE)  # of the snapshot whose account was read last
        readers = {id(bars[role]): BarReader(symbol, timeframes[role], bars[role]) for role in bars}
        self.exec_bar = readers[id(bars["exec"])].at
        last = {id(bars[role]): indices_of(close_index(ts_close, bars[role].ts_close)) for role in SHOWN_ROLES}
        self.htf, self.mtf, self.ltf = (
            RoleReader(role, readers[id(bars[role])], last[id(bars[role])], columns[role]) for role in SHOWN_ROLES
        )
        self._ltf_at = self.ltf.at
        self.signals: Callable[[int], Mapping[str, float]] = _no_signals
        if signals is not None:
            own = {name: signals.at(name, bars["ltf"].ts_close) for name in signals.columns}
            ltf = bars["ltf"]
            self.signals = RoleReader("ltf", readers[id(ltf)], last[id(ltf)], own).signals_at

    def features(self, step: int) -> SymbolFeatures:
        """What the other symbols may see of this one."""
        return SymbolFeatures(self.ltf.at(step), self.mtf.at(step), self.htf.at(step))

    def not_ready(self, step: int) -> tuple[str, ...]:
        """A reason for each role that is not ready, HTF first; empty when all are."""
        shown = [role.at(step) for role in (self.htf, self.mtf, self.ltf)]
        return tuple(str(each.not_ready_reason) for each in shown if not each.ready)

    def build(self, step: int, seen: bytes) -> RuntimeSnapshot:
        """The world at the close of a step, with the exchange's word on it: the SEEN_FIELDS, float64."""
        shown = _new(StepSnapshot)
        _put(shown, (self, step, seen))
        _put_ltf(shown, self._ltf_at(step))
        return shown


class StepSnapshot(RuntimeSnapshot):
    """The world at the close of one step, of which it holds where to read it; but for ltf, which everybody reads."""

    __slots__ = ("_at",)
    if TYPE_CHECKING:
        _at: tuple[SnapshotBuilder, int, bytes]

    def __new__(cls, *values: Any, **named: Any) -> RuntimeSnapshot:  # type: ignore[misc]
        """What is made of values, as `dataclasses.replace` does, holds these."""
        return RuntimeSnapshot(*values, **named)

    @property
    def ts_close(self) -> int:
        of, step, _ = self._at
        closed_ms: int = of.ts_close[step]
        return closed_ms

    @property
    def symbol(self) -> str:
        return self._at[0].symbol

    @property
    def mark_price(self) -> float:
        price: float = _PRICE.unpack_from(self._at[2], _MARK)[0]
        return price

    @property
    def mark_price_source(self) -> str:
        of, step, _ = self._at
        return of.source(step)

    @property
    def bar(self) -> Bar:
        of, step, _ = self._at
        return of.exec_bar(of.exec_row[step])

    @property
    def exchange(self) -> ExchangeState:
        of, _, seen = self._at
        known, state = of.last_state
        if known is not seen:
            state = state_from(seen)
            of.last_state = seen, state
        return state

    @property
    def mtf(self) -> FeatureSnapshot:
        of, step, _ = self._at
        return of.mtf.at(step)

    @property
    def htf(self) -> FeatureSnapshot:
        of, step, _ = self._at
        return of.htf.at(step)

    @property
    def tf_mapping(self) -> Mapping[str, str]:
        return self._at[0].timeframes

    @property
    def ready(self) -> bool:
        return not self.not_ready_reasons

    @property
    def not_ready_reasons(self) -> tuple[str, ...]:
        of, step, _ = self._at
        return of.not_ready(step)

    @property
    def signals(self) -> Mapping[str, float]:
        of, step, _ = self._at
        return of.signals(step)

    @property
    def others(self) -> Others:
        of, step, _ = self._at
        return of.others(step)


_new = object.__new__
_put, _put_ltf = StepSnapshot.__dict__["_at"].__set__, RuntimeSnapshot.__dict__["ltf"].__set__


class AtStep(Mapping[str, SymbolFeatures]):
    """The timeframes of all symbols by name, as of the close of a step, read where they are asked for."""

    def __init__(self, builders: Mapping[str, SnapshotBuilder], step: int) -> None:
        self._builders, self._step = builders, step

    def __getitem__(self, name: str) -> SymbolFeatures:
        return self._builders[name].features(self._step)

    def __contains__(self, name: object) -> bool:
        return name in self._builders

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)


def see_each_other(builders: Mapping[str, SnapshotBuilder]) -> None:
    """Let the snapshots of all these symbols show every one of them, in this order."""
    for each in builders.values():
        each.others = lambda step: Others(AtStep(builders, step))


def _no_signals(_: int) -> Mapping[str, float]:
    return NO_SIGNALS


def _nobody(_: int) -> Others:
    return NOBODY

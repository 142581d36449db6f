"""The columns that a run computes on, read once over the spans of its LoadWindow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np

from btcli.errors import UnhealthyData
from btcli.frozen import frozen
from btcli.market.derive import derive_bars
from btcli.market.digesting import digest_of_rows, row_marks
from btcli.market.moments import plain
from btcli.market.odd import OddRows
from btcli.market.reader import RowReader, rows_of_frame
from btcli.market.series import PRICES, Bars, Candles, Floats, FundingRates, Role, Rows, Series, Settlements
from btcli.market.window import FUNDING_MARK, MARK, LoadWindow, RoleSpan, SeriesSpan, stored_timeframe
from btcli.timeframe import UNIT_MS, Timeframe

if TYPE_CHECKING:
    import polars as pl

    from btcli.config.model import System
    from btcli.market.signals.rows import SignalRows, Signals


@frozen
class SeriesDigest:
    """What was loaded of a series: rows, first and last time (ms UTC, None when empty), sha256 of the content.

    `row_marks` has two bytes per row, by which a later look finds the row that changed.
    """

    series: Series
    rows: int
    first_ms: int | None
    last_ms: int | None
    sha256: str
    row_marks: bytes = field(default=b"", compare=False, repr=False)


Digest = Callable[[Series, Rows], SeriesDigest]


@frozen
class SymbolInputs:
    """One symbol's bars by role, mark candles of exec (None: the last price marks), funding, marks for funding."""

    symbol: str
    bars: dict[Role, Bars]
    mark: Bars | None
    funding: FundingRates
    funding_mark: Bars | None
    signals: SignalRows | None = None

    def mark_at_settlements(self) -> Floats:
        """The mark at each settlement: the open of the mark candle that starts there; 0.0 where there is none."""
        marks = self.funding_mark if self.funding_mark is not None else self.mark
        return np.zeros(self.funding.ts.size) if marks is None else opens_at(marks, self.funding)


@frozen
class ObservedInputs:
    """The bars of a symbol that is not traded, of the roles that rules name of it; there may be none."""

    symbol: str
    bars: dict[Role, Bars]


@frozen
class RunInputs:
    """Everything that a run reads from the market, with the digests that name it.

    `odd` are rows of the window that are worth a second look; empty where nobody looked.
    """

    window: LoadWindow
    symbols: tuple[SymbolInputs, ...]
    digests: tuple[SeriesDigest, ...]
    odd: tuple[OddRows, ...] = ()
    observed: tuple[ObservedInputs, ...] = ()


def load_run_inputs(
    reader: RowReader, system: System, load_window: LoadWindow, digest: Digest | None = None
) -> RunInputs:
    """Read every span of `load_window` and derive the roles that are not stored.

    `digest` gives the digests of what was read, where somebody has begun with them.
    Raises UnhealthyData for what no run can compute on, preflight or not: no exec bar in the window,
    times that do not ascend, prices that are not finite.
    """
    read = {span.series: read_span(reader, span) for span in load_window.series}
    digests = tuple((digest or digest_of_series)(series, rows) for series, rows in read.items())
    symbols = tuple(_symbol_inputs(system, load_window, symbol, read) for symbol in system.symbols)
    observed = tuple(_observed_inputs(system, load_window, symbol, read) for symbol in system.observed)
    return RunInputs(load_window, symbols, digests, observed=observed)


def with_signals(inputs: RunInputs, signals: Signals | None) -> RunInputs:
    """The inputs with what each symbol sees of signals; the same where there are none."""
    if signals is None:
        return inputs
    symbols = tuple(replace(each, signals=signals.of(each.symbol)) for each in inputs.symbols)
    return replace(inputs, symbols=symbols, digests=(*inputs.digests, *signals.digests))


def read_span(reader: RowReader, span: SeriesSpan) -> Rows:
    """The rows of a span, as the store has them."""
    return reader.rows(span.series, span.load_start_ms, span.load_end_ms)


def bars_of(candles: Candles, timeframe: Timeframe) -> Bars:
    """The same columns with the closes beside the opens; nothing is copied."""
    return Bars(candles.ts_open, candles.ts_open + timeframe.ms, *candles[1:])


def rates_of(settlements: Settlements) -> FundingRates:
    """Rates with their times floored to the minute: venues stamp settlements with some milliseconds of jitter."""
    received = settlements.ts
    return FundingRates(received - received % UNIT_MS["m"], settlements.rate)


def bars_of_frame(frame: pl.DataFrame, timeframe: Timeframe) -> Bars:
    """Columns of a candle frame as fresh arrays, in the frame's order; a missing value becomes NaN."""
    candles = rows_of_frame(frame)
    assert isinstance(candles, Candles)
    return bars_of(candles, timeframe)


def opens_at(marks: Bars, funding: FundingRates) -> Floats:
    """The open of the candle that starts exactly at each settlement; 0.0 where no candle does."""
    if marks.ts_open.size == 0:
        return np.zeros(funding.ts.size)
    found = np.minimum(np.searchsorted(marks.ts_open, funding.ts), marks.ts_open.size - 1)
    return np.where(marks.ts_open[found] == funding.ts, marks.open[found], 0.0)


def _symbol_inputs(system: System, load_window: LoadWindow, symbol: str, read: dict[Series, Rows]) -> SymbolInputs:
    """The bars are the very columns that were read."""
    stored: dict[Series, Bars] = {}
    rates = FundingRates(np.empty(0, np.int64), np.empty(0))
    for span in load_window.of_symbol(symbol):
        rows = read[span.series]
        if isinstance(rows, Candles):
            stored[span.series] = sharing(_usable_bars(rows, span.series), stored.values())
        else:
            rates = rates_of(rows)

    def used(use: str) -> Bars | None:
        span = load_window.span_for(symbol, use)
        return None if span is None else stored[span.series]

    bars = _bars_by_role(system, load_window.roles, symbol, stored)
    _refuse_empty_window(load_window, bars["exec"], symbol)
    return SymbolInputs(symbol, bars, used(MARK), rates, used(FUNDING_MARK))


def _observed_inputs(system: System, load_window: LoadWindow, symbol: str, read: dict[Series, Rows]) -> ObservedInputs:
    stored: dict[Series, Bars] = {}
    for span in load_window.of_symbol(symbol):
        rows = read[span.series]
        assert isinstance(rows, Candles)
        stored[span.series] = _usable_bars(rows, span.series)
    named = [span for span in load_window.roles if span.role in system.observed[symbol]]
    return ObservedInputs(symbol, _bars_by_role(system, named, symbol, stored))


def sharing(bars: Bars, others: Iterable[Bars]) -> Bars:
    """The same bars in less memory: times that others have too are theirs, volumes that are all zero take none."""
    count = len(bars.ts_open)
    for other in others if count else ():
        first = int(np.searchsorted(other.ts_open, bars.ts_open[0]))
        ts_open, ts_close = (column[first : first + count] for column in (other.ts_open, other.ts_close))
        if np.array_equal(ts_open, bars.ts_open) and np.array_equal(ts_close, bars.ts_close):
            bars = bars._replace(ts_open=ts_open, ts_close=ts_close)
    return bars if bars.volume.any() else bars._replace(volume=np.zeros(len(bars.volume)))


def _bars_by_role(
    system: System, roles: Sequence[RoleSpan], symbol: str, stored: dict[Series, Bars]
) -> dict[Role, Bars]:
    """Roles of equal timeframe get the same object."""
    made: dict[Timeframe, Bars] = {}
    for span in roles:
        if span.timeframe not in made:
            base = stored_timeframe(system, span.timeframe)
            bars = stored[Series(str(system.venue), symbol, "trade", base.label)]
            derived = bars if base == span.timeframe else derive_bars(bars, base, span.timeframe)
            made[span.timeframe] = _clip(derived, span)
    return {span.role: made[span.timeframe] for span in roles}


def _clip(bars: Bars, span: RoleSpan) -> Bars:
    """Only the role's own span: what another role needs earlier or later must not change what this one sees."""
    first, last = np.searchsorted(bars.ts_open, [span.load_start_ms, span.load_end_ms])
    if (first, last) == (0, bars.ts_open.size):
        return bars
    return Bars._make(column[first:last] for column in bars)


def _usable_bars(candles: Candles, series: Series) -> Bars:
    bars = bars_of(candles, Timeframe.parse(series.timeframe))
    if not (bars.ts_open[1:] > bars.ts_open[:-1]).all():
        raise UnhealthyData(f"{series}: candles are doubled or out of order", hint="btcli preflight lists them")
    if not all(np.isfinite(getattr(bars, name)).all() for name in PRICES):
        raise UnhealthyData(f"{series}: some prices are no numbers", hint="btcli preflight lists them")
    return bars


def _refuse_empty_window(load_window: LoadWindow, exec_bars: Bars, symbol: str) -> None:
    inside = (exec_bars.ts_open >= load_window.start_ms) & (exec_bars.ts_close <= load_window.end_ms)
    if not inside.any():
        window = f"{plain(load_window.start_ms)} to {plain(load_window.end_ms)}"
        raise UnhealthyData(f"{symbol}: no exec bar in {window}", hint="btcli preflight says what is missing")


def digest_of_series(series: Series, rows: Rows, *, marks: bool = True) -> SeriesDigest:
    """What a run notes of the rows that it read of a series, on request without their marks."""
    times = rows[0]
    first, last = (int(times[0]), int(times[-1])) if times.size else (None, None)
    return SeriesDigest(series, times.size, first, last, digest_of_rows(rows), row_marks(rows) if marks else b"")

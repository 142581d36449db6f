"""The market of a run: prices and settlements of all symbols as the few columns that the rules read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.codes import BREAKS
from btcli.exchange.book.records import DAY_MS, LAST_COLUMNS, MARK_COLUMNS, Floats, Millis, Records
from btcli.exchange.book.tape import TAPE
from btcli.exchange.face.calendar import Calendar, nothing_on

Funding = tuple[NDArray[np.int64], Floats, Floats]  # times, rates, marks (0 where not known)
Present = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Candles = Sequence[Floats]  # O H L C V, float64[steps] each


class BadPrices(ValueError):
    """Prices that no exchange could have had: of which symbol, in which series, and how many bars have them."""

    def __init__(self, index: int, series: str, bars: int) -> None:
        super().__init__(f"every {series} price of a bar is positive and finite")
        self.index, self.series, self.bars = index, series, bars


class Tape(NamedTuple):
    """What the world does, in steps: the columns, which are kept alive here, and the record of their addresses."""

    ts_open: Millis
    ts_close: Millis
    last: Sequence[Candles]  # by symbol
    mark: Sequence[Candles]  # by symbol, O H L C; those of `last` without a mark series
    has_bar: Codes  # [symbols, steps]
    funding_ts: Millis  # [settlements] of all symbols, one after the other
    funding_rate: Floats
    funding_mark: Floats
    flags: Codes  # [steps]
    deciding: Codes  # [symbols, steps]
    notes: Millis  # [notes, NOTE_WIDTH]
    record: Records  # TAPE[1]

    @property
    def address(self) -> int:
        """Where the record lies."""
        return int(self.record.ctypes.data)


class Market(NamedTuple):
    """What is the same in every run over some candles: built once, shared by all of them, written by none."""

    symbols: tuple[str, ...]
    tape: Tape
    has_mark: bool  # marks have a series of their own
    replaced: tuple[Present | None, ...]  # by symbol: at which steps the last-price bar is the mark; None: at none
    settlements: tuple[int, ...]  # by symbol
    last_steps: tuple[int, ...]  # by symbol: of the last bar of one that is delisted; past the end for one that goes on
    texts: Sequence[str]  # of the calendar
    bar_ms: int = 0  # of a bar of ltf, of the calendar


def market_of(
    *,
    symbols: Sequence[str],
    ts_open: NDArray[np.int64],
    step_ms: int | NDArray[np.int64] = 0,
    ts_close: Millis | None = None,
    last: Sequence[Candles | Floats],
    mark: Sequence[Candles | Floats] | None,
    funding: Sequence[Funding],
    has_bar: Sequence[Present] | None = None,
    mark_replaced: Sequence[Present] | None = None,
    delisted: Sequence[bool] | None = None,
    calendar: Calendar | None = None,
) -> Market:
    """`last` and `mark` hold the candles of each symbol: columns, or an array [steps, O H L C V]; marks have no V.

    Columns are taken as they are, and not copied, where they are contiguous float64. Without `mark` the last price is
    the mark. `step_ms` is the length of the steps, or of each, where `ts_close` does not tell their ends;
    `mark_replaced` [steps] says where a missing mark candle was replaced by the last-price bar; `delisted` which
    symbols end with their last bar; `calendar` who may decide where, and what their closes bring.

    Raises BadPrices when a price is not positive and finite where there is a bar.
    """
    present = np.ones((len(symbols), len(ts_open)), np.bool_) if has_bar is None else np.stack(has_bar)
    bars, marks = _prices(last, mark, present)
    opens = np.require(ts_open, np.int64, ["C", "A"])
    closes = np.require(opens + step_ms if ts_close is None else ts_close, np.int64, ["C", "A"])
    has_bars = np.array(present, np.uint8, order="C")
    of_calendar = _columns_of(
        calendar or nothing_on(len(symbols), len(ts_open)), _breaks(opens, closes, present, funding)
    )
    columns = {**_columns_of_funding(funding), **of_calendar}
    tape = Tape(opens, closes, bars, marks, has_bars, **columns, record=np.zeros(1, TAPE))
    _write_addresses(tape)
    replaced = tuple(each if each.any() else None for each in mark_replaced or [np.zeros(1, np.bool_)] * len(symbols))
    settlements, ends = tuple(len(times) for times, _, _ in funding), last_steps(present, delisted)
    told = (calendar.texts, calendar.bar_ms) if calendar else (("",), 0)
    return Market(tuple(symbols), tape, mark is not None, replaced, settlements, ends, *told)


def _prices(
    last: Sequence[Candles | Floats], mark: Sequence[Candles | Floats] | None, present: Present
) -> tuple[list[Candles], list[Candles]]:
    """Last prices and marks as columns, the same where there are no marks; raises BadPrices."""
    bars = [_columns(each, LAST_COLUMNS) for each in last]
    _refuse_bad_prices("last", bars, present)
    if mark is None:
        return bars, bars
    marks = [_columns(each, MARK_COLUMNS) for each in mark]
    _refuse_bad_prices("mark", marks, present)
    return bars, marks


def last_steps(present: Present, delisted: Sequence[bool] | None) -> tuple[int, ...]:
    """The step of the last bar of each symbol that ends inside the window; one past the end for those that go on.

    `present` is [symbols, steps]; without `delisted` those end that have no bar at the last step.
    """
    steps = present.shape[1]
    ends = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in present]
    ended = [end < steps - 1 for end in ends] if delisted is None else delisted
    return tuple(end if is_over else steps for end, is_over in zip(ends, ended, strict=True))


def with_calendar(market: Market, calendar: Calendar) -> Market:
    """The same market with other closes at which somebody decides or something is told."""
    columns = _columns_of(calendar, market.tape.flags & np.uint8(BREAKS))
    tape = market.tape._replace(**columns, record=np.zeros(1, TAPE))
    _write_addresses(tape)
    return market._replace(tape=tape, texts=calendar.texts, bar_ms=calendar.bar_ms)


def _breaks(ts_open: Millis, ts_close: Millis, present: Present, funding: Sequence[Funding]) -> Codes:
    """BREAKS at each step after a hole or with other bars, on another UTC day, and first after a settlement."""
    found = np.zeros(len(ts_open), np.uint8)
    is_apart = (ts_open[1:] != ts_close[:-1]) | (present[:, 1:] != present[:, :-1]).any(axis=0)
    is_apart |= np.diff((ts_close - 1) // DAY_MS) != 0  # a close at midnight still belongs to the day that ends there
    found[1:][is_apart] = BREAKS
    for times, _, _ in funding:
        settling = ts_open.searchsorted(times)
        found[settling[settling < len(found)]] = BREAKS
    return found


def _columns_of_funding(funding: Sequence[Funding]) -> dict[str, Any]:
    return {
        "funding_ts": _joined([times for times, _, _ in funding], np.int64),
        "funding_rate": _joined([rates for _, rates, _ in funding], np.float64),
        "funding_mark": _joined([known for _, _, known in funding], np.float64),
    }


def _columns_of(calendar: Calendar, breaks: Codes) -> dict[str, Any]:
    return {
        "flags": np.array(calendar.flags | breaks, np.uint8),
        "deciding": np.array(calendar.deciding, np.uint8, order="C"),
        "notes": np.array(calendar.notes, np.int64, order="C"),
    }


def _columns(candles: Candles | Floats, count: int) -> Candles:
    columns = list(candles.T) if isinstance(candles, np.ndarray) else candles
    return tuple(np.require(column, np.float64, ["C", "A"]) for column in columns[:count])


def _write_addresses(tape: Tape) -> None:
    """Write where the columns of a tape lie into its record."""
    record = tape.record[0]
    record["n_steps"], record["n_notes"] = len(tape.ts_open), len(tape.notes)
    record["n_settlements"] = len(tape.funding_ts)
    for name in ("ts_open", "ts_close", "flags", "notes", "funding_ts", "funding_rate", "funding_mark"):
        record[name] = getattr(tape, name).ctypes.data
    for index, (last, mark) in enumerate(zip(tape.last, tape.mark, strict=True)):
        record["has_bar"][index] = tape.has_bar[index].ctypes.data
        record["deciding"][index] = tape.deciding[index].ctypes.data
        record["last"][index] = [column.ctypes.data for column in last]
        record["mark"][index] = [column.ctypes.data for column in mark[:MARK_COLUMNS]]


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.array(np.concatenate([np.asarray(part, dtype) for part in parts]), dtype=dtype, order="C")


def _refuse_bad_prices(series: str, bars: Sequence[Candles], present: NDArray[np.bool_]) -> None:
    for index, (candles, there) in enumerate(zip(bars, present, strict=True)):
        prices = candles[:MARK_COLUMNS]
        if len(there) and not all(column.min() > 0.0 and column.max() < np.inf for column in prices):  # NaN is neither
            right = np.logical_and.reduce([np.isfinite(column) & (column > 0.0) for column in prices])
            if wrong := int(np.count_nonzero(~right & there)):
                raise BadPrices(index, series, wrong)

"""The market of a run: prices and settlements of all symbols as the few arrays that the rules read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import Floats, Tape
from btcli.exchange.face.calendar import Calendar, nothing_on

Funding = tuple[NDArray[np.int64], Floats, Floats]  # times, rates, marks (0 where not known)
Present = NDArray[np.bool_]
CHECKED_STEPS = 4096  # at a time, so that checking takes no memory


class BadPrices(ValueError):
    """Prices that no exchange could have had: of which symbol, in which series, and how many bars have them."""

    def __init__(self, index: int, series: str, bars: int) -> None:
        super().__init__(f"every {series} price of a bar is positive and finite")
        self.index, self.series, self.bars = index, series, bars


class Market(NamedTuple):
    """What is the same in every run over some candles: built once, shared by all of them, written by none."""

    symbols: tuple[str, ...]
    tape: Tape
    has_mark: bool  # marks have a series of their own
    replaced: tuple[Present | None, ...]  # by symbol: at which steps the last-price bar is the mark; None: at none
    settlements: tuple[int, ...]  # by symbol
    delisted: Sequence[bool] | None  # by symbol; None: those that have no bar at the last step
    texts: Sequence[str]  # of the calendar


def market_of(
    *,
    symbols: Sequence[str],
    ts_open: NDArray[np.int64],
    step_ms: int | NDArray[np.int64],
    last: Floats | Sequence[Floats],
    mark: Floats | Sequence[Floats] | None,
    funding: Sequence[Funding],
    has_bar: Sequence[Present] | None = None,
    mark_replaced: Sequence[Present] | None = None,
    delisted: Sequence[bool] | None = None,
    calendar: Calendar | None = None,
) -> Market:
    """`last` and `mark` hold an array [steps, O H L C V] a symbol; without `mark` the last price is the mark.

    They are taken as they are, and not copied, when they are one array of float64. `step_ms` is the length of the
    steps, or of each; `mark_replaced` [steps] says where a missing mark candle was replaced by the last-price bar;
    `delisted` which symbols end with their last bar; `calendar` who may decide where, and what their closes bring.

    Raises BadPrices when a price is not positive and finite where there is a bar.
    """
    bars = _stacked(last)
    marks = bars if mark is None else _stacked(mark)
    present = np.ones((len(symbols), len(ts_open)), np.bool_) if has_bar is None else np.stack(has_bar)
    _refuse_bad_prices("last", bars, present)
    if marks is not bars:
        _refuse_bad_prices("mark", marks, present)
    calendar = calendar or nothing_on(len(symbols), len(ts_open))
    tape = Tape(
        ts_open=np.array(ts_open, np.int64),
        ts_close=np.array(ts_open + step_ms, np.int64),
        last=bars,
        mark=marks,
        has_bar=np.array(present, np.uint8, order="C"),
        funding_ts=_joined([times for times, _, _ in funding], np.int64),
        funding=_joined([np.column_stack([rates, known]) for _, rates, known in funding], np.float64),
        flags=np.array(calendar.flags, np.uint8),
        deciding=np.array(calendar.deciding, np.uint8, order="C"),
        notes=np.array(calendar.notes, np.int64, order="C"),
    )
    replaced = tuple(each if each.any() else None for each in mark_replaced or [np.zeros(1, np.bool_)] * len(symbols))
    settlements = tuple(len(times) for times, _, _ in funding)
    return Market(tuple(symbols), tape, mark is not None, replaced, settlements, delisted, calendar.texts)


def _stacked(columns: Floats | Sequence[Floats]) -> Floats:
    """One array [symbols, steps, columns], contiguous and writable, though nobody writes it: numba sees one type."""
    stacked = (
        columns if isinstance(columns, np.ndarray) else np.stack([np.asarray(each, np.float64) for each in columns])
    )
    return np.require(stacked, np.float64, ["C", "W", "A"])


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.array(np.concatenate([np.asarray(part, dtype) for part in parts]), dtype=dtype, order="C")


def _refuse_bad_prices(series: str, bars: Floats, present: NDArray[np.bool_]) -> None:
    for index, (prices, there) in enumerate(zip(bars[:, :, :4], present, strict=True)):
        wrong = sum(
            _wrong(prices[start : start + CHECKED_STEPS], there[start : start + CHECKED_STEPS])
            for start in range(0, len(prices), CHECKED_STEPS)
        )
        if wrong:
            raise BadPrices(index, series, wrong)


def _wrong(prices: Floats, there: Present) -> int:
    """How many bars have a price that is not positive and finite."""
    if prices.min() > 0.0 and prices.max() < np.inf:  # NaN is neither
        return 0
    return int(np.count_nonzero(~(np.isfinite(prices) & (prices > 0.0)).all(axis=1) & there))

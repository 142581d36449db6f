"""The tape of a run: prices and settlements of all symbols as the few arrays that the rules read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import Floats, Tape
from btcli.exchange.face.calendar import Calendar

Funding = tuple[NDArray[np.int64], Floats, Floats]  # times, rates, marks (0 where not known)


def tape_of(
    ts_open: NDArray[np.int64],
    step_ms: int | NDArray[np.int64],
    last: Sequence[Floats],
    mark: Sequence[Floats] | None,
    funding: Sequence[Funding],
    has_bar: Sequence[NDArray[np.bool_]] | None,
    calendar: Calendar,
) -> Tape:
    """The tape of `SimulatedExchange`'s arguments; without `mark` the last price is the mark.

    Raises ValueError when a price is not positive and finite where there is a bar.
    """
    trade_bars = _stacked(last)
    mark_bars = trade_bars if mark is None else _stacked(mark)
    present = np.ones((len(last), len(ts_open)), np.uint8) if has_bar is None else np.stack(has_bar).astype(np.uint8)
    _refuse_bad_prices(trade_bars, mark_bars, present)
    return Tape(
        ts_open=np.array(ts_open, np.int64),
        ts_close=np.array(ts_open + step_ms, np.int64),
        last=trade_bars,
        mark=mark_bars,
        has_bar=np.ascontiguousarray(present),
        funding_ts=_joined([times for times, _, _ in funding], np.int64),
        funding=_joined([np.column_stack([rates, marks]) for _, rates, marks in funding], np.float64),
        flags=np.array(calendar.flags, np.uint8),
        deciding=np.array(calendar.deciding, np.uint8, order="C"),
        notes=np.array(calendar.notes, np.int64, order="C"),
    )


def _stacked(columns: Sequence[Floats]) -> Floats:
    """One array [symbols, steps, columns], owned, contiguous and writable: numba sees one type."""
    return np.array(np.stack([np.asarray(column, np.float64) for column in columns]), order="C")


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.array(np.concatenate([np.asarray(part, dtype) for part in parts]), dtype=dtype, order="C")


def _refuse_bad_prices(last: Floats, mark: Floats, present: NDArray[np.uint8]) -> None:
    there = present.astype(bool)
    for name, bars in (("last", last), ("mark", mark)):
        prices = bars[there][:, :4]
        if not bool(np.all(np.isfinite(prices) & (prices > 0.0))):
            raise ValueError(f"every {name} price of a bar is positive and finite")

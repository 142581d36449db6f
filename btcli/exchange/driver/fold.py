"""The curve of equity folded step by step: what its rows would come to where none are kept."""

from __future__ import annotations

from btcli.exchange.book.records import NOT_YET, Floats, Record
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.closing import DAY_MS


@compiled
def fold_row(score: Record, days: Floats, ts_close: int, equity: float, used: float, free: float) -> None:
    """Take in the next row: equity, margin in use and free margin at the close of a step, USDT."""
    fold_fall(score, ts_close, equity)
    fold_margins(score, equity, used, free)
    fold_day(score, days, ts_close, equity)


@compiled
def fold_day(score: Record, days: Floats, ts_close: int, equity: float) -> None:
    """Keep a close as the last one of its UTC day so far; days without a step take that of the day before.

    A step that closes at midnight belongs to the day that ends there.
    """
    at = (ts_close - 1) // DAY_MS - score["first_day"]
    for n in range(score["n_days"], at):
        days[n] = score["final_usdt"]
    days[at] = equity
    score["n_days"] = at + 1
    score["last_ms"] = ts_close
    score["final_usdt"] = equity


@compiled
def fold_fall(score: Record, ts_close: int, equity: float) -> None:
    """Keep the peak and the deepest falls below it.

    Both falls of a close hang on equity alone while the peak stands, and keep its order: only a new low can be deeper.
    """
    if equity >= score["peak_usdt"]:
        if equity > score["peak_usdt"]:
            score["low_usdt"] = equity
        score["peak_usdt"] = equity
        score["peak_ms"] = ts_close
        if score["recovered_ms"] == NOT_YET and score["deepest_pct"] > 0.0:
            score["recovered_ms"] = ts_close  # no peak lies between this and that of the deepest fall
    elif equity < score["low_usdt"]:
        score["low_usdt"] = equity
        fold_low(score, ts_close, equity)


@compiled
def fold_low(score: Record, ts_close: int, equity: float) -> None:
    """Keep a close that lies lower than all since the peak."""
    peak = score["peak_usdt"]
    score["fall_usdt"] = max(score["fall_usdt"], peak - equity)
    depth = (peak - equity) / peak * 100.0
    if depth > score["deepest_pct"]:
        score["deepest_pct"] = depth
        score["deepest_peak_usdt"] = peak
        score["deepest_start_ms"] = score["peak_ms"]
        score["deepest_trough_ms"] = ts_close
        score["recovered_ms"] = NOT_YET


@compiled
def fold_margins(score: Record, equity: float, used: float, free: float) -> None:
    """Keep the greatest margin in use, alone and in percent of equity above zero, and the least free margin."""
    score["used_usdt"] = max(score["used_usdt"], used)
    score["free_usdt"] = min(score["free_usdt"], free)
    if equity > 0.0:
        score["used_pct"] = max(score["used_pct"], used / equity * 100.0)

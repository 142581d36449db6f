"""The curve of equity folded step by step: what its rows would come to where none are kept."""

from __future__ import annotations

from btcli.exchange.book.records import DAY_MS, NOT_YET, ROW_USED, C, Floats, Record
from btcli.exchange.book.tape import closes_of, mark_of
from btcli.exchange.driver.reach import measure
from btcli.exchange.formulas.balances import free_of, unrealized, unrealized_at, used_margin
from btcli.exchange.formulas.margin import profit_of
from btcli.exchange.machine.compiled import compiled

ROW_EQUITY, ROW_FREE = 0, 4


@compiled
def fold_step(book: Record) -> None:
    """Take in the account as it is at the close of a step that was run in full."""
    account = book["account"]
    equity, used = account["equity_usdt"], account["used_usdt"]
    free = free_of(account["cash_usdt"], equity, used, account["reserved_usdt"], book["terms"])
    fold_row(book["score"], book["days"], account["ts_close"], equity, used, free)


@compiled
def fold_rows(book: Record, first: int) -> None:
    """Take in the rows in the buffer from `first` on."""
    rows, ts_close = book["rows"], book["row_ts"]
    for n in range(first, book["account"]["n_rows"]):
        fold_row(book["score"], book["days"], ts_close[n], rows[n, ROW_EQUITY], rows[n, ROW_USED], rows[n, ROW_FREE])


@compiled
def fold_still(book: Record, tape: Record, k: int) -> None:
    """Take in steps up to k - 1 while equity stands still where the step before them left it: the last tells all."""
    account, ts_close = book["account"], closes_of(tape)
    equity, used = account["cash_usdt"] + unrealized(book), used_margin(book)
    free = free_of(account["cash_usdt"], equity, used, account["reserved_usdt"], book["terms"])
    fold_row(book["score"], book["days"], ts_close[k - 1], equity, used, free)


@compiled
def fold_held(book: Record, tape: Record, s: int, i: int, k: int) -> None:
    """Take in steps i to k - 1 while one isolated position is held, and keep the account's own peak.

    Its margin stands still. Equity keeps the order of marks, so that the lowest and the highest of these say whether
    the steps have to be looked at one by one; it is above zero, or the run would end here.
    """
    account, position, score = book["account"], book["positions"][s], book["score"]
    closes, ts_close, cash = mark_of(tape, s, C), closes_of(tape), book["account"]["cash_usdt"]
    measure(book, tape, s, i, k)
    lowest, highest = book["reaches"][s]["mark_close_low"], book["reaches"][s]["mark_close_high"]
    at_lowest, at_highest = cash + unrealized_at(position, lowest), cash + unrealized_at(position, highest)
    worst, best = min(at_lowest, at_highest), max(at_lowest, at_highest)
    account["peak_equity_usdt"] = max(account["peak_equity_usdt"], best)
    used = used_margin(book)
    free = free_of(cash, worst, used, account["reserved_usdt"], book["terms"])
    if worst < score["low_usdt"] or best >= score["peak_usdt"]:
        side, qty, entry = position["side"], position["qty"], position["entry_price"]
        for n in range(i, k):
            equity = cash + profit_of(side, qty, entry, closes[n])
            if equity < score["low_usdt"] or equity >= score["peak_usdt"]:
                fold_fall(score, ts_close[n], equity)
    fold_margins(score, worst, used, free)
    fold_day(score, book["days"], ts_close[k - 1], cash + unrealized_at(position, closes[k - 1]))


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

"""The score of a run: its curve of equity folded by the rules themselves, and the results of its trades; no rows."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.records import DAY_CAPACITY, DAY_MS, NOT_YET, Floats, Record, Records


class Fall(NamedTuple):
    """The deepest fall of equity below its peak; moments in ms UTC, the last None while it has not recovered."""

    pct: float
    peak_usdt: float
    start_ms: int
    trough_ms: int
    recovery_ms: int | None


class Curve(NamedTuple):
    """What the closes of equity come to: `daily` has one for each UTC day from `first_day` on."""

    first_day: int
    last_ms: int
    final_equity_usdt: float
    daily: tuple[float, ...]
    fall: Fall | None
    max_drawdown_usdt: float
    max_used_margin_usdt: float
    max_used_margin_pct: float
    min_free_margin_usdt: float


class Results(NamedTuple):
    """What closed trades came to, in the order in which they ended, float64[n] USDT; funding paid is positive."""

    net_usdt: Floats
    fees_usdt: Floats
    funding_usdt: Floats


def begin_score(book: Record, start_ms: int, end_ms: int) -> None:
    """Let a run whose window is [start_ms, end_ms) in milliseconds UTC keep its score, and no rows.

    Raises ValueError for a window of more days than a score holds.
    """
    first_day = start_ms // DAY_MS
    days = (end_ms - 1) // DAY_MS - first_day + 1
    if days > DAY_CAPACITY:
        raise ValueError(f"a score holds {DAY_CAPACITY} days, the window has {days}")
    score, initial_usdt = book["score"], book["account"]["initial_equity_usdt"]
    for name in score.dtype.names:
        score[name] = 0
    for name in ("final_usdt", "peak_usdt", "low_usdt", "free_usdt"):
        score[name] = initial_usdt
    score["first_day"], score["recovered_ms"] = first_day, NOT_YET
    score["last_ms"] = score["peak_ms"] = start_ms
    book["cursor"]["keeps_score"] = 1


def curve_of(book: Record) -> Curve:
    """The curve that the score of a book has come to."""
    score = dict(zip(book["score"].dtype.names, book["score"].item(), strict=True))
    return Curve(
        first_day=score["first_day"],
        last_ms=score["last_ms"],
        final_equity_usdt=score["final_usdt"],
        daily=tuple(book["days"][: score["n_days"]].tolist()),
        fall=_fall(score),
        max_drawdown_usdt=score["fall_usdt"],
        max_used_margin_usdt=score["used_usdt"],
        max_used_margin_pct=score["used_pct"],
        min_free_margin_usdt=score["free_usdt"],
    )


def _fall(score: dict[str, float]) -> Fall | None:
    if score["deepest_pct"] == 0.0:
        return None
    start_ms, trough_ms, recovered_ms = (
        int(score[name]) for name in ("deepest_start_ms", "deepest_trough_ms", "recovered_ms")
    )
    recovery_ms = None if recovered_ms == NOT_YET else recovered_ms
    return Fall(score["deepest_pct"], score["deepest_peak_usdt"], start_ms, trough_ms, recovery_ms)


def results_of(trades: Records) -> Results:
    """The results of a slice of the trade buffer: the very numbers that its trades tell."""
    fees, funding = trades["fees_usdt"], trades["funding_usdt"]
    return Results(trades["gross_usdt"] - fees - funding + 0.0, fees.copy(), funding + 0.0)

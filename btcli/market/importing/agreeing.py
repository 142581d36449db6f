"""A file held against what is stored of the same series: a shift, another unit or another market shows at once."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from btcli.market.schema import PRICES
from btcli.timeframe import UNIT_MS, Timeframe

ENOUGH_ROWS = 5
MOST_ROWS = 20_000
_SAME = 1e-6  # prices that went through text and back
_NEARLY = 0.9  # of the rows
_PRICE_APART = 0.02
_SHIFTS_H = sorted(range(-14, 15), key=abs)


class Disagreement(NamedTuple):
    """What a comparison found, in words, and the option that would mend it."""

    said: str
    hint: str


def disagreement(given: pl.DataFrame, stored: pl.DataFrame, timeframe: Timeframe | None) -> Disagreement | None:
    """Why a file cannot be of the series that is stored, None when it can; both frames ascend in their times.

    `stored` reaches a day beyond what is given. A few rows that differ are corrections, and no reason.
    """
    given = given.tail(MOST_ROWS)
    if timeframe is None:
        return _of_rates(given, stored)
    both = _both(given, stored, 0)
    if both.height < ENOUGH_ROWS:
        return None
    if _share_same(both) < 1 - _NEARLY and (shifted := _shift(given, stored, timeframe)) is not None:
        return shifted
    factor = _factor(both, "close")
    if factor is not None and abs(factor - 1.0) > _PRICE_APART:
        said = f"its prices are {factor:.6g} times those stored"
        return Disagreement(said, "is it another market, or another unit?")
    return _of_volumes(both)


def _of_volumes(both: pl.DataFrame) -> Disagreement | None:
    traded = both.filter((pl.col("volume") > 0) & (pl.col("volume_stored") > 0))
    factor = _factor(traded, "volume")
    if factor is not None and (factor > 1.5 or factor < 1 / 1.5):
        hint = f"contracts of {1 / factor:.3g} coins? --volume-in contracts:{1 / factor:.3g}"
        return Disagreement(f"its volumes are {factor:.6g} times those stored", hint)
    priced = traded.with_columns(volume=pl.col("volume") / pl.col("close"))
    factor = _factor(priced, "volume", spread=0.02)
    if factor is not None and abs(factor - 1.0) < _PRICE_APART and traded["close"].median() != 1.0:
        return Disagreement("its volumes are those stored times the price", "--volume-in quote")
    return None


def _of_rates(given: pl.DataFrame, stored: pl.DataFrame) -> Disagreement | None:
    minute = (pl.col("ts") // UNIT_MS["m"]).alias("minute")
    both = given.with_columns(minute).join(stored.with_columns(minute), on="minute", suffix="_stored")
    both = both.filter((pl.col("rate") != 0) & (pl.col("rate_stored") != 0))
    factor = _factor(both, "rate") if both.height >= ENOUGH_ROWS else None
    if factor is None or 1 / 1.5 < factor < 1.5:
        return None
    way = "--rate-in percent" if abs(factor - 100) < 1 else "is it another unit, or another market?"
    return Disagreement(f"its rates are {factor:.6g} times those stored", way)


def _shift(given: pl.DataFrame, stored: pl.DataFrame, timeframe: Timeframe) -> Disagreement | None:
    """The shift at which nearly all prices are the same: a bar, or whole hours of a clock."""
    shifts = [timeframe.ms, -timeframe.ms, *(hours * UNIT_MS["h"] for hours in _SHIFTS_H if hours)]
    for shift_ms in dict.fromkeys(shifts):
        both = _both(given, stored, shift_ms)
        if both.height >= ENOUGH_ROWS and 2 * both.height >= given.height and _share_same(both) >= _NEARLY:
            return _shifted(shift_ms, timeframe)
    return None


def _shifted(shift_ms: int, timeframe: Timeframe) -> Disagreement:
    bars = abs(shift_ms) / timeframe.ms
    later = "later" if shift_ms > 0 else "earlier"
    said = f"its candles are those stored, {bars:g} bar{'' if bars == 1 else 's'} of {timeframe} {later}"
    ways = ["--stamp close"] if shift_ms == timeframe.ms else []
    if shift_ms % UNIT_MS["h"] == 0:
        ways.append(f"--utc-offset {shift_ms // UNIT_MS['h']:+d}")
    return Disagreement(said, " or ".join(ways) or "check --stamp and --utc-offset")


def _both(given: pl.DataFrame, stored: pl.DataFrame, shift_ms: int) -> pl.DataFrame:
    moved = given.with_columns(pl.col("ts_open") - shift_ms)
    return moved.join(stored, on="ts_open", suffix="_stored")


def _share_same(both: pl.DataFrame) -> float:
    """The share of rows whose prices are the same; flat stretches, which any shift fits, do not count."""
    moving = both.filter(pl.col("high") > pl.col("low"))
    if moving.height < ENOUGH_ROWS:
        return 1.0
    near = [(pl.col(name) - pl.col(f"{name}_stored")).abs() <= _SAME * pl.col(name) for name in PRICES]
    return float(moving.select(pl.all_horizontal(near).mean()).item())


def _factor(both: pl.DataFrame, name: str, spread: float = 1e-3) -> float | None:
    """By what one number nearly all values are multiples of those stored; None where they are not."""
    if both.height < ENOUGH_ROWS:
        return None
    ratio = both[name] / both[f"{name}_stored"]
    middle = float(ratio.median() or 0.0)  # type: ignore[arg-type]
    if name == "close":
        return middle if middle > 0 else None
    if not middle:
        return None
    near = (ratio / middle - 1).abs() < spread
    return middle if int(near.sum()) >= _NEARLY * both.height else None

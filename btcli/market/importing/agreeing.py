"""A file held against what is stored of its market: a shift, another unit or another market shows at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from btcli.market.series import PRICES, Millis
from btcli.timeframe import UNIT_MS, Timeframe

ENOUGH_ROWS = 5
MOST_ROWS = 20_000
_FEWEST_BUCKETS = 60
_SAME = 1e-6  # prices that went through text and back
_NEARLY, _HARDLY = 0.9, 0.1  # of the rows
_PRICE_APART = 0.02
_SPREAD = 1e-3  # of multiples that are one
_SHIFTS_H = sorted((quarters / 4 for quarters in range(-56, 57)), key=lambda hours: (hours % 1 != 0, abs(hours)))


class Disagreement(NamedTuple):
    """What a comparison found, in words, and the option that would mend it."""

    said: str
    hint: str


class Comparison(NamedTuple):
    """Whether there was enough to compare, and what does not fit."""

    is_enough: bool
    disagreement: Disagreement | None


class _Lengths(NamedTuple):
    """How long the candles given and those stored are; of settlements both 0."""

    given_ms: int
    stored_ms: int


def rows_to_compare(given: pl.DataFrame, stored: Millis, given_ms: int, stored_ms: int) -> pl.DataFrame:
    """The last rows of a file up to where both have rows, as many as are enough; none where they have none in common.

    `stored` are the times of the stored rows; lengths are those of candles, 0 for settlements.
    """
    times = given.to_series(0).to_numpy()
    bucket_ms = max(given_ms, stored_ms) or UNIT_MS["m"]
    common = np.intersect1d(times // bucket_ms, stored // bucket_ms)
    if not common.size:
        return given.clear()
    end = int(np.searchsorted(times, (int(common[-1]) + 2) * bucket_ms))
    ratio = max(given_ms, stored_ms) // max(1, min(given_ms, stored_ms))
    is_finer = given_ms < stored_ms
    most = max(MOST_ROWS, _FEWEST_BUCKETS * ratio) if is_finer else max(_FEWEST_BUCKETS, MOST_ROWS // max(1, ratio))
    return given[max(0, end - most) : end]


def compared(given: pl.DataFrame, stored: pl.DataFrame, given_ms: int, stored_ms: int) -> Comparison:
    """Whether a file can be of the market that is stored; both frames ascend in their times.

    `stored` reaches a day beyond what is given. Where candles are of two lengths, the finer ones are put together to
    whole coarser ones. A few rows that differ are corrections, and no reason.
    """
    if not given_ms:
        return _of_rates(given, stored)
    lengths = _Lengths(given_ms, stored_ms)
    both = _both(given, stored, 0, lengths)
    if both.height < ENOUGH_ROWS:
        return Comparison(False, None)
    return Comparison(True, _of_candles(given, stored, both, lengths))


def _of_candles(
    given: pl.DataFrame, stored: pl.DataFrame, both: pl.DataFrame, lengths: _Lengths
) -> Disagreement | None:
    same = _share_same(both)
    if same is not None and same < _NEARLY and (shifted := _shift(given, stored, lengths)) is not None:
        return shifted
    factor = _factor(both, "close")
    if factor is not None and abs(factor - 1.0) > _PRICE_APART:
        said = f"its prices are {factor:.6g} times those stored"
        return Disagreement(said, "is it another market, or another unit?")
    if same is not None and same < _HARDLY:
        return Disagreement("hardly any of its prices is the one stored", "is it another market, as spot?")
    return _of_volumes(both)


def _of_volumes(both: pl.DataFrame) -> Disagreement | None:
    """Volumes of one value, as of made-up candles, tell no unit."""
    traded = both.filter((pl.col("volume") > 0) & (pl.col("volume_stored") > 0))
    if traded["volume"].n_unique() < 2:
        return None
    factor = _factor(traded, "volume")
    if factor is not None and abs(factor - 1.0) < _PRICE_APART:
        return None
    ratio = traded["volume"] / traded["volume_stored"]
    are_prices = _are_prices(ratio, traded)
    if factor is not None and (factor > 1.5 or factor < 1 / 1.5) and (_is_round(factor) or not are_prices):
        hint = f"contracts of {1 / factor:.3g} coins? --volume-in contracts:{1 / factor:.3g}"
        return Disagreement(f"its volumes are {factor:.6g} times those stored", hint)
    if are_prices:
        return Disagreement("its volumes are those stored times the price", "--volume-in quote")
    if _are_prices(1 / ratio, traded):
        return Disagreement("its volumes are those stored divided by the price", "does it count coins, and they quote?")
    return None


def _is_round(number: float) -> bool:
    """Whether it has one digit that counts, as the sizes of contracts have."""
    return abs(float(f"{number:.1g}") / number - 1) < _SPREAD


def _are_prices(ratio: pl.Series, candles: pl.DataFrame) -> bool:
    """Whether nearly all of these lie between low and high, as what was paid for a coin does."""
    inside = ratio.is_between(candles["low"] * (1 - _SAME), candles["high"] * (1 + _SAME))
    return candles.height >= ENOUGH_ROWS and int(inside.sum()) >= _NEARLY * candles.height


def _of_rates(given: pl.DataFrame, stored: pl.DataFrame) -> Comparison:
    minute = (pl.col("ts") // UNIT_MS["m"]).alias("minute")
    both = given.with_columns(minute).join(stored.with_columns(minute), on="minute", suffix="_stored")
    both = both.filter((pl.col("rate") != 0) & (pl.col("rate_stored") != 0))
    factor = _factor(both, "rate") if both.height >= ENOUGH_ROWS else None
    if factor is None or 1 / 1.5 < factor < 1.5:
        return Comparison(factor is not None, None)
    way = "--rate-in percent" if abs(factor - 100) < 1 else "is it another unit, or another market?"
    return Comparison(True, Disagreement(f"its rates are {factor:.6g} times those stored", way))


def _shift(given: pl.DataFrame, stored: pl.DataFrame, lengths: _Lengths) -> Disagreement | None:
    """The shift at which nearly all prices are the same: a bar, or whole hours of a clock."""
    step_ms = lengths.given_ms
    shifts = [step_ms, -step_ms, *(int(hours * UNIT_MS["h"]) for hours in _SHIFTS_H if hours)]
    most = given.height * step_ms // max(lengths)
    for shift_ms in dict.fromkeys(shifts):
        both = _both(given, stored, shift_ms, lengths)
        if both.height >= ENOUGH_ROWS and 2 * both.height >= most and (_share_same(both) or 0.0) >= _NEARLY:
            return _shifted(shift_ms, Timeframe.parse(f"{step_ms // UNIT_MS['m']}m"))
    return None


def _shifted(shift_ms: int, timeframe: Timeframe) -> Disagreement:
    bars = abs(shift_ms) / timeframe.ms
    later = "later" if shift_ms > 0 else "earlier"
    said = f"its candles are those stored, {bars:g} bar{'' if bars == 1 else 's'} of {timeframe} {later}"
    ways = ["--stamp close"] if shift_ms == timeframe.ms else []
    if shift_ms % (UNIT_MS["h"] // 4) == 0:
        hours, minutes = divmod(abs(shift_ms) // UNIT_MS["m"], 60)
        ways.append(f"--utc-offset {'+' if shift_ms > 0 else '-'}{hours}{f':{minutes:02}' if minutes else ''}")
    return Disagreement(said, " or ".join(ways) or "check --stamp and --utc-offset")


def _both(given: pl.DataFrame, stored: pl.DataFrame, shift_ms: int, lengths: _Lengths) -> pl.DataFrame:
    """Candles given, moved back by a shift, beside those stored of the same open and length."""
    moved = given.with_columns(pl.col("ts_open") - shift_ms)
    if lengths.given_ms < lengths.stored_ms:
        moved = _put_together(moved, lengths.given_ms, lengths.stored_ms, stored)
    elif lengths.given_ms > lengths.stored_ms:
        stored = _put_together(stored, lengths.stored_ms, lengths.given_ms, moved)
    return moved.join(stored, on="ts_open", suffix="_stored")


def _put_together(fine: pl.DataFrame, fine_ms: int, coarse_ms: int, coarse: pl.DataFrame) -> pl.DataFrame:
    """Whole candles of `coarse_ms` on the grid that the coarse ones lie on, out of finer ones."""
    if fine.is_empty() or coarse.is_empty():
        return fine.clear()
    first = int(coarse["ts_open"][0]) % coarse_ms
    return (
        fine.group_by(
            ((pl.col("ts_open") - first) // coarse_ms * coarse_ms + first).alias("bucket"), maintain_order=True
        )
        .agg(
            pl.len().alias("parts"),
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        .filter(pl.col("parts") == coarse_ms // fine_ms)
        .drop("parts")
        .rename({"bucket": "ts_open"})
    )


def _share_same(both: pl.DataFrame) -> float | None:
    """The share of rows that moved and have the same prices, as any shift fits flat ones; None where too few moved."""
    moving = both.filter(pl.col("high") > pl.col("low"))
    if moving.height < ENOUGH_ROWS:
        return None
    near = [(pl.col(name) - pl.col(f"{name}_stored")).abs() <= _SAME * pl.col(name) for name in PRICES]
    return float(moving.select(pl.all_horizontal(near).mean()).item())


def _factor(both: pl.DataFrame, name: str) -> float | None:
    """By what one number nearly all values are multiples of those stored; None where they are not."""
    if both.height < ENOUGH_ROWS:
        return None
    ratio = both[name] / both[f"{name}_stored"]
    middle = float(ratio.median() or 0.0)  # type: ignore[arg-type]
    if name == "close":
        return middle if middle > 0 else None
    if not middle:
        return None
    near = (ratio / middle - 1).abs() < _SPREAD
    return middle if int(near.sum()) >= _NEARLY * both.height else None

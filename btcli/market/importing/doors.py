"""What is told of candles and rates before they are stored: what cannot be is refused, what is doubtful is said."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from itertools import permutations

import numpy as np
import polars as pl

from btcli.errors import RequestError
from btcli.market.health.funding import USUAL_CAP_RATE, doubtful_median
from btcli.market.importing.claims import Claim
from btcli.market.moments import plain
from btcli.market.series import PRICES, FundingRates
from btcli.timeframe import UNIT_MS, Timeframe

Where = Callable[[int], str]
_MEND = "mend the file; no value is invented"
_SLACK = 1.02  # a mean price of a candle may leave it by what rounding does
_TAIL_MS, _TAIL_BARS = UNIT_MS["d"], 3


def require_possible(frame: pl.DataFrame, timeframe: Timeframe, where: Where, columns: dict[str, str]) -> None:
    """Raise RequestError at the first candle that cannot be: prices, volume, or an open off the timeframe's grid.

    `where` names a row of the frame, `columns` maps our names to the file's.
    """
    bad = _impossible(frame)
    if bad.any():
        raise _impossible_error(frame, bad, where, columns)
    if (negative := frame["volume"] < 0.0).any():
        row = int(negative.arg_true()[0])
        raise RequestError(f"volume {frame['volume'][row]:g} is negative", where=where(row), hint=_MEND)
    off = (frame["ts_open"] - timeframe.origin_ms) % timeframe.ms != 0
    if off.any():
        row = int(off.arg_true()[0])
        said = f"{plain(int(frame['ts_open'][row]))} opens no candle of {timeframe} in UTC"
        hint = "check --timeframe, --utc-offset and --stamp"
        raise RequestError(f"{said}{_more(off)}", where=where(row), hint=hint)


def _impossible(frame: pl.DataFrame, order: tuple[str, ...] = PRICES) -> pl.Series:
    first, high, low, last = (pl.col(name) for name in order)
    beyond = (high < pl.max_horizontal(first, last)) | (low > pl.min_horizontal(first, last))
    return frame.select(bad=beyond | (pl.min_horizontal(*PRICES) <= 0.0)).to_series()


def _impossible_error(frame: pl.DataFrame, bad: pl.Series, where: Where, columns: dict[str, str]) -> RequestError:
    row = int(bad.arg_true()[0])
    prices = " ".join(f"{name} {frame[name][row]:.10g}" for name in PRICES)
    hint = _MEND
    if 2 * int(bad.sum()) >= frame.height and (order := _other_order(frame)):
        swapped = (
            f"--map {shlex.quote(f'{ours}={columns[theirs]}')}" for ours, theirs in zip(PRICES, order, strict=True)
        )
        hint = f"are the columns in another order? {' '.join(swapped)}"
    return RequestError(f"no candle can be {prices}{_more(bad)}", where=where(row), hint=hint)


def _other_order(frame: pl.DataFrame) -> tuple[str, ...] | None:
    """The only order of the price columns in which every candle can be, up to what cannot be told: open and close."""
    fitting = [order for order in permutations(PRICES) if not _impossible(frame, order).any()]
    apart = [order for order in fitting if _follows(frame, order[0], order[3])]
    return apart[0] if len(apart) == 1 else fitting[0] if len(fitting) == 1 else None


def _follows(frame: pl.DataFrame, first: str, last: str) -> bool:
    """Whether candles open nearer to the close before them than they would the other way round."""
    gap = (frame[first] - frame[last].shift(1)).abs().sum()
    other = (frame[last] - frame[first].shift(1)).abs().sum()
    return bool(gap < other)


def require_volume(
    frame: pl.DataFrame, quote: pl.Series | None, volume: Claim, where: Where, column: str = ""
) -> Claim:
    """The claim of the unit, now proved where a column of quote volume fits it.

    Raises RequestError where it does not, with the way to leave that `column` out of account, and where the volume
    lies between low and high as prices do.
    """
    traded = frame["volume"] > 0.0
    between = frame["volume"].is_between(frame["low"], frame["high"])
    if frame["volume"].n_unique() >= 3 and traded.all() and between.all():
        said = "every volume lies between low and high: that column holds prices"
        raise RequestError(said, where=where(0), hint="say which it is with --map volume=COLUMN")
    if quote is None:
        return volume
    rows = frame.with_columns(quote=quote).filter((pl.col("volume") > 0.0) & (pl.col("quote") > 0.0))
    if rows.is_empty() or _fits(rows, 1.0):
        proved = "quote volume by volume lies between low and high"
        return volume if rows.is_empty() or volume.is_fact else Claim("volume", volume.value, proved)
    mean = rows["quote"] / rows["volume"]
    mid = float(mean.median())  # type: ignore[arg-type]
    factor = float((mean / ((rows["high"] + rows["low"]) / 2)).median() or 0.0)  # type: ignore[arg-type]
    if volume.value == "coins" and int(((mean - 1.0).abs() < 0.01).sum()) * 10 >= rows.height * 9:
        way = "it is the quote volume itself: --volume-in quote"
    elif volume.value == "coins" and _fits(rows.rename({"quote": "volume", "volume": "quote"}), 1.0):
        way = "the two columns are the other way round: name the coins with --map volume=COLUMN"
    elif volume.value == "coins" and factor > 0.0 and _fits(rows, factor):
        way = f"if it counts contracts: --volume-in contracts:{factor:.3g}"
    else:
        way = "say its unit with --volume-in, or the column with --map volume=COLUMN"
    low, high = float(rows["low"].min()), float(rows["high"].max())  # type: ignore[arg-type]
    said = f"volume does not fit the prices: quote volume by volume is {mid:.6g}, prices {low:g} to {high:g}"
    hint = f"{way}; or leave that column out of account: --as-named {shlex.quote(column)}"
    raise RequestError(said, where=where(0), hint=hint)


def _fits(rows: pl.DataFrame, factor: float) -> bool:
    """Whether the mean price of nine candles of ten lies inside them, when a unit of volume is `factor` coins."""
    mean = pl.col("quote") / (pl.col("volume") * factor)
    inside = rows.select(mean.is_between(pl.col("low") / _SLACK, pl.col("high") * _SLACK)).to_series()
    return int(inside.sum()) * 10 >= rows.height * 9


def candle_notes(frame: pl.DataFrame, timeframe: Timeframe, *, traded: bool) -> tuple[str, ...]:
    """Holes, and a tail without trade, in words."""
    ts = frame["ts_open"].to_numpy()
    notes = []
    steps = np.diff(ts)
    holes = np.flatnonzero(steps > timeframe.ms)
    if holes.size:
        missing = int((steps[holes] // timeframe.ms - 1).sum())
        first = int(ts[holes[0]]) + timeframe.ms
        places = "a hole" if holes.size == 1 else f"{holes.size:,} holes"
        notes.append(f"{missing:,} candles are missing in {places}, the first at {plain(first)}")
    if traded and frame.height:
        notes += _tail_note(frame, timeframe)
    if not traded and (frame["volume"] > 0.0).any():
        notes.append("its candles have volume, and mark prices have none: are they trades? --series trade")
    return tuple(notes)


def _tail_note(frame: pl.DataFrame, timeframe: Timeframe) -> list[str]:
    if not (frame["volume"] > 0.0).any():
        return ["no candle has volume: are these mark or index prices?"]
    last = int((frame["volume"] > 0.0).arg_true()[-1])
    count = frame.height - 1 - last
    if count < max(_TAIL_BARS, -(-_TAIL_MS // timeframe.ms)):
        return []
    since = plain(int(frame["ts_open"][last + 1]))
    return [f"the last {count:,} candles have no trade: looks delisted on {since}; leave them out, or test no later"]


def rate_notes(frame: pl.DataFrame, rate: Claim, where: Where) -> tuple[str, ...]:
    """A doubt about rates whose size is that of percentages.

    Raises RequestError for settlements off the hour, and for rates beyond 3 % unless they were said to be fractions.
    """
    off = (frame["ts"] // UNIT_MS["m"] * UNIT_MS["m"]) % UNIT_MS["h"] != 0
    if off.any():
        row = int(off.arg_true()[0])
        said = f"{plain(int(frame['ts'][row]))} is no full hour, as settlements are{_more(off)}"
        raise RequestError(said, where=where(row), hint="check --utc-offset, and --map ts=COLUMN")
    size = frame["rate"].abs()
    beyond = size > USUAL_CAP_RATE * (1 + 1e-9)
    if beyond.any() and (rate.value, rate.because) != ("fraction", "--rate-in"):
        row = int(beyond.arg_true()[0])
        said = (
            f"a rate of {frame['rate'][row] * 100:.6g} % is beyond the {USUAL_CAP_RATE * 100:g} % that no venue reaches"
        )
        hint = "if they are what was paid: write fractions, and --rate-in fraction"
        hint = hint if rate.value == "percent" else f"if they are percentages: --rate-in percent; {hint}"
        raise RequestError(f"{said}{_more(beyond)}", where=where(row), hint=hint)
    doubt = doubtful_median(FundingRates(frame["ts"].to_numpy(), frame["rate"].to_numpy()))
    return (f"{doubt}: --rate-in percent?",) if doubt and rate.because != "--rate-in" else ()


def _more(bad: pl.Series) -> str:
    count = int(bad.sum()) - 1
    return f", nor {count:,} more" if count else ""

"""Candles and features as many as a page holds: beyond that coarser candles, and features with fewer points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from btcli.market.derive import derive_bars, divides
from btcli.market.series import Bars
from btcli.report.charts.thinning import kept_rows
from btcli.report.content import Line, RunContent
from btcli.timeframe import Timeframe

MOST_CANDLES = 600_000  # a year of 1m, which takes about 3 MB
MOST_VALUES = 1_200_000  # of features
COARSER = ("5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d")


def fitted(
    contents: Sequence[RunContent], most_candles: int = MOST_CANDLES, most_values: int = MOST_VALUES
) -> tuple[RunContent, ...]:
    """The same runs with no more candles and values than that in all; what was left out is said of each."""
    coarser = _coarser(contents, most_candles)
    values = sum(line.value.size for each in contents for lines in each.features.values() for line in lines)
    share = min(1.0, most_values / values) if values else 1.0
    return tuple(_fitted(each, coarser, share) for each in contents)


def _coarser(contents: Sequence[RunContent], most: int) -> Timeframe | None:
    """The finest timeframe in which there are no more than `most` candles; None where they fit as they are."""
    found = [bars for each in contents for bars in each.candles.values() if bars.ts_open.size]
    if sum(bars.ts_open.size for bars in found) <= most:
        return None
    known = [Timeframe.parse(label) for label in COARSER]
    return next((each for each in known if sum(_count(bars, each) for bars in found) <= most), known[-1])


def _count(bars: Bars, timeframe: Timeframe) -> float:
    return float(bars.ts_open.size * min(1.0, step_of(bars) / timeframe.ms))


def step_of(bars: Bars) -> int:
    """How long each candle lasts, ms."""
    return int(bars.ts_close[0] - bars.ts_open[0])


def _fitted(content: RunContent, coarser: Timeframe | None, share: float) -> RunContent:
    candles, features, said = content.candles, content.features, []
    if coarser is not None and candles and (base := Timeframe.parse(content.timeframes["exec"])) < coarser:
        candles = _summed(candles, base, coarser)
        said.append(f"Candles of {base} are more than a page holds: those of {coarser} are drawn.")
    if share < 1.0:
        features = {symbol: tuple(_thinned(lines, share)) for symbol, lines in features.items()}
        said.append("Features have more values than a page holds: fewer are drawn, with every extreme.")
    return replace(content, candles=candles, features=features, left_out=(*content.left_out, *said))


def _summed(candles: Mapping[str, Bars], base: Timeframe, coarser: Timeframe) -> dict[str, Bars]:
    """Coarser candles of each symbol that has a whole one."""
    if not divides(base, coarser):
        return dict(candles)
    derived = {symbol: derive_bars(bars, base, coarser) for symbol, bars in candles.items()}
    return {symbol: bars for symbol, bars in derived.items() if bars.ts_open.size}


def _thinned(lines: Sequence[Line], share: float) -> Iterator[Line]:
    for line in lines:
        rows = kept_rows([line.value], max(64, int(line.value.size * share)))
        yield line._replace(ts_ms=line.ts_ms[rows], value=line.value[rows])

"""What a source answers about a part of a series, whatever kind of series it is."""

from __future__ import annotations

from collections.abc import Generator

from btcli.market.series import Series
from btcli.sources.source import Answer, CandleKind, Source
from btcli.timeframe import Timeframe
from btcli.tools.missing import Range


def answers_of(source: Source, series: Series, part: Range) -> Generator[Answer]:
    """A generator, so that it can be closed whatever the source hands out."""
    if series.kind == "funding":
        yield from source.funding(series.symbol, *part)
    else:
        timeframe = Timeframe.parse(series.timeframe)
        yield from source.candles(series.symbol, candle_kind(series), timeframe, *part)


def candle_kind(series: Series) -> CandleKind:
    """How a source calls the candles of a series."""
    return "mark" if series.kind == "mark" else "trade"

"""What of a store could be traded: its symbols by venue, with the candles that there are of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from btcli.config.findings import did_you_mean
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.store.reading import SeriesCoverage


@frozen
class Market:
    """A symbol of a venue with everything that is stored of it; `rows` are those of its trade candles."""

    venue: str
    symbol: str
    series: tuple[SeriesCoverage, ...]

    @property
    def rows(self) -> int:
        """How many trade candles there are, of all timeframes."""
        return sum(each.rows for each in self.series if each.series.kind == "trade")

    def timeframes(self, kind: str) -> set[str]:
        """The timeframes of its trade or mark candles."""
        return {each.series.timeframe for each in self.series if each.series.kind == kind}


def markets_of(coverage: Iterable[SeriesCoverage]) -> tuple[Market, ...]:
    """Every symbol that has trade candles, those with the most rows first."""
    ordered = sorted(coverage, key=lambda each: each.series)
    grouped = groupby(ordered, key=lambda each: (each.series.venue, each.series.symbol))
    found = (Market(venue, symbol, tuple(series)) for (venue, symbol), series in grouped)
    return tuple(sorted((each for each in found if each.rows), key=lambda each: (-each.rows, each.venue, each.symbol)))


def of_venue(markets: Sequence[Market], venue: str | None) -> tuple[Market, ...]:
    """Those of a venue, else of the one with the most rows of a symbol; raises RequestError for an unknown one."""
    venues = venues_of(markets)
    if venue is None:
        venue = venues[0]
    if venue not in venues:
        raise _not_stored("--venue", venue, venues)
    return tuple(each for each in markets if each.venue == venue)


def of_symbols(markets: Sequence[Market], symbols: Sequence[str]) -> tuple[Market, ...]:
    """The markets of one venue by their symbols, or the one with the most rows; raises RequestError for an unknown."""
    by_symbol = {each.symbol: each for each in markets}
    for symbol in symbols:
        if symbol not in by_symbol:
            raise _not_stored("--symbol", symbol, by_symbol)
    return tuple(by_symbol[symbol] for symbol in dict.fromkeys(symbols)) or (markets[0],)


def venues_of(markets: Sequence[Market]) -> tuple[str, ...]:
    """The venues, that of the market with the most rows first."""
    return tuple(dict.fromkeys(each.venue for each in markets))


def _not_stored(option: str, named: str, known: Collection[str]) -> RequestError:
    hint = did_you_mean(named, known) or f"there is {', '.join(known)}"
    return RequestError(f"no trade candles of {named} are stored", where=option, hint=hint)

"""Bybit v5, linear perpetuals: newest rows first, most errors inside an answer with status 200.

Sources: the v5 pages on market/kline, mark-kline, history-fund-rate, time, error codes and rate limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from btcli.sources.answers import Rows, candles_of, check_inside, field_of, settlements_of, text_of, time_of
from btcli.sources.bybit.answers import check_symbol, result_of
from btcli.sources.http import Reply
from btcli.sources.settlements import FundingWalk, funding_parts, walk_funding
from btcli.sources.source import Answer, CandleKind
from btcli.sources.spans import Span
from btcli.sources.venue import CandlesAsked, VenueSource, no_candles, sha256_hex
from btcli.sources.walking import requests_over
from btcli.timeframe import Timeframe

_PATHS: Final = {"trade": "/v5/market/kline", "mark": "/v5/market/mark-price-kline"}
_FUNDING_PATH: Final = "/v5/market/funding/history"
_INTERVALS: Final = {
    label: str(Timeframe.parse(label).ms // 60_000)
    for label in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h")
} | {"1d": "D", "1w": "W"}
_LIMIT = 1000
_FUNDING_LIMIT = 200


class BybitSource(VenueSource):
    """Candles, funding and specs of Bybit's linear perpetuals."""

    venue = "bybit"
    intervals = _INTERVALS
    page_rows = _LIMIT

    def requests_for(
        self, kind: Literal["trade", "mark", "funding"], timeframe: str, start_ms: int, end_ms: int
    ) -> int:
        """About how many requests a range takes; more for funding that was settled more often than every 8 h."""
        if kind == "funding":
            return len(funding_parts(_FUNDING_LIMIT, Span(start_ms, end_ms)))
        return requests_over(end_ms - start_ms, Timeframe.parse(timeframe).ms, _LIMIT)

    def funding(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Answer]:
        """Settlements in [start_ms, end_ms)."""
        asked = FundingWalk(
            f"bybit {symbol} funding",
            lambda first, last, limit: self._settlements(symbol, first, last, limit),
            _FUNDING_LIMIT,
            newest_first=True,
            now_ms=self.now_ms(),
            listed_ms=lambda: self.first_candle_ms(symbol, "trade", Timeframe.parse("1h")),
        )
        return walk_funding(asked, Span(start_ms, end_ms))

    def server_time_ms(self) -> int:
        """The venue's clock, now."""
        return self._http.get("/v5/market/time", {}, lambda reply: _clock(result_of(reply)[0]))

    def instruments(self, symbols: Sequence[str]) -> list[dict[str, Any]]:
        """Steps, sizes and risk tiers of today."""
        from btcli.sources.bybit.instruments import instruments

        return instruments(self._http, symbols, self.now_ms())

    def _oldest(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> int:
        """From weeks down to the timeframe: each look at the oldest candle narrows the next."""
        start_ms, end_ms = 0, self.now_ms()
        for label in ("1w", "1d", "1h", timeframe.label):
            level = Timeframe.parse(label)
            if level.ms < timeframe.ms:
                continue
            asked = CandlesAsked(symbol, kind, level, level.ceil(start_ms), end_ms, _LIMIT)
            rows = self._candles(asked, oldest=True).rows
            start_ms, end_ms = rows[0][0], min(rows[0][0] + level.ms - 1, end_ms)
        return timeframe.floor(start_ms)

    def _candles(self, asked: CandlesAsked, *, oldest: bool = False) -> Rows:
        symbol, kind, timeframe, first, last, limit = asked
        params: dict[str, str | int] = {
            "category": "linear", "symbol": symbol, "interval": _INTERVALS[timeframe.label],
            "start": first, "end": last, "limit": limit,
        }  # fmt: skip

        def judge(reply: Reply) -> Rows:
            result, server_ms = result_of(reply)
            check_symbol(result, symbol)
            rows = candles_of(
                field_of(result, "list"), timeframe, newest_first=True, volume=kind == "trade",
                now_ms=last + timeframe.ms if oldest else server_ms,
            )  # fmt: skip
            check_inside([row[0] for row in rows], first, last)
            if oldest and not rows:
                raise no_candles("bybit", symbol, kind, timeframe, first)
            return Rows(rows, sha256_hex(reply.body), reply.url)

        return self._http.get(_PATHS[kind], params, judge)

    def _settlements(self, symbol: str, first: int, last: int, limit: int) -> Rows:
        params: dict[str, str | int] = {
            "category": "linear",
            "symbol": symbol,
            "startTime": first,
            "endTime": last,
            "limit": limit,
        }

        def judge(reply: Reply) -> Rows:
            listed = field_of(result_of(reply)[0], "list")
            rows = settlements_of(listed, symbol, "fundingRateTimestamp", newest_first=True)
            check_inside([row[0] for row in rows], first, last)
            return Rows(rows, sha256_hex(reply.body), reply.url)

        return self._http.get(_FUNDING_PATH, params, judge)


def _clock(result: Any) -> int:
    return time_of(text_of(result, "timeNano")[:-6])

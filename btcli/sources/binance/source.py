"""Binance USDT-M perpetuals: oldest rows first, funding times with jitter; whole past months come from the archive.

Sources: the USDⓈ-M futures pages on klines, mark price klines, funding rate history and check server time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from btcli.errors import SourceError
from btcli.sources.answers import Rows, candles_of, check_inside, field_of, settlements_of, time_of
from btcli.sources.binance.answers import keep_weight, value_of
from btcli.sources.binance.archive import BinanceArchive, archive_months
from btcli.sources.http import Notice, Reply
from btcli.sources.patience import Patience
from btcli.sources.settlements import FundingWalk, funding_parts, walk_funding
from btcli.sources.source import Answer, CandleKind, Page
from btcli.sources.spans import Span, Walk
from btcli.sources.venue import CandlesAsked, VenueSource, no_candles, sha256_hex
from btcli.sources.walking import requests_over
from btcli.timeframe import Timeframe

_PATHS: Final = {"trade": "/fapi/v1/klines", "mark": "/fapi/v1/markPriceKlines"}
_FUNDING_PATH: Final = "/fapi/v1/fundingRate"
_INTERVALS: Final = {
    label: label for label in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w")
}
_LIMIT = 1500
_FUNDING_LIMIT = 1000


class BinanceSource(VenueSource):
    """Candles, funding and specs of Binance's USDT-margined perpetuals; `archive_url` "" means pages only."""

    venue = "binance"
    intervals = _INTERVALS
    page_rows = _LIMIT

    def __init__(self, base_url: str, archive_url: str, patience: Patience, notice: Notice | None = None) -> None:
        super().__init__(base_url, patience, notice)
        self._notice = notice or (lambda _: None)
        self._archive = BinanceArchive(archive_url, patience, notice) if archive_url else None

    def requests_for(
        self, kind: Literal["trade", "mark", "funding"], timeframe: str, start_ms: int, end_ms: int
    ) -> int:
        """About how many requests a range takes; a month from the archive counts two: the file and its checksum."""
        if kind == "funding":
            return len(funding_parts(_FUNDING_LIMIT, Span(start_ms, end_ms)))
        step_ms = Timeframe.parse(timeframe).ms
        by_pages = requests_over(end_ms - start_ms, step_ms, _LIMIT)
        if self._archive is None or not worth_an_archive(step_ms):
            return by_pages
        months = archive_months(Span(start_ms, end_ms))
        rest_ms = end_ms - start_ms - sum(month.span.end_ms - month.span.start_ms for month in months)
        return 2 * len(months) + (requests_over(rest_ms, step_ms, _LIMIT) if rest_ms else 0)

    def funding(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Answer]:
        """Settlements in [start_ms, end_ms)."""
        asked = FundingWalk(
            f"binance {symbol} funding",
            lambda first, last, limit: self._settlements(symbol, first, last, limit),
            _FUNDING_LIMIT,
            newest_first=False,
            now_ms=self.now_ms(),
            listed_ms=lambda: self.first_candle_ms(symbol, "trade", Timeframe.parse("1h")),
        )
        return walk_funding(asked, Span(start_ms, end_ms))

    def server_time_ms(self) -> int:
        """The venue's clock, now."""

        def judge(reply: Reply) -> int:
            return time_of(field_of(value_of(reply), "serverTime"))

        return self._http.get("/fapi/v1/time", {}, judge)

    def instruments(self, symbols: Sequence[str]) -> list[dict[str, Any]]:
        """Steps and sizes of today; the risk tiers, which are not public, from the packaged snapshot."""
        from btcli.sources.binance.instruments import instruments

        return instruments(self._http, symbols)

    def close(self) -> None:
        """Close the connections and wake every wait."""
        super().close()
        if self._archive is not None:
            self._archive.close()

    def _fetched(self, asked: Walk, symbol: str, kind: CandleKind, span: Span, missing: list[Span]) -> Iterator[Answer]:
        """Whole past months from the archive, where it has them; everything else, their holes too, page by page."""
        reached = span.start_ms
        for page in self._archived(asked, symbol, kind, span):
            if reached < page.start_ms:
                yield from super()._fetched(asked, symbol, kind, Span(reached, page.start_ms), missing)
            yield page
            reached = page.end_ms
        if reached < span.end_ms:
            yield from super()._fetched(asked, symbol, kind, Span(reached, span.end_ms), missing)

    def _archived(self, asked: Walk, symbol: str, kind: CandleKind, span: Span) -> Iterator[Page]:
        """What the archive has of a span; at its first failure it is told and left alone."""
        if self._archive is None or not worth_an_archive(asked.timeframe.ms):
            return
        for month in archive_months(span):
            try:
                yield from self._archive.candles(symbol, kind, asked.timeframe, month)
            except SourceError as error:
                self._notice(f"{error}; going on page by page")
                return

    def _oldest(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> int:
        asked = CandlesAsked(symbol, kind, timeframe, timeframe.ceil(0), self.now_ms(), 1)
        rows = self._candles(asked, oldest=True).rows
        return int(rows[0][0])

    def _candles(self, asked: CandlesAsked, *, oldest: bool = False) -> Rows:
        symbol, kind, timeframe, first, last, limit = asked
        params: dict[str, str | int] = {
            "symbol": symbol, "interval": timeframe.label, "startTime": first, "endTime": last, "limit": limit,
        }  # fmt: skip
        now_ms = last + timeframe.ms if oldest else self.now_ms()

        def judge(reply: Reply) -> Rows:
            keep_weight(self._http, reply.headers)
            listed = value_of(reply)
            rows = candles_of(listed, timeframe, newest_first=False, volume=True, now_ms=now_ms, with_ends=True)
            if kind == "mark":
                rows = [(*row[:5], 0.0) for row in rows]
            check_inside([row[0] for row in rows], first, last)
            if oldest and not rows:
                raise no_candles("binance", symbol, kind, timeframe, first)
            return Rows(rows, sha256_hex(reply.body), reply.url)

        return self._http.get(_PATHS[kind], params, judge)

    def _settlements(self, symbol: str, first: int, last: int, limit: int) -> Rows:
        params: dict[str, str | int] = {
            "symbol": symbol, "startTime": first, "endTime": last, "limit": limit,
        }  # fmt: skip

        def judge(reply: Reply) -> Rows:
            keep_weight(self._http, reply.headers)
            rows = settlements_of(value_of(reply), symbol, "fundingTime", newest_first=False)
            check_inside([row[0] for row in rows], first, last)
            return Rows(rows, sha256_hex(reply.body), reply.url)

        return self._http.get(_FUNDING_PATH, params, judge)


def worth_an_archive(step_ms: int) -> bool:
    """Whether a month of these candles is more than two pages: two requests is what the archive takes."""
    return 28 * 86_400_000 // step_ms > 2 * _LIMIT

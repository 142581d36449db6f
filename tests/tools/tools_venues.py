"""A venue in memory: candles and funding made from arithmetic, with faults, behind the protocol of a source."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from btcli.digest import digest_of
from btcli.errors import SourceError
from btcli.sources.source import Absent, Page
from btcli.timeframe import Timeframe

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEW_YEAR = 1_704_067_200_000


def candle(ts: int, timeframe_ms: int, kind: str) -> tuple[int, float, float, float, float, float]:
    """A candle that depends on nothing but its time and kind."""
    base = 40_000.0 + (ts // timeframe_ms * 7) % 1_000 + (0.5 if kind == "mark" else 0.0)
    return ts, base, base + 8.0, base - 8.0, base + 3.0, 0.0 if kind == "mark" else 1.0 + (ts // timeframe_ms) % 5


def rate(ts: int) -> float:
    """The funding rate of a settlement."""
    return ((ts // (8 * HOUR)) % 7 - 3) / 10_000


@dataclass
class FakeVenue:
    """The venue's history begins at `first_ms`; `calls` writes down what is asked, pages come newest first.

    `fails_at`: the page that holds this moment is refused; `holes`: ranges the venue confirms to be empty;
    `silent`: ranges it leaves out without a word; `jitter_ms` is added to funding times.
    """

    venue: str = "bybit"
    first_ms: int = NEW_YEAR
    now_ms: int = NEW_YEAR + 400 * DAY
    page_rows: int = 1_000
    page_s: float = 0.0
    fails_at: tuple[int, ...] = ()
    holes: tuple[tuple[int, int], ...] = ()
    silent: tuple[tuple[int, int], ...] = ()
    jitter_ms: int = 0
    calls: list[Any] = field(default_factory=list)
    closed: int = 0

    def candles(
        self, symbol: str, kind: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Iterator[Page | Absent]:
        self.calls.append((kind, timeframe.label, start_ms, end_ms))
        span = self.page_rows * timeframe.ms
        failed = []
        for end in range(end_ms, start_ms, -span):
            start = max(start_ms, end - span)
            time.sleep(self.page_s)
            if any(start <= at < end for at in self.fails_at):
                failed.append(start)
                continue
            yield from self._page(kind, timeframe.ms, start, end)
        if failed:
            raise SourceError(f"no answer for {failed}")

    def _page(self, kind: str, step: int, start: int, end: int) -> Iterator[Page | Absent]:
        edges = [start, *(edge for hole in self.holes for edge in hole if start < edge < end), end]
        for first, last in itertools.pairwise(edges):
            if any(hole[0] <= first < hole[1] for hole in self.holes):
                yield Absent(first, last)
                continue
            rows = [
                candle(ts, step, kind)
                for ts in range(first, last, step)
                if not any(hole[0] <= ts < hole[1] for hole in self.silent)
            ]
            yield Page(first, last, rows, digest_of(rows), f"/candles?{first}")

    def funding(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Page | Absent]:
        self.calls.append(("funding", "", start_ms, end_ms))
        first = -(-max(start_ms, self.first_ms) // (8 * HOUR)) * 8 * HOUR
        rows = [(ts + self.jitter_ms, rate(ts)) for ts in range(first, end_ms, 8 * HOUR)]
        yield Page(start_ms, end_ms, [row for row in rows if row[0] < end_ms], digest_of(rows), "/funding?x")

    def instruments(self, symbols: Sequence[str]) -> list[dict[str, Any]]:
        tiers = [{"limit_usdt": 1e6, "maintenance_rate": 0.005, "initial_rate": 0.01, "max_leverage": 100}]
        specs = {"tick_size": "0.1", "qty_step": "0.001", "min_qty": 0.001, "max_qty": 100.0, "min_notional_usdt": 5.0}
        known = [symbol for symbol in symbols if symbol in ("BTCUSDT", "ETHUSDT")]
        return [{"symbol": symbol, **specs, "tiers": tiers, "source": {"all": "fake"}} for symbol in known]

    def first_candle_ms(self, symbol: str, kind: str, timeframe: Timeframe) -> int:
        self.calls.append(("first", kind))
        return timeframe.ceil(self.first_ms)

    def server_time_ms(self) -> int:
        return self.now_ms

    def requests_for(self, kind: str, timeframe: str, start_ms: int, end_ms: int) -> int:
        span = self.page_rows * Timeframe.parse(timeframe).ms if timeframe else 200 * 8 * HOUR
        return -(-(end_ms - start_ms) // span)

    def asked(self) -> list[Any]:
        """The ranges asked for, without the questions for the first candle."""
        return [call for call in self.calls if call[0] != "first"]

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> FakeVenue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""What a source of market data offers, and the values it delivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, NamedTuple, Protocol, Self

from btcli.timeframe import Timeframe

CandleKind = Literal["trade", "mark"]
Candle = tuple[int, float, float, float, float, float]  # ts_open_ms, open, high, low, close, volume (0.0 for mark)
Settlement = tuple[int, float]  # ts_ms as received, rate as a fraction


class Page(NamedTuple):
    """One verified, contiguous answer: all there is in [start_ms, end_ms), ascending.

    `rows` are candles `(ts_open_ms, open, high, low, close, volume)` or funding `(ts_ms, rate)`;
    `digest` is the sha256 of the bytes received; `url` is the path and query, without the host.
    """

    start_ms: int
    end_ms: int
    rows: list[tuple[Any, ...]]
    digest: str
    url: str


class Absent(NamedTuple):
    """A range [start_ms, end_ms) that the venue does not have: two answers to different requests lack it.

    What stands around it was whole and the same in both; `evidence` names the two answers.
    """

    start_ms: int
    end_ms: int
    evidence: str = ""


class Doubt(NamedTuple):
    """A range [start_ms, end_ms) of which nothing can be believed, and why: `evidence` names the answers.

    "not given": the answers do not show it and do not prove that there is nothing; "disputed": two answers differ.
    """

    start_ms: int
    end_ms: int
    state: Literal["not given", "disputed"]
    evidence: str


Answer = Page | Absent | Doubt


class Source(Protocol):
    """A venue's public data. Use it in a `with` block: closing it ends every wait at once.

    Iterators yield pages in no promised order; every page stands for itself. What could not be had is named by the
    SourceError at the end, after everything that could. Whoever stops reading early closes the iterator.
    """

    venue: str

    def candles(
        self, symbol: str, kind: CandleKind, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Iterator[Answer]:
        """Closed candles that open in [start_ms, end_ms)."""
        ...

    def funding(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Answer]:
        """Settlements in [start_ms, end_ms), times as received."""
        ...

    def instruments(self, symbols: Sequence[str]) -> list[dict[str, Any]]:
        """Specs of today, one per symbol as in a snapshot file, with the key `symbol` beside."""
        ...

    def first_candle_ms(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> int:
        """The open of the oldest candle that the venue has."""
        ...

    def server_time_ms(self) -> int:
        """The venue's clock, now."""
        ...

    def requests_for(
        self, kind: Literal["trade", "mark", "funding"], timeframe: str, start_ms: int, end_ms: int
    ) -> int:
        """About how many requests a range takes; `timeframe` is a label, "" for funding."""
        ...

    def close(self) -> None:
        """Let go of the connections and wake whoever waits."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

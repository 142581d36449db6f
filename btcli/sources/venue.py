"""What the adapters of all venues share: the connection, the venue's clock, and the bounds of a walk."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from btcli.errors import RequestError, SourceError
from btcli.sources.answers import Rows
from btcli.sources.http import Again, HttpClient, Notice, Reply
from btcli.sources.patience import Patience
from btcli.sources.source import Answer, CandleKind, Doubt
from btcli.sources.spans import Span, Walk
from btcli.sources.walking import disputed_error, missing_error, walk
from btcli.timeframe import Timeframe, utc_text

BAN_S = 600.0


class CandlesAsked(NamedTuple):
    """One request for candles that open from `first` to `last`, milliseconds, at most `limit` of them."""

    symbol: str
    kind: CandleKind
    timeframe: Timeframe
    first: int
    last: int
    limit: int


class VenueSource(ABC):
    """A Source whose candles come in pages over a grid."""

    venue = ""
    intervals: Mapping[str, str] = {}  # what the venue calls its candles' timeframes, by ours
    page_rows = 0  # the most candles of one answer

    def __init__(self, base_url: str, patience: Patience, notice: Notice | None = None) -> None:
        self._patience = patience
        self._http = HttpClient(base_url, patience, notice)
        self._clock: tuple[int, float] | None = None
        self._oldest_known: dict[tuple[str, str, str], int] = {}

    def candles(
        self, symbol: str, kind: CandleKind, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Iterator[Answer]:
        """Closed candles that open in [start_ms, end_ms), both put on the grid."""
        asked = self._walk(symbol, kind, timeframe)
        start_ms, end_ms = timeframe.floor(start_ms), timeframe.ceil(end_ms)
        closed_ms = max(start_ms, min(end_ms, timeframe.floor(self.now_ms())))
        missing: list[Span] = []
        disputes: list[Doubt] = []
        if start_ms < closed_ms:
            for answer in self._fetched(asked, symbol, kind, Span(start_ms, closed_ms), missing):
                disputes += [answer] if isinstance(answer, Doubt) and answer.state == "disputed" else []
                yield answer
        if disputes:
            raise disputed_error(asked.what, disputes)
        if missing:
            raise missing_error(asked.what, missing)
        if closed_ms < end_ms:
            raise missing_error(asked.what, [Span(closed_ms, end_ms)], "these candles have not closed yet")

    def first_candle_ms(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> int:
        """The open of the oldest candle that the venue has; asked once.

        Raises SourceError when a second answer, to another request, has an older one.
        """
        key = (symbol, kind, timeframe.label)
        if key not in self._oldest_known:
            asked = self._walk(symbol, kind, timeframe)
            first_ms = self._oldest(symbol, kind, timeframe)
            self._require_first(asked, first_ms)
            self._oldest_known[key] = first_ms
        return self._oldest_known[key]

    def _require_first(self, asked: Walk, first_ms: int) -> None:
        """What lies before a first candle counts as absent, so that it takes two answers to be believed."""
        told = [row[0] for row in asked.ask(asked.timeframe.ceil(0), first_ms, 2).rows]
        is_open = first_ms + asked.timeframe.ms > self.now_ms()
        if told != [first_ms] and not (is_open and not told):
            other = utc_text(told[0]) if told else "none"
            raise SourceError(
                f"{asked.what}: two answers differ about the first candle: {utc_text(first_ms)} and {other}",
                hint="nothing was taken for absent; try again later",
            )

    def now_ms(self) -> int:
        """The venue's clock, asked once and then carried on by ours: never ahead of it."""
        elapsed_at = self._patience.clock()
        if self._clock is None:
            self._clock = (self.server_time_ms(), elapsed_at)
        server_ms, since = self._clock
        return server_ms + max(0, int((elapsed_at - since) * 1000))

    def close(self) -> None:
        """Close the connections and wake every wait."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _walk(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> Walk:
        """How such candles are asked for; raises RequestError for a timeframe that the venue has not."""
        if timeframe.label not in self.intervals:
            said = f"it has {', '.join(self.intervals)}; or use data.derive_from"
            raise RequestError(f"{self.venue} has no {timeframe} candles", hint=said)

        def ask(first: int, last: int, limit: int) -> Rows:
            return self._candles(CandlesAsked(symbol, kind, timeframe, first, last, limit))

        what = f"{self.venue} {symbol} {kind} {timeframe}"
        return Walk(what, ask, timeframe, self.page_rows, self._patience.at_once)

    def _fetched(self, asked: Walk, symbol: str, kind: CandleKind, span: Span, missing: list[Span]) -> Iterator[Answer]:
        return walk(asked, span, lambda: self.first_candle_ms(symbol, kind, asked.timeframe), missing)

    @abstractmethod
    def server_time_ms(self) -> int:
        """The venue's clock, now."""

    @abstractmethod
    def funding(self, symbol: str, start_ms: int, end_ms: int) -> Iterator[Answer]:
        """Settlements in [start_ms, end_ms), times as received."""

    @abstractmethod
    def instruments(self, symbols: Sequence[str]) -> list[dict[str, Any]]:
        """Specs of today, one per symbol as in a snapshot file, with the key `symbol` beside."""

    @abstractmethod
    def requests_for(
        self, kind: Literal["trade", "mark", "funding"], timeframe: str, start_ms: int, end_ms: int
    ) -> int:
        """About how many requests a range takes."""

    @abstractmethod
    def _candles(self, asked: CandlesAsked, *, oldest: bool = False) -> Rows:
        """Verified rows; `oldest` takes an open candle too, and no answer without any."""

    @abstractmethod
    def _oldest(self, symbol: str, kind: CandleKind, timeframe: Timeframe) -> int: ...


def blocked(venue: str, reply: Reply) -> Again:
    """What to raise for a venue that will not talk to this address: asked on, it would refuse for longer."""
    return Again(
        f"{venue} refuses this address (HTTP {reply.status}): IP ban or blocked country",
        BAN_S,
        "after too many requests wait ten minutes; from a blocked country use a proxy (HTTPS_PROXY) or import",
    )


def no_candles(venue: str, symbol: str, kind: CandleKind, timeframe: Timeframe, since_ms: int) -> Again:
    """What to raise for an empty answer where candles have to be: since a longer candle began, or since ever."""
    if since_ms > timeframe.ceil(0):
        said = f"{venue} answered with no {kind} candle of {symbol} {timeframe} since {utc_text(since_ms)}"
        return Again(f"{said}, where it has longer ones", None, "the symbol is right: try again later")
    return Again(
        f"{venue} has no {kind} candles of {symbol}", None, "check the symbol; when it is right, try again later"
    )


def retry_after_s(reply: Reply) -> float | None:
    """The Retry-After header, in seconds or as a date against the answer's own Date; None when there is none."""
    written = reply.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        until = parsedate_to_datetime(written)
        now = parsedate_to_datetime(reply.headers.get("Date", "")) if "Date" in reply.headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def sha256_hex(body: bytes) -> str:
    """The digest of an answer, as `sha256sum` prints it."""
    return hashlib.sha256(body).hexdigest()

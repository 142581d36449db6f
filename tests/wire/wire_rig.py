"""How the tests of the sources talk to the test server: time passes only when somebody waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from wire.venue_server import Market, VenueServer
from wire.venue_world import MINUTE_MS, ms

from btcli.errors import BtcliError
from btcli.sources.choosing import source_for
from btcli.sources.patience import Patience
from btcli.sources.source import Absent, Answer, Doubt, Page, Source
from btcli.timeframe import Timeframe

ONE = Timeframe.parse("1m")
LISTED, START, END, NOW = ms("2023-12-28T07:13"), ms("2024-01-01"), ms("2024-01-04"), ms("2024-01-05T12:00:30")
VENUES = ("bybit", "binance")


@dataclass
class FakeTime:
    """A clock and the waits that moved it."""

    now_s: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Note the wait and let it pass at once."""
        self.waits.append(seconds)
        self.now_s += seconds

    def clock(self) -> float:
        """Seconds since some moment."""
        return self.now_s


@dataclass
class Rig:
    """A server, time, and what a reading brought."""

    server: VenueServer
    market: Market
    time: FakeTime
    venue: str
    notices: list[str] = field(default_factory=list)

    def source(self, *, attempts: int = 3, at_once: int = 1, silence_s: float = 120.0) -> Source:
        """A source of the rig's venue whose waits cost nothing."""
        patience = Patience(
            attempts, 0.5, silence_s=silence_s, at_once=at_once, sleep=self.time.sleep, clock=self.time.clock
        )
        return source_for(self.venue, "live", progress=self.notices.append, patience=patience)

    def candles(
        self,
        start_ms: int = START,
        end_ms: int = END,
        kind: str = "trade",
        timeframe: Timeframe = ONE,
        **limits: Any,
    ) -> Brought:
        """Everything a source brings of candles, checked against the market."""
        with self.source(**limits) as source:
            brought = gathered(source.candles("BTCUSDT", kind, timeframe, start_ms, end_ms))
        for page in brought.pages:
            assert page.rows == self.market.rows(kind, timeframe.ms, page.start_ms, page.end_ms)
            assert [row[0] for row in page.rows] == list(range(page.start_ms, page.end_ms, timeframe.ms))
        return brought

    def funding(self, start_ms: int = START, end_ms: int = END, **limits: Any) -> Brought:
        """Everything a source brings of funding; every page holds nothing but what was settled."""
        with self.source(**limits) as source:
            brought = gathered(source.funding("BTCUSDT", start_ms, end_ms))
        settled = {ts: float(rate) for ts, rate in self.market.settlements()}
        for page in brought.pages:
            assert all(settled[ts] == rate for ts, rate in page.rows)
        return brought


@dataclass
class Brought:
    """Pages, absent ranges (their evidence apart), doubts, and the error that ended the reading, if one did."""

    pages: list[Page]
    absent: list[Absent]
    error: BtcliError | None
    doubts: list[Doubt] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """All rows, in order of time."""
        return sorted(row for page in self.pages for row in page.rows)

    @property
    def covered(self) -> list[tuple[int, int]]:
        """What pages and absent ranges cover together, adjoining ranges as one; fails where they overlap."""
        spans: list[tuple[int, int]] = []
        for start, end in sorted([page[:2] for page in self.pages] + [absent[:2] for absent in self.absent]):
            assert not spans or spans[-1][1] <= start
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    @property
    def complaint(self) -> str:
        """The error as text; fails when there was none or when it is no SourceError with exit code 3."""
        assert self.error is not None
        assert (self.error.code, self.error.exit_code) == ("SourceError", 3)
        assert self.error.problems[0].hint or self.error.problems[0].where
        return str(self.error)


def gathered(answers: Iterator[Answer]) -> Brought:
    """Read to the end or to the error."""
    brought = Brought([], [], None)
    try:
        for answer in answers:
            if isinstance(answer, Absent):
                brought.absent.append(Absent(*answer[:2]))
                brought.evidence.append(answer.evidence)
            else:
                (brought.doubts if isinstance(answer, Doubt) else brought.pages).append(answer)
    except BtcliError as error:
        brought.error = error
    return brought


def rig_of(
    monkeypatch: pytest.MonkeyPatch, venue: str, market: Market, server: VenueServer, *, archive: bool = False
) -> Rig:
    """A rig on a server that runs; the environment points the source there."""
    monkeypatch.setenv("BTCLI_BYBIT_URL", server.url)
    monkeypatch.setenv("BTCLI_BINANCE_URL", server.url)
    monkeypatch.setenv("BTCLI_BINANCE_ARCHIVE_URL", server.url if archive else "none")
    return Rig(server, market, FakeTime(), venue)


def usual_market(**changes: object) -> Market:
    """A few days of BTCUSDT that were listed before the first of January 2024 and are still traded."""
    return Market("BTCUSDT", LISTED, NOW, **changes)


def minutes(count: int) -> int:
    """Milliseconds."""
    return count * MINUTE_MS

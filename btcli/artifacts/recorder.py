"""The recorder streams what a run tells into its three files while the run goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from btcli.artifacts.lines import told_lines, trade_lines
from btcli.artifacts.manifest import FileOutput
from btcli.artifacts.outflow import Outflow
from btcli.artifacts.outline import Outline
from btcli.artifacts.text import EQUITY_HEADER, TRADE_HEADER, equity_block, event_line, trade_line
from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade
from btcli.exchange.face.telling import EndedTrades, Told
from btcli.market.series import Floats, Millis
from btcli.timeframe import utc_text

EVENTS, EQUITY, TRADES = "events.jsonl", "equity_curve.csv", "trades.csv"
FILES = (EVENTS, EQUITY, TRADES)
_HEADERS = {EVENTS: b"", EQUITY: EQUITY_HEADER, TRADES: TRADE_HEADER}
_BLOCK_ROWS = 2048  # what is written at a time stays in the cache of the processor
_BEFORE_ALL = -(1 << 62)
_EQUITY_USDT = EQUITY_COLUMNS.index("equity_usdt")


class RecordedRows(NamedTuple):
    """How many lines each file got, headers not counted."""

    events: int
    equity: int
    trades: int


class CurveRows:
    """Chooses the rows of the equity curve: every step, or the first step at or after each close.

    `closes` are moments (milliseconds UTC, ascending); those up to `start_ms` are before the window.
    """

    def __init__(self, closes: Millis | None = None, start_ms: int = 0) -> None:
        self._closes = closes
        self._seen = 0 if closes is None else int(np.searchsorted(closes, start_ms, side="right"))

    def choose(self, ts_close: Millis) -> NDArray[np.bool_] | None:
        """Which of the next steps (at least one) get a row; None stands for all of them."""
        if self._closes is None:
            return None
        seen = np.searchsorted(self._closes, ts_close, side="right")
        fresh = np.diff(seen, prepend=self._seen) > 0
        self._seen = int(seen[-1])
        return fresh


class Recorder:
    """Writes events.jsonl, equity_curve.csv and trades.csv into a folder, or some of them; memory does not grow.

    Use as a context manager. The curve always ends with the last step's row, chosen or not, so that its
    end is the account's end. Raises AccessError when the folder or disk refuses, ValueError for a number
    that is not finite or an event that goes back in time.
    """

    def __init__(self, folder: Path, curve: CurveRows | None = None, files: Collection[str] = FILES) -> None:
        self._curve = curve or CurveRows()
        self._last_row: tuple[Millis, Floats] | None = None
        self._last_ts = self._last_close = _BEFORE_ALL
        self._counts = [0, 0, 0]
        self._outflow = Outflow(folder, {name: _HEADERS[name] for name in files})
        self._files = files
        self._is_open = True
        self.written: Mapping[str, FileOutput] = {}  # what each file holds, once they are closed
        self.outline = Outline()  # of the equity in the rows that were written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def counts(self) -> RecordedRows:
        return RecordedRows(*self._counts)

    def events(self, events: Sequence[Event]) -> None:
        """Append events in their order; `seq` counts from 1."""
        if not events or EVENTS not in self._files:
            return
        first_seq = self._counts[0] + 1
        self._check_order(events)
        if isinstance(events, Told):
            lines = told_lines(first_seq, events)
        else:
            lines = [event_line(first_seq + place, event) for place, event in enumerate(events)]
        self._outflow.put(EVENTS, b"".join(lines))
        self._counts[0] += len(events)

    def trades(self, trades: Sequence[Trade]) -> None:
        """Append closed trades in their order."""
        if TRADES not in self._files:
            return
        lines = trade_lines(trades) if isinstance(trades, EndedTrades) else map(trade_line, trades)
        self._outflow.put(TRADES, b"".join(lines))
        self._counts[2] += len(trades)

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Append the steps' rows, shape (n, len(EQUITY_COLUMNS)), as far as the curve wants them."""
        if not len(ts_close) or EQUITY not in self._files:
            return
        if not (np.diff(ts_close, prepend=self._last_close) > 0).all():
            raise ValueError(f"equity rows do not ascend before {utc_text(int(ts_close[-1]))}")
        self._last_close = int(ts_close[-1])
        chosen = self._curve.choose(ts_close)
        self._last_row = None
        if chosen is None:
            self._write_equity(ts_close, rows)
            return
        if not chosen[-1]:
            self._last_row = ts_close[-1:].copy(), rows[-1:].copy()
        self._write_equity(ts_close[chosen], rows[chosen])

    def close(self) -> None:
        """Write what is left and close the files; a second call does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            if self._last_row is not None:
                self._write_equity(*self._last_row)
        finally:
            self.written = self._outflow.close()

    def _write_equity(self, ts_close: Millis, rows: Floats) -> None:
        for start in range(0, len(ts_close), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            self._outflow.put(EQUITY, equity_block(ts_close[block], rows[block]))
        self.outline.add(rows[:, _EQUITY_USDT])
        self._counts[1] += len(ts_close)

    def _check_order(self, events: Sequence[Event]) -> None:
        moments = events.records["ts"] if isinstance(events, Told) else np.array([event.ts for event in events])
        back = np.flatnonzero(np.diff(moments, prepend=self._last_ts) < 0)
        if len(back):
            event, last = events[back[0]], self._last_ts if not back[0] else int(moments[back[0] - 1])
            raise ValueError(f"event {event.name} at {utc_text(event.ts)} comes after {utc_text(last)}")
        self._last_ts = int(moments[-1])

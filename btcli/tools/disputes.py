"""Rows on which two answers of a venue differ: held back until two further answers to different requests agree."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from btcli.errors import SourceError
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA
from btcli.market.series import Series
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.sources.source import Page, Source
from btcli.timeframe import UNIT_MS, Timeframe, utc_text
from btcli.tools.blocks import frame_of, rows_of
from btcli.tools.fetched import answers_of
from btcli.tools.missing import BRIDGED_BARS, Range

Row = tuple[Any, ...]
NEAR_FUNDING_MS = 7 * 24 * UNIT_MS["h"]
MOST_SETTLED = 20  # groups per part: a venue that contradicts itself more often is not worth the requests
_LESS_AND_MORE = ((2, 2), (3, 5))  # rows asked for before and after, in the two further requests


@dataclass
class Disputes:
    """Those of one series while a part of it is fetched; `evidence` is by the open of the row, or its minute."""

    source: Source
    writer: StoreWriter
    tool: str
    series: Series
    evidence: dict[int, str] = field(default_factory=dict)
    settled: int = 0

    def remember(self, part: Range) -> None:
        """Those that an earlier call left unsettled."""
        for told in self.writer.told(self.series):
            if told.state == "disputed" and told.start_ms < part[1] and told.end_ms > part[0]:
                self._hold(told.start_ms, told.end_ms, told.evidence)

    def add(self, start_ms: int, end_ms: int, evidence: str) -> None:
        """Hold every row of [start_ms, end_ms) back, and remember it in case that this process ends here."""
        self._hold(start_ms, end_ms, evidence)
        self.writer.tell(self.series, start_ms, end_ms, "disputed", evidence)

    def _hold(self, start_ms: int, end_ms: int, evidence: str) -> None:
        for ts in range(start_ms, end_ms, self._step_ms):
            self.evidence.setdefault(ts, evidence)

    def believed(self, page: Page, stored: dict[int, Row]) -> Page:
        """The page without rows that are in dispute, or that differ from those `stored`, by open or minute."""
        for row in page.rows:
            before = stored.get(self._key(row[0]))
            if before is not None and before[1:] != tuple(map(float, row[1:])):
                said = f"stored is {before[1:]}, {page.url} (sha256 {page.digest[:12]}) has {row[1:]}"
                self.evidence.setdefault(self._key(row[0]), said)
        if not self.evidence:
            return page
        return page._replace(rows=[row for row in page.rows if self._key(row[0]) not in self.evidence])

    def stored(self, part: Range) -> dict[int, Row]:
        """The rows of a part that the store has, by open or minute."""
        read = self.writer.funding if self.series.kind == "funding" else self.writer.candles
        return {self._key(row[0]): row for row in read(self.series, *part).iter_rows()}

    def settle(self) -> tuple[list[WriteResult], SourceError | None]:
        """Store what two further answers agree on; the rest is remembered, is not in the store, and is the error."""
        results, left = [], []
        for number, times in enumerate(self._groups()):
            agreed = self._agreed(times) if number < MOST_SETTLED else {}
            if agreed:
                results.append(self._write(list(agreed.values())))
            for ts in agreed:
                self.writer.settle(self.series, ts, ts + self._step_ms)
            left += [ts for ts in times if ts not in agreed]
        self.settled += len(self.evidence) - len(left)
        for ts in left:
            results += self._withhold(ts)
        return results, self._error(left) if left else None

    def _withhold(self, ts: int) -> list[WriteResult]:
        span = (ts, ts + self._step_ms)
        deleted = []
        if self.stored(span):
            deleted = [self.writer.delete_range(self.series, *span, WriteSource(self.tool, "two answers differ"))]
        self.writer.tell(self.series, *span, "disputed", self.evidence[ts])
        return deleted

    def _error(self, left: list[int]) -> SourceError:
        noun = "settlement" if self.series.kind == "funding" else "candle"
        more = f" and {len(left) - 1:,} more" if len(left) > 1 else ""
        first = f"{utc_text(left[0])}{more}: {self.evidence[left[0]]}"
        return SourceError(
            f"{self.series}: two answers differ about the {noun} of {first}",
            hint="it is not stored until two answers agree: run the same command again, or import it from a file",
        )

    def _groups(self) -> list[list[int]]:
        """Those that lie so close together that one request holds them."""
        near_ms = NEAR_FUNDING_MS if self.series.kind == "funding" else BRIDGED_BARS * self._step_ms
        groups: list[list[int]] = []
        for ts in sorted(self.evidence):
            if groups and ts - groups[-1][-1] <= near_ms:
                groups[-1].append(ts)
            else:
                groups.append([ts])
        return groups

    def _agreed(self, times: list[int]) -> dict[int, Row]:
        """The rows that both of two further answers tell, and tell the same."""
        around = 8 * UNIT_MS["h"] if self.series.kind == "funding" else self._step_ms
        one, two = (
            self._told((times[0] - before * around, times[-1] + self._step_ms + after * around))
            for before, after in _LESS_AND_MORE
        )
        return {ts: one[ts] for ts in times if ts in one and ts in two and one[ts][1:] == two[ts][1:]}

    def _told(self, part: Range) -> dict[int, Row]:
        rows: dict[int, Row] = {}
        try:
            with closing(answers_of(self.source, self.series, part)) as answers:
                for answer in answers:
                    if isinstance(answer, Page):
                        rows |= {self._key(row[0]): tuple(row) for row in rows_of(self.series, answer).tolist()}
        except SourceError:  # what did not come is not agreed on
            return rows
        return rows

    def _write(self, rows: list[Row]) -> WriteResult:
        told = WriteSource(self.tool, f"{self.series.venue}, two answers that agree")
        if self.series.kind != "funding":
            return self.writer.upsert_candles(self.series, frame_of(np.array(rows), CANDLE_SCHEMA), told)
        known = {key: row[0] for key, row in self.stored((self._key(rows[0][0]), int(rows[-1][0]) + 1)).items()}
        kept = [(known.get(self._key(ts), ts), rate) for ts, rate in rows]
        return self.writer.upsert_funding(self.series, frame_of(np.array(kept), FUNDING_SCHEMA), told)

    def _key(self, ts: float) -> int:
        return int(ts) // UNIT_MS["m"] * UNIT_MS["m"] if self.series.kind == "funding" else int(ts)

    @property
    def _step_ms(self) -> int:
        return Timeframe.parse(self.series.timeframe).ms if self.series.timeframe else UNIT_MS["m"]

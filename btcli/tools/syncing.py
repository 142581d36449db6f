"""Fetching ranges of one series from its venue into the store, as far as the venue delivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field

from btcli.errors import SourceError
from btcli.frozen import frozen
from btcli.market.series import Series
from btcli.market.store.reading import StoreReader
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.sources.contradiction import Contradiction
from btcli.sources.source import Absent, Doubt, Page, Source
from btcli.sources.unknown_host import UnknownHost
from btcli.timeframe import UNIT_MS, Timeframe, utc_text
from btcli.tools.blocks import BlockWriter
from btcli.tools.disputes import Disputes
from btcli.tools.fetched import answers_of, candle_kind
from btcli.tools.missing import Range, begun, bridged, clipped, missing_ranges
from btcli.tools.registry import SeriesRange, ToolItem, ToolReport
from btcli.tools.venue import VenueAccess

Progress = Callable[[str, int, int], None]  # what is fetched, rows so far, rows in all
OpenReader = Callable[[], AbstractContextManager[StoreReader]]
OpenWriter = Callable[[], AbstractContextManager[StoreWriter]]
FRUITLESS_PARTS = 2
FUNDING_INTERVAL_MS = 8 * UNIT_MS["h"]


@frozen
class Syncing:
    """What all sync tools share: the store, the venue, and who watches."""

    open_writer: OpenWriter
    open_reader: OpenReader
    access: VenueAccess
    progress: Progress | None = None

    def bring(
        self, tool: str, series: Series, wanted: Sequence[Range], *, again: bool = False, from_launch: bool = False
    ) -> ToolReport:
        """Fetch of the wanted ranges what the store lacks; `again`: whatever it has; `from_launch`: they begin with
        the venue's first candle, and that there is none before it is remembered.

        Only what has closed by the venue's own clock is asked for. What was delivered before a source failed is
        kept and told; the error is in the report.
        """
        self.access.require(series)
        with self.access.open() as source:
            now_ms = source.server_time_ms()
            end_ms = Timeframe.parse(series.timeframe).floor(now_ms) if series.timeframe else now_ms
            asked = clipped(wanted, 0, end_ms)
            with self.open_writer() as writer:
                work = SeriesWork(source, writer, tool, series, self.progress)
                work.bring(asked, again=again)
                if from_launch and asked:
                    work.nothing_before(asked[0][0])
                return work.report(asked)


@dataclass
class SeriesWork:
    """One tool at work on one series while it holds the store."""

    source: Source
    writer: StoreWriter
    tool: str
    series: Series
    progress: Progress | None = None
    results: list[WriteResult] = field(default_factory=list)
    committed: list[SeriesRange] = field(default_factory=list)
    items: list[ToolItem] = field(default_factory=list)
    absent: int = 0
    settled: int = 0
    begins_ms: int | None = None
    error: SourceError | None = None
    _fruitless: int = 0
    _done: int = 0
    _total: int = 0

    def bring(self, asked: Sequence[Range], *, again: bool) -> None:
        """Fetch part after part; after two in a row that brought nothing, or one without a host to ask, the others
        are told as not tried."""
        if again:
            parts = list(asked)
        elif self.series.kind == "funding":
            parts = begun(asked, self.writer.absent(self.series))
        else:
            parts = [part for start, end in asked for part in self._lacking(start, end)]
            parts = bridged(parts, Timeframe.parse(self.series.timeframe))
        self._total = sum(row_count(self.series, part) for part in parts)
        for part in parts:
            if self._fruitless < FRUITLESS_PARTS:
                self._part(part, again=again)
            else:
                self.items.append(ToolItem(SeriesRange(self.series, *part), False, 0, "", "not tried"))

    def nothing_before(self, first_ms: int) -> None:
        """Remember that the series begins here; these rows are no news and are not counted."""
        if self.series.timeframe:
            told = WriteSource(self.tool, f"{self.series.venue} first candle")
            self.writer.confirm_absent(self.series, 0, first_ms, told)

    def report(self, asked: Sequence[Range]) -> ToolReport:
        """What came of it."""
        new, changed, same, _ = (sum(column) for column in zip(WriteResult(), *self.results, strict=True))
        said = f"{self.series}: {new:,} rows new, {changed:,} changed, {same:,} as before"
        if self.begins_ms is not None:
            said += f"; begins {utc_text(self.begins_ms)}, {self.series.venue} has no settlement before"
        if self.absent:
            said += f"; {self.absent:,} confirmed absent by {self.series.venue}"
        if self.settled:
            said += f"; {self.settled:,} on which answers differed, settled by two more that agree"
        if self.error is None and not asked:
            said = f"{self.series}: nothing of it has closed yet"
        elif self.error is None and not self.items:
            said = f"{self.series}: nothing was missing{self._known_absent(asked)}"
        learnt = bool(self.absent) or self.begins_ms is not None
        changed_anything = learnt or any(result.changed_anything for result in self.results)
        return ToolReport(
            new + changed,
            tuple(_joined(self.committed)),
            said,
            changed_anything,
            items=tuple(self.items),
            error=self.error,
        )

    def _known_absent(self, asked: Sequence[Range]) -> str:
        """What nobody asked for, because the venue was found not to have it."""
        if not self.series.timeframe:
            return ""
        known = self.writer.absent(self.series)
        count = sum(row_count(self.series, part) for each in asked for part in clipped(known, *each))
        return f" that the venue has; {count:,} are known to be absent there" if count else ""

    def _lacking(self, start_ms: int, end_ms: int) -> list[Range]:
        """What the store lacks; what lies before the venue's first candle is confirmed absent and not asked for."""
        timeframe = Timeframe.parse(self.series.timeframe)
        lacking = missing_ranges(self.writer, self.series, start_ms, end_ms)
        stored = self.writer.span(self.series)
        if not lacking or (stored is not None and stored[0] <= lacking[0][0]):
            return lacking
        first = self.source.first_candle_ms(self.series.symbol, candle_kind(self.series), timeframe)
        if first <= lacking[0][0]:
            return lacking
        self._confirm(lacking[0][0], min(first, end_ms), f"{self.series.venue} first candle")
        return missing_ranges(self.writer, self.series, start_ms, end_ms)

    def _part(self, part: Range, *, again: bool) -> None:
        blocks = BlockWriter(self.writer, self.series, self.tool, self.series.venue)
        disputes = Disputes(self.source, self.writer, self.tool, self.series)
        disputes.remember(part)
        error: SourceError | None = None
        try:
            self._receive(blocks, disputes, part, again=again)
        except Contradiction as failed:  # candles have been told one by one; of settlements nothing is believed
            if self.series.kind == "funding":
                disputes.add(failed.start_ms, failed.end_ms, str(failed))
                error = failed
        except SourceError as failed:
            error = failed
        finally:
            blocks.flush()
            self.results += blocks.results
            self.committed += blocks.committed
        settled, unsettled = disputes.settle()
        self.results += settled
        self.settled += disputes.settled
        error = unsettled or error or self._still_missing(part)
        if error is None:
            self.writer.settle(self.series, *part)
        self._note(part, blocks, settled, error)

    def _note(
        self, part: Range, blocks: BlockWriter, settled: Sequence[WriteResult], error: SourceError | None
    ) -> None:
        self.error = self.error or error
        rows = sum(result.rows_new + result.rows_changed for result in (*blocks.results, *settled))
        self._fruitless = self._fruitless + 1 if error and not blocks.results else 0
        if isinstance(error, UnknownHost):
            self._fruitless = FRUITLESS_PARTS
        source, said = ", ".join(blocks.sources), str(error or "")
        self.items.append(ToolItem(SeriesRange(self.series, *part), error is None, rows, source, said))

    def _receive(self, blocks: BlockWriter, disputes: Disputes, part: Range, *, again: bool) -> None:
        """Pages go into blocks, what the venue does not have into the store; whatever happens, blocks keep what came.

        Pages of funding wait for the last of them: one that contradicts another is found late.
        """
        stored = {} if again else disputes.stored(part)
        waiting: list[Page] = []
        with closing(answers_of(self.source, self.series, part)) as answers:
            try:
                for answer in answers:
                    if isinstance(answer, Page) and self.series.kind == "funding":
                        waiting.append(answer)
                    elif isinstance(answer, Page):
                        self._take(blocks, disputes.believed(answer, stored))
                    else:
                        blocks.flush()
                        self._hear(answer, disputes, part)
            except Contradiction:
                waiting.clear()
                raise
            finally:
                for page in waiting:
                    self._take(blocks, disputes.believed(page, stored))

    def _take(self, blocks: BlockWriter, page: Page) -> None:
        blocks.take(page)
        self._tell(len(page.rows))

    def _hear(self, answer: Absent | Doubt, disputes: Disputes, part: Range) -> None:
        for start_ms, end_ms in clipped([(answer.start_ms, answer.end_ms)], *part):
            if isinstance(answer, Absent):
                begins = self.series.kind == "funding" and start_ms == part[0]
                self._learn((start_ms, end_ms), answer.evidence, begins=begins)
            elif answer.state == "disputed":
                disputes.add(start_ms, end_ms, answer.evidence)
            else:
                self.writer.tell(self.series, start_ms, end_ms, answer.state, answer.evidence)

    def _still_missing(self, part: Range) -> SourceError | None:
        """A source that ended without an error has to have brought everything."""
        left = [] if self.series.kind == "funding" else missing_ranges(self.writer, self.series, *part)
        if not left:
            return None
        spans = ", ".join(f"{utc_text(start)} to {utc_text(end)}" for start, end in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        return SourceError(f"{self.series}: {self.series.venue} delivered nothing for {spans}{more}")

    def _learn(self, absent: Range, evidence: str, *, begins: bool) -> None:
        """Remember what the venue does not have; `begins`: the series begins after it, which is said once."""
        if not begins:
            self._confirm(*absent, f"{self.series.venue} asked twice", evidence)
        elif self.writer.confirm_absent(
            self.series, *absent, WriteSource(self.tool, f"{self.series.venue} first settlement"), evidence
        ):
            self.begins_ms = absent[1]

    def _confirm(self, start_ms: int, end_ms: int, source: str, evidence: str = "") -> None:
        if self.writer.confirm_absent(self.series, start_ms, end_ms, WriteSource(self.tool, source), evidence):
            self.absent += row_count(self.series, (start_ms, end_ms))

    def _tell(self, rows: int) -> None:
        self._done += rows
        if self.progress is not None:
            self.progress(str(self.series), self._done, max(self._total, self._done))


def row_count(series: Series, part: Range) -> int:
    """The rows of a whole range; of funding at most one in eight hours is counted on."""
    step = Timeframe.parse(series.timeframe).ms if series.timeframe else FUNDING_INTERVAL_MS
    return max(0, -(-(part[1] - part[0]) // step))


def _joined(ranges: Sequence[SeriesRange]) -> Iterator[SeriesRange]:
    """Ranges of one series, ascending, adjoining ones as one."""
    held: SeriesRange | None = None
    for part in sorted(ranges):
        if held is not None and part.start_ms <= held.end_ms:
            held = held._replace(end_ms=max(held.end_ms, part.end_ms))
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held

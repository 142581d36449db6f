"""The walk over a range of candles: page by page, each tied to the next, every hole asked for again.

Neighbouring requests share one candle; when the two answers differ in it, neither is believed. A hole is absent when a
second answer, which reaches over both its edges, has it too; otherwise it is missing and the walk ends with an error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any, NamedTuple

from btcli.digest import sha256_of_bytes
from btcli.errors import SourceError
from btcli.sources.answers import Ask, Rows
from btcli.sources.source import Absent, Page
from btcli.timeframe import Timeframe, utc_text

_NAMED = 4


class Span(NamedTuple):
    """A range of time [start_ms, end_ms)."""

    start_ms: int
    end_ms: int

    def __str__(self) -> str:
        return f"{utc_text(self.start_ms)} to {utc_text(self.end_ms)}"


class Walk(NamedTuple):
    """One series to fetch: `ask(first open, last open)` brings verified rows, at most `limit` of them."""

    what: str
    ask: Ask
    timeframe: Timeframe
    limit: int
    at_once: int


def requests_over(span_ms: int, step_ms: int, limit: int) -> int:
    """How many requests of `limit` candles, sharing one with the next, cover a span."""
    return max(1, -(-(span_ms // step_ms - 1) // (limit - 1)))


def walk(walk: Walk, span: Span, first_open_ms: Callable[[], int], missing: list[Span]) -> Iterator[Page | Absent]:
    """Every candle of the span, as pages; what could not be had is added to `missing`.

    `first_open_ms` is called only when the span begins with nothing: years before a listing cost no requests.
    """
    windows = _windows(walk, span)
    first = walk.ask(*windows[0])
    begin = span.start_ms if first.rows else min(first_open_ms(), span.end_ms)
    if begin > windows[0][1]:
        missing.append(Span(span.start_ms, begin))
        if begin == span.end_ms:
            return
        span = Span(begin, span.end_ms)
        windows = _windows(walk, span)
        first = walk.ask(*windows[0])
    yield from _stitched(walk, span, missing, chain([(windows[0], first)], _ahead(walk, windows[1:])))


def missing_error(what: str, missing: list[Span], why: str = "the venue does not deliver them") -> SourceError:
    """The error that names what is missing; at most a few ranges in full."""
    named = ", ".join(str(span) for span in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more ranges" if len(missing) > _NAMED else ""
    return SourceError(
        f"{what}: missing {named}{more}; {why}", hint="what arrived is kept; try again later or ask for another range"
    )


def _windows(walk: Walk, span: Span) -> list[tuple[int, int]]:
    """First and last open of every request; the last of one is the first of the next."""
    step, last = walk.timeframe.ms, span.end_ms - walk.timeframe.ms
    reach = (walk.limit - 1) * step
    return [(first, min(first + reach, last)) for first in range(span.start_ms, max(last, span.start_ms + 1), reach)]


def _stitched(
    walk: Walk, span: Span, missing: list[Span], answers: Iterator[tuple[tuple[int, int], Rows]]
) -> Iterator[Page | Absent]:
    """Pages in order; holes are closed, confirmed or noted as missing as soon as their right edge is known."""
    step = walk.timeframe.ms
    reached, shared = span.start_ms, None
    for (_, last), answer in answers:
        rows = answer.rows
        if shared is not None and rows and rows[0][0] == shared[0] and rows[0] != shared:
            raise _disagreement(walk.what, shared, rows[0])
        end = span.end_ms if last + step == span.end_ms else last
        for run in contiguous([row for row in rows if row[0] < end], step):
            if run[0][0] > reached:
                yield from _closed(walk, Span(reached, run[0][0]), shared, missing)
            reached = run[-1][0] + step
            yield Page(run[0][0], reached, run, answer.digest, answer.url)
        shared = rows[-1] if rows and rows[-1][0] == last else None
    if reached < span.end_ms:
        yield from _closed(walk, Span(reached, span.end_ms), None, missing)


def _ahead(walk: Walk, windows: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Rows]]:
    """The windows with their answers, in order, a few requests ahead of the reader."""
    pool = ThreadPoolExecutor(walk.at_once)
    under_way: deque[tuple[tuple[int, int], Future[Rows]]] = deque()
    try:
        for window in windows:
            under_way.append((window, pool.submit(walk.ask, *window)))
            if len(under_way) > 2 * walk.at_once:
                asked, future = under_way.popleft()
                yield asked, future.result()
        for asked, future in under_way:
            yield asked, future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _closed(walk: Walk, hole: Span, shared: tuple[Any, ...] | None, missing: list[Span]) -> Iterator[Page | Absent]:
    """What a second request, with both neighbours, says about a hole; goes on while answers bring something new."""
    step, holes = walk.timeframe.ms, [hole]
    while holes:
        start_ms, end_ms = holes.pop()
        answer = walk.ask(start_ms - step, end_ms)
        found = [row for row in answer.rows if start_ms <= row[0] < end_ms]
        for row in found:
            if shared is not None and row[0] == shared[0] and row != shared:
                raise _disagreement(walk.what, shared, row)
        if not found:
            edges = [row[0] for row in answer.rows] == [start_ms - step, end_ms]
            contradicted = shared is not None and start_ms <= shared[0] < end_ms
            if edges and not contradicted:
                yield Absent(start_ms, end_ms)
            else:
                missing.append(Span(start_ms, end_ms))
            continue
        reached = start_ms
        for run in contiguous(found, step):
            if run[0][0] > reached:
                holes.append(Span(reached, run[0][0]))
            reached = run[-1][0] + step
            yield Page(run[0][0], reached, run, answer.digest, answer.url)
        if reached < end_ms:
            holes.append(Span(reached, end_ms))


def contiguous(rows: list[tuple[Any, ...]], step_ms: int) -> list[list[tuple[Any, ...]]]:
    """The rows cut where they are not contiguous."""
    if rows and rows[-1][0] - rows[0][0] == (len(rows) - 1) * step_ms:
        return [rows]
    runs: list[list[tuple[Any, ...]]] = []
    for row in rows:
        if runs and row[0] == runs[-1][-1][0] + step_ms:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _disagreement(what: str, before: tuple[Any, ...], after: tuple[Any, ...]) -> SourceError:
    return SourceError(
        f"{what}: two answers differ about the candle of {utc_text(before[0])}: {before[1:]} and {after[1:]}",
        hint="what arrived before it is kept; try again later",
    )


def joined(answers: list[Rows]) -> tuple[str, str]:
    """One digest and one address for rows that came in several answers."""
    if len(answers) == 1:
        return answers[0].digest, answers[0].url
    return sha256_of_bytes(*(answer.digest.encode() for answer in answers)), answers[0].url

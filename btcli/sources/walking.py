"""The walk over a range of candles: page by page, each tied to the next, every hole asked for again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from btcli.errors import SourceError
from btcli.hands import Coming, Hands
from btcli.sources.answers import Rows
from btcli.sources.contradiction import Contradiction
from btcli.sources.holes import closed
from btcli.sources.source import Answer, Doubt, Page
from btcli.sources.spans import Span, Walk, contiguous
from btcli.sources.tying import tied
from btcli.timeframe import utc_text

_NAMED = 4


def requests_over(span_ms: int, step_ms: int, limit: int) -> int:
    """How many requests of `limit` candles, sharing one with the next, cover a span."""
    return max(1, -(-(span_ms // step_ms - 1) // (limit - 1)))


def walk(walk: Walk, span: Span, first_open_ms: Callable[[], int], missing: list[Span]) -> Iterator[Answer]:
    """Every candle of the span, as pages; what could not be had is added to `missing`.

    `first_open_ms` is called only when the span begins with nothing: years before a listing cost no requests.
    """
    windows = _windows(walk, span)
    first = walk.ask(*windows[0], walk.limit)
    begin = span.start_ms if first.rows else min(first_open_ms(), span.end_ms)
    if begin > windows[0][1]:
        missing.append(Span(span.start_ms, begin))
        if begin == span.end_ms:
            return
        span = Span(begin, span.end_ms)
        windows = _windows(walk, span)
        first = walk.ask(*windows[0], walk.limit)
    yield from _stitched(walk, span, missing, chain([(windows[0], first)], _ahead(walk, windows[1:])))


def missing_error(what: str, missing: list[Span], why: str = "the venue does not deliver them") -> SourceError:
    """The error that names what is missing; at most a few ranges in full."""
    named = ", ".join(str(span) for span in missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more ranges" if len(missing) > _NAMED else ""
    return SourceError(
        f"{what}: missing {named}{more}; {why}", hint="what arrived is kept; try again later or ask for another range"
    )


def disputed_error(what: str, disputes: list[Doubt]) -> Contradiction:
    """The error that names candles on which a venue's answers differ; the first with what they said."""
    first = utc_text(disputes[0].start_ms)
    more = f" and {len(disputes) - 1} more" if len(disputes) > 1 else ""
    return Contradiction(
        f"{what}: two answers differ about the candle of {first}{more}: {disputes[0].evidence}",
        disputes[0].start_ms,
        disputes[0].end_ms,
        hint="it is not stored until two answers agree; what else arrived is kept; try again later",
    )


def _windows(walk: Walk, span: Span) -> list[tuple[int, int]]:
    """First and last open of every request; the last of one is the first of the next."""
    step, last = walk.timeframe.ms, span.end_ms - walk.timeframe.ms
    reach = (walk.limit - 1) * step
    return [(first, min(first + reach, last)) for first in range(span.start_ms, max(last, span.start_ms + 1), reach)]


def _stitched(
    walk: Walk, span: Span, missing: list[Span], answers: Iterator[tuple[tuple[int, int], Rows]]
) -> Iterator[Answer]:
    """Pages in order; holes are closed, confirmed or noted as missing as soon as their right edge is known."""
    step = walk.timeframe.ms
    reached, before = span.start_ms, Rows([], "", "")
    disputed: set[int] = set()
    for (_, last), answer in tied(walk, answers, disputed):
        rows = answer.rows
        end = span.end_ms if last + step == span.end_ms else last
        for run in contiguous([row for row in rows if row[0] < end], step):
            if run[0][0] > reached:
                yield from closed(walk, Span(reached, run[0][0]), [*before.rows, *rows], disputed, missing)
            reached = run[-1][0] + step
            yield Page(run[0][0], reached, run, answer.digest, answer.url)
        before = answer
    if reached < span.end_ms:
        yield from closed(walk, Span(reached, span.end_ms), before.rows, disputed, missing)


def _ahead(walk: Walk, windows: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], Rows]]:
    """The windows with their answers, in order, a few requests ahead of the reader."""
    hands = Hands(walk.at_once)
    under_way: deque[tuple[tuple[int, int], Coming[Rows]]] = deque()
    try:
        for window in windows:
            under_way.append((window, hands.begin(partial(walk.ask, *window, walk.limit))))
            if len(under_way) > 2 * walk.at_once:
                asked, coming = under_way.popleft()
                yield asked, coming.result()
        for asked, coming in under_way:
            yield asked, coming.result()
    finally:
        hands.end(is_wanted=False, waits=False)

"""The walk over funding: no grid to count on, so pages overlap and every gap that looks too wide is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import pairwise
from typing import NamedTuple

from btcli.errors import SourceError
from btcli.sources.answers import Ask
from btcli.sources.source import Absent, Page, Settlement
from btcli.sources.walking import Span, joined, missing_error
from btcli.timeframe import UNIT_MS, utc_text

LONGEST_INTERVAL_MS = 8 * UNIT_MS["h"]
_MINUTE_MS = UNIT_MS["m"]
_SEARCHED_MS = 60 * 24 * UNIT_MS["h"]  # after a listing, for the first settlement
_SEARCHED_PARTS = 8
_AROUND = 3  # gaps on either side that a gap is compared with


class FundingWalk(NamedTuple):
    """One funding series: `ask(first, last)` brings verified rows; `limit` of them mean that there may be more.

    `newest_first` tells which end of a range a full page holds; `now_ms` is the venue's clock.
    """

    what: str
    ask: Ask
    limit: int
    newest_first: bool
    now_ms: int
    listed_ms: Callable[[], int]


class _Fetched(NamedTuple):
    rows: list[Settlement]
    digest: str
    url: str


class _Hole(NamedTuple):
    span: Span
    before_ms: int | None
    after_ms: int | None


def funding_parts(limit: int, span: Span) -> list[Span]:
    """The span in pieces that one page holds at an interval of eight hours."""
    reach = (limit - 4) * LONGEST_INTERVAL_MS
    return [Span(start, min(start + reach, span.end_ms)) for start in range(span.start_ms, span.end_ms, reach)]


def walk_funding(walk: FundingWalk, span: Span) -> Iterator[Page | Absent]:
    """Every settlement of the span, as pages of about two months; a SourceError at the end names what is missing.

    The first settlement that the venue has is where the series begins; what lies before it is absent.
    """
    missing: list[Span] = []
    settled = Span(span.start_ms, min(span.end_ms, walk.now_ms))
    yield from _settled(walk, settled, missing)
    if settled.end_ms < span.end_ms:
        missing.append(Span(max(settled.end_ms, span.start_ms), span.end_ms))
    if missing:
        raise missing_error(walk.what, missing)


def _settled(walk: FundingWalk, span: Span, missing: list[Span]) -> Iterator[Page | Absent]:
    parts = funding_parts(walk.limit, span)
    if not parts:
        return
    wide = _wide(walk, parts[0])
    fetched = _fetch(walk, wide)
    if not fetched.rows or _late(_minute(fetched.rows[0][0]) - wide.start_ms):
        begin_ms = yield from _beginning(walk, span, missing)
        parts = funding_parts(walk.limit, Span(begin_ms, span.end_ms))
    seen: list[Settlement] = []
    for part in parts:
        known = fetched if _wide(walk, part) == wide else _fetch(walk, _wide(walk, part))
        seen = yield from _part(walk, part, seen, missing, known)


def _beginning(walk: FundingWalk, span: Span, missing: list[Span]) -> Generator[Absent, None, int]:
    """Where to read from, when the span seems to begin with nothing: at the venue's first settlement.

    It is the first when a second answer, to a request from before the listing on, has no other before it.
    """
    listed_ms = walk.listed_ms()
    searched = Span(max(span.start_ms, listed_ms), min(max(span.end_ms, listed_ms + _SEARCHED_MS), walk.now_ms))
    first_ms = _first_ms(walk, searched)
    if first_ms is not None:
        told = walk.ask(min(span.start_ms, listed_ms) - LONGEST_INTERVAL_MS, first_ms)
        if [ts for ts, _ in told.rows] == [first_ms]:
            begin_ms = min(_minute(first_ms), span.end_ms)
            yield Absent(span.start_ms, begin_ms)
            return begin_ms
    if span.start_ms < listed_ms:
        missing.append(Span(span.start_ms, min(listed_ms, span.end_ms)))
    return max(span.start_ms, min(listed_ms, span.end_ms))


def _first_ms(walk: FundingWalk, span: Span) -> int | None:
    """The first settlement of a span, as far as a few pages reach."""
    for part in funding_parts(walk.limit, span)[:_SEARCHED_PARTS]:
        rows = _fetch(walk, part).rows
        if rows:
            return rows[0][0]
    return None


def _wide(walk: FundingWalk, part: Span) -> Span:
    """A part with an interval on both sides, so that its edges are seen from within."""
    return Span(part.start_ms - LONGEST_INTERVAL_MS, min(part.end_ms + LONGEST_INTERVAL_MS, walk.now_ms))


def _part(
    walk: FundingWalk, part: Span, seen: list[Settlement], missing: list[Span], fetched: _Fetched
) -> Generator[Page | Absent, None, list[Settlement]]:
    """One part of which a first answer is there; returns what was read."""
    wide = _wide(walk, part)
    _merged(walk.what, seen, fetched.rows)
    holes = _holes(fetched.rows, wide, part)
    second: set[int] = set()
    if holes:
        again = _fetch(walk, wide)
        second = {_minute(ts) for ts, _ in again.rows}
        fetched = again._replace(rows=_merged(walk.what, fetched.rows, again.rows))
        holes = _holes(fetched.rows, wide, part)
    reached = part.start_ms
    for hole in holes:
        yield from _page(fetched, Span(reached, hole.span.start_ms))
        if hole.before_ms in second and hole.after_ms in second:
            yield Absent(*hole.span)
        else:
            missing.append(hole.span)
        reached = hole.span.end_ms
    yield from _page(fetched, Span(reached, part.end_ms))
    return fetched.rows


def _page(fetched: _Fetched, span: Span) -> Iterator[Page]:
    if span.start_ms < span.end_ms:
        rows = [row for row in fetched.rows if span.start_ms <= _minute(row[0]) < span.end_ms]
        yield Page(span.start_ms, span.end_ms, list(rows), fetched.digest, fetched.url)


def _fetch(walk: FundingWalk, span: Span) -> _Fetched:
    """All rows of a span: a full page is followed from its far end, whose row must come again, unchanged."""
    rows: list[Settlement] = []
    answers = []
    first, last = span.start_ms, span.end_ms
    while True:
        answer = walk.ask(first, last)
        answers.append(answer)
        if rows and (rows[0] if walk.newest_first else rows[-1])[0] not in {ts for ts, _ in answer.rows}:
            raise SourceError(
                f"{walk.what}: a page lacks the settlement that the one before it ended with", hint="try again later"
            )
        before = len(rows)
        rows = _merged(walk.what, rows, [(ts, rate) for ts, rate in answer.rows])
        if len(answer.rows) < walk.limit or len(rows) == before:
            return _Fetched(rows, *joined(answers))
        if walk.newest_first:
            last = rows[0][0]
        else:
            first = rows[-1][0]


def _merged(what: str, one: list[Settlement], two: list[Settlement]) -> list[Settlement]:
    """Both lists as one; raises SourceError when they contradict each other."""
    known = dict(one)
    for ts, rate in two:
        if known.setdefault(ts, rate) != rate:
            raise SourceError(
                f"{what}: two answers differ about {utc_text(ts)}: {known[ts]!r} and {rate!r}", hint="try again later"
            )
    return sorted(known.items())


def _minute(ts_ms: int) -> int:
    return ts_ms - ts_ms % _MINUTE_MS


def _holes(rows: list[Settlement], wide: Span, part: Span) -> list[_Hole]:
    """Where settlements of the part seem to be missing, with the neighbours.

    A gap is suspect above eight hours, and when shorter ones are near on both sides of it: an interval that changes
    has shorter gaps on one side only. After the last row the interval before it counts.
    """
    if not rows:
        return [_Hole(part, None, None)] if part.start_ms < part.end_ms else []
    times = [_minute(ts) for ts, _ in rows]
    gaps = [after - before for before, after in pairwise(times)]
    holes = [_Hole(Span(wide.start_ms, times[0]), None, times[0])] if _late(times[0] - wide.start_ms) else []
    for index, gap in enumerate(gaps):
        left, right = gaps[max(0, index - _AROUND) : index], gaps[index + 1 : index + 1 + _AROUND]
        if _late(gap) or (left and right and gap > min(left) and gap > min(right)):
            holes.append(_Hole(Span(times[index] + _MINUTE_MS, times[index + 1]), times[index], times[index + 1]))
    if _late(wide.end_ms - times[-1]) or (gaps and wide.end_ms - times[-1] > gaps[-1]):
        holes.append(_Hole(Span(times[-1] + _MINUTE_MS, part.end_ms), times[-1], None))
    clipped = (
        hole._replace(span=Span(max(hole.span.start_ms, part.start_ms), min(hole.span.end_ms, part.end_ms)))
        for hole in holes
    )
    return [hole for hole in clipped if hole.span.start_ms < hole.span.end_ms]


def _late(gap_ms: int) -> bool:
    return gap_ms > LONGEST_INTERVAL_MS

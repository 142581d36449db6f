"""The walk over funding: no grid to count on, so pages overlap and every gap that looks too wide is asked for again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import pairwise
from typing import NamedTuple

from btcli.errors import SourceError
from btcli.sources.answers import Rows
from btcli.sources.contradiction import Contradiction
from btcli.sources.source import Absent, Answer, Doubt, Page, Settlement
from btcli.sources.spans import Span, joined
from btcli.sources.walking import missing_error
from btcli.timeframe import UNIT_MS, utc_text

LONGEST_INTERVAL_MS = 8 * UNIT_MS["h"]
_MINUTE_MS = UNIT_MS["m"]
_SEARCHED_MS = 60 * 24 * UNIT_MS["h"]  # after a listing, for the first settlement
_SEARCHED_PARTS = 8
_SMALLER = 3  # rows less on the pages of a second reading
_AROUND = 3  # gaps on either side that a gap is compared with


class FundingWalk(NamedTuple):
    """One funding series: `ask(first, last, page size)` brings verified rows; a full page means that there may be more.

    `newest_first` tells which end of a range a full page holds; `now_ms` is the venue's clock.
    """

    what: str
    ask: Callable[[int, int, int], Rows]
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


def walk_funding(walk: FundingWalk, span: Span) -> Iterator[Answer]:
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


def _settled(walk: FundingWalk, span: Span, missing: list[Span]) -> Iterator[Answer]:
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
        told = walk.ask(min(span.start_ms, listed_ms) - LONGEST_INTERVAL_MS, first_ms, walk.limit)
        if [ts for ts, _ in told.rows] == [first_ms]:
            begin_ms = min(_minute(first_ms), span.end_ms)
            yield Absent(span.start_ms, begin_ms, f"first settlement of {told.url} (sha256 {told.digest[:12]})")
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
) -> Generator[Answer, None, list[Settlement]]:
    """One part of which a first answer is there; returns what was read."""
    wide = _wide(walk, part)
    _merged(walk.what, seen, fetched.rows)
    holes = _holes(fetched.rows, wide, part)
    confirmed, evidence = False, ""
    if holes:  # another start and page size; what it lacks of the first answer makes it no proof
        again = _fetch(walk, Span(wide.start_ms - 2 * LONGEST_INTERVAL_MS, wide.end_ms), walk.limit - _SMALLER)
        second = {_minute(ts) for ts, _ in again.rows}
        confirmed = all(_minute(ts) in second for ts, _ in fetched.rows)
        evidence = f"{fetched.url} (sha256 {fetched.digest[:12]}) and {again.url} (sha256 {again.digest[:12]})"
        fetched = again._replace(rows=_merged(walk.what, fetched.rows, again.rows))
        holes = _holes(fetched.rows, wide, part)
    reached = part.start_ms
    for hole in holes:
        yield from _page(fetched, Span(reached, hole.span.start_ms))
        if confirmed and hole.before_ms is not None and hole.after_ms is not None:
            yield Absent(*hole.span, evidence)
        else:
            missing.append(hole.span)
            yield Doubt(*hole.span, "not given", evidence)
        reached = hole.span.end_ms
    yield from _page(fetched, Span(reached, part.end_ms))
    return fetched.rows


def _page(fetched: _Fetched, span: Span) -> Iterator[Page]:
    if span.start_ms < span.end_ms:
        rows = [row for row in fetched.rows if span.start_ms <= _minute(row[0]) < span.end_ms]
        yield Page(span.start_ms, span.end_ms, list(rows), fetched.digest, fetched.url)


def _fetch(walk: FundingWalk, span: Span, limit: int | None = None) -> _Fetched:
    """All rows of a span: a full page is followed from its far end, whose row must come again, unchanged."""
    rows: list[Settlement] = []
    answers = []
    first, last, size = span.start_ms, span.end_ms, limit or walk.limit
    while True:
        answer = walk.ask(first, last, size)
        answers.append(answer)
        if rows and (rows[0] if walk.newest_first else rows[-1])[0] not in {ts for ts, _ in answer.rows}:
            raise SourceError(
                f"{walk.what}: a page lacks the settlement that the one before it ended with", hint="try again later"
            )
        before = len(rows)
        rows = _merged(walk.what, rows, [(ts, rate) for ts, rate in answer.rows])
        if len(answer.rows) < size or len(rows) == before:
            return _Fetched(rows, *joined(answers))
        if walk.newest_first:
            last = rows[0][0]
        else:
            first = rows[-1][0]


def _merged(what: str, one: list[Settlement], two: list[Settlement]) -> list[Settlement]:
    """Both lists as one; raises Contradiction when they tell a settlement in two ways."""
    known = dict(one)
    for ts, rate in two:
        if known.setdefault(ts, rate) != rate:
            said = f"{what}: two answers differ about {utc_text(ts)}: {known[ts]!r} and {rate!r}"
            raise Contradiction(said, _minute(ts), _minute(ts) + _MINUTE_MS, hint="try again later")
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

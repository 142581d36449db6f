"""What further requests say about a hole in what a venue delivered: rows after all, nothing there, or no answer to it.

Nothing is there when two answers to different requests, with other edges and another page size, lack it while every
candle that they hold around it is whole and as it was told before. Anything less leaves the hole "not given".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from btcli.sources.answers import Rows
from btcli.sources.source import Absent, Answer, Doubt, Page
from btcli.sources.spans import Span, Walk, contiguous, evidence_of

Row = tuple[Any, ...]
_NEIGHBOURS = ((1, 1), (2, 2), (2, 1), (1, 2))  # candles asked for before and after the hole, request by request


def closed(walk: Walk, hole: Span, near: Sequence[Row], disputed: set[int], missing: list[Span]) -> Iterator[Answer]:
    """What there is of a hole; `near` are rows told around it, `disputed` candles on which answers differ."""
    known = {row[0]: row for row in near if row[0] not in disputed}
    for piece, doubtful in _pieces(hole, disputed, walk.timeframe.ms):
        yield from _settled(walk, piece) if doubtful else _searched(walk, piece, known, missing)


def _pieces(hole: Span, disputed: set[int], step: int) -> Iterator[tuple[Span, bool]]:
    """The hole cut at disputed candles, each of which is a piece of its own."""
    reached = hole.start_ms
    for ts in sorted(ts for ts in disputed if hole.start_ms <= ts < hole.end_ms):
        if reached < ts:
            yield Span(reached, ts), False
        yield Span(ts, ts + step), True
        reached = ts + step
    if reached < hole.end_ms:
        yield Span(reached, hole.end_ms), False


def _settled(walk: Walk, candle: Span) -> Iterator[Answer]:
    """A disputed candle, when two more answers agree on it."""
    one, two = _twice(walk, candle.start_ms)
    rows = [row for answer in (one, two) for row in answer.rows if row[0] == candle.start_ms]
    if len(rows) == 2 and rows[0] == rows[1]:
        yield Page(*candle, [rows[0]], two.digest, two.url)
    else:
        said = " and ".join(str(row[1:]) for row in rows) or "no answer at all"
        yield Doubt(*candle, "disputed", f"{said}: {evidence_of(one, two)}")


def _twice(walk: Walk, ts: int) -> tuple[Rows, Rows]:
    """Two answers about a candle to different requests, in which it is not at an edge."""
    step = walk.timeframe.ms
    return walk.ask(ts - step, ts + step, 3), walk.ask(ts - 2 * step, ts + 3 * step, 6)


def _searched(walk: Walk, hole: Span, known: Mapping[int, Row], missing: list[Span]) -> Iterator[Answer]:
    """Rows of a hole, or what is known about it; goes on with what is left while answers bring something new."""
    holes = [hole]
    while holes:
        part = holes.pop()
        answers, liars = _asked(walk, part, known)
        yield from _contradicted(walk, liars, known)
        found = _inside(answers[-1], part) if answers else []
        if not found:
            yield _verdict(answers, part, known, missing)
            continue
        reached, answer = part.start_ms, answers[-1]
        for run in contiguous(found, walk.timeframe.ms):
            if run[0][0] > reached:
                holes.append(Span(reached, run[0][0]))
            reached = run[-1][0] + walk.timeframe.ms
            yield Page(run[0][0], reached, run, answer.digest, answer.url)
        if reached < part.end_ms:
            holes.append(Span(reached, part.end_ms))


def _asked(walk: Walk, hole: Span, known: Mapping[int, Row]) -> tuple[list[Rows], set[int]]:
    """Answers that count: one that brings rows of the hole, last, or at most two that are whole but for it.

    Also the candles about which answers contradict what was told before; such answers do not count.
    """
    step = walk.timeframe.ms
    lacking: list[Rows] = []
    liars: set[int] = set()
    for before, after in _NEIGHBOURS:
        first, last = hole.start_ms - before * step, hole.end_ms + (after - 1) * step
        size = min((last - first) // step + 1, walk.limit - before - after + 2)
        answer = walk.ask(first, last, size)
        lies = {row[0] for row in answer.rows if known.get(row[0], row) != row}
        liars |= lies
        if not lies and _inside(answer, hole):
            return [answer], liars
        outside = [*range(first, hole.start_ms, step), *range(hole.end_ms, last + 1, step)]
        if not lies and [row[0] for row in answer.rows] == outside:
            lacking.append(answer)
        if len(lacking) == 2:
            break
    return lacking, liars


def _contradicted(walk: Walk, liars: set[int], known: Mapping[int, Row]) -> Iterator[Doubt]:
    """Candles told already of which two more answers do not say the same as before."""
    for ts in sorted(liars):
        one, two = _twice(walk, ts)
        rows = [row for answer in (one, two) for row in answer.rows if row[0] == ts]
        if rows != [known[ts], known[ts]]:
            said = " and ".join(str(row[1:]) for row in (known[ts], *rows))
            yield Doubt(ts, ts + walk.timeframe.ms, "disputed", f"{said}: {evidence_of(one, two)}")


def _verdict(lacking: list[Rows], hole: Span, known: Mapping[int, Row], missing: list[Span]) -> Absent | Doubt:
    shown_before = any(hole.start_ms <= ts < hole.end_ms for ts in known)
    if len(lacking) == 2 and not shown_before:
        return Absent(*hole, evidence_of(*lacking))
    missing.append(hole)
    why = "shown once, then not" if shown_before else "no two answers that are whole around it"
    return Doubt(*hole, "not given", f"{why}: {evidence_of(*lacking)}" if lacking else why)


def _inside(answer: Rows, hole: Span) -> list[Row]:
    return [row for row in answer.rows if hole.start_ms <= row[0] < hole.end_ms]

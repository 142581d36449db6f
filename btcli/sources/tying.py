"""Pages tied to each other: neighbours share a candle, and when they differ in it neither is believed as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from btcli.errors import SourceError
from btcli.sources.answers import Rows
from btcli.sources.spans import Walk

Window = tuple[int, int]  # first and last open of a request
_WIDER = 2


def tied(walk: Walk, answers: Iterator[tuple[Window, Rows]], disputed: set[int]) -> Iterator[tuple[Window, Rows]]:
    """The answers, each as soon as the next one has agreed with it on the candle that they share.

    After a first disagreement every answer is held against others to other requests; candles on which they differ
    are left out and added to `disputed`.
    """
    held: tuple[Window, Rows] | None = None
    try:
        for window, answer in answers:
            if held is not None:
                if not disputed and _differ(held[1], answer):
                    disputed.add(answer.rows[0][0])
                    (asked, doubtful), held = held, None
                    held = asked, _compared(walk, asked, doubtful, disputed)
                yield held
                held = None
            held = window, _compared(walk, window, answer, disputed) if disputed else answer
    except SourceError:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


def _differ(one: Rows, two: Rows) -> bool:
    """Whether the last candle of one is the first of the other with other values."""
    return bool(one.rows and two.rows) and one.rows[-1][0] == two.rows[0][0] and one.rows[-1] != two.rows[0]


def _compared(walk: Walk, window: Window, answer: Rows, disputed: set[int]) -> Rows:
    """What of an answer other ones, with other edges and another page size, say too."""
    step, size = walk.timeframe.ms, walk.limit - 1 - _WIDER
    first, last = window[0] - _WIDER * step, window[1] + _WIDER * step
    told: dict[int, tuple[Any, ...]] = {}
    for start in range(first, last, (size - 1) * step):
        for row in walk.ask(start, min(start + (size - 1) * step, last), size).rows:
            if told.setdefault(row[0], row) != row:
                disputed.add(row[0])
    disputed.update(row[0] for row in answer.rows if told.get(row[0], row) != row)
    return answer._replace(rows=[row for row in answer.rows if row[0] in told and row[0] not in disputed])

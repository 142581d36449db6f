"""Who may decide where, and what the closes of the steps bring: told timeframes, and features that become ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.engine.readiness import lacking, too_early
from btcli.engine.timeline import Lane, Timeline
from btcli.exchange.book.codes import DECIDES, NOTE_CLOSE, NOTE_READINESS, NOTED, STEP_TOLD
from btcli.exchange.book.records import NOTE_WIDTH
from btcli.exchange.face.calendar import Calendar
from btcli.market.closes import REFRESH_ORDER
from btcli.market.ordered import distinct
from btcli.market.series import Bars, Floats, Millis, Role
from btcli.timeframe import Timeframe

Columns = Mapping[Role, Mapping[str, Floats]]
Notes = NDArray[np.int64]
Indices = NDArray[np.int32]  # of texts


def calendar_of(
    line: Timeline,
    symbols: Sequence[Mapping[Role, Bars]],
    columns: Sequence[Columns],
    labels: Mapping[Role, str],
    *,
    tells_all: bool = False,
    tells_closes: bool = True,
) -> Calendar:
    """The calendar of a run; `columns` are the features of each symbol, `labels` the names of the timeframes.

    The closes of ltf, and of roles of its timeframe, are not told; those of the others only if it `tells_closes`.
    `tells_all` tells every step.
    """
    texts = _Numbered()
    deciding = np.stack([_deciding(bars, line, lane) for bars, lane in zip(symbols, line.lanes, strict=True)])
    told = [role for role in REFRESH_ORDER if tells_closes and labels[role] != labels["ltf"]]
    notes = []
    for index, (bars, features) in enumerate(zip(symbols, columns, strict=True)):
        closes = {role: bars[role].ts_close for role in REFRESH_ORDER}
        for role in told:
            notes.append(_closes(index, (texts.index(role), texts.index(labels[role])), closes[role], line))
        why = {role: _reasons(role, labels[role], features[role], closes[role], line, texts) for role in REFRESH_ORDER}
        notes.append(_changes(index, closes, why, line))
    rows = np.concatenate(notes)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    flags = np.where(deciding.any(axis=0), np.uint8(DECIDES), np.uint8(0))
    flags[rows[:, 0]] |= NOTED
    if tells_all:
        flags |= STEP_TOLD
    bar_ms = Timeframe.parse(labels["ltf"]).ms
    return Calendar(flags, deciding.view(np.uint8), rows, texts.all, bar_ms)


class _Numbered:
    """Texts by their index, each once; the first is none."""

    def __init__(self) -> None:
        self.all = [""]

    def index(self, text: str) -> int:
        if text not in self.all:
            self.all.append(text)
        return self.all.index(text)


def _deciding(bars: Mapping[Role, Bars], line: Timeline, lane: Lane) -> NDArray[np.bool_]:
    """Where an ltf bar ends at the very close of a step that the symbol has a bar at."""
    closes = _closed(bars["ltf"].ts_close, line)
    if np.array_equal(closes[len(closes) - line.steps :], line.ts_close):
        return lane.has_bar.copy()
    at, found = np.searchsorted(line.ts_close, closes), np.zeros(line.steps, np.bool_)
    found[at[closes == line.ts_close[at]]] = True
    return found & lane.has_bar


def _closed(ts_close: Millis, line: Timeline) -> Millis:
    """The closes of the bars that have closed by the last step."""
    return ts_close[: int(np.searchsorted(ts_close, line.ts_close[-1], side="right"))] if line.steps else ts_close[:0]


def _last_seen(ts_close: Millis, steps: Notes, line: Timeline) -> Notes:
    """The last bar that has closed at each of some steps; -1 before the first."""
    return np.searchsorted(ts_close, line.ts_close[steps], side="right") - 1


def _closes(index: int, names: tuple[int, int], ts_close: Millis, line: Timeline) -> Notes:
    """Where a bar that closed after the start of the window is seen for the first time; of several the last."""
    before = int(np.searchsorted(ts_close, line.start_ms, side="right"))
    steps = distinct(np.searchsorted(line.ts_close, _closed(ts_close, line)[before:]))
    role, timeframe = (np.full(len(steps), name) for name in names)
    return _rows(steps, NOTE_CLOSE, index, role, timeframe, ts_close[_last_seen(ts_close, steps, line)])


def _reasons(
    role: Role, label: str, columns: Mapping[str, Floats], ts_close: Millis, line: Timeline, texts: _Numbered
) -> Indices:
    """Why a role is not ready before its first close and after each, as indices of texts; 0 where it is."""
    bars = len(_closed(ts_close, line))
    is_lame = np.zeros(bars, np.bool_)
    for column in columns.values():
        is_lame |= np.isnan(column[:bars])
    by_bar = np.zeros(bars + 1, np.int32)
    by_bar[0] = texts.index(too_early(role, label))
    lame = np.flatnonzero(is_lame)
    if len(lame):
        missing = np.column_stack([np.isnan(column[lame]) for column in columns.values()])
        kinds, which = np.unique(missing, axis=0, return_inverse=True)
        names = np.array(list(columns))
        told = np.array([texts.index(lacking(role, names[kind].tolist())) for kind in kinds], np.int32)
        by_bar[lame + 1] = told[which.reshape(-1)]
    return by_bar


def _changes(index: int, closes: Mapping[Role, Millis], why: Mapping[Role, Indices], line: Timeline) -> Notes:
    """Where a symbol's reasons are others than before; before the first step there are none."""
    first = np.zeros(min(line.steps, 1), np.int64)
    changing = np.concatenate([closes[role][np.flatnonzero(np.diff(why[role]))] for role in REFRESH_ORDER])
    steps = distinct(np.concatenate([first, np.searchsorted(line.ts_close, changing)]))
    at = [why[role][_last_seen(closes[role], steps, line) + 1] for role in REFRESH_ORDER]
    reasons = np.column_stack(at).astype(np.int64)
    changed = (np.diff(reasons, axis=0, prepend=np.zeros((1, len(at)), np.int64)) != 0).any(axis=1)
    return _rows(steps[changed], NOTE_READINESS, index, *reasons[changed].T)


def _rows(steps: Notes, kind: int, index: int, *columns: Notes) -> Notes:
    rows = np.empty((len(steps), NOTE_WIDTH), np.int64)
    for n, column in enumerate((steps, np.full(len(steps), kind), np.full(len(steps), index), *columns)):
        rows[:, n] = column
    return rows

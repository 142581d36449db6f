"""Who may decide where, and what the closes of the steps bring: told timeframes, and features that become ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.engine.reading import lacking, too_early
from btcli.engine.timeline import Lane, Timeline
from btcli.exchange.book.codes import DECIDES, NOTE_CLOSE, NOTE_READINESS, NOTED, STEP_TOLD
from btcli.exchange.book.records import NOTE_WIDTH
from btcli.exchange.face.calendar import Calendar
from btcli.market.closes import REFRESH_ORDER, close_index
from btcli.market.series import Bars, Floats, Millis, Role

Columns = Mapping[Role, Mapping[str, Floats]]
Notes = NDArray[np.int64]


def calendar_of(
    line: Timeline,
    symbols: Sequence[Mapping[Role, Bars]],
    columns: Sequence[Columns],
    labels: Mapping[Role, str],
    *,
    tells_all: bool = False,
) -> Calendar:
    """The calendar of a run; `columns` are the features of each symbol, `labels` the names of the timeframes.

    The closes of ltf, and of roles of its timeframe, are not told. `tells_all` tells every step.
    """
    texts = _Numbered()
    deciding = np.stack([_deciding(bars, line, lane) for bars, lane in zip(symbols, line.lanes, strict=True)])
    told = [role for role in REFRESH_ORDER if labels[role] != labels["ltf"]]
    notes = []
    for index, (bars, features) in enumerate(zip(symbols, columns, strict=True)):
        seen = {role: close_index(line.ts_close, bars[role].ts_close) for role in REFRESH_ORDER}
        for role in told:
            names = texts.index(role), texts.index(labels[role])
            notes.append(_closes(index, names, seen[role], bars[role].ts_close, line.start_ms))
        why = [_reasons(role, labels[role], features[role], seen[role], texts) for role in REFRESH_ORDER]
        notes.append(_changes(index, np.column_stack(why)))
    rows = np.concatenate(notes)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    flags = np.where(deciding.any(axis=0), DECIDES, 0).astype(np.uint8)
    flags[rows[:, 0]] |= NOTED
    if tells_all:
        flags |= STEP_TOLD
    return Calendar(flags, deciding.astype(np.uint8), rows, texts.all)


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
    found: NDArray[np.bool_] = np.isin(line.ts_close, bars["ltf"].ts_close) & lane.has_bar
    return found


def _closes(index: int, names: tuple[int, int], seen: Notes, ts_close: Millis, start_ms: int) -> Notes:
    """Where a bar that closed after `start_ms` is seen for the first time; of several the last."""
    before = close_index(np.array([start_ms]), ts_close)
    steps = np.flatnonzero(np.diff(seen, prepend=before) > 0)
    return _rows(
        steps, NOTE_CLOSE, index, np.full(len(steps), names[0]), np.full(len(steps), names[1]), ts_close[seen[steps]]
    )


def _reasons(role: Role, label: str, columns: Mapping[str, Floats], seen: Notes, texts: _Numbered) -> Notes:
    """Why a role is not ready at each step, as indices of texts; 0 where it is."""
    bars = int(seen[-1]) + 1 if len(seen) else 0
    missing = np.zeros((bars, len(columns)), np.bool_)
    for n, column in enumerate(columns.values()):
        missing[:, n] = np.isnan(column[:bars])
    by_bar = np.zeros(bars + 1, np.int64)  # the first for no bar
    by_bar[0] = texts.index(too_early(role, label))
    lame = np.flatnonzero(missing.any(axis=1))
    kinds, which = np.unique(missing[lame], axis=0, return_inverse=True)
    names = np.array(list(columns))
    told = np.array([texts.index(lacking(role, names[kind].tolist())) for kind in kinds], np.int64)
    if len(lame):
        by_bar[lame + 1] = told[which.reshape(-1)]
    return by_bar[seen + 1]


def _changes(index: int, reasons: Notes) -> Notes:
    """Where the reasons [steps, 3] of a symbol are others than before; before the first step there are none."""
    before = np.vstack([np.zeros((1, reasons.shape[1]), np.int64), reasons[:-1]])
    steps = np.flatnonzero((reasons != before).any(axis=1))
    return _rows(steps, NOTE_READINESS, index, *reasons[steps].T)


def _rows(steps: Notes, kind: int, index: int, *columns: Notes) -> Notes:
    rows = np.empty((len(steps), NOTE_WIDTH), np.int64)
    for n, column in enumerate((steps, np.full(len(steps), kind), np.full(len(steps), index), *columns)):
        rows[:, n] = column
    return rows

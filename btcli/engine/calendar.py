"""Who may decide where, and what the closes of the steps bring: told timeframes, and features that become ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.engine.reading import lacking, too_early
from btcli.engine.timeline import Timeline
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
    tells_closes: bool = True,
) -> Calendar:
    """The calendar of a run; `columns` are the features of each symbol, `labels` the names of the timeframes.

    The closes of ltf, and of roles of its timeframe, are not told; those of the others only if it `tells_closes`.
    `tells_all` tells every step.
    """
    texts = _Numbered()
    deciding = np.zeros((len(symbols), line.steps), np.bool_)
    told = [role for role in REFRESH_ORDER if tells_closes and labels[role] != labels["ltf"]]
    notes = []
    for index, (bars, features) in enumerate(zip(symbols, columns, strict=True)):
        seen = {role: close_index(line.ts_close, bars[role].ts_close) for role in REFRESH_ORDER}
        deciding[index] = line.lanes[index].has_bar & _ends_at(seen["ltf"], bars["ltf"].ts_close, line.ts_close)
        for role in told:
            names = texts.index(role), texts.index(labels[role])
            notes.append(_closes(index, names, seen[role], bars[role].ts_close, line.start_ms))
        why = [_reasons(role, labels[role], features[role], seen[role], texts) for role in REFRESH_ORDER]
        notes.append(_changes(index, why, line.steps))
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


def _ends_at(seen: Notes, ts_close: Millis, step_ts_close: Millis) -> NDArray[np.bool_]:
    """Where the bar that closed last did so at the very close of a step."""
    if not len(ts_close):
        return np.zeros(len(step_ts_close), np.bool_)
    ends: NDArray[np.bool_] = (seen >= 0) & (ts_close[seen] == step_ts_close)
    return ends


def _closes(index: int, names: tuple[int, int], seen: Notes, ts_close: Millis, start_ms: int) -> Notes:
    """Where a bar that closed after `start_ms` is seen for the first time; of several the last."""
    before = close_index(np.array([start_ms]), ts_close)
    steps = np.flatnonzero(np.diff(seen, prepend=before) > 0)
    return _rows(
        steps, NOTE_CLOSE, index, np.full(len(steps), names[0]), np.full(len(steps), names[1]), ts_close[seen[steps]]
    )


def _reasons(role: Role, label: str, columns: Mapping[str, Floats], seen: Notes, texts: _Numbered) -> Notes | None:
    """Why a role is not ready at each step, as indices of texts, 0 where it is; None where it always is."""
    first, bars = (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, 0)
    lame = [np.isnan(column[max(first, 0) : bars]) for column in columns.values()]
    if first >= 0 and not any(each.any() for each in lame):
        return None
    missing = np.zeros((bars, len(columns)), np.bool_)
    for n, each in enumerate(lame):
        missing[max(first, 0) :, n] = each
    by_bar = np.zeros(bars + 1, np.int64)  # the first for no bar
    by_bar[0] = texts.index(too_early(role, label))
    rows = np.flatnonzero(missing.any(axis=1))
    kinds, which = np.unique(missing[rows], axis=0, return_inverse=True)
    names = np.array(list(columns))
    told = np.array([texts.index(lacking(role, names[kind].tolist())) for kind in kinds], np.int64)
    if len(rows):
        by_bar[rows + 1] = told[which.reshape(-1)]
    return by_bar[seen + 1]


def _changes(index: int, reasons: Sequence[Notes | None], steps: int) -> Notes:
    """Where the reasons of a symbol's three roles are others than before; before the first step there are none."""
    if all(each is None for each in reasons):
        return _rows(np.zeros(0, np.int64), NOTE_READINESS, index, *[np.zeros(0, np.int64)] * len(reasons))
    table = np.column_stack([np.zeros(steps, np.int64) if each is None else each for each in reasons])
    before = np.vstack([np.zeros((1, table.shape[1]), np.int64), table[:-1]])
    changed = np.flatnonzero((table != before).any(axis=1))
    return _rows(changed, NOTE_READINESS, index, *table[changed].T)


def _rows(steps: Notes, kind: int, index: int, *columns: Notes) -> Notes:
    rows = np.empty((len(steps), NOTE_WIDTH), np.int64)
    for n, column in enumerate((steps, np.full(len(steps), kind), np.full(len(steps), index), *columns)):
        rows[:, n] = column
    return rows

"""The equity curve of a recorded run, in outline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from btcli.artifacts.disk import disk
from btcli.artifacts.outline import Outline
from btcli.artifacts.recorder import EQUITY
from btcli.artifacts.text import EQUITY_HEADER
from btcli.errors import AccessError

_PIECE_BYTES = 1 << 20
HINT = "btcli replay --no-run says which files were changed"


def read_outline(run_dir: Path) -> tuple[float, ...]:
    """The lows and highs of the equity in equity_curve.csv, USDT, in the order of time; empty for a run without rows.

    Raises AccessError, naming the line, for what no run writes.
    """
    path, outline = run_dir / EQUITY, Outline()
    with disk(path, "read"), path.open("rb") as lines:
        if next(lines, b"") != EQUITY_HEADER:
            raise AccessError(
                "is not what a run writes: the first line names other columns", where=f"{path}:1", hint=HINT
            )
        for values in _pieces(lines, path):
            outline.add(np.array(values))
    return outline.points()


def outline_if_any(run_dir: Path) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The same for whoever can do without: no points for a run without a curve, or with what is wrong with it."""
    if not (run_dir / EQUITY).exists():
        return (), ()
    try:
        return read_outline(run_dir), ()
    except AccessError as error:
        return (), tuple(f"the equity is not drawn: {problem}" for problem in error.problems)


def _pieces(lines: IO[bytes], path: Path) -> Iterator[list[float]]:
    line = 1
    while piece := lines.readlines(_PIECE_BYTES):
        values: list[float] = []
        for row in piece:
            line += 1
            values.append(_equity(row, path, line))
        yield values


def _equity(row: bytes, path: Path, line: int) -> float:
    try:
        value = float(row.split(b",", 2)[1])
    except (IndexError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        shown = row[:40].decode(errors="replace")
        raise AccessError(f"is not what a run writes: no equity in {shown!r}", where=f"{path}:{line}", hint=HINT)
    return value

"""Comparing runs of two platforms, where last digits may differ: the same events, order, times and codes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import orjson

from btcli.artifacts.comparison import Comparison, Difference, compared_files, first_difference
from btcli.artifacts.disk import disk

TOLERANCE = 1e-9
Row = dict[str, Any]


def equivalent_runs(ours: Path, theirs: Path, tolerance: float = TOLERANCE) -> Comparison:
    """Compare the files of COMPARED value by value.

    Two floats are the same when they differ by at most `tolerance` of the larger one, or by `tolerance` itself
    near 0. Texts, whole numbers and the number of lines must be equal. Each file names its first excess.
    """
    found = {name: _first_excess(ours / name, theirs / name, tolerance) for name in compared_files(ours, theirs)}
    return Comparison(
        tuple(name for name, excess in found.items() if excess is None),
        tuple(excess for excess in found.values() if excess is not None),
    )


def _first_excess(ours: Path, theirs: Path, tolerance: float) -> Difference | None:
    exact = first_difference(ours, theirs)
    if exact is None or not (ours.exists() and theirs.exists()) or ours.suffix == ".yml":
        return exact
    with disk(ours, "read"):
        for row, (mine, yours) in enumerate(zip_longest(_rows(ours), _rows(theirs)), 1):
            name = _excess(mine, yours, tolerance, "")
            if name is not None:
                return _difference(ours.name, row, name, mine, yours)
    return None


def _difference(file: str, row: int, name: str, mine: Row | None, yours: Row | None) -> Difference:
    known = mine or yours or {}
    ts = known.get("ts") or known.get("exit_ts")
    place = known.get("event") or f"row {row}"
    said = name if mine is not None and yours is not None else f"the {'first' if mine is None else 'second'} has none"
    texts = [None if side is None else orjson.dumps(side).decode() for side in (mine, yours)]
    return Difference(file, row, ts, texts[0], texts[1], f"{place} at {ts}: {said}" if ts else f"{place}: {said}")


def _rows(path: Path) -> Iterator[Row]:
    """The file's values by name: a row for each line, or one for a whole JSON file."""
    if path.suffix == ".json":
        yield orjson.loads(path.read_bytes())
        return
    with path.open("rb") as file:
        if path.suffix == ".jsonl":
            yield from map(orjson.loads, file)
            return
        names = file.readline().decode().rstrip("\n").split(",")
        for line in file:
            yield dict(zip(names, map(_number, line.decode().rstrip("\n").split(",")), strict=True))


def _number(cell: str) -> str | float:
    """A cell with a decimal point or an exponent is a float; everything else must be equal as text."""
    if "." not in cell and "e" not in cell:
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


def _excess(mine: Any, yours: Any, tolerance: float, name: str) -> str | None:
    """The dotted name of the first value that differs by more than the tolerance."""
    if isinstance(mine, float) and isinstance(yours, float):
        near = abs(mine - yours) <= tolerance * max(1.0, abs(mine), abs(yours))
        return None if near else name
    if isinstance(mine, dict) and isinstance(yours, dict) and list(mine) == list(yours):
        pairs = ((mine[key], yours[key], f"{name}.{key}".lstrip(".")) for key in mine)
    elif isinstance(mine, list) and isinstance(yours, list) and len(mine) == len(yours):
        pairs = ((*pair, f"{name}[{place}]") for place, pair in enumerate(zip(mine, yours, strict=True)))
    else:
        return None if type(mine) is type(yours) and mine == yours else name or "the fields"
    return next((found for one, other, at in pairs if (found := _excess(one, other, tolerance, at)) is not None), None)

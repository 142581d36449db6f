"""Comparing two runs byte by byte, and naming the first thing that differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from btcli.artifacts.disk import disk

# What equal inputs must reproduce to the byte; preflight's record and the manifest are told, not compared.
COMPARED = ("events.jsonl", "equity_curve.csv", "trades.csv", "metrics.json", "rules.json", "system.resolved.yml")
_BLOCK_BYTES = 1 << 20


class Difference(NamedTuple):
    """The first line that differs in a file: its number from 1, both lines (None: the file has ended)."""

    file: str
    line: int
    ts: str | None  # the moment of the event or row: where to look in the data
    ours: str | None
    theirs: str | None
    what: str  # a sentence: the event or row, its moment, the first field that differs

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class Comparison(NamedTuple):
    """How two run folders compare: files that are the same, and the first difference of each that is not."""

    same: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def identical(self) -> bool:
        return not self.differences

    @property
    def first(self) -> Difference | None:
        """The difference to show: that of the events when they differ."""
        return self.differences[0] if self.differences else None

    @property
    def summary(self) -> str:
        """One sentence."""
        return "identical" if self.first is None else str(self.first)


def compare_runs(ours: Path, theirs: Path) -> Comparison:
    """Compare the files of COMPARED in two run folders; a file that only one has differs at line 1."""
    found = {name: first_difference(ours / name, theirs / name) for name in compared_files(ours, theirs)}
    return Comparison(
        tuple(name for name, difference in found.items() if difference is None),
        tuple(difference for difference in found.values() if difference is not None),
    )


def compared_files(ours: Path, theirs: Path) -> tuple[str, ...]:
    """Those of COMPARED that at least one of two run folders has: what a run does not write is no file that agrees."""
    return tuple(name for name in COMPARED if (ours / name).exists() or (theirs / name).exists())


def first_difference(ours: Path, theirs: Path) -> Difference | None:
    """The first line that differs between two files, None when their bytes are equal or both are absent."""
    if not (ours.exists() and theirs.exists()):
        if ours.exists() == theirs.exists():
            return None
        absent = ours if theirs.exists() else theirs
        return Difference(ours.name, 1, None, None, None, f"is missing in {absent.parent}")
    with disk(ours, "read"), ours.open("rb") as one, theirs.open("rb") as other:
        equal_lines = _skip_equal_blocks(one, other)
        for line, (mine, yours) in enumerate(_line_pairs(one, other), equal_lines + 1):
            if mine != yours:
                return _explained(ours, line, mine, yours)
    return None


def _skip_equal_blocks(one: IO[bytes], other: IO[bytes]) -> int:
    """Move both files to the start of the first line that could differ; the number of lines before it."""
    lines, start = 0, 0
    while True:
        mine, yours = one.read(_BLOCK_BYTES), other.read(_BLOCK_BYTES)
        if mine != yours or not mine:
            break
        whole = mine.rfind(b"\n") + 1
        if not whole:
            break
        lines, start = lines + mine.count(b"\n"), start + whole
        one.seek(start)
        other.seek(start)
    one.seek(start)
    other.seek(start)
    return lines


def _line_pairs(one: IO[bytes], other: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Lines of both files side by side; b"" where one has ended."""
    while True:
        pair = one.readline(), other.readline()
        if pair == (b"", b""):
            return
        yield pair


def _explained(path: Path, line: int, mine: bytes, yours: bytes) -> Difference:
    my_row, your_row = _parsed(path, mine), _parsed(path, yours)
    known = my_row or your_row
    ts = known.get("ts") or known.get("exit_ts")
    place = known.get("event") or f"line {line}"
    said = f"{place} at {ts}" if ts else place
    if mine and yours:
        said = f"{said}: {_what_differs(my_row, your_row)}"
    else:
        said = f"{said}: {'the second' if mine else 'the first'} has no such line"
    return Difference(path.name, line, ts, _shown(mine), _shown(yours), said)


def _shown(line: bytes) -> str | None:
    return line.decode(errors="replace").rstrip("\n") if line else None


def _parsed(path: Path, line: bytes) -> dict[str, Any]:
    """The line's values by name, empty when it has ended or is not what its file should hold."""
    if path.suffix == ".jsonl":
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            return {}
        return row if isinstance(row, dict) else {}
    if path.suffix == ".csv" and line:
        with path.open(encoding="utf-8", errors="replace") as file:
            names = file.readline().strip().split(",")
        return dict(zip(names, line.decode(errors="replace").strip().split(","), strict=False))
    return {}


def _what_differs(mine: dict[str, Any], yours: dict[str, Any]) -> str:
    if mine.get("event") != yours.get("event"):
        return f"the second says {yours.get('event')}"
    for name in (*mine, *(name for name in yours if name not in mine)):
        if mine.get(name) != yours.get(name):
            return f"{name} is {mine.get(name)} and {yours.get(name)}"
    return "the lines differ"

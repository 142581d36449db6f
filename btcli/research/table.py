"""The table of a sweep: a row a trial, as Parquet; its chunks are the same table in pieces."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from btcli.artifacts.disk import HINT
from btcli.digest import canonical_json
from btcli.errors import AccessError
from btcli.market.store.connecting import Settings, connect
from btcli.market.store.library import duckdb
from btcli.research.axes import Axis, Continuous, Stepped
from btcli.research.rows import FIGURES, MAPPING, MOMENT, NO_RETURNS, NUMBER, WHOLE, Outcome, cell
from btcli.research.space import Space

RETURNS = "daily_returns"
TEXT, TRUTH, INTEGER, FLOAT, DAYS = "VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "FLOAT[]"
OWN = {"status": TEXT, "reason": TEXT, "never_traded": TRUTH, "result": TEXT}
KINDS = {WHOLE: INTEGER, NUMBER: FLOAT, MOMENT: TEXT, MAPPING: TEXT}
Rows = list[dict[str, Any]]
SORTED_MB = 512  # of memory to sort in; what is more goes to the disk meanwhile
_WHOLE = 1 << 63
# One thread writes, in groups and with a compression that hang on nothing: the same rows give the same bytes.
PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)"  # a group is held until it is whole


def schema_of(space: Space) -> dict[str, str]:
    """The columns and their types: number, parameters, how it ended, figures, daily returns."""
    figures = {name: KINDS[kind] for name, kind in FIGURES.items()}
    params = {axis.key: _type_of(axis) for axis in space.axes}
    return {"trial": INTEGER, **params, **OWN, **figures, RETURNS: DAYS}


def write_rows(space: Space, outcomes: Mapping[int, Outcome], file: Path) -> None:
    """Write the rows of some trials as Parquet, in the order of their numbers. Raises AccessError."""
    schema, trials = schema_of(space), sorted(outcomes)
    shape = {name: kind for name, kind in schema.items() if name != RETURNS}
    rows = [_row(space, schema, trial, outcomes[trial]) for trial in trials]
    told = [orjson.dumps(each).decode() for each in (rows, [shape])]
    with _refusals(file), connect() as database, database.lent("returns", _returns(trials, outcomes)):
        database.at_length(f"COPY ({_ROWS}) TO {_text(file)} {PARQUET}", told)


# $1 is a list of rows as JSON, and $2 the types of its columns: a number crosses over as the shortest text that is
# this very number. Daily returns, which are many, come as an array `returns` of trial, day and value.
_ROWS = f"""
WITH
    told AS (SELECT unnest(from_json($1::JSON, $2), max_depth := 2)),
    days AS (SELECT trial, list(if(isnan(value), NULL, value) ORDER BY day) AS found FROM returns GROUP BY trial)
SELECT told.*, CASE WHEN never_traded IS NOT NULL THEN coalesce(found, []) END AS {RETURNS}
FROM told LEFT JOIN days USING (trial)
ORDER BY trial
"""


def _row(space: Space, schema: Mapping[str, str], trial: int, found: Outcome) -> dict[str, Any]:
    """Everything but the daily returns."""
    changes = space.changes(trial)
    return {
        "trial": trial,
        **{axis.key: parameter(schema[axis.key], changes[axis.key]) for axis in space.axes},
        "status": found.status,
        "reason": found.reason or None,
        "never_traded": found.never_traded if found.has_figures else None,
        "result": found.result or None,
        **{name: cell(kind, found.figures.get(name)) for name, kind in FIGURES.items()},
    }


def _returns(trials: Sequence[int], outcomes: Mapping[int, Outcome]) -> dict[str, NDArray[Any]]:
    """The daily returns of those that have figures, day after day: NaN where a day began without equity."""
    having = [trial for trial in trials if outcomes[trial].has_figures]
    days = [len(outcomes[trial].returns) for trial in having]
    values = [outcomes[trial].returns for trial in having]
    return {
        "trial": np.repeat(np.array(having, np.int64), days),
        "day": np.concatenate([np.arange(each) for each in days] or [np.zeros(0, np.int64)]),
        "value": np.concatenate(values or [NO_RETURNS]),
    }


def write_table(chunks: Sequence[Path], file: Path) -> None:
    """Write the rows of all chunks as Parquet, sorted by trial. Raises AccessError."""
    with _refusals(file):
        try:
            _write_sorted(chunks, file, {"memory_limit": f"{SORTED_MB}MB"})
        # DuckDB (1.5.6) holds many rows at once where it merges what it has sorted, however many there are: 250 MB with
        # a year of days, above 2 GB with ten. How many is its own affair, which other versions settle otherwise.
        except duckdb.OutOfMemoryException:
            _write_sorted(chunks, file, {})


def _write_sorted(chunks: Sequence[Path], file: Path, memory: Settings) -> None:
    meanwhile = file.with_name(f"{file.name}.sorted")
    try:
        with connect(settings={"temp_directory": str(meanwhile), **memory}) as database:
            database.at_length(f"COPY (SELECT * FROM {_files(chunks)} ORDER BY trial) TO {_text(file)} {PARQUET}")
    finally:
        rmtree(meanwhile, ignore_errors=True)


def select(files: Sequence[Path], question: str, *given: Any) -> Rows:
    """What SQL finds in `trials`, the rows of a table or of chunks of it, each by its columns. Raises AccessError.

    Nothing where there is no file.
    """
    if not files:
        return []
    with _refusals(files[0], "read"), connect() as database:
        return database.named(f"WITH trials AS (SELECT * FROM {_files(files)}) {question}", given)


@contextmanager
def read_once(files: Sequence[Path], columns: Iterable[str]) -> Iterator[Callable[[str], Rows]]:
    """The same for several questions about a few columns, which are held meanwhile: there may be thousands of files."""
    if not files:
        yield lambda _: []
        return
    names = ", ".join(map(name_of, dict.fromkeys(columns)))
    with _refusals(files[0], "read"), connect() as database:
        database.at_length(f"CREATE TEMP TABLE trials AS SELECT {names} FROM {_files(files)}")
        yield database.named


def name_of(column: str) -> str:
    """A column as SQL takes it."""
    return '"' + column.replace('"', '""') + '"'


@contextmanager
def _refusals(place: Path, doing: str = "write") -> Iterator[None]:
    """What the file system refuses DuckDB, or the memory, as an AccessError."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as refusal:
        said = str(refusal).splitlines()[0].removeprefix("IO Error: ")
        raise AccessError(f"cannot {doing}: {said}", where=str(place), hint=HINT) from refusal


def _files(files: Sequence[Path]) -> str:
    """These very files: names of folders are no patterns of others, and a=b in them is no column."""
    return f"read_parquet([{', '.join(map(_named, files))}], hive_partitioning = false)"


def _named(path: Path) -> str:
    return _text(Path(re.sub(r"[*?[]", r"[\g<0>]", os.fspath(path))))


def _text(path: Path) -> str:
    return "'" + os.fspath(path).replace("'", "''") + "'"


def _type_of(axis: Axis) -> str:
    """Numbers, words and truths as such, everything else as JSON."""
    values = axis.values
    if isinstance(values, Continuous):
        return FLOAT
    if isinstance(values, Stepped):
        if values.before is not None:
            return TEXT
        return FLOAT if values.places or not _is_whole_in_64_bits(values) else INTEGER
    kinds = {type(value) for value in values.values}
    if kinds == {int}:
        return INTEGER
    if kinds <= {int, float}:
        return FLOAT
    return TRUTH if kinds == {bool} else TEXT


def _is_whole_in_64_bits(values: Stepped) -> bool:
    """Whether all of these whole numbers have a place in a column of such; of a list, YAML makes floats of others."""
    ends = (values.first, values.first + (values.count - 1) * values.step)
    return all(-_WHOLE <= end < _WHOLE for end in ends)


def parameter(kind: str, value: Any) -> Any:
    """A value of an axis as its column holds it."""
    if kind == TEXT:
        return value if isinstance(value, str) else canonical_json(value).decode()
    return float(value) if kind == FLOAT else value

"""Whether a file is a store and nothing else: it may come from somebody, and nothing of theirs is executed to find out.

A macro of the file may have the name of one of the database's own functions, a view that of a table. So the first
look uses functions of the database's own schema alone, and no name that the file could give another meaning.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, get_args

from btcli.errors import RequestError, StoreError
from btcli.market.series import SeriesKind
from btcli.market.store.layout import LAYOUT_VERSION, TABLES, TOLD
from btcli.market.store.numbering import are_all, tables_of
from btcli.timeframe import Timeframe

if TYPE_CHECKING:
    from pathlib import Path

    from btcli.market.store.connecting import Database

LATEST_MS = 7_258_118_400_000  # 2200-01-01: no row is of a later day
LONGEST_NAME = 64
_HINT = "import its rows into a store of your own, or name another folder with --data"
_FOREIGN = {"views": "view_name", "functions": "function_name", "types": "type_name", "schemas": "schema_name"}


def require_store(database: Database, path: Path) -> None:
    """Raise StoreError unless the file holds the tables of this version of btcli and nothing else."""
    _require_tables(database, path)
    _require_names(database, path)


def require_moments(first_ms: int | None, last_ms: int | None, what: str) -> None:
    """Raise StoreError for times that no candle and no settlement has."""
    for moment in (first_ms, last_ms):
        if moment is not None and not 0 <= moment < LATEST_MS:
            raise StoreError(f"{what} has a row at {moment} ms, which is no time from 1970 to 2199", hint=_HINT)


def _require_tables(database: Database, path: Path) -> None:
    tables = tables_of(database)
    found = {table.name: _plain(table.sql) for table in tables if table.schema == "main"}
    expected, later = _tables(TABLES), _tables(TOLD.replace("IF NOT EXISTS ", ""))
    if not tables:
        raise StoreError(
            "this DuckDB file is empty, as one whose making was cut short",
            where=str(path),
            hint=f"nothing is lost with it: rm {shlex.quote(str(path))}",
        )
    if found.get("btcli_store") != expected["btcli_store"]:
        raise StoreError(
            "this DuckDB file is no store of btcli", where=str(path), hint="name another folder with --data"
        )
    _require_version(database, path)
    expected |= {name: sql for name, sql in later.items() if name in found}
    odd = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    if odd:
        raise StoreError(f"its table {odd[0]} is not as btcli makes it", where=str(path), hint=_HINT)
    if not are_all(tables):
        _require_nothing_else(database, path, {table.schema for table in tables})


def _tables(statements: str) -> dict[str, str]:
    """The definitions by the names of their tables."""
    return {sql.partition("(")[0].removeprefix("CREATETABLE"): sql for sql in map(_plain, statements.split(";")) if sql}


def _require_version(database: Database, path: Path) -> None:
    versions = [version for (version,) in database.rows("SELECT layout_version FROM main.btcli_store")]
    if versions != [LAYOUT_VERSION]:
        said = ", ".join(map(str, versions[:3])) or "?"
        raise StoreError(
            f"the store has layout {said}, this version of btcli reads layout {LAYOUT_VERSION}",
            where=str(path),
            hint="use the version of btcli that wrote it, or import into another folder",
        )


def _require_nothing_else(database: Database, path: Path, schemas: set[str]) -> None:
    found, own = [f"schema {name}" for name in sorted(schemas - {"main"})], database.own
    for kind, column in _FOREIGN.items():
        rows = database.rows(f"SELECT {column} FROM system.main.duckdb_{kind}() WHERE NOT internal AND {own}")
        found += [f"{kind[:-1]} {name}" for (name,) in rows]
    for kind, column in (("sequences", "sequence_name"), ("indexes", "index_name")):
        rows = database.rows(f"SELECT {column} FROM system.main.duckdb_{kind}() WHERE {own}")
        found += [f"{kind.removesuffix('es')} {name}" for (name,) in rows]
    if found:
        raise StoreError(f"a store of btcli holds no {', '.join(found[:5])}", where=str(path), hint=_HINT)


def _require_names(database: Database, path: Path) -> None:
    """Every series has one number and a name that makes one."""
    rows = database.rows("SELECT series_id, venue, symbol, kind, timeframe FROM main.series")
    for number, *names in rows:
        if not _is_series(names):
            raise StoreError(f"its series {number} has the name {' '.join(names)[:80]!r}", where=str(path), hint=_HINT)
    for said, values in (("number", [row[0] for row in rows]), ("name", [row[1:] for row in rows])):
        if len(set(values)) < len(values):
            raise StoreError(f"two of its series have one {said}", where=str(path), hint=_HINT)


def _is_series(names: list[str]) -> bool:
    venue, symbol, kind, timeframe = names
    if kind not in get_args(SeriesKind) or not all(
        name.isprintable() and 0 < len(name) <= LONGEST_NAME for name in (venue, symbol)
    ):
        return False
    try:
        return timeframe == "" if kind == "funding" else bool(Timeframe.parse(timeframe))
    except RequestError:
        return False


def _plain(sql: str) -> str:
    """A definition without spaces and quotes, which differ between how it is written and how it is told."""
    return "".join(sql.replace('"', "").replace(";", "").split())

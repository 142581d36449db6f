"""How DuckDB numbers what it finds in a file: where its tables account for every number there is nothing else.

From one counter the file's schema takes a number, then all that is loaded, and the database at last. To list what a
file holds beside tables takes 14 ms, most of it for DuckDB's own functions; the tables are to be looked at anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from btcli.market.store.library import duckdb

if TYPE_CHECKING:
    from btcli.market.store.connecting import Database

KNOWN = frozenset({"1.5.6"})  # in others the numbers may be given otherwise, and say nothing
# The schema, what precedes every name, and the file's record of the schema. Nothing of the file can drop that schema.
OF_SCHEMA = 3
OF_TABLE = 6  # itself and that it hangs on the schema, which is noted on both sides; each with what precedes its name


class Numbered(NamedTuple):
    """A table of a file, as DuckDB tells it."""

    name: str
    schema: str
    sql: str
    schema_number: int
    database_number: int


def tables_of(database: Database) -> list[Numbered]:
    """All tables of a file."""
    columns = "table_name, schema_name, sql, schema_oid, database_oid"
    return [
        Numbered._make(row)
        for row in database.rows(f"SELECT {columns} FROM system.main.duckdb_tables() WHERE {database.own}")
    ]


def are_all(tables: Sequence[Numbered]) -> bool:
    """Whether a file surely holds nothing but these tables; whatever else there is takes two numbers at least."""
    if duckdb.__version__ not in KNOWN or {table.schema for table in tables} != {"main"}:
        return False
    ends = {(table.schema_number, table.database_number) for table in tables}
    return all(last - first == OF_SCHEMA + OF_TABLE * len(tables) for first, last in ends)

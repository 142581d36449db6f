"""DuckDB's library: what is asked, and what it raises.

Its package (1.5.6) would also open a database at every import, for type objects that nobody asks for: 15 ms.
"""

from __future__ import annotations

try:
    import _duckdb as duckdb
except ModuleNotFoundError:  # another version keeps it elsewhere
    import duckdb  # type: ignore[no-redef]

__all__ = ["duckdb"]

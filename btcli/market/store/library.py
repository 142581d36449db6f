"""DuckDB's library: what is asked, and what it raises.

Its package (1.5.6) would also open a database at every import, for type objects that nobody asks for: 15 ms.
"""

from __future__ import annotations

import sys

if hasattr(sys, "setdlopenflags"):
    import os

    _flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_LAZY)  # of its 24,000 functions few are called: to look all of them up takes 6 ms
try:
    import _duckdb as duckdb
except ModuleNotFoundError:  # another version keeps it elsewhere
    import duckdb  # type: ignore[no-redef]
finally:
    if hasattr(sys, "setdlopenflags"):
        sys.setdlopenflags(_flags)

__all__ = ["duckdb"]

"""Which versions of DuckDB the store works with; why not others: docs/decisions/0028-duckdb-below-2.md."""

from __future__ import annotations

import re

from btcli.errors import StoreError
from btcli.market.store.library import duckdb

FIRST, FIRST_NOT = (1, 5), (2, 0)  # as pyproject.toml has it
RANGE = "duckdb>=1.5,<2"


def require_supported_duckdb() -> None:
    """Raise StoreError, before any file is touched, for an installed version that the store does not work with."""
    installed = duckdb.__version__
    numbers = re.match(r"(\d+)\.(\d+)", installed)
    if numbers is None:
        return
    version = (int(numbers[1]), int(numbers[2]))
    if FIRST <= version < FIRST_NOT:
        return
    why = (
        "from 2.0 on it refuses queries after an answer that was not read to its end, and writes files that 1.x "
        "cannot read"
        if version >= FIRST_NOT
        else "older ones are not tested"
    )
    raise StoreError(
        f"duckdb {installed} is installed, and btcli works with {RANGE.removeprefix('duckdb')}: {why}",
        hint=f"pip install '{RANGE}'",
    )

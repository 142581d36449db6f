"""Rows of a window that are worth a second look, as a run keeps them beside its inputs."""

from __future__ import annotations

from typing import NamedTuple


class OddRows(NamedTuple):
    """A kind of them in one series: how many (0: it is not about single rows), and the first (ms UTC)."""

    code: str
    message: str
    series: str
    symbol: str
    rows: int
    first_ms: int | None

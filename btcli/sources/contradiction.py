"""The error of a venue that tells the same row in two ways."""

from __future__ import annotations

from btcli.errors import SourceError


class Contradiction(SourceError):
    """Two answers differ about a row of [start_ms, end_ms); for everybody else it is a SourceError."""

    def __init__(self, message: str, start_ms: int, end_ms: int, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.start_ms = start_ms
        self.end_ms = end_ms

    @property
    def code(self) -> str:
        return SourceError.__name__

"""What walks over candles are made of: ranges of time, requests with a page size, rows cut at their holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from btcli.digest import sha256_of_bytes
from btcli.sources.answers import Rows
from btcli.timeframe import Timeframe, utc_text


class Span(NamedTuple):
    """A range of time [start_ms, end_ms)."""

    start_ms: int
    end_ms: int

    def __str__(self) -> str:
        return f"{utc_text(self.start_ms)} to {utc_text(self.end_ms)}"


class Walk(NamedTuple):
    """One series to fetch: `ask(first open, last open, page size)` brings verified rows, at most `limit`."""

    what: str
    ask: Callable[[int, int, int], Rows]
    timeframe: Timeframe
    limit: int
    at_once: int


def contiguous(rows: list[tuple[Any, ...]], step_ms: int) -> list[list[tuple[Any, ...]]]:
    """The rows cut where they are not contiguous."""
    if rows and rows[-1][0] - rows[0][0] == (len(rows) - 1) * step_ms:
        return [rows]
    runs: list[list[tuple[Any, ...]]] = []
    for row in rows:
        if runs and row[0] == runs[-1][-1][0] + step_ms:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def joined(answers: list[Rows]) -> tuple[str, str]:
    """One digest and one address for rows that came in several answers."""
    if len(answers) == 1:
        return answers[0].digest, answers[0].url
    return sha256_of_bytes(*(answer.digest.encode() for answer in answers)), answers[0].url


def evidence_of(*answers: Rows) -> str:
    """Which answers said something: their addresses and the beginnings of their digests."""
    return " and ".join(f"{answer.url} (sha256 {answer.digest[:12]})" for answer in answers)

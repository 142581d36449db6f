"""Digests of rows that a thread beside works out while the rows are looked at: it seldom holds Python's lock."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from btcli.hands import Coming, Hands
from btcli.market.loader import SeriesDigest, digest_of_series
from btcli.market.series import Rows, Series


class DigestsBeside:
    """As a context manager: with the block ends what nobody has asked for. On request without marks of the rows."""

    def __init__(self, *, marks: bool = True) -> None:
        self._beside, self._marks = Hands(), marks
        self._begun: dict[int, tuple[Rows, Coming[SeriesDigest]]] = {}  # by identity; rows are kept, so that it stays

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.end(is_wanted=False)

    def begin(self, series: Series, rows: Rows) -> None:
        """Digest these very rows; nobody may change them."""
        marks = self._marks  # work that held this very object would keep its thread from ending with it
        self._begun[id(rows)] = rows, self._beside.begin(lambda: digest_of_series(series, rows, marks=marks))

    def of(self, series: Series, rows: Rows) -> SeriesDigest:
        """The digest of rows, begun or not."""
        if id(rows) not in self._begun:
            self.begin(series, rows)
        return self._begun[id(rows)][1].result()

"""The rows of a file as the store takes them, and the account of how the file was understood."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from btcli.frozen import frozen
from btcli.market.importing.claims import Claim


@frozen
class Detection:
    """How a file was understood; `columns` maps our names to the file's, `timeframe` is "" for funding.

    `claims` say what its values mean, each as a fact or an assumption.
    """

    format: str
    symbol: str
    timeframe: str
    times: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    claims: tuple[Claim, ...] = ()

    def short(self) -> str:
        """What its values mean, in one line for the record of the store: "stamp open assumed, clock UTC, …"."""
        return ", ".join(claim.short() for claim in self.claims)


@frozen
class ImportedFile:
    """A file's rows in the store's columns, ascending, each time once; `digest` is over these rows."""

    name: str
    frame: pl.DataFrame
    digest: str
    detection: Detection


def count_note(count: int, what: str) -> tuple[str, ...]:
    """As "3 rows that repeat another were merged"; nothing for none."""
    return (f"{count} {what}",) if count else ()


def order_notes(reordered: bool, merged: int) -> tuple[str, ...]:
    """What was done to the order of the rows."""
    order = ("rows were out of order and have been sorted",) if reordered else ()
    return (*order, *count_note(merged, "rows that repeat another were merged"))

"""Settlements of funding out of a file: times in UTC, one a minute, rates as fractions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from btcli.market.digesting import digest_of_frame
from btcli.market.importing.account import Detection, ImportedFile, order_notes
from btcli.market.importing.columns import map_columns
from btcli.market.importing.doors import rate_notes
from btcli.market.importing.limits import LIMITS, Limits
from btcli.market.importing.meanings import rate_of
from btcli.market.importing.opening import Request, clocked, opened
from btcli.market.importing.rows import numbers_of, once_a_minute, ordered, without_signs
from btcli.market.importing.said import NOTHING_SAID, Said
from btcli.market.importing.shaping import require_one_kind, with_rate_of_candles
from btcli.market.schema import FUNDING_SCHEMA


def read_funding_file(
    path: Path,
    *,
    symbol: str | None = None,
    names: Mapping[str, str] | None = None,
    said: Said = NOTHING_SAID,
    limits: Limits = LIMITS,
) -> ImportedFile:
    """Read funding settlements; the columns are as FUNDING_SCHEMA, times as they stand there, one a minute.

    Raises RequestError for content that cannot be taken, with its row; AccessError for an unreadable file.
    """
    file = opened(Request(path, "funding", symbol, names or {}, said, limits))
    given = with_rate_of_candles(file.raw, file.names)
    wanted = FUNDING_SCHEMA.names()
    columns = map_columns(file.raw.frame.columns, wanted, optional=("symbol",), given=given, where=file.raw.name)
    require_one_kind(file.raw, columns.found.values(), file.said.as_named)
    raw, has_signs = without_signs(file.raw, columns.found["rate"])
    times = clocked(file, columns.found["ts"])
    rate = rate_of(raw, columns.found["rate"], has_signs, file.said)
    values = numbers_of(raw, "rate", columns.found["rate"])
    frame = pl.DataFrame([times.ms.alias("ts"), values / 100 if rate.value == "percent" else values])
    rows = once_a_minute(raw, ordered(raw, frame))
    notes = rate_notes(rows.frame, rate, lambda row: raw.where(rows.place(row)))
    detection = Detection(
        raw.format,
        file.symbol,
        "",
        times.form,
        {name: columns.found[name] for name in wanted},
        columns.ignored,
        (*file.notes, *order_notes(rows.reordered, rows.merged), *notes),
        (*file.claims, times.clock, rate),
    )
    return ImportedFile(raw.name, rows.frame, digest_of_frame(rows.frame), detection)

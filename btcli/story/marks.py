"""The account and the marks at the closes of a recorded run: from its equity curve, its pack, or the store."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from btcli.artifacts.manifest import RunManifest
from btcli.artifacts.pack import PACK, read_pack
from btcli.artifacts.reading import read_curve_rows
from btcli.errors import AccessError
from btcli.market.reader import CandleReader
from btcli.market.series import Series, SeriesKind
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.timeframe import Timeframe, utc_text


class CurveRow(NamedTuple):
    """The account at a close, USDT, and the mark of the run's first symbol."""

    ts: str
    equity_usdt: float
    available_usdt: float
    maintenance_usdt: float
    mark_price: float


class MarkRow(NamedTuple):
    """The mark at a close."""

    ts: str
    mark_price: float


class Marks(NamedTuple):
    """Rows in the order of time, and where they come from; none, and why, where they are not to be had."""

    rows: tuple[MarkRow, ...]
    source: str


def read_curve(run_dir: Path, first: str, last: str) -> tuple[CurveRow, ...]:
    """The rows of the equity curve from `first` to `last`, ISO moments, both included."""
    return tuple(
        CurveRow(
            ts,
            row["equity_usdt"],
            row["available_balance_usdt"],
            row["maintenance_margin_usdt"],
            row["mark_price"],
        )
        for ts, row in read_curve_rows(run_dir, first, last)
    )


def marks_between(
    run_dir: Path,
    manifest: RunManifest,
    symbol: str,
    span: tuple[str, str],
    curve: tuple[CurveRow, ...],
    stores: Stores,
) -> Marks:
    """The marks of closes after span[0] and up to span[1], ISO moments.

    The curve follows the run's first symbol; the others' marks are read where the run read them.
    """
    config = manifest.inputs.config
    if symbol == config["symbols"][0]:
        own = tuple(MarkRow(row.ts, row.mark_price) for row in curve if span[0] < row.ts <= span[1])
        return Marks(own, "the equity curve")
    where = "the pack" if (run_dir / PACK).is_dir() else "the store"
    try:
        with _reader(run_dir, config, stores) as reader:
            rows = tuple(_of_candles(reader, config, symbol, span, {row.ts for row in curve}))
    except AccessError as error:
        return Marks((), f"nothing: {error}")
    return Marks(rows, where if rows else f"nothing: {where} has no candles of {symbol} there")


def _reader(run_dir: Path, config: Mapping[str, Any], stores: Stores) -> AbstractContextManager[CandleReader]:
    if (run_dir / PACK).is_dir():
        return nullcontext(read_pack(run_dir / PACK).reader)
    return open_store(stores.of(config["env"]))


def _of_candles(
    reader: CandleReader, config: Mapping[str, Any], symbol: str, span: tuple[str, str], closes: Container[str]
) -> Iterator[MarkRow]:
    """Closes of the series that marked the symbol, at those of the curve."""
    kind: SeriesKind = "mark" if config["fills"]["mark_source"] == "mark" else "trade"
    stored = (
        config["timeframes"]["exec"]
        if kind == "mark"
        else config["data"]["derive_from"] or config["timeframes"]["exec"]
    )
    timeframe = Timeframe.parse(stored)
    start, end = (int(datetime.fromisoformat(moment).timestamp() * 1000) for moment in span)
    frame = reader.candles(Series(config["venue"], symbol, kind, stored), start, end)
    for ts_open, close in zip(frame["ts_open"].to_list(), frame["close"].to_list(), strict=True):
        ts_close = utc_text(ts_open + timeframe.ms)
        if ts_close in closes:
            yield MarkRow(ts_close, close)

"""The marks at the closes of a recorded run: from its equity curve, its pack, or the store."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from btcli.artifacts.manifest import RunManifest
from btcli.artifacts.pack import PACK, read_pack
from btcli.artifacts.recorder import EQUITY
from btcli.errors import AccessError
from btcli.market.reader import CandleReader
from btcli.market.series import Series, SeriesKind
from btcli.market.store.reading import open_store
from btcli.timeframe import Timeframe, utc_text


class MarkRow(NamedTuple):
    """The mark at a close."""

    ts: str
    mark_price: float


class Marks(NamedTuple):
    """Rows in the order of time, and where they come from; none, and why, where they are not to be had."""

    rows: tuple[MarkRow, ...]
    source: str


def marks_between(run_dir: Path, manifest: RunManifest, symbol: str, span: tuple[str, str], store: Path) -> Marks:
    """The marks of closes after span[0] and up to span[1], ISO moments.

    The curve follows the run's first symbol; the others' marks are read where the run read them.
    """
    config = manifest.inputs.config
    if symbol == config["symbols"][0]:
        return Marks(tuple(_of_curve(run_dir / EQUITY, span)), "the equity curve")
    where = "the pack" if (run_dir / PACK).is_dir() else "the store"
    try:
        with _reader(run_dir, config, store) as reader:
            rows = tuple(_of_candles(reader, config, symbol, span))
    except AccessError as error:
        return Marks((), f"nothing: {error}")
    return Marks(rows, where if rows else f"nothing: {where} has no candles of {symbol} there")


def _of_curve(path: Path, span: tuple[str, str]) -> Iterator[MarkRow]:
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if span[0] < row["ts"] <= span[1]:
                yield MarkRow(row["ts"], float(row["mark_price"]))


def _reader(run_dir: Path, config: Mapping[str, Any], store: Path) -> AbstractContextManager[CandleReader]:
    if (run_dir / PACK).is_dir():
        return nullcontext(read_pack(run_dir / PACK).reader)
    return open_store(store, config["env"])


def _of_candles(
    reader: CandleReader, config: Mapping[str, Any], symbol: str, span: tuple[str, str]
) -> Iterator[MarkRow]:
    """Closes of the series that marked the symbol, one for each ltf close, as on the curve."""
    kind: SeriesKind = "mark" if config["fills"]["mark_source"] == "mark" else "trade"
    stored = (
        config["timeframes"]["exec"]
        if kind == "mark"
        else config["data"]["derive_from"] or config["timeframes"]["exec"]
    )
    timeframe, ltf = Timeframe.parse(stored), Timeframe.parse(config["timeframes"]["ltf"])
    start, end = (int(datetime.fromisoformat(moment).timestamp() * 1000) for moment in span)
    frame = reader.candles(Series(config["venue"], symbol, kind, stored), start, end)
    for ts_open, close in zip(frame["ts_open"].to_list(), frame["close"].to_list(), strict=True):
        ts_close = ts_open + timeframe.ms
        if ts_close % ltf.ms == 0 and ts_close <= end:
            yield MarkRow(utc_text(ts_close), close)

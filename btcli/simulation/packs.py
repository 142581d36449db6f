"""Packing a run's inputs beside it, and preparing a run from such a pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from btcli.artifacts.pack import INSTRUMENTS, PACK, Pack, write_pack
from btcli.artifacts.text import json_bytes
from btcli.config.model import System
from btcli.config.specs.instruments import InstrumentSpecs
from btcli.errors import AccessError, StoreError
from btcli.market.digesting import digest_of_frame
from btcli.market.loader import RunInputs
from btcli.market.reader import CandleReader
from btcli.market.series import Series
from btcli.market.signals.rows import SignalRows, Signals
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.window import SeriesSpan
from btcli.simulation.parts import Prepared, spans_of

if TYPE_CHECKING:
    import polars as pl


def write_run_pack(folder: Path, store: Store, parts: Prepared, inputs: RunInputs) -> None:
    """Write the slices, the instruments and the strategy's files of a run into `folder`/pack.

    Raises StoreError when the store has changed since the run's data was loaded.
    """
    with open_store(store) as reader:
        frames = {span.series: frame_of(reader, span) for span in parts.spans.series}
    frames |= _frames_of_signals(parts)
    for digest in inputs.digests:
        if digest_of_frame(frames[digest.series]) != digest.sha256:
            raise StoreError(f"{digest.series} changed while the run was starting", hint="run again")
    instruments = {symbol: _plain(specs) for symbol, specs in parts.instruments.items()}
    write_pack(folder / PACK, frames, instruments, dict(_sources(parts)))


def _frames_of_signals(parts: Prepared) -> dict[Series, pl.DataFrame]:
    import polars as pl

    signals = parts.signals
    return {} if signals is None else {series: pl.DataFrame(rows.content) for series, rows in signals.series}


def signals_of_pack(pack: Pack, system: System) -> Signals | None:
    """The signals that a pack holds; None where the system names none. Raises AccessError where they are not there."""
    written = system.signals
    if written is None:
        return None
    if not pack.signals:
        raise AccessError("holds no signals, and its system names some", where=str(pack.strategy_folder.parent))
    rows = {}
    for symbol, frame in pack.signals.items():
        moments, *columns = frame.iter_columns()
        values = {column.name: np.array(column.to_numpy(), np.float64) for column in columns}
        rows[symbol] = SignalRows(np.array(moments.to_numpy(), np.int64), values, written.max_age_ms)
    names = next(iter(rows.values())).columns
    return Signals(written.file, tuple(sorted(names)), rows)


def frame_of(reader: CandleReader, span: SeriesSpan) -> pl.DataFrame:
    """The rows of a span, as the store has them."""
    read = reader.funding if span.series.kind == "funding" else reader.candles
    return read(span.series, span.load_start_ms, span.load_end_ms)


def from_pack(parts: Prepared, pack: Pack) -> Prepared:
    """The same run with the instruments of its pack, and what it loads by them."""
    instruments = instruments_of(pack, parts.system)
    plans = [parts.plan, *(own.plan for own in parts.own.values())]
    spans = spans_of(parts.system, parts.window_name, parts.window, plans, instruments)
    return replace(parts, instruments=instruments, spans=spans)


def instruments_of(pack: Pack, system: System) -> dict[str, InstrumentSpecs]:
    """The specs of a pack, in the order of the system's symbols; raises AccessError for what are none."""
    from pydantic import TypeAdapter, ValidationError

    where = str(pack.strategy_folder.parent / INSTRUMENTS)
    try:
        found = TypeAdapter(dict[str, InstrumentSpecs]).validate_json(json_bytes(pack.instruments))
    except ValidationError as refusal:
        first = refusal.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AccessError(f"holds no trading rules: {place}: {first['msg']}", where=where) from None
    if missing := [symbol for symbol in system.symbols if symbol not in found]:
        raise AccessError(f"holds no trading rules of {', '.join(missing)}", where=where)
    return {symbol: found[symbol] for symbol in system.symbols}


def _sources(parts: Prepared) -> Iterator[tuple[str, bytes]]:
    """The user's own files of the strategies; a built-in one comes with btcli."""
    found = [(parts.system.strategy.name, parts.strategy), *((own.use, own.strategy) for own in parts.own.values())]
    for use, strategy in found:
        if ":" in use:
            for name, path in strategy.source.paths.items():
                yield name, path.read_bytes()
    for source in parts.functions.sources.values():
        for name, path in source.paths.items():
            yield name, path.read_bytes()


def _plain(specs: InstrumentSpecs) -> dict[str, Any]:
    return {name: value for name, value in asdict(specs).items() if value is not None}

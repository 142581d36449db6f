"""Packing a run's inputs beside it, and preparing a run from such a pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from btcli.artifacts.pack import PACK, Pack, write_pack
from btcli.config.instruments import InstrumentRules, Tier
from btcli.errors import StoreError
from btcli.market.digesting import digest_of_frame
from btcli.market.loader import RunInputs, read_span
from btcli.market.store.reading import open_store
from btcli.workflows.preparing import Prepared


def write_run_pack(folder: Path, store: Path, parts: Prepared, inputs: RunInputs, *, lock_wait_s: float) -> None:
    """Write the slices, the instruments and the strategy's files of a run into `folder`/pack.

    Raises StoreError when the store has changed since the run's data was loaded.
    """
    with open_store(store, parts.system.env, lock_wait_s=lock_wait_s) as reader:
        frames = {span.series: read_span(reader, span) for span in parts.spans.series}
    for digest in inputs.digests:
        if digest_of_frame(frames[digest.series]) != digest.sha256:
            raise StoreError(f"{digest.series} changed while the run was starting", hint="run again")
    instruments = {symbol: asdict(rules) for symbol, rules in parts.instruments.items()}
    write_pack(folder / PACK, frames, instruments, dict(_sources(parts)))


def from_pack(parts: Prepared, pack: Pack) -> Prepared:
    """The same run with the instruments of its pack."""
    return replace(parts, instruments={symbol: _rules(plain) for symbol, plain in pack.instruments.items()})


def _sources(parts: Prepared) -> Iterator[tuple[str, bytes]]:
    """The user's own files of the strategy; a built-in one comes with btcli."""
    if ":" not in parts.system.strategy.use:
        return
    for name in parts.strategy.source.files:
        yield name, (parts.folder / name).read_bytes()


def _rules(plain: dict[str, Any]) -> InstrumentRules:
    return InstrumentRules(**{**plain, "tiers": tuple(Tier(**tier) for tier in plain["tiers"])})

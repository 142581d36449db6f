"""Candles and features of a recorded run, read where the run read them, if they are still the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np

from btcli.artifacts.manifest import RunManifest
from btcli.artifacts.pack import PACK, Pack, read_pack
from btcli.artifacts.run_dir import RESOLVED
from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.config.specs.instruments import load_instruments
from btcli.digest import sha256_of_file
from btcli.errors import BtcliError, ReplayDiffers, StoreError
from btcli.features.compute import compute_features
from btcli.features.meanings import meanings
from btcli.features.plan import FeaturePlan, plan_features
from btcli.features.talib_calls import load_for_arrays
from btcli.frozen import frozen
from btcli.market.digesting import digest_of_rows
from btcli.market.loader import SymbolInputs, load_run_inputs
from btcli.market.reader import RowReader
from btcli.market.series import ROLES, Bars, Candles, Rows, Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.market.window import LoadWindow
from btcli.report.content import Line
from btcli.simulation.found import found_strategies, has_user_code
from btcli.simulation.packs import instruments_of
from btcli.simulation.parts import spans_of
from btcli.simulation.plans import merged_features
from btcli.strategies.declared import declared_features

OWN_FEATURES = (
    "Features that the strategy's own code declares are not shown: they are not written down in the file that was run, "
    "and no code of a strategy runs for a report."
)
FUNCTIONS = (
    "Features of functions in Python, and those that are made of them, are not shown: no code of anybody's runs for a "
    "report."
)
Texts = Mapping[str, Mapping[str, str]]  # of features, by role and name


@frozen
class RecordedMarket:
    """Exec candles of the window and features by symbol; `left_out` says on the page what is missing, and why.

    `causes` are the same for who asked, with places of this machine.
    """

    candles: Mapping[str, Bars] = field(default_factory=dict)
    features: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


def recorded_market(run_dir: Path, manifest: RunManifest, stores: Stores) -> RecordedMarket:
    """From the run's pack where it has one, else from the store; nothing but the reason where neither has it."""
    try:
        return _market(run_dir, manifest, stores)
    except BtcliError as error:
        where = "the run's pack" if (run_dir / PACK).is_dir() else "the store"
        said = f"Candles and features are not shown: {_reason(error, where)}."
        return RecordedMarket(left_out=(said,), causes=(f"candles and features are not on the page: {error}",))


def _reason(error: BtcliError, where: str) -> str:
    """Without places of this machine: a page is the same wherever it is made."""
    if isinstance(error, ReplayDiffers):
        return error.problems[0].message
    return f"{where} does not have them any more" if isinstance(error, StoreError) else f"{where} could not be read"


def _market(run_dir: Path, manifest: RunManifest, stores: Stores) -> RecordedMarket:
    system = recorded_system(run_dir, manifest)
    pack = read_pack(run_dir / PACK) if (run_dir / PACK).is_dir() else None
    instruments = load_instruments(system) if pack is None else instruments_of(pack, system)
    own = _own_features(run_dir, manifest, system, pack)
    texts = _texts(system, own or {})
    plans = {symbol: plan_features(each, system.warmup.tolerance, system.warmup.bars) for symbol, each in texts.items()}
    window = spans_of(system, manifest.window, system.window(manifest.window), list(plans.values()), instruments)
    prices = replace(window, series=tuple(span for span in window.series if span.series.kind == "trade"))
    with reader_of(pack, system, stores) as reader:
        rows = dict(_recorded_rows(reader, manifest, prices))
    load_for_arrays()
    inputs = load_run_inputs(_Held(rows), system, prices)
    return RecordedMarket(
        candles={symbol.symbol: _inside(symbol.bars["exec"], window) for symbol in inputs.symbols},
        features={
            each.symbol: tuple(_lines(system, each, plans[each.symbol], texts[each.symbol], window))
            for each in inputs.symbols
        },
        left_out=(*((OWN_FEATURES,) if own is None else ()), *((FUNCTIONS,) if system.functions else ())),
    )


def recorded_system(run_dir: Path, manifest: RunManifest) -> System:
    """The system that was run, all defaults written out; raises ReplayDiffers for one that was changed."""
    recorded = manifest.outputs.files.get(RESOLVED)
    path = run_dir / RESOLVED
    if recorded is None or not path.is_file() or sha256_of_file(path) != recorded.sha256:
        raise ReplayDiffers(f"{RESOLVED} is not the one that was run", where=str(run_dir))
    return load_system(path)


def _own_features(run_dir: Path, manifest: RunManifest, system: System, pack: Pack | None) -> Texts | None:
    """What somebody's code declares, read as text; None where that cannot be told without running it."""
    if not has_user_code(system):
        return {}
    if system.strategy.per_symbol or system.strategy.use is None:
        return None
    folder = run_dir / manifest.environment.get("project", ".") if pack is None else pack.strategy_folder
    return declared_features(system.strategy.use, folder, manifest.inputs.strategy.sha256)


def _texts(system: System, own_features: Texts) -> dict[str, Texts]:
    """The features of each symbol; `own_features` are those of a strategy that is somebody's code."""
    if has_user_code(system):
        return dict.fromkeys(system.symbols, _without_functions(system, merged_features(system, own_features)))
    strategy, own = found_strategies(system, Path())
    found = {symbol: own[symbol][1] if symbol in own else strategy for symbol in system.symbols}
    return {
        symbol: _without_functions(system, merged_features(system, each.features)) for symbol, each in found.items()
    }


def _without_functions(system: System, texts: Texts) -> Texts:
    """The features that are made of no function of the user's."""
    functions: Mapping[Any, Mapping[str, object]] = system.functions
    left = {}
    for role, named in texts.items():
        found = meanings(role, named)  # what names a function names nothing that is here
        left[role] = {name: text for name, text in named.items() if not functions.get(role) or name in found.nodes}
    return left


def _recorded_rows(reader: RowReader, manifest: RunManifest, window: LoadWindow) -> Iterator[tuple[Series, Candles]]:
    """Each series as the run read it; raises ReplayDiffers for one that is not the recorded one any more."""
    recorded = {each.series: each for each in manifest.inputs.series}
    for span in window.series:
        was = recorded.get(str(span.series))
        if was is None:
            raise ReplayDiffers(f"the run did not read {span.series}")
        end_ms = 0 if was.last_ms is None else was.last_ms + 1  # there is nothing of a symbol that was not listed yet
        rows = reader.rows(span.series, was.first_ms or 0, end_ms)
        if was.rows and not rows[0].size:
            raise StoreError(f"there is nothing of {span.series}", hint="--data names the folder of the store")
        if digest_of_rows(rows) != was.sha256:
            raise ReplayDiffers(f"{span.series} is not what the run read")
        assert isinstance(rows, Candles)
        yield span.series, rows


class _Held:
    """Rows in memory, asked as a store is."""

    def __init__(self, rows: Mapping[Series, Candles]) -> None:
        self._rows = rows

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        """Those whose time lies in [start_ms, end_ms)."""
        rows = self._rows[series]
        first, end = np.searchsorted(rows[0], [start_ms, end_ms])
        return Candles._make(column[first:end] for column in rows)


def _inside(bars: Bars, window: LoadWindow) -> Bars:
    first = int(np.searchsorted(bars.ts_open, window.start_ms))
    end = int(np.searchsorted(bars.ts_close, window.end_ms, side="right"))
    return Bars._make(column[first:end] for column in bars)


def _lines(system: System, symbol: SymbolInputs, plan: FeaturePlan, texts: Texts, window: LoadWindow) -> Iterator[Line]:
    """Every feature from the value that is known at the window's start."""
    timeframes = {role: system.timeframes.of(role) for role in ROLES}
    columns = compute_features(plan, symbol.bars, timeframes, window.start_ms)
    for role, named in columns.items():
        ts_close = symbol.bars[role].ts_close
        first = max(0, int(np.searchsorted(ts_close, window.start_ms, side="right")) - 1)
        for name, column in named.items():
            known = ts_close[first:].astype(np.float64)
            yield Line(role, timeframes[role].label, name, texts[role][name], known, column[first:])


def reader_of(pack: Pack | None, system: System, stores: Stores) -> AbstractContextManager[RowReader]:
    """What the run read: its pack, else the store."""
    return open_store(stores.of(system.env)) if pack is None else nullcontext(pack.reader)

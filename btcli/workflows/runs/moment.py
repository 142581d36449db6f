"""What the rules of a run saw at one moment: every condition with its parts, every number, from what it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache, partial
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from btcli.artifacts.manifest import RunManifest
from btcli.artifacts.pack import PACK, read_pack
from btcli.config.model import System
from btcli.engine.ground import SymbolColumns
from btcli.engine.stopped import stopped_at
from btcli.engine.truths import closes_of, noted_columns, values_at
from btcli.engine.world import World
from btcli.errors import ReplayDiffers, RequestError
from btcli.expressions.tree import read_at_closes
from btcli.frozen import frozen
from btcli.market.series import Floats
from btcli.market.signals.rows import Signals
from btcli.market.store.where import Stores
from btcli.simulation.found import has_user_code
from btcli.simulation.gates_seen import SeenGate
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.other_paths import Nobody
from btcli.simulation.outside import signals_of
from btcli.simulation.packs import from_pack, signals_of_pack
from btcli.simulation.parts import prepared
from btcli.simulation.passes import one_pass, world_for
from btcli.simulation.ruled import names_of
from btcli.simulation.rules_looked import namer, numbers_of_params
from btcli.timeframe import utc_text
from btcli.workflows.run.drift import drift_of
from btcli.workflows.runs.moment_gates import Close, Stopped, gates_at
from btcli.workflows.runs.recorded_market import reader_of, recorded_market, recorded_system


@frozen
class Seen:
    """One expression at a moment; `value` is None where it is unknown, a truth of conditions, else a number."""

    text: str
    value: float | bool | None
    rule: str = ""  # as "long.enter", of a whole expression
    depth: int = 0


@frozen
class SeenSymbol:
    """What was seen of one symbol at the close of a bar of ltf, milliseconds UTC."""

    symbol: str
    ts_close_ms: int
    conditions: tuple[Seen, ...]
    distances: tuple[Seen, ...]
    numbers: tuple[Seen, ...]
    gates: tuple[SeenGate, ...] = ()  # of its entries, in the order in which they are asked

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        gates = [
            {**asdict(each), "until": None if each.until_ms is None else utc_text(each.until_ms)} for each in self.gates
        ]
        return {**asdict(self), "gates": gates, "ts_close": utc_text(self.ts_close_ms)}


def seen_at(run_dir: Path, manifest: RunManifest, at_ms: int, stores: Stores) -> tuple[SeenSymbol, ...]:
    """What each symbol's rules saw at its last close of ltf at or before a moment; for code its features.

    Raises RequestError for a moment outside the window or before anything was ready, ReplayDiffers where the data is
    not what the run read.
    """
    window = manifest.inputs.window
    if not window.start_ms <= at_ms <= window.end_ms:
        raise RequestError(
            f"{utc_text(at_ms)} lies outside the window of the run",
            where="--at",
            hint=f"it begins at {window.start} and ends at {window.end}",
        )
    system = recorded_system(run_dir, manifest)
    if system.functions or any(system.strategy_of(symbol).rules is None for symbol in system.symbols):
        return _of_code(run_dir, manifest, at_ms, stores)
    world, standing = _world(run_dir, manifest, system, stores)
    stopped = cache(partial(stopped_at, world))  # most symbols are looked at at one and the same close
    return tuple(_of_rules(system, world, standing, index, at_ms, stopped) for index in range(len(system.symbols)))


def _world(run_dir: Path, manifest: RunManifest, system: System, stores: Stores) -> tuple[World, Mapping[str, Floats]]:
    """The world of a run, and where its rules name the position or the account how these stood, by symbol."""
    assert not has_user_code(system)
    pack = read_pack(run_dir / PACK) if (run_dir / PACK).is_dir() else None
    signals = None if pack is None else signals_of_pack(pack, system)
    folder = run_dir / manifest.environment.get("project", ".")
    parts = prepared(system, manifest.window, system.window(manifest.window), folder, signals)
    parts = parts if pack is None else from_pack(parts, pack)
    with reader_of(pack, system, stores) as reader:
        inputs = inputs_looked_at(reader, parts)
        for drift in drift_of(manifest, run_dir, parts, inputs, reader):
            raise ReplayDiffers(str(drift), where=str(run_dir), hint="btcli replay says what changed")
    world = world_for(parts, inputs)
    if not any(len(rules.states) for rules in world.rules if rules is not None):
        return world, {}
    return world, one_pass(parts, world, system.fills.path, Nobody(), None, notes_standing=True).standing


def _of_rules(
    system: System, world: World, standing: Mapping[str, Floats], index: int, at_ms: int, stopped: Stopped
) -> SeenSymbol:
    ground, symbol, rules = world.grounds[index], system.symbols[index], world.rules[index]
    assert ground is not None
    assert rules is not None
    ready = np.concatenate([*closes_of(world, index, world.line.steps).ready()])
    ts_close = ground.ground.bars_of("ltf").ts_close[ready]
    place = int(np.searchsorted(ts_close, at_ms, side="right")) - 1
    if place < 0:
        since = f"it was ready from {utc_text(int(ts_close[0]))} on" if len(ts_close) else "it never was ready"
        raise RequestError(f"{symbol} was not ready to decide at {utc_text(at_ms)}", where="--at", hint=since)
    columns = ground.alone(noted_columns(ground.ground, rules, standing[symbol]) if symbol in standing else {})
    conditions, distances, numbers = _seen(system, columns, symbol, ready[place : place + 1])
    gates = gates_at(system, columns, Close(index, int(ready[place]), ready), stopped)
    return SeenSymbol(symbol, int(ts_close[place]), conditions, distances, numbers, gates)


def _seen(
    system: System, ground: SymbolColumns, symbol: str, row: np.ndarray[Any, np.dtype[np.int64]]
) -> Iterator[tuple[Seen, ...]]:
    """Conditions, distances and numbers at one row of ltf."""
    from btcli.strategies.rules.assembling import columns_at_closes
    from btcli.strategies.rules.parts import conditions_of, distances_of, numbers_of

    written = system.strategy_of(symbol)
    assert written.rules is not None
    names = names_of(system, written)
    conditions, distances = list(conditions_of(written.rules, names)), list(distances_of(written.rules, names))
    texts = dict.fromkeys((*(each.text for each in conditions), *(each.text for each in distances)))
    numbers = dict(number for text in texts for number in numbers_of(text, names))
    nodes = dict.fromkeys(
        (
            *(node for each in conditions for node in (each.node, *(part.node for part in each.parts))),
            *(each.node for each in distances),
            *numbers.values(),
        )
    )
    name_of = namer(system, written, nodes)
    columns = {f"v{place}": read_at_closes(node, name_of) for place, node in enumerate(nodes)}
    values = values_at(columns_at_closes(columns, numbers_of_params(written)), ground, list(columns), row)[0]
    at = {node: float(value) if isfinite(value) else None for node, value in zip(nodes, values.tolist(), strict=True)}
    yield tuple(
        Seen(text, None if at[node] is None else at[node] == 1.0, rule, depth)
        for each in conditions
        for text, node, rule, depth in (
            (each.text, each.node, each.name, 0),
            *((part.text, part.node, "", part.depth) for part in each.parts),
        )
    )
    yield tuple(Seen(each.text, at[each.node], each.name) for each in distances)
    yield tuple(Seen(text, at[node]) for text, node in numbers.items())


def _of_code(run_dir: Path, manifest: RunManifest, at_ms: int, stores: Stores) -> tuple[SeenSymbol, ...]:
    """The last exec candle, every feature that had closed, and signals: what code was shown; it does not run."""
    market = recorded_market(run_dir, manifest, stores)
    if not market.candles:
        raise RequestError(market.left_out[0], where=str(run_dir), hint="; ".join(market.causes))
    system = recorded_system(run_dir, manifest)
    signals = _recorded_signals(run_dir, manifest, system)
    close_ms = system.timeframes.ltf.floor(at_ms)
    return tuple(
        _features(symbol, market.features.get(symbol, ()), bars, at_ms, tuple(_signals(signals, symbol, close_ms)))
        for symbol, bars in market.candles.items()
    )


def _recorded_signals(run_dir: Path, manifest: RunManifest, system: System) -> Signals | None:
    """The rows of its file that a run read; raises ReplayDiffers where they are others now."""
    if (run_dir / PACK).is_dir():
        signals = signals_of_pack(read_pack(run_dir / PACK), system)
    else:
        folder = run_dir / manifest.environment.get("project", ".")
        signals = signals_of(system, folder, manifest.inputs.window.end_ms)
    recorded = {each.series: each.sha256 for each in manifest.inputs.series}
    for digest in () if signals is None else signals.digests:
        if recorded.get(str(digest.series)) != digest.sha256:
            raise ReplayDiffers(f"{digest.series} are not what the run read", where=str(run_dir))
    return signals


def _signals(signals: Signals | None, symbol: str, close_ms: int) -> Iterator[Seen]:
    """What was known at a close of ltf."""
    rows = None if signals is None else signals.of(symbol)
    for name in () if rows is None else sorted(rows.columns):
        assert rows is not None
        value = float(rows.at(name, np.array([close_ms]))[0])
        yield Seen(f"signals.{name}", value if isfinite(value) else None)


def _features(symbol: str, lines: Any, bars: Any, at_ms: int, signals: tuple[Seen, ...]) -> SeenSymbol:
    place = int(np.searchsorted(bars.ts_close, at_ms, side="right")) - 1
    if place < 0:
        hint = f"the first candle closes at {utc_text(int(bars.ts_close[0]))}"
        raise RequestError(f"no candle of {symbol} had closed at {utc_text(at_ms)}", where="--at", hint=hint)
    seen = [
        Seen(f"exec.{name}", float(getattr(bars, name)[place])) for name in ("open", "high", "low", "close", "volume")
    ]
    for line in lines:
        last = int(np.searchsorted(line.ts_ms, at_ms, side="right")) - 1
        value = float(line.value[last]) if last >= 0 else np.nan
        seen.append(Seen(f"{line.role}.{line.name}", value if isfinite(value) else None))
    return SeenSymbol(symbol, int(bars.ts_close[place]), (), (), (*seen, *signals))

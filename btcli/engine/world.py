"""What is constant over the runs of a system on the same data: built once, shared by every pass, written by none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from btcli.engine.calendar import Columns, calendar_of
from btcli.engine.candles import last_prices, mark_prices
from btcli.engine.columns import ColumnCache
from btcli.engine.ground import SymbolColumns, ground_of, symbol_columns, with_market
from btcli.engine.setup import instrument_for
from btcli.engine.timeline import Booleans, Lane, Timeline, timeline
from btcli.engine.wishes import rules_of
from btcli.errors import UnhealthyData
from btcli.exchange.driver.program import Program
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.ruling import Rules
from btcli.exchange.face.tape import BadPrices, Funding, Market, market_of
from btcli.features.compute import compute_features
from btcli.features.plan import FeaturePlan
from btcli.frozen import frozen
from btcli.market.loader import RunInputs, SymbolInputs
from btcli.market.moments import plain
from btcli.market.series import ROLES, Bars, Role

if TYPE_CHECKING:
    from btcli.config.model import System
    from btcli.config.specs.instruments import InstrumentSpecs
    from btcli.engine.snapshots import SnapshotBuilder

PREFLIGHT = "btcli preflight lists them"


@frozen
class World:
    """A system on its data: the steps, the features of each symbol, and the market that the exchange steps through."""

    system: System
    inputs: RunInputs
    line: Timeline
    labels: Mapping[Role, str]  # of the timeframes
    plans: tuple[FeaturePlan, ...]  # one a symbol
    columns: tuple[Columns, ...]  # features by role and name, one a symbol
    market: Market
    instruments: tuple[Instrument, ...]
    rules: tuple[Rules | None, ...]  # one a symbol; None where somebody is asked
    calendar: Calendar
    grounds: tuple[SymbolColumns | None, ...]  # what the rules of each symbol read; None where somebody is asked

    def snapshots_of(self, index: int) -> SnapshotBuilder:
        """What makes the snapshots of a symbol."""
        from btcli.engine.snapshots import SnapshotBuilder  # trials by rules are run without it

        symbol, market = self.inputs.symbols[index], self.market
        replaced = market.replaced[index]

        def source(step: int) -> str:
            return "mark" if market.has_mark and (replaced is None or not replaced[step]) else "last"

        row, ts_close = self.line.lanes[index].row, self.line.ts_close
        columns, signals = self.columns[index], symbol.signals
        return SnapshotBuilder(symbol.symbol, symbol.bars, self.labels, columns, ts_close, row, source, signals)


def world_of(
    system: System,
    inputs: RunInputs,
    specs: Mapping[str, InstrumentSpecs],
    plans: Sequence[FeaturePlan],
    columns: tuple[Columns, ...] | None = None,
    programs: Sequence[Program | None] = (),
) -> World:
    """The world of a run; `plans` has one a symbol, `columns` are their features where these are known.

    `programs` has one a symbol, None for those that somebody decides for; without it that is all of them.

    Raises UnhealthyData for prices that no exchange could have had, mark candles that are missing, and bars that end
    before those of other symbols without a delisting.
    """
    symbols = inputs.symbols
    bars = [symbol.bars for symbol in symbols]
    timeframes = {role: system.timeframes.of(role) for role in ROLES}
    labels = {role: timeframe.label for role, timeframe in timeframes.items()}
    line = timeline(bars, inputs.window.start_ms, inputs.window.end_ms)
    delisted = [_ends(system, specs[each.symbol], line, lane) for each, lane in zip(symbols, line.lanes, strict=True)]
    if columns is None:
        pairs = zip(plans, bars, strict=True)
        columns = tuple(compute_features(plan, each, timeframes, line.start_ms) for plan, each in pairs)
    calendar = calendar_of(line, bars, columns, labels, tells_all=system.output.events == "full")
    market = _market(system, symbols, line, delisted, calendar)
    instruments = tuple(instrument_for(system, specs[each.symbol]) for each in symbols)
    of_symbols = zip(programs or [None] * len(bars), plans, symbols, line.lanes, columns, strict=True)
    grounds = tuple(
        None
        if program is None
        else symbol_columns(
            with_market(ground_of(each.bars, timeframes, line, lane, plan, known), each, inputs), plan, ColumnCache()
        )
        for program, plan, each, lane, known in of_symbols
    )
    rules = _rules(programs or [None] * len(bars), grounds)
    return World(system, inputs, line, labels, tuple(plans), columns, market, instruments, rules, calendar, grounds)


def _rules(programs: Sequence[Program | None], grounds: Sequence[SymbolColumns | None]) -> tuple[Rules | None, ...]:
    """What lets the exchange decide for each symbol by itself; None for those that somebody decides for."""
    pairs = zip(programs, grounds, strict=True)
    return tuple(
        None if program is None or ground is None else rules_of(program, ground.alone()) for program, ground in pairs
    )


def _market(
    system: System, symbols: Sequence[SymbolInputs], line: Timeline, delisted: Sequence[bool], calendar: Calendar
) -> Market:
    """The candles and settlements of all symbols along the steps."""
    last = last_prices([each.bars["exec"] for each in symbols], line)
    mark, replaced = mark_prices(_marks(system, symbols), last, line)
    _refuse_missing(system, symbols, replaced or ())
    try:
        return market_of(
            symbols=[each.symbol for each in symbols],
            ts_open=line.ts_open,
            ts_close=line.ts_close,
            last=last,
            mark=mark,
            mark_replaced=replaced,
            has_bar=[lane.has_bar for lane in line.lanes],
            delisted=delisted,
            funding=[_funding(each, line) for each in symbols],
            calendar=calendar,
        )
    except BadPrices as bad:
        name = symbols[bad.index].symbol
        message = f"{name}: {bad.bars} {bad.series} prices are not positive numbers"
        raise UnhealthyData(message, hint=PREFLIGHT) from None


def _marks(system: System, symbols: Sequence[SymbolInputs]) -> list[Bars] | None:
    """The mark candles of every symbol; None where the last price is the mark."""
    candles = [each.mark for each in symbols if each.mark is not None]
    return None if system.fills.mark_source == "last" or len(candles) < len(symbols) else candles


def _refuse_missing(system: System, symbols: Sequence[SymbolInputs], replaced: Sequence[Booleans]) -> None:
    for each, missing in zip(symbols, replaced, strict=False):
        count = int(np.count_nonzero(missing))
        if count and system.data.gaps == "refuse":
            raise UnhealthyData(f"{each.symbol}: {count} mark candles are missing in the window", hint=PREFLIGHT)


def _ends(system: System, specs: InstrumentSpecs, line: Timeline, lane: Lane) -> bool:
    """Whether a symbol is delisted at its last bar; that has to be a fact, not a hole in the data."""
    there = np.flatnonzero(lane.has_bar)
    if not there.size:
        return False
    last_ms = int(line.ts_close[there[-1]])
    delisted_ms = line.end_ms if specs.delisted_ms is None else specs.delisted_ms
    if delisted_ms < line.end_ms and last_ms >= system.timeframes.exec.floor(delisted_ms):
        return True
    if there[-1] < line.steps - 1:
        raise UnhealthyData(
            f"{specs.symbol}: no bar after {plain(last_ms)}, though other symbols go on and it was not delisted then",
            hint=f"say when: instruments: {{{specs.symbol}: {{delisted: …}}}}; or end the window before",
        )
    return False


def _funding(inputs: SymbolInputs, line: Timeline) -> Funding:
    """Settlements from the first step's open on; before it nothing is held."""
    first = int(np.searchsorted(inputs.funding.ts, line.ts_open[0])) if line.steps else 0
    return inputs.funding.ts[first:], inputs.funding.rate[first:], inputs.mark_at_settlements()[first:]

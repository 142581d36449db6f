"""Decides ambiguous trades anew with finer candles: only the bars whose order of events was in doubt are replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from btcli.engine.asked import Asked, first_other_answer
from btcli.engine.world import World
from btcli.errors import RequestError
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import EndedTrades
from btcli.frozen import frozen
from btcli.market.loader import RunInputs, SymbolInputs, bars_of_frame
from btcli.market.reader import CandleReader
from btcli.market.series import Bars, Floats, Millis, Series
from btcli.simulation.other_answers import other_answer
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import one_pass, world_for
from btcli.simulation.reloading import loaded_anew, passes_of
from btcli.timeframe import Timeframe

MOST_PASSES = 5  # settling one trade changes sizes, and may bring another into doubt


@frozen
class Detailed:
    """How many ambiguous trades there were, what finer candles settled, and how the run would have ended.

    `withheld` says why that cannot be told: the strategy was answered otherwise before any bar was replaced.
    """

    timeframe: str
    ambiguous: int
    bars: int  # replaced by finer candles
    without_candles: int  # bars for which the store has no complete finer candles
    still_ambiguous: int
    final_equity_usdt: float | None
    withheld: str | None = None

    @property
    def settled(self) -> int:
        """The ambiguous trades that are certain now; never negative, though new doubts may have come."""
        return max(self.ambiguous - self.still_ambiguous, 0)


class ToSettle(NamedTuple):
    """What the recorded pass leaves to finer candles: its trades in doubt, where it ended, and what it was asked."""

    ambiguous: Sequence[Trade]
    final_equity_usdt: float
    asked: Asked | None  # None where no user code decides


class AmbiguousTrades:
    """A sink that keeps the trades in doubt."""

    def __init__(self) -> None:
        self.trades_seen: list[Trade] = []

    def events(self, events: Sequence[Event]) -> None:
        """Events say nothing that a trade does not."""

    def trades(self, trades: Sequence[Trade]) -> None:
        if isinstance(trades, EndedTrades):
            trades = EndedTrades(trades.records[trades.records["is_ambiguous"] != 0], trades.symbols)
        self.trades_seen += [trade for trade in trades if trade.ambiguous]

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""


def finer_timeframe(label: str, exec_timeframe: Timeframe) -> Timeframe:
    """The timeframe of `--detail`. Raises RequestError when it is none, or does not divide `exec`."""
    try:
        timeframe = Timeframe.parse(label)
    except RequestError as error:
        raise RequestError(str(error.problems[0].message), where="--detail", hint=error.problems[0].hint) from None
    if timeframe >= exec_timeframe:
        message = f"{timeframe} is not finer than the {exec_timeframe} bars that the exchange steps on"
        hint = "1m settles most" if exec_timeframe.label != "1m" else "nothing finer is stored: leave --detail out"
        raise RequestError(message, where="--detail", hint=hint)
    if exec_timeframe.ms % timeframe.ms:
        message = f"{timeframe} does not divide the {exec_timeframe} bars that the exchange steps on"
        raise RequestError(message, where="--detail", hint="1m divides them all")
    return timeframe


def decide_in_detail(
    parts: Prepared,
    world: World,
    reader: CandleReader,
    timeframe: Timeframe,
    recorded: ToSettle,
) -> Detailed:
    """Replace the bars in doubt by the stored candles of `timeframe` and run again, until no new bar is in doubt.

    Every pass loads the strategy afresh, and up to the first bar replaced has to be answered as the recorded one.
    Without a trade in doubt nothing is read and nothing run: the recorded equity stands.
    """
    with passes_of(parts):
        return _decided(parts, world, reader, timeframe, recorded)


def _decided(
    parts: Prepared,
    world: World,
    reader: CandleReader,
    timeframe: Timeframe,
    recorded: ToSettle,
) -> Detailed:
    exec_timeframe = parts.system.timeframes.exec
    replaced: set[tuple[str, int]] = set()
    doubtful, absent, refined = list(recorded.ambiguous), 0, world.inputs
    equity, why = recorded.final_equity_usdt, None
    for _ in range(MOST_PASSES):
        new = sorted(_bars_of(doubtful, exec_timeframe) - replaced)
        if not new or why is not None:
            break
        replaced |= set(new)
        refined, missing = _refined(parts, refined, reader, timeframe, new)
        absent += missing
        seen, asked, parts = AmbiguousTrades(), Asked(), loaded_anew(parts)
        finer = world_for(parts, refined, like=world)
        equity = one_pass(parts, finer, parts.system.fills.path, seen, None, asked=asked).final_equity_usdt
        doubtful = seen.trades_seen
        first_ms = min(ts_open for _, ts_open in replaced)
        moment = None if recorded.asked is None else first_other_answer(recorded.asked, asked, before_ms=first_ms)
        why = None if moment is None else other_answer(moment, world.inputs, "a pass over finer candles")
    settled = equity if why is None else None
    before, bars = len(recorded.ambiguous), len(replaced) - absent
    return Detailed(timeframe.label, before, bars, absent, len(doubtful), settled, why)


def _bars_of(trades: Iterable[Trade], timeframe: Timeframe) -> set[tuple[str, int]]:
    """The exec bars in which a trade began or ended, by symbol and open."""
    return {(trade.symbol, timeframe.floor(ts)) for trade in trades for ts in (trade.entry_ts, trade.exit_ts)}


def _refined(
    parts: Prepared, inputs: RunInputs, reader: CandleReader, timeframe: Timeframe, bars: Sequence[tuple[str, int]]
) -> tuple[RunInputs, int]:
    """The inputs with finer candles in place of some exec bars, and how many bars have none."""
    symbols, missing = [], 0
    for symbol in inputs.symbols:
        for ts_open in (ts_open for name, ts_open in bars if name == symbol.symbol):
            finer = _finer(parts, symbol, reader, timeframe, ts_open)
            missing += finer is None
            symbol = finer or symbol  # noqa: PLW2901
        symbols.append(symbol)
    return replace(inputs, symbols=tuple(symbols)), missing


def _finer(
    parts: Prepared, symbol: SymbolInputs, reader: CandleReader, timeframe: Timeframe, ts_open: int
) -> SymbolInputs | None:
    """One exec bar replaced in the trade candles and, where they mark, the mark candles; None unless complete."""
    end_ms = ts_open + parts.system.timeframes.exec.ms
    kinds = ("trade", "mark") if symbol.mark is not None else ("trade",)
    found: dict[str, Bars] = {}
    for kind in kinds:
        series = Series(str(parts.system.venue), symbol.symbol, kind, timeframe.label)  # type: ignore[arg-type]
        found[kind] = bars_of_frame(reader.candles(series, ts_open, end_ms), timeframe)
        if not np.array_equal(found[kind].ts_open, np.arange(ts_open, end_ms, timeframe.ms)):
            return None
    bars = {**symbol.bars, "exec": _spliced(symbol.bars["exec"], found["trade"])}
    mark = _spliced(symbol.mark, found["mark"]) if symbol.mark is not None else None
    return replace(symbol, bars=bars, mark=mark)


def _spliced(coarse: Bars, fine: Bars) -> Bars:
    """The coarse bars with the one that `fine` covers taken out and `fine` put in its place."""
    first = int(np.searchsorted(coarse.ts_open, fine.ts_open[0]))
    columns = zip(coarse, fine, strict=True)
    return Bars._make(np.concatenate([old[:first], new, old[first + 1 :]]) for old, new in columns)

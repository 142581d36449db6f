"""Finer candles settle what a bar leaves in doubt, and nothing else changes."""

from __future__ import annotations

import polars as pl
import pytest
from test_simulation_paths import Kept, recorded

from btcli.engine.asked import Asked
from btcli.engine.result import EngineResult
from btcli.engine.world import World
from btcli.errors import RequestError
from btcli.exchange.face.events import Trade
from btcli.market.schema import empty_candles
from btcli.market.series import Bars, Series
from btcli.simulation.detail import AmbiguousTrades, Detailed, ToSettle, decide_in_detail, finer_timeframe
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import one_pass, world_for
from btcli.timeframe import Timeframe

MINUTE = Timeframe.parse("1m")
TIGHT = ("strategy.params.atr_stop=0.7", "strategy.params.atr_target=0.8")


class HighFirst:
    """A reader whose minutes rise to the high of the bar, fall to its low, and rest at its close."""

    def __init__(self, trade: Bars, mark: Bars | None) -> None:
        self._bars = {"trade": trade, "mark": mark}

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        bars = self._bars[series.kind]
        assert bars is not None
        at = bars.ts_open.tolist().index(start_ms)
        opened, high, low, close = (float(column[at]) for column in (bars.open, bars.high, bars.low, bars.close))
        rows = [(opened, high, opened, high), (high, high, low, low), (low, close, low, close)]
        rows += [(close,) * 4] * ((end_ms - start_ms) // MINUTE.ms - len(rows))
        columns = dict(zip(("open", "high", "low", "close"), zip(*rows, strict=True), strict=True))
        times = list(range(start_ms, end_ms, MINUTE.ms))
        return pl.DataFrame({"ts_open": times, **columns, "volume": [1.0] * len(times)})

    def funding(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        raise AssertionError("nobody needs funding again")


class Nothing(HighFirst):
    """A store without finer candles."""

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        return empty_candles()


def doubtful() -> tuple[Prepared, World, list[Trade], Asked]:
    """A recorded system with levels so tight that some bars hold both, and the trades that this leaves in doubt."""
    parts, inputs = recorded("timeframes", *TIGHT)
    doubts, asked = AmbiguousTrades(), Asked()
    world = world_for(parts, inputs)
    one_pass(parts, world, "pessimistic", doubts, None, asked=asked)
    assert doubts.trades_seen
    return parts, world, doubts.trades_seen, asked


def detailed_by(reader: type[HighFirst]) -> tuple[Detailed, int]:
    """The outcome, and how many trades were in doubt before."""
    parts, world, doubts, asked = doubtful()
    (symbol,) = world.inputs.symbols
    finer = reader(symbol.bars["exec"], symbol.mark)
    return decide_in_detail(parts, world, finer, MINUTE, ToSettle(doubts, 10_000.0, asked)), len(doubts)


def test_minutes_settle_what_the_bars_left_open() -> None:
    """Where the first minute reaches one of the two levels and not the other, no trade stays in doubt."""
    detailed, before = detailed_by(HighFirst)
    assert (detailed.ambiguous, detailed.settled, detailed.still_ambiguous) == (before, before, 0)
    assert detailed.bars >= before
    assert detailed.without_candles == 0


def test_without_finer_candles_nothing_is_settled() -> None:
    """Bars that the store has no finer candles for are counted, and stay as they were."""
    detailed, before = detailed_by(Nothing)
    assert (detailed.settled, detailed.still_ambiguous, detailed.bars) == (0, before, 0)
    assert detailed.without_candles > 0


class Unread(HighFirst):
    """A store that must not be asked."""

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        raise AssertionError("nobody needs finer candles")


def certain() -> tuple[Prepared, World, EngineResult, list[Trade]]:
    """A recorded system whose levels lie so far apart that no bar holds two, how it ended, and its trades."""
    parts, inputs = recorded("timeframes", "strategy.params.atr_stop=3", "strategy.params.atr_target=3")
    world, told = world_for(parts, inputs), Kept()
    result = one_pass(parts, world, "pessimistic", told, None)
    assert result.counters.ambiguous_trades == 0
    return parts, world, result, [one for one in told.told if isinstance(one, Trade)]


def test_without_a_trade_in_doubt_the_recorded_equity_stands() -> None:
    """No finer candle is read and no pass run: the run ends where it was recorded to end."""
    parts, world, result, _ = certain()
    (symbol,) = world.inputs.symbols
    reader = Unread(symbol.bars["exec"], symbol.mark)
    recorded_pass = ToSettle([], result.final_equity_usdt, None)
    detailed = decide_in_detail(parts, world, reader, MINUTE, recorded_pass)
    assert (detailed.ambiguous, detailed.bars, detailed.final_equity_usdt) == (0, 0, result.final_equity_usdt)


def test_finer_candles_of_certain_bars_change_nothing() -> None:
    """Where no trade is in doubt, minutes in place of every bar of an entry or exit end the run alike."""
    parts, world, result, trades = certain()
    (symbol,) = world.inputs.symbols
    reader = HighFirst(symbol.bars["exec"], symbol.mark)
    inside = [trade for trade in trades if trade.exit_reason in ("stop", "target")]
    detailed = decide_in_detail(parts, world, reader, MINUTE, ToSettle(inside, 0.0, None))
    assert detailed.bars > 10
    assert detailed.final_equity_usdt == result.final_equity_usdt


@pytest.mark.parametrize(
    ("label", "message", "hint"),
    [
        ("15m", "15m is not finer than the 15m bars", "1m settles most"),
        ("1h", "1h is not finer than the 15m bars", "1m settles most"),
        ("2m", "2m does not divide the 15m bars", "1m divides them all"),
        ("soon", "'soon' is not a timeframe", "write a number and a unit"),
    ],
)
def test_a_timeframe_that_is_not_finer_is_refused(label: str, message: str, hint: str) -> None:
    """The candles must be shorter than `exec` and divide it; the error says so before anything is run."""
    with pytest.raises(RequestError) as refused:
        finer_timeframe(label, Timeframe.parse("15m"))
    (problem,) = refused.value.problems
    assert problem.where == "--detail"
    assert message in problem.message
    assert hint in problem.hint

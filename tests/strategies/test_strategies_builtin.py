"""The built-in strategies, decision by decision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from btcli.market.series import Bar
from btcli.strategies import Direction, ExchangeState, FeatureSnapshot, RuntimeSnapshot, Signal
from btcli.strategies.finding import find_strategy

HERE = Path(__file__).parent


def shown(timeframe: str, close: float, **features: float) -> FeatureSnapshot:
    """A closed bar of a timeframe with its features."""
    bar = Bar("BTCUSDT", timeframe, 0, 60_000, close, close, close, close, 1.0)
    return FeatureSnapshot(timeframe, 60_000, bar, features, True)


def snapshot(ltf: Mapping[str, float], htf: tuple[float, float] = (0.0, 0.0), side: int = 0) -> RuntimeSnapshot:
    """A decision at a close of 100; `htf` is its close and its trend."""
    exchange = ExchangeState(
        10_000, 10_000, 0, 10_000, 10_000, 0, 0, side != 0, side, float(side != 0), 0, 0, 0, 0, False, None
    )
    bar = shown("15m", 100.0, **ltf)
    high = shown("4h", htf[0], trend=htf[1])
    assert bar.bar is not None
    return RuntimeSnapshot(60_000, "BTCUSDT", 100.0, "last", bar.bar, exchange, bar, bar, high, {}, True)


def values(fast: float, slow: float, rsi: float, atr: float = 2.0) -> dict[str, float]:
    return {"ema_fast": fast, "ema_slow": slow, "rsi": rsi, "atr": atr}


@pytest.mark.parametrize(
    ("fast", "slow", "rsi", "expected"),
    [
        (101.0, 100.0, 69.9, Direction.LONG),
        (101.0, 100.0, 70.0, None),
        (101.0, 100.0, 10.0, Direction.LONG),
        (99.0, 100.0, 30.1, Direction.SHORT),
        (99.0, 100.0, 30.0, None),
        (99.0, 100.0, 90.0, Direction.SHORT),
        (100.0, 100.0, 50.0, None),
    ],
)
def test_ema_rsi_atr_follows_the_averages_unless_rsi_forbids(
    fast: float, slow: float, rsi: float, expected: Direction | None
) -> None:
    """Long when fast > slow and rsi < 70, short when fast < slow and rsi > 30, else nothing."""
    signal = find_strategy("ema_rsi_atr", HERE).make().decide(snapshot(values(fast, slow, rsi)))
    assert (signal and signal.direction) == expected


def test_ema_rsi_atr_brackets_are_prices_from_the_close() -> None:
    """With an ATR of 2 and a close of 100 a long stops at 97 and takes 104; a short mirrors it."""
    strategy = find_strategy("ema_rsi_atr", HERE).make()
    assert strategy.decide(snapshot(values(101, 100, 50))) == Signal(
        Direction.LONG, stop_price=97.0, target_price=104.0
    )
    assert strategy.decide(snapshot(values(99, 100, 50))) == Signal(
        Direction.SHORT, stop_price=103.0, target_price=96.0
    )


def test_ema_rsi_atr_parameters_are_its_four_numbers() -> None:
    """rsi_overbought, rsi_oversold, atr_stop and atr_target do what their names say."""
    given = {"rsi_overbought": 60, "rsi_oversold": 40, "atr_stop": 1, "atr_target": 3}
    strategy = find_strategy("ema_rsi_atr", HERE, given).make()
    assert strategy.decide(snapshot(values(101, 100, 60))) is None
    assert strategy.decide(snapshot(values(99, 100, 40))) is None
    assert strategy.decide(snapshot(values(101, 100, 50))) == Signal(
        Direction.LONG, stop_price=98.0, target_price=106.0
    )


def test_ema_rsi_atr_says_the_same_in_a_position() -> None:
    """What a signal does in a position is up to the system, so the strategy does not look at it."""
    strategy = find_strategy("ema_rsi_atr", HERE).make()
    assert strategy.decide(snapshot(values(101, 100, 50), side=-1)) == strategy.decide(snapshot(values(101, 100, 50)))


def test_ema_rsi_atr_asks_for_nothing_it_cannot_place() -> None:
    """Without a range, or with one wider than the price, there is no stop and so no signal."""
    strategy = find_strategy("ema_rsi_atr", HERE).make()
    assert strategy.decide(snapshot(values(101, 100, 50, atr=0.0))) is None
    assert strategy.decide(snapshot(values(101, 100, 50, atr=80.0))) is None


@pytest.mark.parametrize(
    ("fast", "htf", "expected"),
    [
        (101.0, (200.0, 199.0), Direction.LONG),
        (101.0, (200.0, 201.0), None),
        (101.0, (200.0, 200.0), None),
        (99.0, (200.0, 201.0), Direction.SHORT),
        (99.0, (200.0, 199.0), None),
    ],
)
def test_mtf_trend_trades_with_the_higher_timeframe(
    fast: float, htf: tuple[float, float], expected: Direction | None
) -> None:
    """Longs only when the last closed htf bar closed above its trend, shorts only below, neither exactly on it."""
    signal = find_strategy("mtf_trend", HERE).make().decide(snapshot(values(fast, 100, 50), htf))
    assert (signal and signal.direction) == expected
    if signal is not None:
        assert signal == find_strategy("ema_rsi_atr", HERE).make().decide(snapshot(values(fast, 100, 50)))

"""The reference strategy: trade with two crossed averages unless RSI says the move is exhausted."""

from __future__ import annotations

from dataclasses import dataclass

from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Direction, Signal
from btcli.strategies.snapshot import RuntimeSnapshot


class EmaRsiAtr(Strategy):
    """Long while ema_fast > ema_slow and rsi is below rsi_overbought; short the other way round.

    Stop and target are prices, `atr_stop` and `atr_target` times ATR away from the ltf close.
    """

    features = {  # noqa: RUF012
        "ltf": {
            "ema_fast": "ema(close, 9)",
            "ema_slow": "ema(close, 21)",
            "rsi": "rsi(close, 14)",
            "atr": "atr(14)",
        }
    }

    decides_by_market = True

    @dataclass(frozen=True)
    class Params:
        rsi_overbought: float = 70.0
        rsi_oversold: float = 30.0
        atr_stop: float = 1.5
        atr_target: float = 2.0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        """Enter with the averages; signals while in a position are up to `risk.on_opposite_signal`."""
        direction = self._direction(snapshot)
        return self._bracket(direction, snapshot) if direction else None

    def _direction(self, snapshot: RuntimeSnapshot) -> Direction:
        """The side of the averages; FLAT where they are equal or RSI says the move is exhausted."""
        ltf, params = snapshot.ltf, self.params
        fast, slow, rsi = ltf["ema_fast"], ltf["ema_slow"], ltf["rsi"]
        if fast > slow and rsi < params.rsi_overbought:
            return Direction.LONG
        if fast < slow and rsi > params.rsi_oversold:
            return Direction.SHORT
        return Direction.FLAT

    def _bracket(self, direction: Direction, snapshot: RuntimeSnapshot) -> Signal | None:
        """None where a price would not be positive, or ATR is zero and stop and close would be the same."""
        close, away = snapshot.ltf.close, direction * snapshot.ltf["atr"]
        stop, target = close - self.params.atr_stop * away, close + self.params.atr_target * away
        if away == 0 or stop <= 0 or target <= 0:
            return None
        return Signal(direction, stop_price=stop, target_price=target)

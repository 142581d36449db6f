"""The reference strategy, taken only with the trend of the higher timeframe."""

from __future__ import annotations

from btcli.strategies.builtin.ema_rsi_atr import EmaRsiAtr
from btcli.strategies.signal import Direction, Signal
from btcli.strategies.snapshot import RuntimeSnapshot


class MtfTrend(EmaRsiAtr):
    """As EmaRsiAtr; long only when the last closed htf bar closed above its `trend`, short only below."""

    features = {**EmaRsiAtr.features, "htf": {"trend": "ema(close, 50)"}}  # noqa: RUF012

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        """The reference strategy's signal where the trend agrees."""
        signal = super().decide(snapshot)
        return signal if signal and signal.direction == trend_of(snapshot) else None


def trend_of(snapshot: RuntimeSnapshot) -> Direction:
    """The side of its `trend` feature on which the last closed htf bar closed; FLAT exactly on it."""
    close, trend = snapshot.htf.close, snapshot.htf["trend"]
    return Direction((close > trend) - (close < trend))
